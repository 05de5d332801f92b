"""Whether those on call can be reached: at each posture, by more than one thread, at an address that was verified."""

from collections.abc import Iterator
from typing import Final

from alerts.astreinte import Roster
from alerts.contact_proofs import ContactProof
from alerts.duties import Duty
from alerts.roster_survey import Finding, LaidOut, Survey, called
from alerts.roster_wording import instant_words, names, role_title
from orsan_plans.posture import RAISED, Posture

_POSTURES: Final = {Posture.VIGILANCE: "vigilance", Posture.ALERTE: "alerte"}


def unreachable(roster: Roster, survey: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    """Yield the roles whose people cannot be called at a posture, whoever is on call together."""
    said: set[tuple[str, tuple[str, ...], Posture]] = set()
    for role, held in laid_out.items():
        for duty in held:
            for posture in RAISED:
                key = (role, duty.people, posture)
                if duty.people and key not in said and not _is_reachable(roster, duty, posture):
                    said.add(key)
                    text = (
                        f"« {role_title(roster, role)} » : {names(roster, duty.people)} n'a aucun contact pour une "
                        f"{_POSTURES[posture]}, à partir du {instant_words(roster, duty.starts_at)}"
                    )
                    yield Finding(("roles", role), text, is_error=role in survey.needed)


def _is_reachable(roster: Roster, duty: Duty, posture: Posture) -> bool:
    people = (roster.person(id_) for id_ in duty.people)
    return any(roster.contacts(person, posture) for person in people if person is not None)


def single_threads(roster: Roster, _: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    """Yield those who have one contact for an alerte, or several that one failure may take away."""
    for path, person in called(roster, laid_out):
        contacts = roster.contacts(person, Posture.ALERTE)
        providers = {contact.provider for contact in contacts}
        if len(contacts) == 1:
            text = (
                f"{person.name} n'a qu'un contact pour une alerte, {contacts[0].name} : une panne le rend injoignable"
            )
        elif "" in providers:
            text = f"les contacts de {person.name} ne disent pas tous leur fournisseur : un seul peut les porter"
        elif len(providers) == 1:
            text = f"tous les contacts de {person.name} pour une alerte passent par {contacts[0].provider}"
        else:
            continue
        yield Finding((*path, "contacts"), text)


def unverified(roster: Roster, survey: Survey, laid_out: LaidOut) -> Iterator[Finding]:
    """Yield the contacts that were never verified, or too long ago; nothing when nobody looked."""
    if survey.proofs is None:
        return
    for path, person in called(roster, laid_out):
        for position, contact in enumerate(person.contacts):
            proof = survey.proofs.get(contact.name)
            if text := _proof_words(roster, survey, contact.name, proof):
                yield Finding((*path, "contacts", position), text)


def _proof_words(roster: Roster, survey: Survey, contact: str, proof: ContactProof | None) -> str:
    if proof is None or proof.verified_at is None:
        return f"le contact {contact} n'a jamais été vérifié"
    latest = max(filter(None, (proof.verified_at, proof.tested_at)))
    if survey.verified_for is not None and survey.starts_at - latest > survey.verified_for:
        return f"le contact {contact} n'a plus été vérifié ni essayé depuis le {instant_words(roster, latest)}"
    return ""
