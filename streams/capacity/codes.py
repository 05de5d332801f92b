"""What capacity feeds say in codes, and the quality rules a declaration of beds may break.

Codes of the ROR: value sets TRE_R329 to TRE_R337 of the Agence du numérique en santé (terminologies de santé), used by
the extension ror-location-supported-capacity of its FHIR guide. Codes of SANER: definitions of the CDC module "Patient
impact and hospital capacity", as used by the HL7 guide fhir-saner.
"""

from typing import Final, Literal

from streams.messages.capacity import BedCapacity

FEED: Final = "lits"
"""The kind of feed every capacity source belongs to."""

BedField = Literal[
    "beds_installed",
    "beds_available",
    "beds_occupied",
    "beds_closed",
    "beds_authorised",
    "beds_staffed",
    "beds_reserved",
    "beds_additional",
]
Gender = Literal["F", "H", "I"]

BED: Final = "01"
"""TRE_R329, nature of a capacity: lit; any other nature is no bed."""

CURRENT: Final = "01"
"""TRE_R331, temporality of a capacity: courant; any other is no present state."""

FIELD_OF_STATUS: Final[dict[str, BedField]] = {
    "01": "beds_installed",  # installé, closed ones included
    "02": "beds_available",  # disponible: staffed, not reserved within 24 h
    "03": "beds_occupied",
    "04": "beds_reserved",  # réservé: an identified patient is expected within 24 h
    "05": "beds_closed",  # fermé, whatever the cause
    "06": "beds_additional",  # supplémentaire: beyond the installed capacity
    "09": "beds_authorised",
}
"""TRE_R330, status of a capacity; 07, opérationnel, is computed and was withdrawn on 31 January 2025."""

INSTALLED_AS_OBSERVED: Final = "08"
"""TRE_R330: installé constaté; it stands for the installed beds where the establishment declares none."""

DAILY_FIELDS: Final[tuple[BedField, ...]] = ("beds_available", "beds_occupied", "beds_reserved", "beds_closed")
"""What changes from day to day: its date is the date of the declaration. Vigie's own choice."""

GENDERS: Final[dict[str, Gender]] = {"01": "F", "02": "H", "03": "I"}
"""TRE_R332: femme, homme, indifférencié."""

NO_TEMPORARY_ASSIGNMENT: Final = "01"
"""TRE_R337: aucune; 02 and 03 keep beds for patients with or without COVID."""

KIND_OF_CARE_MODE: Final = {"13": "uhcd"}
"""TRE_R213, mode de prise en charge, where it alone says what the beds are: hospitalisation courte durée (UHCD)."""

SANER_BEDS: Final[dict[str, tuple[str, BedField]]] = {
    "numtotbeds": ("total", "beds_installed"),  # all inpatient and outpatient beds
    "numbeds": ("hospitalisation", "beds_installed"),  # inpatient: staffed, licensed and overflow
    "numbedsocc": ("hospitalisation", "beds_occupied"),
    "numicubeds": ("rea", "beds_staffed"),  # staffed inpatient ICU beds
    "numicubedsocc": ("rea", "beds_occupied"),
}
"""Population codes of a SANER report, in lower case, and the kind and count of beds they give."""

FLAGS: Final = {
    "finess_complete": "FINESS de huit caractères : un zéro a été remis devant.",
    "heure_absente": "Date sans heure : minuit, heure locale, a été retenu.",
    "heure_ambigue": "Heure du passage à l'heure d'hiver, qui existe deux fois : la première a été retenue.",
    "heure_inexistante": "Heure du passage à l'heure d'été, qui n'existe pas : avancée d'une heure.",
    "date_absente": "Date de mise à jour absente : celle du lieu a été retenue.",
    "date_future": "Date de mise à jour postérieure à la réception.",
    "aucun_nombre": "Déclaration sans aucun nombre de lits.",
    "nature_inconnue": "Nature des lits non reconnue : le code d'origine a été gardé.",
    "plusieurs_natures": "Plusieurs natures de lits pour une même unité.",
    "statut_ignore": "Statut de capacité retiré ou inconnu : ce nombre n'a pas été lu.",
    "genre_ignore": "Genre inconnu : ce nombre n'a pas été lu.",
    "valeurs_contradictoires": "Deux nombres différents pour le même statut et la même date : aucun n'a été retenu.",
    "installes_differents": "Lits installés et installés constatés différents.",
    "lieu_inactif": "Lieu déclaré suspendu ou inactif.",
    "disponibles_sup_installes": "Plus de lits disponibles que de lits installés.",
    "occupes_sup_installes": "Plus de lits occupés que de lits installés.",
    "fermes_sup_installes": "Plus de lits fermés que de lits installés.",
    "occupes_disponibles_sup_installes": "Lits occupés et disponibles plus nombreux que les lits installés.",
}
"""The quality rules: what a flag means, for the people who correct the source."""


def contradictions(beds: BedCapacity) -> tuple[str, ...]:
    """Return the flags of the counts that cannot all be true; an unknown count contradicts nothing."""
    installed = beds.beds_installed
    if installed is None:
        return ()
    occupied, available, closed = beds.beds_occupied, beds.beds_available, beds.beds_closed
    broken = {
        "disponibles_sup_installes": available is not None and available > installed,
        "occupes_sup_installes": occupied is not None and occupied > installed,
        "fermes_sup_installes": closed is not None and closed > installed,
        "occupes_disponibles_sup_installes": (
            occupied is not None and available is not None and occupied + available > installed
        ),
    }
    return tuple(flag for flag, is_broken in broken.items() if is_broken)
