"""The guide of the signal feeds is held to the code."""

import re
from pathlib import Path

import pytest

from streams.signals import cap, hub_sante, mdo, regulation, signal_json, vigilance
from streams.signals.cap_alert import CODES, GEOCODE
from streams.signals.fields import Form
from streams.signals.mdo_list import MDO

SOURCES = sorted((Path(mdo.__file__).parent).glob("*.py"))
FORMS = (signal_json.SignalForm, mdo.MdoForm, regulation.RegulationForm)


@pytest.fixture(scope="module")
def guide() -> str:
    file = Path(__file__).parents[2] / "docs" / "flux-signaux.md"
    if not file.exists():
        pytest.skip("docs/ is not beside tests/: the guide is only checked in the repository")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_every_field_of_a_form_is_explained(form: type[Form], guide: str) -> None:
    assert [name for name in form.model_fields if f"`{name}`" not in guide] == []


def test_every_flag_is_explained(guide: str) -> None:
    pattern = re.compile(r'"(date_future|[a-z]+_illisible|dossiers_[a-z_]+|valeur_inconnue:)')
    flags = {flag for file in SOURCES for flag in pattern.findall(file.read_text("utf-8"))}
    assert len(flags) == 5
    assert [flag for flag in sorted(flags) if f"`{flag}`" not in guide] == []


def test_every_word_that_plans_may_ask_for_is_given(guide: str) -> None:
    words = [slug for slug, _ in vigilance.PHENOMENA.values()] + [*vigilance.COLOURS.values(), GEOCODE]
    words += [name for name, _ in CODES.values()] + [vigilance.NATURE, cap.NATURE, mdo.NOT_KEPT]
    assert [word for word in words if f"`{word}`" not in guide] == []
    assert f"Les {len(MDO)} maladies" in guide
    assert all(f"`{kind}`" in guide for kind in hub_sante.COLLECTED_KINDS)
