"""Replacements of many roles: each role is read with its own, in the order of the file, as if there were no other."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.astreinte import Canal, Contact, EscalationPolicy, Override, Person, Role, Roster
from alerts.turns import replaced

START = datetime(2026, 1, 14, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
PEOPLE = ("ada", "bob", "eve", "zoe")
ROLES = ("cadre", "medecin", "directeur")


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    first = draw(st.integers(0, 20))
    last = draw(st.integers(first + 1, 24))
    absent, substitute = draw(st.permutations(PEOPLE))[:2]
    role = draw(st.sampled_from(ROLES))
    return Override(role, START + first * HOUR, START + last * HOUR, absent, substitute, "Lucie", "Essai")


@given(st.lists(overrides(), max_size=30), st.integers(0, 24))
def test_who_is_on_call_is_who_the_roles_own_replacements_leave(drawn: list[Override], hour: int) -> None:
    roster = Roster(
        title="Essai",
        region="52",
        people=tuple(Person(each, each, (Contact(f"{each}/sms", Canal.SMS),)) for each in PEOPLE),
        roles=tuple(Role(role, role, PEOPLE[:2]) for role in ROLES),
        escalation=EscalationPolicy(HOUR, HOUR, "cadre"),
        overrides=tuple(drawn),
    )
    at = START + hour * HOUR
    for role in ROLES:
        expected: tuple[str, ...] = PEOPLE[:2]
        for each in drawn:
            if each.role == role and each.starts_at <= at < each.ends_at:
                expected = replaced(expected, each)
        assert roster.holders(role, at) == expected
    assert Roster.from_content(roster.content) == roster
