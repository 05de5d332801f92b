"""Invented feeds: nobody in them exists."""
