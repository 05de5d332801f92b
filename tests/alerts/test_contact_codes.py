"""Codes sent to contacts: returned in time, few tries, one address; nothing to read in the file that awaits them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.adapters.contact_codes import TRIES, VALID, CodeRefused, ContactCodes
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
    with pytest.raises(CodeRefused, match="no code"):
        codes.finish(CONTACT, ADDRESS, code, NOW + VALID / 2)


def test_a_code_too_late_is_refused(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    with pytest.raises(CodeRefused, match="--send one"):
        codes.finish(CONTACT, ADDRESS, code, NOW + VALID)


def test_wrong_codes_are_limited_even_when_a_right_one_follows(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    for left in reversed(range(TRIES)):
        with pytest.raises(CodeRefused, match=f"{left} tries left"):
            codes.finish(CONTACT, ADDRESS, wrong(code), NOW)
    with pytest.raises(CodeRefused, match="void"):
        codes.finish(CONTACT, ADDRESS, code, NOW)
    again = codes.begin(CONTACT, ADDRESS, NOW)
    assert codes.finish(CONTACT, ADDRESS, again, NOW)


def test_a_new_code_replaces_the_one_before(codes: ContactCodes) -> None:
    first, second = codes.begin(CONTACT, ADDRESS, NOW), codes.begin(CONTACT, ADDRESS, NOW)
    if first != second:
        with pytest.raises(CodeRefused, match="not the code"):
            codes.finish(CONTACT, ADDRESS, first, NOW)
    assert codes.finish(CONTACT, ADDRESS, second, NOW)


def test_a_code_is_good_for_one_contact_and_one_address(codes: ContactCodes) -> None:
    code = codes.begin(CONTACT, ADDRESS, NOW)
    for contact, address in ((CONTACT, "json://ailleurs"), ("karim/sms", ADDRESS)):
        with pytest.raises(CodeRefused, match="no code"):
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
    with pytest.raises(CodeRefused, match="not a file of contact codes"):
        codes.begin(CONTACT, ADDRESS, NOW)
    assert codes.path.read_text() == "[]"


def test_messages_of_contacts_fit_one_sms() -> None:
    for message in (code_message(CONTACT, "123456"), trial_message(CONTACT)):
        assert len(message.sms) <= 160
        assert message.sms.isascii()
    assert "123456" in code_message(CONTACT, "123456").body
