"""Beds: the ROR, SANER and a simple form."""
