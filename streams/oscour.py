"""Emergency-department visits (RPU) in an OSCOUR file, decoded: what is read, and what of it leaves.

Format: InVS OSCOUR, "RPU 2006", as quoted by hkara2/gpmsi @8794a77. A file is for one establishment and replaces the
entry days from DATEDEBUT to DATEFIN; an empty DATEFIN is the day of EXTRACT, since nothing later could be known.
A visit is refused only when its ENTREE cannot be read; anything else leaves a field empty and flags it
(`streams.oscour_quality`). Birth date, postal code, commune, reason and acts go no further than this module.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO, Final, TypeVar, cast

from orsan_plans.geography import REGIONS
from streams import oscour_values as values
from streams.collecting import Accepted, Context, Decoding, Manifest, Refused, Window
from streams.messages import AgeClass, PassageRPU
from streams.oscour_quality import LONGEST_STAY
from streams.oscour_reading import Patient, Reader
from streams.oscour_times import LocalClock, Moment, read_day
from streams.pseudonyms import OLDEST_YEARS, FilePseudonyms, Pseudonyms, age_class, years_between

FEED: Final = "rpu"
FIRST_YEAR: Final = 2000
"""A visit dated earlier is an error: OSCOUR starts in 2004. Vigie's own choice, like the year after the extraction."""
CLOCK_TOLERANCE: Final = timedelta(days=1)
"""How late after its reception a file may say it was extracted (a clock or a zone is wrong). Vigie's own choice."""

DepartementOf = Callable[[str], str | None]
"""FINESS → département, None when unknown."""

_FINESS: Final = re.compile(r"[0-9][0-9AB][0-9]{7}")
_FINESS_LENGTH: Final = 9
_ONCE: Final = frozenset({*values.LISTS, "CP", "NAISSANCE", "ENTREE", "SORTIE", "DP"})
_MINUTE: Final = len("dd/mm/yyyy hh:mm")
_V = TypeVar("_V", bound=str)
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
    passages = _Passages(manifest, establishment, clock, pseudonyms.of_file(establishment.finess))
    return Decoding(manifest, _items(reader, passages))


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
    last_text = header.get("DATEFIN", "")
    first = read_day(header.get("DATEDEBUT", ""))
    last = read_day(last_text) if last_text else extracted.day
    if first is None or last is None:
        raise reader.unreadable("DATEDEBUT or DATEFIN is not dd/mm/yyyy: the days the file replaces are unknown")
    if last < first:
        raise reader.unreadable("DATEFIN (or the day of EXTRACT, when it is empty) comes before DATEDEBUT")
    return Manifest(FEED, f"ETAB-{finess}", extracted.at, Window(first, last))


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
        self._last_year = manifest.extracted_at.year + 1

    def read(self, patient: Patient) -> Accepted | None:
        """Return the visit, None when its entry cannot be placed in time."""
        entry_text = patient.text("ENTREE")
        entry = self._moment(entry_text, None)
        if entry is None:
            return None
        flags: list[str] = [f"{entry.oddity}:ENTREE"] if entry.oddity else []
        birth, sex = patient.text("NAISSANCE"), patient.text("SEXE")
        key, before = self._keys.key(entry.day, entry_text[:_MINUTE], birth, sex, patient.text("CP"))
        message = self._passage(patient, key, entry, flags)
        own_flags = self._file_flags(entry, message, before)
        return Accepted(message, entry.at, key, entry.day, flags=message.flags + own_flags)

    def _passage(self, patient: Patient, key: str, entry: Moment, flags: list[str]) -> PassageRPU:
        fields = patient.fields
        exited_at = self._exit(patient.text("SORTIE"), entry, flags) if "SORTIE" in fields else None
        provenance = _listed(fields, "PROVENANCE", values.PROVENANCE, flags)
        mode_entree = _listed(fields, "MODE_ENTREE", values.MODE_ENTREE, flags)
        if (provenance, mode_entree) in values.INCOMPATIBLE:
            flags.append("provenance_incompatible")
        age = _age_class(patient.text("NAISSANCE"), entry.day, flags)
        diagnosis = _diagnosis(patient.text("DP"), "DP", flags)
        associated = _associated(patient, flags) if "DA" in fields else ()
        return PassageRPU(
            key=key,
            finess=self._establishment.finess,
            departement=self._establishment.departement,
            entered_at=entry.at,
            age_class=age,
            ccmu=_listed(fields, "GRAVITE", values.GRAVITE, flags),
            transport=_listed(fields, "TRANSPORT", values.TRANSPORT, flags),
            mode_sortie=_listed(fields, "MODE_SORTIE", values.MODE_SORTIE, flags),
            exited_at=exited_at,
            diagnosis_cim10=diagnosis,
            associated_cim10=associated,
            sex=_listed(fields, "SEXE", values.SEXE, flags),
            mode_entree=mode_entree,
            provenance=provenance,
            transport_pec=_listed(fields, "TRANSPORT_PEC", values.TRANSPORT_PEC, flags),
            destination=_listed(fields, "DESTINATION", values.DESTINATION, flags),
            orient=_listed(fields, "ORIENT", values.ORIENT, flags),
            flags=_all_flags(patient, flags),
        )

    def _moment(self, text: str, not_before: datetime | None) -> Moment | None:
        moment = self._clock.moment(text, not_before)
        if moment is None or not FIRST_YEAR <= moment.day.year <= self._last_year:
            return None
        return moment

    def _exit(self, text: str, entry: Moment, flags: list[str]) -> datetime | None:
        if not text:
            return None
        exit_ = self._moment(text, entry.at)
        if exit_ is None:
            flags.append("date_illisible:SORTIE")
            return None
        if exit_.oddity:
            flags.append(f"{exit_.oddity}:SORTIE")
        if exit_.at < entry.at:
            flags.append("sortie_avant_entree")
        elif exit_.at - entry.at > LONGEST_STAY:
            flags.append("sejour_sup_30_jours")
        return exit_.at

    def _file_flags(self, entry: Moment, message: PassageRPU, before: int) -> tuple[str, ...]:
        flags = self._establishment.flags
        if before:
            flags += ("doublon",)
        if not self._window.first <= entry.day <= self._window.last:
            flags += ("entree_hors_fenetre",)
        if entry.at > self._extracted_at:
            flags += ("entree_apres_extraction",)
        if message.exited_at is not None and message.exited_at > self._extracted_at:
            flags += ("sortie_apres_extraction",)
        return flags


def _listed(fields: dict[str, str], name: str, table: Mapping[_V, str], flags: list[str]) -> _V | None:
    text = fields.get(name)
    if not text or not (text := text.strip()):
        return None
    if text in table:
        return cast("_V", text)
    flags.append(f"valeur_inconnue:{name}")
    return None


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
    if not text:
        return None
    code, rule = values.read_cim10(text)
    if rule is not None:
        flags.append(f"{rule}:{name}")
    return code


def _associated(patient: Patient, flags: list[str]) -> tuple[str, ...]:
    texts = [patient.text("DA")]
    texts += [text.strip() for name, text in patient.repeated if name == "DA"]
    codes = [_diagnosis(text, "DA", flags) for text in texts]
    return tuple(code for code in codes if code is not None)


def _all_flags(patient: Patient, flags: list[str]) -> tuple[str, ...]:
    """Return each rule broken once, in the order of reading."""
    flags += [f"champ_repete:{name}" for name, _ in patient.repeated if name in _ONCE]
    return tuple(dict.fromkeys(flags)) if flags else ()
