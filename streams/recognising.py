"""Which format a file looks like, from its first kilobytes."""

import csv
import re
from typing import Final

from streams.opendata.layouts import recognise_header


def recognise(head: bytes) -> str | None:
    """Return the format that a file's first kilobytes look like, None for none."""
    text = head.decode("latin-1").removeprefix("ï»¿").lstrip()
    if text.startswith("<"):
        return _xml_format(text)
    if text.startswith(("{", "[")):
        return _json_format(text)
    return _csv_format(text)


def _xml_format(text: str) -> str | None:
    if re.search(r"<OSCOUR[\s>]", text):
        return "oscour"
    return "cap" if "urn:oasis:names:tc:emergency:cap:" in text else None


_TELLTALES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("hub-sante", ("distributionID",)),
    ("vigilance", ("product", "update_time")),
    ("mdo", ("maladie",)),
    ("accuse", ("notification", "etape")),
    ("lits-form-json", ("finess", "nature")),
    ("regulation", ("territoire", "debut")),
    ("signal", ("nature", "territoire")),
)
"""The keys that only a file of the format holds, looked for in this order."""


def _json_format(text: str) -> str | None:
    if _has(text, "kind") and _has(text, "payload"):
        return None  # lines of Vigie's own messages
    resources = re.findall(r'"resourceType"\s*:\s*"(\w+)"', text)
    if resources:
        return _fhir_format(resources)
    return next((name for name, keys in _TELLTALES if all(_has(text, key) for key in keys)), None)


def _has(text: str, key: str) -> bool:
    return re.search(rf'"{key}"\s*:', text) is not None


def _fhir_format(resources: list[str]) -> str | None:
    if "MeasureReport" in resources:
        return "saner"
    return "ror" if "Location" in resources or resources[0] == "Bundle" else None


_COLUMNS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("lits-form-csv", frozenset({"finess", "nature", "maj"})),
    ("mdo", frozenset({"maladie", "departement"})),
    ("regulation", frozenset({"territoire", "debut", "fin"})),
)


def _csv_format(text: str) -> str | None:
    first_line = text.splitlines()[0] if text else ""
    try:
        open_data = recognise_header(first_line)
    except csv.Error:
        return None
    columns = frozenset(name.strip().strip('"') for name in re.split("[;,]", first_line))
    return open_data or next((name for name, needed in _COLUMNS if needed <= columns), None)
