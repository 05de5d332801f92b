"""The guide of the RPU feed names every quality rule and every list it reads."""

from pathlib import Path

from streams.rpu.patient import FIELDS
from streams.rpu.quality import RULES


def test_the_guide_names_every_rule_and_field(repository: Path) -> None:
    guide = (repository / "docs" / "flux-rpu.md").read_text(encoding="utf-8")
    assert [name for name in (*RULES, *FIELDS) if f"`{name}" not in guide] == []
