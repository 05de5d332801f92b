"""Emergency-department visits (RPU) in an OSCOUR file, decoded: what is read, and what of it leaves.

Format: InVS OSCOUR, "RPU 2006", as quoted by hkara2/gpmsi @8794a77. A file is for one establishment and replaces the
entry days from DATEDEBUT to DATEFIN; an empty DATEFIN is the day of EXTRACT, since nothing later could be known.
A visit is refused only when its ENTREE cannot be read; anything else leaves a field empty and flags it
(`streams.rpu.quality`). Birth date, postal code, commune, reason and acts go no further than this module.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO, Final

from orsan_plans.geography import REGIONS
from streams.collecting.decoding import Accepted, Context, Decoding, Manifest, Refused, Window
from streams.collecting.pseudonyms import OLDEST_YEARS, FilePseudonyms, Pseudonyms, age_class, years_between
from streams.entry import Status
from streams.messages.visits import AgeClass, PassageRPU
from streams.rpu import values
from streams.rpu.patient import Patient
from streams.rpu.quality import LONGEST_STAY
from streams.rpu.reading import Reader
from streams.rpu.times import LocalClock, read_day

FEED: Final = "rpu"
FIRST_YEAR: Final = 2000
"""A visit dated earlier is an error: OSCOUR starts in 2004. Vigie's own choice, like the year after the extraction."""
CLOCK_TOLERANCE: Final = timedelta(days=1)
"""How late after its reception a file may say it was extracted (a clock or a zone is wrong). Vigie's own choice."""

DepartementOf = Callable[[str], str | None]
"""FINESS → département, None when unknown."""

_FINESS: Final = re.compile(r"[0-9][0-9AB][0-9]{7}")
_FINESS_LENGTH: Final = 9
_MINUTE: Final = len("dd/mm/yyyy hh:mm")
_ONLY_ENTRY: Final = "ENTREE is absent, is not dd/mm/yyyy hh:mm, or names an impossible day or hour"


@dataclass(frozen=True, slots=True)
class _Establishment:
    finess: str
    departement: str
    flags: tuple[str, ...]


def decode(
    stream: BinaryIO,
    source_name: str,
    context: Context,
    pseudonyms: Pseudonyms,
    departement_of: DepartementOf | None = None,
) -> Decoding:
    """Decode one file; UnreadableFeed here for its header, and from the items when the rest is damaged or cut.

    ``departement_of`` comes from the list of establishments; see `departement_of_finess` for those it does not know.
    """
    reader = Reader(stream, source_name)
    header = reader.header()
    clock = LocalClock(context.zone)
    establishment = _establishment(reader, header, context.region, departement_of)
    manifest = _manifest(reader, header, clock, establishment.finess)
    if manifest.extracted_at > context.received_at + CLOCK_TOLERANCE:
        raise reader.unreadable("EXTRACT is later than the reception: every file to come would look older")
    clock = LocalClock(context.zone, range(FIRST_YEAR, manifest.extracted_at.year + 2))
    passages = _Passages(manifest, establishment, clock, pseudonyms.of_file(establishment.finess))
    return Decoding(manifest, _items(reader, passages), reader.check_rest)


def departement_of_finess(finess: str, region: str) -> str:
    """Return the département that a FINESS itself suggests: the région's only one, or its first two characters.

    Overseas régions have a single département, whose INSEE code has three characters.
    """
    departements = REGIONS[region].departements
    return departements[0] if len(departements) == 1 else finess[:2]


def _establishment(
    reader: Reader, header: dict[str, str], region: str, departement_of: DepartementOf | None
) -> _Establishment:
    written = header.get("FINESS", "")
    is_short = len(written) == _FINESS_LENGTH - 1
    finess = written.zfill(_FINESS_LENGTH) if is_short else written
    if not _FINESS.fullmatch(finess):
        raise reader.unreadable("FINESS is not a number of 9 characters (8 when its leading zero is lost)")
    departement = departement_of(finess) if departement_of else None
    flags = ("finess_complete",) if is_short else ()
    return _Establishment(finess, departement or departement_of_finess(finess, region), flags)


def _manifest(reader: Reader, header: dict[str, str], clock: LocalClock, finess: str) -> Manifest:
    extracted = clock.moment(header.get("EXTRACT", ""))
    if extracted is None:
        raise reader.unreadable("EXTRACT is not dd/mm/yyyy hh:mm:ss: files of a source could not be put in order")
    extracted_at, extraction_day, _ = extracted
    last_text = header.get("DATEFIN", "")
    first = read_day(header.get("DATEDEBUT", ""))
    last = read_day(last_text) if last_text else extraction_day
    if first is None or last is None:
        raise reader.unreadable("DATEDEBUT or DATEFIN is not dd/mm/yyyy: the days the file replaces are unknown")
    if last < first:
        raise reader.unreadable("DATEFIN (or the day of EXTRACT, when it is empty) comes before DATEDEBUT")
    return Manifest(FEED, f"ETAB-{finess}", extracted_at, Window(first, last))


