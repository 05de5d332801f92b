"""What people and roles are called: their names in the roster, or their ids in words."""

from dashboards.board import Board
from dashboards.labels import plain


def name_of(board: Board, region: str, person: str) -> str:
    """Return what a person of the roster is called, or their id in words."""
    roster = board.roster(region)
    known = roster.person(person) if roster else None
    return known.name if known else plain(person)


def names_of(board: Board, region: str, people: str) -> str:
    """Return what those who answered are called; ``people`` as an effect says it: one, or several with commas."""
    return ", ".join(name_of(board, region, each) for each in people.split(", "))


def role_title(board: Board, region: str, role: str) -> str:
    """Return the title of a role of the roster, or its id in words."""
    roster = board.roster(region)
    titles = (each.title for each in roster.roles if each.id == role) if roster else iter(())
    return next(titles, plain(role))
