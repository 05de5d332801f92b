"""Codes sent to contacts: returned in time, few tries, one address; nothing to read in the file that awaits them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adapters.contact_codes import TRIES, VALID, CodeRefused, ContactCodes
from alerts.contact_limits import CODES_SENT, WRONG_CODES, Allowance
from alerts.contact_wording import code_message, trial_message

NOW = datetime(2026, 1, 14, 8, 0, tzinfo=UTC)
CONTACT, ADDRESS = "claire.martin/sms", "json://passerelle.example.org/33600000001"


@pytest.fixture
def codes(tmp_path: Path) -> ContactCodes:
    return ContactCodes.beside(tmp_path / "vigie.db")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_right_code_gives_the_digest_of_its_address_once(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    assert codes.finish(CONTACT, ADDRESS, code, NOW + VALID / 2) == codes.digest(CONTACT, ADDRESS)
    with pytest.raises(CodeRefused, match="aucun code"):
        codes.finish(CONTACT, ADDRESS, code, NOW + VALID / 2)


def test_a_code_too_late_is_refused(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    with pytest.raises(CodeRefused, match="avec --send"):
        codes.finish(CONTACT, ADDRESS, code, NOW + VALID)


def test_wrong_codes_are_limited_even_when_a_right_one_follows(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    for left in reversed(range(TRIES)):
        with pytest.raises(CodeRefused, match=f"essais restants : {left}"):
            codes.finish(CONTACT, ADDRESS, wrong(code), NOW)
    with pytest.raises(CodeRefused, match="ne vaut plus"):
        codes.finish(CONTACT, ADDRESS, code, NOW)
    again = codes.begin(CONTACT, ADDRESS, NOW)
    assert codes.finish(CONTACT, ADDRESS, again, NOW)


MINUTE = timedelta(minutes=1)


def test_a_contact_is_sent_few_codes_an_hour_and_others_are_not_concerned(codes: ContactCodes) -> None:
    sent = [codes.begin(CONTACT, ADDRESS, NOW + minutes * MINUTE) for minutes in range(CODES_SENT.most)]
    late = NOW + CODES_SENT.window - timedelta(seconds=61)
    for address in (ADDRESS, "json://ailleurs"):
        with pytest.raises(CodeRefused, match=r"déjà 3 codes envoyés en 1.h ; .* réessayez dans 2.min$"):
            codes.begin(CONTACT, address, late)
    assert codes.finish(CONTACT, ADDRESS, sent[-1], NOW + 2 * MINUTE)  # the last one sent is still good
    assert codes.begin("karim/sms", ADDRESS, late)
    assert codes.begin(CONTACT, ADDRESS, NOW + CODES_SENT.window)
    with pytest.raises(CodeRefused, match=r"dans 1.min"):
        codes.begin(CONTACT, ADDRESS, NOW + CODES_SENT.window)


def test_after_many_wrong_codes_none_is_sent_nor_taken_for_a_day(codes: ContactCodes) -> None:
    for number in range(WRONG_CODES.most):
        if number % TRIES == 0:
            code = codes.begin(CONTACT, ADDRESS, NOW)
        with pytest.raises(CodeRefused, match="pas le code"):
            codes.finish(CONTACT, ADDRESS, wrong(code), NOW)
    day = "déjà 10 codes faux en 24.h, .* réessayez dans 23.h.59"
    with pytest.raises(CodeRefused, match=day):
        codes.begin(CONTACT, ADDRESS, NOW + MINUTE)
    with pytest.raises(CodeRefused, match=day):
        codes.finish(CONTACT, ADDRESS, code, NOW + MINUTE)
    after = NOW + WRONG_CODES.window
    assert codes.finish(CONTACT, ADDRESS, codes.begin(CONTACT, ADDRESS, after), after)


def test_what_no_longer_counts_is_forgotten(codes: ContactCodes) -> None:
    codes.begin(CONTACT, ADDRESS, NOW)
    codes.begin("karim/sms", ADDRESS, NOW + CODES_SENT.window)
    assert list(json.loads(codes.path.read_text())["counted"]) == ["karim/sms"]


def test_a_file_of_before_the_limits_is_read(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    old = json.loads(codes.path.read_text())
    del old["counted"]
    codes.path.write_text(json.dumps(old))
    assert codes.finish(CONTACT, ADDRESS, code, NOW)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60), st.integers(1, 5), st.integers(1, 100))
def test_no_window_ever_holds_more_than_the_allowance(instants: list[int], most: int, minutes: int) -> None:
    allowance, allowed = Allowance(most, minutes * MINUTE), list[datetime]()
    for at in (NOW + instant * MINUTE for instant in sorted(instants)):
        wait = allowance.wait(allowed, at)
        if wait <= timedelta(0):
            allowed.append(at)
        else:
            assert allowance.wait(allowed, at + wait - MINUTE / 60) > timedelta(0)
            assert allowance.wait(allowed, at + wait) <= timedelta(0)
    for first in allowed:
        assert sum(first <= at < first + allowance.window for at in allowed) <= most


def test_a_new_code_replaces_the_one_before(codes: ContactCodes) -> None:
    first, second = codes.begin(CONTACT, ADDRESS, NOW), codes.begin(CONTACT, ADDRESS, NOW)
    if first != second:
        with pytest.raises(CodeRefused, match="pas le code"):
            codes.finish(CONTACT, ADDRESS, first, NOW)
    assert codes.finish(CONTACT, ADDRESS, second, NOW)


def test_a_code_is_good_for_one_contact_and_one_address(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    for contact, address in ((CONTACT, "json://ailleurs"), ("karim/sms", ADDRESS)):
        with pytest.raises(CodeRefused, match="aucun code"):
            codes.finish(contact, address, code, NOW)


def test_the_file_is_its_owner_s_alone_and_says_no_code_nor_address(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    codes.begin("karim/sms", ADDRESS, NOW - timedelta(days=1))
    text = codes.path.read_text()
    assert codes.path.stat().st_mode & 0o077 == 0
    assert "33600000001" not in text
    assert code not in text
    codes.begin(CONTACT, ADDRESS, NOW)
    assert list(json.loads(codes.path.read_text())["pending"]) == [CONTACT]  # the expired one is gone


def test_digests_need_a_key_which_is_made_once(codes: ContactCodes) -> None:
    assert codes.digest(CONTACT, ADDRESS) is None
    codes.ensure()
    first = codes.digest(CONTACT, ADDRESS)
    codes.ensure()
    codes.begin(CONTACT, ADDRESS, NOW)
    assert first == codes.digest(CONTACT, ADDRESS)
    assert first != codes.digest(CONTACT, ADDRESS + "9")


def test_another_file_is_not_taken_for_codes(codes: ContactCodes) -> None:
    codes.path.write_text("[]")
    with pytest.raises(CodeRefused, match="pas un fichier de codes"):
        codes.begin(CONTACT, ADDRESS, NOW)
    assert codes.path.read_text() == "[]"


def test_messages_of_contacts_fit_one_sms() -> None:
    for message in (code_message(CONTACT, "123456"), trial_message(CONTACT)):
        assert len(message.sms) <= 160
        assert message.sms.isascii()
    assert "123456" in code_message(CONTACT, "123456").body
