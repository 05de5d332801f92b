"""Writing YAML that people read: members in the order given, accents as they are, nothing abbreviated."""

from typing import Any

import yaml

_WIDTH = 120


class _InFull(yaml.SafeDumper):
    """Writes a value that appears twice twice, where YAML would put an anchor."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 — PyYAML's signature
        return True


def yaml_text(document: Any) -> str:  # noqa: ANN401 — any value that YAML has
    """Return a document of plain values as YAML, the same text each time."""
    return yaml.dump(document, Dumper=_InFull, sort_keys=False, allow_unicode=True, width=_WIDTH)
