"""Databases, roster files and channels: everything of this package that touches the outside."""
