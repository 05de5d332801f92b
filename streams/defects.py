"""How a defect of Vigie is told: what failed and where, never with what it was reading."""

from traceback import extract_tb


def defect(error: BaseException) -> str:
    """Say what failed in Vigie and where: never the text of the error, which may quote a record."""
    frames = extract_tb(error.__traceback__)
    where = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
