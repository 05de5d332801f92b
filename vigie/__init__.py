"""The command line, the settings and the wiring: the only place where adapters are chosen."""
