"""WCAG 2.1, success criterion 1.4.3: text contrasts with its background by at least 4.5 to 1."""

import re
from importlib.resources import files

import pytest

CSS = (files("dashboards") / "templates" / "vigie.css").read_text(encoding="utf-8")
LIGHT, DARK = CSS.split("@media (prefers-color-scheme: dark)")
ENOUGH = 4.5


def _luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    channels = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _pairs(css: str, surfaces: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return (selector, text, background) for each rule that sets a text colour."""
    found = []
    for selector, body in re.findall(r"([^{}]+){([^{}]*)}", css):
        text = re.search(r"(?<![-\w])color: #(\w+)", body)
        behind = [c for part in re.findall(r"background: ([^;]+)", body) for c in re.findall(r"#(\w+)", part)]
        if text:
            found += [(selector.strip(), text[1], background) for background in behind or surfaces]
    return found


LIGHT_PAIRS = _pairs(LIGHT, ("fff", "f4f4f1"))
DARK_PAIRS = _pairs(DARK, ("1c1c1c", "111"))


def test_the_measure_is_the_published_one() -> None:
    assert contrast("000", "fff") == pytest.approx(21)
    assert contrast("777", "fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("selector", "text", "background"), LIGHT_PAIRS + DARK_PAIRS)
def test_text_can_be_read(selector: str, text: str, background: str) -> None:
    assert contrast(text, background) >= ENOUGH, selector


def test_every_posture_is_checked() -> None:
    checked = {selector for selector, _, _ in LIGHT_PAIRS}
    assert {".alerte", ".vigilance", ".veille", ".activation", ".inconnu"} <= checked


def test_unknown_is_hatched_grey_without_any_green() -> None:
    (rule,) = re.findall(r"\.inconnu {([^}]*)}", CSS)
    assert "repeating-linear-gradient" in rule
    assert "dashed" in rule
    for colour in re.findall(r"#(\w{6}|\w{3})\b", rule):
        digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        assert digits[:2] == digits[2:4] == digits[4:]
