"""Files, databases and brokers: everything of this package that touches the outside."""
