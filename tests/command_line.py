"""The whole command line, as tests call it in their own process."""

from vigie.cli import application

app = application()