def _items(reader: Reader, passages: "_Passages") -> Iterator[Accepted | Refused]:
    for position, patient in enumerate(reader.patients(), start=1):
        yield passages.read(patient) or Refused(position, reader.raw(patient), _ONLY_ENTRY)


class _Passages:
    """Makes a visit of each PATIENT of one file."""

    def __init__(
        self, manifest: Manifest, establishment: _Establishment, clock: LocalClock, keys: FilePseudonyms
    ) -> None:
        self._extracted_at = manifest.extracted_at
        self._window = manifest.window or Window(date.min, date.max)
        self._establishment = establishment
        self._clock = clock
        self._keys = keys

    def read(self, patient: Patient) -> Accepted | None:
        """Return the visit, None when its entry cannot be placed in time."""
        entered, left, born, postal_code, dp = map(str.strip, patient.free)
        entry = self._clock.moment(entered)
        if entry is None:
            return None
        entered_at, day, oddity = entry
        codes = values.read_codes(patient.coded)
        flags = [f"{oddity}:ENTREE"] if oddity else []
        flags += codes.broken
        key, before = self._keys.key(day, entered[:_MINUTE], born, patient.coded[0].strip(), postal_code)
        # By position: passing so many names would cost 40 % more. The order is also that of ``flags``.
        message = PassageRPU(
            key,
            self._establishment.finess,
            self._establishment.departement,
            entered_at,
            _age_class(born, day, flags),
            codes.gravite,
            codes.transport,
            codes.mode_sortie,
            self._exit(left, entered_at, flags) if left else None,
            _diagnosis(dp, "DP", flags) if dp else None,
            _associated(patient.diagnoses, flags) if patient.diagnoses else (),
            codes.sexe,
            codes.mode_entree,
            codes.provenance,
            codes.transport_pec,
            codes.destination,
            codes.orient,
            _all_flags(patient.repeated, flags),
        )
        all_flags = message.flags + self._flags_in_file(message, day, before)
        return Accepted(message, entered_at, key, day, Status.ACTUAL, all_flags)

    def _exit(self, text: str, entered_at: datetime, flags: list[str]) -> datetime | None:
        exit_ = self._clock.moment(text, entered_at)
        if exit_ is None:
            flags.append("date_illisible:SORTIE")
            return None
        exited_at, _, oddity = exit_
        if oddity:
            flags.append(f"{oddity}:SORTIE")
        if exited_at < entered_at:
            flags.append("sortie_avant_entree")
        elif exited_at - entered_at > LONGEST_STAY:
            flags.append("sejour_sup_30_jours")
        return exited_at

    def _flags_in_file(self, message: PassageRPU, day: date, before: int) -> tuple[str, ...]:
        flags = self._establishment.flags
        if before:
            flags += ("doublon",)
        if not self._window.first <= day <= self._window.last:
            flags += ("entree_hors_fenetre",)
        if message.entered_at > self._extracted_at:
            flags += ("entree_apres_extraction",)
        if message.exited_at is not None and message.exited_at > self._extracted_at:
            flags += ("sortie_apres_extraction",)
        return flags


def _age_class(text: str, entry_day: date, flags: list[str]) -> AgeClass:
    if not text:
        return "inconnu"
    birth = read_day(text)
    if birth is None:
        flags.append("date_illisible:NAISSANCE")
        return "inconnu"
    years = years_between(birth, entry_day)
    if years < 0:
        flags.append("naissance_apres_entree")
    elif years > OLDEST_YEARS:
        flags.append("age_sup_120_ans")
    return age_class(years)


def _diagnosis(text: str, name: str, flags: list[str]) -> str | None:
    code, rule = values.read_cim10(text)
    if rule is not None:
        flags.append(f"{rule}:{name}")
    return code


def _associated(texts: Sequence[str], flags: list[str]) -> tuple[str, ...]:
    codes = [_diagnosis(written, "DA", flags) for text in texts if (written := text.strip())]
    return tuple([code for code in codes if code is not None])


def _all_flags(repeated: Sequence[str], flags: list[str]) -> tuple[str, ...]:
    """Return each rule broken once, in the order of reading."""
    if repeated:
        flags += [f"champ_repete:{name}" for name in repeated]
    return tuple(dict.fromkeys(flags)) if flags else ()
