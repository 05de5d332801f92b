"""Writes what was imported from a calendar, in a file of schedules of its own beside the roster file.

The roster file is written by people: it only gains the line that names the other one, the first time, at its end, and
is otherwise kept byte for byte (docs/adr/0011-imported-schedules-have-a-file-of-their-own.md).
"""

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from alerts.adapters.roster_files import LoadedRoster
from alerts.calendar_events import Change, as_schedules
from alerts.roster_turns import TurnsFile, as_instant
from alerts.turns import Schedule
from orsan_plans.adapters.located_yaml import DocumentError, parse_document, validate

_HEADER: Final = "# Écrit par « vigie roster import » : ne le modifiez pas à la main, il sera récrit.\nplannings:\n"
_KEY: Final = "fichiers_plannings"


class NotWritten(ValueError):
    """Nothing was written; the message, in French, says what to change first."""


def write_changes(loaded: LoadedRoster, changes: Iterable[Change], author: str, reason: str) -> tuple[Path, ...]:
    """Add changes to the file of imported schedules; return the files written. NotWritten, OSError."""
    main = loaded.documents.main.path
    target = main.with_name(f"{main.stem}-calendrier.yaml")
    zone = ZoneInfo(loaded.roster.time_zone)
    new = as_schedules(changes, author, reason)
    kept = [each for each in _imported(loaded, target, zone) if not any(_covers(other, each) for other in new)]
    text = _HEADER + "".join(_line(each, zone) for each in (*kept, *new))
    validate(parse_document(target, text.encode()), TurnsFile)
    naming = _named_in(loaded, target)
    _replace(target, text.encode())
    if naming is None:
        return (target,)
    _replace(main, naming)
    return (target, main)


def _imported(loaded: LoadedRoster, target: Path, zone: ZoneInfo) -> list[Schedule]:
    """Return the schedules imported before; NotWritten when the file is not one of these, or does not come last."""
    names = loaded.documents.form.fichiers_plannings
    if target.name not in names:
        if target.exists():
            raise NotWritten(f"{target} existe déjà sans être dans {_KEY} : ajoutez-le en dernier, ou retirez-le")
        return []
    if names[-1] != target.name:
        raise NotWritten(f"{target.name} doit venir en dernier dans {_KEY} : le dernier planning écrit l'emporte")
    turns = loaded.documents.more[-1][1]
    if turns.remplacements or any(form.fixe is None for form in turns.plannings):
        raise NotWritten(f"{target} a été complété à la main : déplacez ces lignes dans un autre fichier")
    return [form.to_schedule(zone) for form in turns.plannings]


def _covers(wide: Schedule, narrow: Schedule) -> bool:
    return wide.role == narrow.role and wide.starts_at <= narrow.starts_at and narrow.ends_at <= wide.ends_at


def _line(schedule: Schedule, zone: ZoneInfo) -> str:
    period = {"du": _local(schedule.starts_at, zone), "au": _local(schedule.ends_at, zone)}
    words = {"role": schedule.role, **period, "auteur": schedule.author, "motif": schedule.reason}
    # A text in JSON is a text in YAML.
    written = {key: json.dumps(value, ensure_ascii=False) for key, value in words.items()}
    written["fixe"] = f"[{', '.join(schedule.people)}]"
    return f"  - {{{', '.join(f'{key}: {value}' for key, value in written.items())}}}\n"


def _local(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    written = f"{local:%Y-%m-%d %H:%M}"
    if as_instant(datetime.fromisoformat(written), zone) != at:
        raise NotWritten(
            f"{local:%d/%m/%Y %H:%M:%S} ne s'écrit pas sans ambiguïté (secondes, ou heure répétée en automne) : "
            "déplacez cette relève"
        )
    return written


def _named_in(loaded: LoadedRoster, target: Path) -> bytes | None:
    """Return the roster file naming the other one, or None when it does already."""
    main = loaded.documents.main
    if target.name in loaded.documents.form.fichiers_plannings:
        return None
    if _KEY in main.content:
        raise NotWritten(f"ajoutez « {target.name} » à la fin de {_KEY}, puis recommencez")
    data = main.path.read_bytes()
    end = b"" if data.endswith(b"\n") else b"\n"
    named = data + end + f"\n{_KEY}: [{json.dumps(target.name, ensure_ascii=False)}]\n".encode()
    try:
        is_read = parse_document(main.path, named).content == {**main.content, _KEY: [target.name]}
    except DocumentError:
        is_read = False
    if not is_read:
        raise NotWritten(
            f"ajoutez vous-même la ligne « {_KEY}: [{target.name}] » au tableau, avec un fichier vide de ce nom"
        )
    return named


def _replace(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        unfinished.chmod(path.stat().st_mode)
    unfinished.replace(path)
