import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sms import septets, shorten, to_gsm7


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Île-de-France à l’été", "Ile-de-France à l'été"),
        ("cœur, Œuvre, garçon, Ça", "coeur, OEuvre, garcon, Ça"),
        ("être, naïf, août, où", "etre, naif, aout, où"),
        ("10,4\u202f% · 4\u00a0h\u00a000", "10,4 % - 4 h 00"),
        ("« seuil » – 60 % ≥ 50 %…", '" seuil " - 60 % >= 50 %...'),
        ("12 € [a_b]~{c}|^\\", "12 € [a_b]~{c}|^\\"),
        ("ÈÉÊÀÂ", "EÉEAA"),
        ("e\u0301", "é"),
        ("病院 \x00", "?? ?"),
    ],
)
def test_french_is_transliterated_to_the_gsm_alphabet(written: str, sent: str) -> None:
    assert to_gsm7(written) == sent


def test_the_extension_table_costs_two_septets() -> None:
    assert septets("€uro") == 5
    assert septets("^{}\\[~]|€") == 18
    assert septets("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ") == 31


def test_a_character_outside_the_alphabet_is_refused() -> None:
    with pytest.raises(ValueError, match="'ê'"):
        septets("fête")


def test_the_default_alphabet_has_127_characters_beside_the_escape() -> None:
    accepted = [c for c in map(chr, range(0x3000)) if to_gsm7(c) == c and septets(c) == 1]
    assert len(accepted) == 127


@given(st.text())
def test_any_text_becomes_gsm_and_stays_as_it_is_the_second_time(text: str) -> None:
    sent = to_gsm7(text)
    assert septets(sent) >= len(sent)
    assert to_gsm7(sent) == sent


@given(st.text(), st.integers(min_value=0, max_value=60))
def test_shortened_text_fits_and_keeps_both_ends(text: str, limit: int) -> None:
    whole = to_gsm7(text)
    short = shorten(whole, limit)
    assert septets(short) <= limit
    if septets(whole) <= limit:
        assert short == whole
    elif limit >= 6:
        start, cut, end = short.partition("...")
        assert cut == "..."
        assert whole.startswith((start, start.rstrip(".")))
        assert whole.endswith(end) or "..." in end


def test_the_middle_is_what_is_cut() -> None:
    assert shorten("Centre hospitalier universitaire de Nantes", 20) == "Centre ho...e Nantes"
