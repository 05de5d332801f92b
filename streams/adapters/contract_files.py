"""The published contracts as files: `python -m streams.adapters.contract_files docs` writes them again.

A development tool: nothing imports it at run time. A test makes them again and compares.
"""

import json
import sys
from pathlib import Path
from typing import Final

from orsan_plans.adapters.yaml_text import yaml_text
from streams.adapters.http_intake import openapi
from streams.adapters.whole_file import written_whole
from streams.contract_topics import asyncapi
from streams.contracts import schemas

_USAGE: Final = "usage: python -m streams.adapters.contract_files DOCS (the folder that holds asyncapi.yaml)"
_HEAD: Final = "# Made by python -m streams.adapters.contract_files docs; change the code, not this file.\n"


def contract_files() -> dict[str, str]:
    """Return the text of each published file, by its path under ``docs/``."""
    return {
        "asyncapi.yaml": _HEAD + yaml_text(asyncapi()),
        "openapi.yaml": _HEAD + yaml_text(openapi()),
        **{
            f"schemas/{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
            for name, schema in schemas().items()
        },
    }


def write_contracts(docs: Path) -> None:
    """Write every file under ``docs`` and remove the schemas that are no longer published; OSError if it cannot."""
    files = contract_files()
    (docs / "schemas").mkdir(exist_ok=True)
    for name, text in files.items():
        with written_whole(docs / name) as file:
            file.write(text.encode())
    for schema in (docs / "schemas").glob("*.json"):
        if f"schemas/{schema.name}" not in files:
            schema.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():  # noqa: PLR2004 — the program and its one argument
        sys.exit(_USAGE)
    write_contracts(Path(sys.argv[1]))
