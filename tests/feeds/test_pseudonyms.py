"""Keys and age classes: stable, rotated by entry day, and naming nobody."""

import hmac
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey, age_class, years_between

OLD = SecretKey("2024", b"o" * 32, date(2024, 1, 1))
NEW = SecretKey("2025", b"n" * 32, date(2025, 1, 10))
DAYS = st.dates(date(1880, 1, 1), date(2040, 1, 1))


def key(ring: KeyRing, day: date = date(2025, 1, 14), *identity: str) -> str:
    return Pseudonyms(ring).of_file("440000271").key(day, "14/01/2025 08:12", *identity)[0]


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        (-1, "inconnu"),
        (0, "moins_1_an"),
        (1, "1_14_ans"),
        (14, "1_14_ans"),
        (15, "15_44_ans"),
        (44, "15_44_ans"),
        (45, "45_64_ans"),
        (65, "65_74_ans"),
        (74, "65_74_ans"),
        (75, "75_ans_et_plus"),
        (120, "75_ans_et_plus"),
        (121, "inconnu"),
    ],
)
def test_each_age_has_its_class(years: int, expected: str) -> None:
    assert age_class(years) == expected


def test_a_birthday_changes_the_age_that_day() -> None:
    assert years_between(date(1950, 1, 14), date(2025, 1, 13)) == 74
    assert years_between(date(1950, 1, 14), date(2025, 1, 14)) == 75


def test_someone_born_on_29_february_is_a_year_older_on_1_march() -> None:
    assert years_between(date(2024, 2, 29), date(2025, 2, 28)) == 0
    assert years_between(date(2024, 2, 29), date(2025, 3, 1)) == 1


@given(birth=DAYS, day=DAYS)
def test_an_age_never_falls_as_days_pass(birth: date, day: date) -> None:
    assert years_between(birth, day) <= years_between(birth, day + timedelta(days=1))


def test_the_key_is_the_hmac_of_what_identifies_the_visit() -> None:
    text = "440000271\x1f14/01/2025 08:12\x1f02/03/1941\x1fF\x1f44999\x1f0"
    expected = hmac.new(OLD.secret, text.encode(), "sha256").hexdigest()[:32]
    assert key(KeyRing(OLD), date(2025, 1, 14), "02/03/1941", "F", "44999") == f"2024.{expected}"


def test_the_secret_in_force_on_the_entry_day_makes_the_key() -> None:
    ring = KeyRing(NEW, OLD)
    assert key(ring, date(2025, 1, 9)).startswith("2024.")
    assert key(ring, date(2025, 1, 10)).startswith("2025.")
    assert key(ring, date(2019, 1, 1)).startswith("2024.")


def test_adding_a_key_for_days_to_come_changes_no_key_of_before() -> None:
    assert key(KeyRing(OLD), date(2025, 1, 9)) == key(KeyRing(OLD, NEW), date(2025, 1, 9))


def test_values_cannot_slide_from_one_field_to_the_next() -> None:
    assert key(KeyRing(OLD), date(2025, 1, 14), "ab", "c") != key(KeyRing(OLD), date(2025, 1, 14), "a", "bc")


@given(st.lists(st.sampled_from("abcdefgh"), max_size=200))
def test_identical_visits_get_different_keys_in_an_order_that_repeats(names: list[str]) -> None:
    def keys() -> list[tuple[str, int]]:
        file = Pseudonyms(KeyRing(OLD)).of_file("440000271")
        return [file.key(date(2025, 1, 14), "14/01/2025 08:12", name) for name in names]

    assert len({text for text, _ in keys()}) == len(names)
    assert keys() == keys()
    assert [before for _, before in keys()] == [names[:i].count(name) for i, name in enumerate(names)]


def test_many_visits_are_all_told_apart() -> None:
    file = Pseudonyms(KeyRing(OLD)).of_file("440000271")
    keys = {file.key(date(2025, 1, 14), "14/01/2025 08:12", str(number)) for number in range(10_000)}
    assert len(keys) == 10_000
    assert {before for _, before in keys} == {0}


def test_no_secret_is_ever_shown() -> None:
    ring = KeyRing(OLD, NEW)
    shown = repr(ring) + repr(OLD) + repr(Pseudonyms(ring)) + repr(Pseudonyms(ring).of_file("440000271"))
    assert "oooo" not in shown
    assert "nnnn" not in shown
    assert "2024" in repr(ring)


def test_a_short_secret_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="31 bytes, at least 32") as refusal:
        SecretKey("2024", b"s" * 31, date(2024, 1, 1))
    assert "sss" not in str(refusal.value)


@pytest.mark.parametrize("id_", ["", "a.b", "x" * 21, "é", "a b"])
def test_a_key_id_that_could_be_misread_is_refused(id_: str) -> None:
    with pytest.raises(ValueError, match="1 to 20 letters"):
        SecretKey(id_, b"s" * 32, date(2024, 1, 1))


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (OLD, SecretKey("2024", b"x" * 32, date(2026, 1, 1))),
        (OLD, SecretKey("autre", b"x" * 32, OLD.valid_from)),
    ],
)
def test_a_ring_without_a_key_or_with_two_for_one_day_is_refused(keys: tuple[SecretKey, ...]) -> None:
    with pytest.raises(ValueError, match=r"at least one key|same id or the same first day"):
        KeyRing(*keys)
