"""What the check of a tableau finds, one rule at a time, on a tableau that is otherwise sound."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from alerts.astreinte import Canal, Contact, EscalationPolicy, HandOver, Override, Person, Role, Roster, Schedule
from alerts.contact_proofs import ContactProof, address_digest, after_trial, after_verification
from alerts.roster_lint import Finding, Survey, check
from alerts.roster_wording import differences, period_words
from orsan_plans.posture import Posture

SINCE, UNTIL = datetime(2026, 1, 5, 7, 30, tzinfo=UTC), datetime(2026, 2, 2, 7, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
MONDAY = HandOver(0, time(8, 30), date(2026, 1, 5))


def person(id_: str) -> Person:
    contacts = (Contact(f"{id_}/sms", Canal.SMS, provider="Nord"), Contact(f"{id_}/sms-2", Canal.SMS, provider="Sud"))
    return Person(id_, id_.title(), contacts)


SOUND = Roster(
    "Essai",
    "52",
    tuple(map(person, ("ada", "bob", "cleo"))),
    (Role("cadre", "Cadre", ("ada", "bob"), MONDAY), Role("veille", "Veille", ("cleo",))),
    EscalationPolicy(timedelta(1), timedelta(1), "veille"),
)
SURVEY = Survey(SINCE, UNTIL, {"cadre": "le plan X", "veille": "le repli"})


def found(roster: Roster, survey: Survey = SURVEY) -> list[Finding]:
    return list(check(roster, survey))


def only(roster: Roster, survey: Survey = SURVEY) -> Finding:
    [finding] = found(roster, survey)
    return finding


def with_person(changed: Person) -> Roster:
    return replace(SOUND, people=tuple(changed if each.id == changed.id else each for each in SOUND.people))


def override(since: datetime, until: datetime, absent: str, substitute: str) -> Override:
    return Override("cadre", since, until, absent, substitute, "L", "congé")


def test_a_sound_tableau_has_nothing_to_put_right() -> None:
    assert found(SOUND) == []


def test_a_role_that_a_plan_names_must_exist() -> None:
    finding = only(SOUND, replace(SURVEY, needed={"directeur": "le plan X"}))
    assert (finding.is_error, finding.text) == (True, "aucun rôle ne s'appelle « directeur », que demande le plan X")


@pytest.mark.parametrize(("needed", "is_error"), [({"cadre": "le plan X"}, True), ({}, False)])
def test_a_gap_is_an_error_when_the_role_is_needed(needed: dict[str, str], is_error: bool) -> None:
    late = replace(SOUND.roles[0], hand_over=replace(MONDAY, start=date(2026, 1, 12)))
    finding = only(replace(SOUND, roles=(late, SOUND.roles[1])), replace(SURVEY, needed=needed))
    assert (finding.path, finding.is_error) == (("roles", "cadre"), is_error)
    assert (
        "du lundi 5\u00a0janvier 2026 à 8\u00a0h\u00a030 au lundi 12\u00a0janvier 2026 à 8\u00a0h\u00a030"
        in finding.text
    )


def test_a_rotation_that_ends_is_told_before_it_does() -> None:
    ends = replace(SOUND.roles[0], hand_over=replace(MONDAY, end=date(2026, 2, 2)))
    assert [each.path for each in found(replace(SOUND, roles=(ends, SOUND.roles[1])))] == [("roles", "cadre", "fin")]


def test_somebody_must_be_reachable_at_each_posture() -> None:
    night_only = replace(
        SOUND.people[2], contacts=(*(replace(c, postures=(Posture.ALERTE,)) for c in SOUND.people[2].contacts),)
    )
    finding = only(with_person(night_only))
    assert (finding.path, finding.is_error) == (("roles", "veille"), True)
    assert "Cleo n'a aucun contact pour une vigilance" in finding.text


@pytest.mark.parametrize(
    ("contacts", "words"),
    [
        ((("sms", "Nord"),), "Bob n'a qu'un contact pour une alerte, bob/sms"),
        ((("sms", "Nord"), ("appel", "Nord")), "tous les contacts de Bob pour une alerte passent par Nord"),
        ((("sms", "Nord"), ("appel", "")), "les contacts de Bob ne disent pas tous leur fournisseur"),
    ],
)
def test_a_single_contact_or_provider_is_told(contacts: tuple[tuple[str, str], ...], words: str) -> None:
    single = tuple(Contact(f"bob/{canal}", Canal(canal), provider=provider) for canal, provider in contacts)
    finding = only(with_person(replace(SOUND.people[1], contacts=single)))
    assert (finding.path, finding.is_error) == (("personnes", 1, "contacts"), False)
    assert finding.text.startswith(words)


def test_the_same_person_on_two_roles_at_once_is_told_once() -> None:
    roles = (SOUND.roles[0], Role("veille", "Veille", ("cleo", "bob")))
    finding = only(replace(SOUND, roles=roles))
    assert "Bob tient à la fois « Cadre » et « Veille », à partir du lundi 12" in finding.text
    assert finding.path == ("roles", "veille")


def test_two_roles_in_turn_are_not_held_at_once() -> None:
    opposite = Role("medecin", "Médecin", ("bob", "ada"), MONDAY)
    assert found(replace(SOUND, roles=(*SOUND.roles, opposite))) == []


@pytest.mark.parametrize(("limit", "runs"), [(None, 0), (6, 4), (7, 0)])
def test_nights_in_a_row_are_held_to_the_limit_of_the_file_and_to_no_other(limit: int | None, runs: int) -> None:
    roster = replace(SOUND, roles=(SOUND.roles[0],), people=SOUND.people[:2])
    told = found(roster, Survey(SINCE, UNTIL, most_nights=limit))
    assert [each.path for each in told] == [("controles", "nuits_de_suite")] * runs
    assert all("est d'astreinte 7 nuits de suite" in each.text for each in told)


def test_a_replacement_of_someone_who_is_not_on_call_is_an_error() -> None:
    first = override(SINCE, SINCE + WEEK, "ada", "cleo")
    second = override(SINCE, SINCE + WEEK, "bob", "cleo")
    told = [each for each in found(replace(SOUND, overrides=(first, second))) if each.is_error]
    assert [each.path for each in told] == [("remplacements", 1, "absent")]
    assert "ce remplacement ne remplace personne : Bob n'est jamais d'astreinte pour « Cadre »" in told[0].text


def test_a_replacement_of_a_substitute_is_of_someone_on_call() -> None:
    chain = (override(SINCE, SINCE + WEEK, "ada", "bob"), override(SINCE, SINCE + WEEK, "bob", "ada"))
    assert found(replace(SOUND, overrides=chain)) == []


def test_a_replacement_outside_the_period_is_not_looked_at() -> None:
    past = override(SINCE - WEEK, SINCE, "bob", "cleo")
    assert found(replace(SOUND, overrides=(past,))) == []


def test_schedules_that_overlap_are_told() -> None:
    first, second = (
        Schedule("cadre", SINCE, SINCE + WEEK, ("ada",), "L", "Un"),
        Schedule("cadre", SINCE + timedelta(days=6), SINCE + 2 * WEEK, ("bob",), "L", "Deux"),
    )
    finding = only(replace(SOUND, schedules=(first, second)))
    assert (finding.path, finding.is_error) == (("plannings", 1), False)
    assert "celui de « Un »" in finding.text
    apart = replace(second, starts_at=SINCE + WEEK)
    assert found(replace(SOUND, schedules=(first, apart))) == []


def test_someone_who_is_never_on_call_is_told() -> None:
    finding = only(replace(SOUND, people=(*SOUND.people, person("dan"))))
    assert finding == Finding(("personnes", 3), "Dan n'est d'astreinte pour aucun rôle sur la période")


def test_holidays_that_are_not_known_yet_are_told() -> None:
    festive = replace(SOUND, holidays=(date(2026, 1, 1),))
    assert found(festive, replace(SURVEY, last_holiday_year=2026)) == []
    assert "jusqu'en 2025" in only(festive, replace(SURVEY, last_holiday_year=2025)).text


def test_errors_come_first() -> None:
    roster = replace(SOUND, people=(*SOUND.people, person("dan")))
    told = found(roster, replace(SURVEY, needed={"directeur": "le plan X"}))
    assert [each.is_error for each in told] == [True, False]


def test_contacts_never_verified_or_long_ago_are_told() -> None:
    at = SINCE - timedelta(days=100)
    names = [contact.name for each in SOUND.people for contact in each.contacts]
    fresh = {name: ContactProof("d", at, SINCE) for name in names}
    survey = replace(SURVEY, verified_for=timedelta(days=90))
    assert found(SOUND, replace(survey, proofs=fresh)) == []
    old = fresh | {"bob/sms-2": ContactProof("d", at)}
    finding = only(SOUND, replace(survey, proofs=old))
    assert finding.path == ("personnes", 1, "contacts", 1)
    assert finding.text.startswith("le contact bob/sms-2 n'a plus été vérifié ni essayé depuis le samedi 27")
    assert found(SOUND, replace(SURVEY, proofs=old)) == []  # the file sets no limit
    only_tried = fresh | {"bob/sms-2": ContactProof("d", None, SINCE)}
    assert only(SOUND, replace(survey, proofs=only_tried)).text == "le contact bob/sms-2 n'a jamais été vérifié"
    assert len(found(SOUND, replace(survey, proofs={}))) == 6
    assert found(SOUND, replace(survey, proofs=None)) == []


def test_a_proof_holds_for_one_address() -> None:
    here, there = (address_digest(b"k", "a/sms", address) for address in ("json://a", "json://b"))
    proof = after_trial(after_verification(None, here, SINCE), here, UNTIL)
    assert proof == ContactProof(here, SINCE, UNTIL)
    assert after_verification(proof, here, UNTIL) == ContactProof(here, UNTIL, UNTIL)
    assert after_trial(proof, there, UNTIL) == ContactProof(there, None, UNTIL)
    assert after_verification(proof, there, UNTIL) == ContactProof(there, UNTIL, None)
    assert len({here, there, address_digest(b"k", "b/sms", "json://a"), address_digest(b"l", "a/sms", "json://a")}) == 4


def test_what_a_version_changes_is_told_in_sentences() -> None:
    after = replace(
        SOUND,
        people=(*SOUND.people[1:], person("dan"), replace(SOUND.people[0], name="Ada L.")),
        roles=(Role("cadre", "Cadre", ("dan",)), SOUND.roles[1], Role("dsi", "DSI", ("ada",))),
        overrides=(override(SINCE, SINCE + WEEK, "dan", "bob"),),
        escalation=replace(SOUND.escalation, delay=timedelta(2)),
    )
    assert [line.partition(",")[0] for line in differences(SOUND, after)] == [
        "personne en plus : dan",
        "personne modifié : ada",
        "rôle en plus : dsi",
        "rôle modifié : cadre",
        f"remplacement en plus : cadre {period_words(SOUND, SINCE, SINCE + WEEK)}",
        "autre réglage modifié : escalade",
    ]
    assert differences(SOUND, SOUND) == ()
    assert differences(None, SOUND) == ("premier tableau",)
    assert "personne en moins : dan" in differences(after, SOUND)
