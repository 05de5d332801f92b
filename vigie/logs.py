"""The log of the processes that go on: a line an event, dated in UTC, on standard output."""

import structlog


def write_log() -> None:
    """Write events from now on as every process does."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False),
        ]
    )
