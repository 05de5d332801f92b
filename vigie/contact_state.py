"""What the journal proves of the contacts of a tableau, at the addresses its file has now."""

import os
from pathlib import Path
from typing import Annotated

import typer

from alerts.adapters.contact_codes import ContactCodes
from alerts.adapters.roster_files import AddressBook, load_roster
from alerts.contact_proofs import ContactProof
from streams.adapters.sqlite_journal import SqliteJournal
from streams.monitor import Monitor
from vigie.live_settings import live_settings
from vigie.settings import chosen
from vigie.standing import standing

Codes = Annotated[
    Path | None,
    typer.Option(
        "--codes",
        metavar="FILE",
        envvar="VIGIE_CONTACT_CODES",
        help="Key and awaited codes of the verifications; beside the journal without it.",
    ),
]


def contact_codes(codes: Path | None, journal: Path | None = None) -> ContactCodes:
    """Return the codes of a file, or those beside a journal."""
    return ContactCodes.beside(chosen(journal=journal).journal) if codes is None else ContactCodes(codes)


def known_proofs(
    file: Path, codes: Path | None, journal: Path | None, live: str | None
) -> dict[str, ContactProof] | None:
    """Return what a journal proves of each contact as the file has it now; None when no journal is named."""
    if journal is None and live is None:
        return None
    loaded = load_roster(file, os.environ)
    region = loaded.roster.region
    if journal is None:
        proofs = standing(live_settings().kafka, region).fold.state.contacts
    else:
        with SqliteJournal.open(journal, read_only=True) as opened:
            is_there = region in opened.regions()
            proofs = Monitor(opened).fold(region).state.contacts if is_there else {}
    return holding(proofs, loaded.address_book, contact_codes(codes, journal))


def holding(proofs: dict[str, ContactProof], addresses: AddressBook, codes: ContactCodes) -> dict[str, ContactProof]:
    """Return the proofs that hold: those of an address that has not changed since."""
    digests = {contact: codes.digest(contact, address) for contact, address in addresses.items()}
    return {contact: proof for contact, proof in proofs.items() if proof.digest == digests.get(contact)}
