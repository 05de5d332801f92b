"""`vigie auditor`: a process of its own that looks at the monitor, and pages by its own channel when it is not well."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec
import structlog
import typer

from alerts.adapters.apprise_channel import AppriseChannel
from alerts.channel import Channel
from alerts.sms import SMS_SEPTETS, shorten, to_gsm7
from alerts.wording import Message
from streams.adapters.whole_file import written_whole
from streams.auditing import REMIND_AFTER, Finding, Level, Telling, to_tell
from vigie.errors import explained
from vigie.examining import SILENCE, Examined, SeenJournal, SeenLog
from vigie.live_settings import live_settings
from vigie.proving import web_address
from vigie.saying import Live
from vigie.settings import chosen
from vigie.stopping import interrupted

ADDRESS_VARIABLE: Final = "VIGIE_AUDITOR_ADDRESS"
"""Only in the environment: an address may hold a password, which a command line shows to every account."""
CONTACT: Final = "auditeur/alarme"
_log = structlog.get_logger()
_decode = msgspec.json.Decoder(dict[str, datetime]).decode


@dataclass(slots=True)
class Memory:
    """What was told, in a file, so that the next process does not tell it again; in memory alone without one."""

    path: Path | None = None
    told: dict[str, datetime] = field(default_factory=dict)

    def load(self) -> None:
        """Read the file; one that cannot be read is as none: a problem is told again."""
        if self.path is None:
            return
        try:
            self.told = _decode(self.path.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("what was told before is not known", file=str(self.path), why=str(error))

    def keep(self, told: dict[str, datetime]) -> None:
        """Remember what was told; the file is written at each look, so that its age tells that there was one."""
        self.told = told
        if self.path is None:
            return
        try:
            with written_whole(self.path) as file:
                file.write(msgspec.json.encode(told))
        except OSError as error:
            _log.warning("what was told cannot be kept: it may be told again", file=str(self.path), why=str(error))


@dataclass(frozen=True, slots=True)
class Auditor:
    """Looks, and tells ``channel`` (None: the log alone) what is wrong, once for each problem, then as a reminder."""

    examined: Examined
    channel: Channel | None
    memory: Memory
    remind: timedelta = REMIND_AFTER

    def turn(self, now: datetime) -> bool:
        """Look once; return whether all is well."""
        found = [each for each in self.examined.findings(now) if each.level is Level.BROKEN]
        for each in found:
            _log.error("not well", check=each.check.value, what=each.text)
        telling = to_tell(found, self.memory.told, now, self.remind)
        is_news = bool(telling.problems or telling.mended)
        # What could not be told is told at the next look.
        is_told = not is_news or self._tell(telling, found)
        self.memory.keep(dict(telling.told if is_told else self.memory.told))
        return not found

    def _tell(self, telling: Telling, found: Iterable[Finding]) -> bool:
        """Tell it; False when it could not be, to be tried at the next turn."""
        if self.channel is None:
            return True
        outcome = self.channel.send(CONTACT, _message(telling, tuple(found), self.examined.seen.region))
        if not outcome.is_sent:
            _log.critical("the auditor's own channel does not work", why=outcome.reason)
        return outcome.is_sent


def _message(telling: Telling, found: tuple[Finding, ...], region: str) -> Message:
    if not telling.problems:
        left = f"Il reste {len(found)} problème(s)." if found else "Tout est de nouveau en ordre."
        title = f"VIGIE région {region} : un problème est résolu"
        return Message(title, left, shorten(to_gsm7(f"{title}. {left}"), SMS_SEPTETS))
    title = f"VIGIE EN PANNE ? région {region}"
    lines = [f"{each.check} : {each.text}" for each in telling.problems]
    body = "\n".join((*lines, "", "Cet avis vient de l'auditeur, pas du moniteur : allez voir (vigie health)."))
    return Message(title, body, shorten(to_gsm7(f"{title}: {' ; '.join(lines)}"), SMS_SEPTETS))


def auditor(  # noqa: PLR0913, PLR0917 - one parameter per option
    journal: Annotated[Path | None, typer.Option(metavar="J.db", help="The journal; that of the monitor.")] = None,
    region: Annotated[str | None, typer.Option(metavar="CODE", help="INSEE code of the région.")] = None,
    roster: Annotated[Path | None, typer.Option(metavar="FILE", help="Astreinte tableau (YAML).")] = None,
    live: Live = None,
    every: Annotated[int, typer.Option(min=5, metavar="SECONDS", help="How often to look.")] = 60,
    silence: Annotated[
        int, typer.Option(min=0, metavar="MINUTES", help="How long the journal may receive nothing; 0: for ever.")
    ] = SILENCE // timedelta(minutes=1),
    remind: Annotated[
        int, typer.Option(min=1, metavar="MINUTES", help="How often a problem that lasts is told again.")
    ] = REMIND_AFTER // timedelta(minutes=1),
    memory: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to remember what was told; needed with --once.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and end with 1 when something is wrong.")] = False,
) -> None:
    """Look at the monitor from outside, and page by the channel of VIGIE_AUDITOR_ADDRESS when it is not well."""
    with explained():
        settings = chosen(journal=journal, region=region, roster=roster)
        seen = SeenJournal(settings.journal, settings.region) if live is None else SeenLog(live_settings(), live)
        examined = Examined(seen, settings.roster, timedelta(minutes=silence))
        made = Auditor(examined, _channel(), Memory(memory), timedelta(minutes=remind))
        made.memory.load()
        if once:
            raise typer.Exit(0 if made.turn(datetime.now(UTC)) else 1)
        _run(made, every)


def _channel() -> Channel | None:
    address = os.environ.get(ADDRESS_VARIABLE)
    if not address:
        _log.warning("problems are only logged", mend=f"set {ADDRESS_VARIABLE}")
        return None
    return AppriseChannel({CONTACT: web_address(address)})


def _run(made: Auditor, every: int) -> None:
    stop = interrupted()
    _log.info("auditor started", region=made.examined.seen.region, every_seconds=every)
    while not stop.is_set():
        made.turn(datetime.now(UTC))
        stop.wait(every)
    _log.info("auditor stopped")
