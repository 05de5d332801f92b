"""Emergency-department visits, one by one: seen, corrected, taken back."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from streams.messages.values import Departement, Finess, Instant

Cim10 = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}[0-9A-Z]{0,5}$")]
Orient = Literal[
    "HDT", "HO", "SC", "SI", "REA", "UHCD", "MED", "CHIR", "OBST", "FUGUE", "SCAM", "PSA", "REO"
]  # fmt: skip
AgeClass = Literal["moins_1_an", "1_14_ans", "15_44_ans", "45_64_ans", "65_74_ans", "75_ans_et_plus", "inconnu"]


@dataclass(frozen=True, slots=True)
class PassageRPU:
    """One emergency-department visit, already pseudonymised: no birth date, no commune, ``key`` is an HMAC."""

    key: str
    finess: Finess
    departement: Departement
    entered_at: Instant
    age_class: AgeClass = "inconnu"
    ccmu: Literal["1", "2", "3", "4", "5", "P", "D"] | None = None
    transport: Literal["PERSO", "AMBU", "VSAB", "SMUR", "HELI", "FO"] | None = None
    mode_sortie: Literal["6", "7", "8", "9"] | None = None
    exited_at: Instant | None = None
    diagnosis_cim10: Cim10 | None = None
    associated_cim10: tuple[Cim10, ...] = ()
    sex: Literal["M", "F", "I"] | None = None
    mode_entree: Literal["6", "7", "8"] | None = None
    provenance: Literal["1", "2", "3", "4", "5", "6", "7", "8"] | None = None
    transport_pec: Literal["MED", "PARAMED", "AUCUN"] | None = None
    destination: Literal["1", "2", "3", "4", "6", "7"] | None = None
    orient: Orient | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageCorrected:
    """A visit whose record changed: late diagnosis, exit, correction. Same key, both versions."""

    before: PassageRPU
    after: PassageRPU


@dataclass(frozen=True, slots=True)
class PassageRemoved:
    """A visit that a newer file of its establishment no longer holds."""

    before: PassageRPU
