"""Reading plans from files: the only place of this package that touches the disk."""
