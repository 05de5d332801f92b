"""`vigie roster verify` and `vigie roster test`: proving that a contact of the tableau is where its person answers."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.adapters.contact_codes import ContactCodes
from alerts.adapters.roster_files import AddressBook, load_roster
from alerts.contact_wording import code_message, trial_message
from streams.messages.contacts import ContactTested, ContactVerified
from vigie.contact_state import Codes, contact_codes
from vigie.errors import explained
from vigie.roster_periods import File
from vigie.saying import DEFAULT_DROP, Drop, Live, say

HOW = "code returned"


def verify(
    file: File,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="Such as claire.martin/sms.")],
    code: Annotated[str | None, typer.Option(help="The code that its person read and gives back.")] = None,
    codes: Codes = None,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
    *,
    send: Annotated[bool, typer.Option("--send", help="Send a new code to the contact.")] = False,
) -> None:
    """Verify a contact: --send a code through its own channel, then give back with --code what its person read."""
    if send is (code is not None):
        raise typer.BadParameter("give either --send, or --code with the code received", param_hint="--send")
    with explained():
        addresses = load_roster(file, os.environ).address_book
        _check_known(addresses, [contact])
        kept = contact_codes(codes)
        if code is None:
            _send_code(addresses, contact, kept)
            return
        digest = kept.finish(contact, addresses[contact], code.strip(), datetime.now(UTC))
    say(ContactVerified(contact, digest, HOW), drop, live)


def _send_code(addresses: AddressBook, contact: str, codes: ContactCodes) -> None:
    code = codes.begin(contact, addresses[contact], datetime.now(UTC))
    outcome = AppriseChannel(addresses).send(contact, code_message(contact, code))
    if not outcome.is_sent:
        typer.echo(f"vigie: {contact} : le code n'est pas parti : {outcome.reason}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{contact} : un code est parti ; donnez-le dans les 15 minutes avec --code")


def try_out(
    file: File,
    contacts: Annotated[list[str] | None, typer.Argument(metavar="[CONTACT...]")] = None,
    codes: Codes = None,
    drop: Drop = DEFAULT_DROP,
    live: Live = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Every contact of the tableau.")] = False,
) -> None:
    """Send a trial message to contacts and journal what became of it; exit 1 when one could not be sent."""
    if everyone is bool(contacts):
        raise typer.BadParameter("name contacts, or give --all", param_hint="CONTACT")
    with explained():
        addresses = load_roster(file, os.environ).address_book
        tried = list(addresses) if everyone else contacts or []
        _check_known(addresses, tried)
        kept = contact_codes(codes)
        kept.ensure()
        channel = AppriseChannel(addresses)
        results = [(contact, channel.send(contact, trial_message(contact))) for contact in tried]
        digests = {contact: kept.digest(contact, addresses[contact]) or "" for contact in tried}
    for contact, outcome in results:
        typer.echo(f"{contact}: {'sent' if outcome.is_sent else f'not sent: {outcome.reason}'}")
        say(
            ContactTested(contact, digests[contact], "sent" if outcome.is_sent else "failed", outcome.reason),
            drop,
            live,
        )
    if not all(outcome.is_sent for _, outcome in results):
        raise typer.Exit(1)


def _check_known(addresses: AddressBook, contacts: Sequence[str]) -> None:
    unknown = [contact for contact in contacts if contact not in addresses]
    if unknown:
        known = ", ".join(addresses)
        raise typer.BadParameter(
            f"no contact of the tableau is called {unknown[0]}; it has {known}", param_hint="CONTACT"
        )
