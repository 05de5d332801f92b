"""How the open-data files are written: separators, headers, columns, and the figures they become.

Only the shapes published and read are here; a file with any other header is refused rather than guessed at.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Shape:
    """One accepted header.

    ``header`` is what the file names, ``columns`` what its rows hold, ``territory`` the column with the INSEE
    code and ``prefix`` the level of that code (``DEP``, ``REG``).
    """

    header: tuple[str, ...]
    columns: tuple[str, ...]
    territory: str
    prefix: str = "DEP"


@dataclass(frozen=True, slots=True)
class Layout:
    """One format.

    ``figures`` maps columns to figure names; ``detail`` are the columns left out where empty; ``day`` None
    means a reference table; ``rank`` orders formats recorded at the same instant.
    """

    rank: int
    feed: str
    delimiter: str
    shapes: tuple[Shape, ...]
    figures: dict[str, str]
    day: str | None = None
    age: str | None = None
    ages: tuple[str, ...] = ()
    detail: frozenset[str] = field(default_factory=frozenset)

    @property
    def always(self) -> tuple[str, ...]:
        """The figures every message names, None when no row gives them."""
        return tuple(key for column, key in self.figures.items() if column not in self.detail)


_SURSAUD_COUNTS: Final = {
    "nbre_pass_corona": "suspicion_covid",
    "nbre_pass_tot": "passages",
    "nbre_hospit_corona": "hospitalisations_covid",
    "nbre_acte_corona": "actes_sos_covid",
    "nbre_acte_tot": "actes_sos",
}
_SURSAUD_BY_SEX: Final = {
    f"{column}_{sex}": f"{key}_{sex}" for column, key in _SURSAUD_COUNTS.items() for sex in ("h", "f")
}
_SURSAUD_COLUMNS: Final = (
    "date_de_passage",
    "sursaud_cl_age_corona",
    *("nbre_pass_corona", "nbre_pass_tot", "nbre_hospit_corona"),
    *("nbre_pass_corona_h", "nbre_pass_corona_f", "nbre_pass_tot_h", "nbre_pass_tot_f"),
    *("nbre_hospit_corona_h", "nbre_hospit_corona_f", "nbre_acte_corona", "nbre_acte_tot"),
    *("nbre_acte_corona_h", "nbre_acte_corona_f", "nbre_acte_tot_h", "nbre_acte_tot_f"),
)
_STOCKS: Final = (
    "date",
    "department_code",
    "n_hospitalised_patients",
    "n_icu_patients",
    "n_hospital_healed",
    "n_hospital_death",
)
_INCIDENTS: Final = ("dep", "jour", "incid_hosp", "incid_rea", "incid_dc", "incid_rad")
_BEDS: Final = ("dep_id", "dep", "rea", "si_usic", "si_unv", "si_autres", "si_total", "sc")
_BEDS_AS_PUBLISHED: Final = tuple(name for name in _BEDS if name != "si_total")


def _sursaud(territory: str, prefix: str) -> Shape:
    columns = (territory, *_SURSAUD_COLUMNS)
    return Shape(columns, columns, territory, prefix)


LAYOUTS: Final[dict[str, Layout]] = {
    "sursaud-quotidien": Layout(
        rank=1,
        feed="sursaud",
        delimiter=",",
        shapes=(_sursaud("dep", "DEP"), _sursaud("reg", "REG")),
        figures=_SURSAUD_COUNTS | _SURSAUD_BY_SEX,
        day="date_de_passage",
        age="sursaud_cl_age_corona",
        ages=("0", "A", "B", "C", "D", "E"),
        detail=frozenset(_SURSAUD_BY_SEX),
    ),
    "sivic-stocks": Layout(
        rank=2,
        feed="sivic.stocks",
        delimiter=",",
        shapes=(Shape(_STOCKS, _STOCKS, "department_code"),),
        figures=dict(zip(_STOCKS[2:], ("hospitalises", "reanimation", "gueris_cumul", "deces_cumul"), strict=True)),
        day="date",
    ),
    "sivic-incidents": Layout(
        rank=3,
        feed="sivic.incidents",
        delimiter=";",
        shapes=(Shape(_INCIDENTS, _INCIDENTS, "dep"),),
        figures=dict(zip(_INCIDENTS[2:], ("admissions", "admissions_rea", "deces", "retours_domicile"), strict=True)),
        day="jour",
    ),
    "lits-sae": Layout(
        rank=0,
        feed="SAE 2018 (DREES)",
        delimiter=",",
        # The published file forgets the name of its 7th column, the total of the three before it.
        shapes=(Shape(_BEDS_AS_PUBLISHED, _BEDS, "dep_id"), Shape(_BEDS, _BEDS, "dep_id")),
        figures={name: name for name in _BEDS[2:]},
    ),
}

FORMATS: Final = tuple(LAYOUTS)
"""The formats an import accepts, by the names the command line uses."""


def shape_of(layout: Layout, header: Sequence[str]) -> Shape | None:
    """Return the shape a header announces, None when it is none of the layout's."""
    return next((shape for shape in layout.shapes if shape.header == tuple(header)), None)


def recognise_header(line: str) -> str | None:
    """Return the format whose header this first line is, None when it is no known one."""
    for name, layout in LAYOUTS.items():
        for header in csv.reader([line], delimiter=layout.delimiter):
            if shape_of(layout, header) is not None:
                return name
    return None
