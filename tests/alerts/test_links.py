import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.adapters.key_files import UnusableKeys
from alerts.adapters.link_keys import load_link_keys, load_or_make_link_keys
from alerts.links import (
    TOKEN_LENGTH,
    LinkKey,
    LinkKeys,
    LinkRefusal,
    Refusal,
    Scope,
    answer_token,
    check_age,
    notification_of,
    person_subject,
    person_token,
    reading_token,
)
from alerts.sms import septets
from alerts.sms_wording import MAX_LINK_BASE, alert_link, link_of, signed_link
from alerts.wording import render
from tests.alerts.test_wording import NOTIFY

AT = datetime(2026, 1, 14, 19, tzinfo=UTC)
KEY = LinkKey("k1", b"s" * 32, date(2000, 1, 1))
KEYS = LinkKeys(KEY)
CALL = replace(NOTIFY, id="06912f14-a24d-58d2-ab7a-b424494fc972")
uuids = st.uuids().map(str)
tokens = st.text("ABCZabcz0189-_", min_size=TOKEN_LENGTH, max_size=TOKEN_LENGTH)


def refused(scope: Scope, token: str, keys: LinkKeys = KEYS) -> Refusal:
    with pytest.raises(LinkRefusal) as caught:
        keys.subject(scope, token)
    return caught.value.reason


@given(uuids)
def test_a_token_gives_its_notification_back_and_costs_one_septet_a_character(id_: str) -> None:
    token = answer_token(KEYS, replace(NOTIFY, id=id_))
    assert token is not None
    assert (len(token), septets(token)) == (TOKEN_LENGTH, TOKEN_LENGTH)
    assert notification_of(KEYS.subject(Scope.ANSWER, token)) == id_
    # A phone leaves a trailing mark out of a link.
    assert token[-1].isalnum()


@given(uuids, st.integers(0, TOKEN_LENGTH - 1), st.sampled_from("ABab01-_"))
def test_a_token_changed_anywhere_opens_nothing(id_: str, place: int, other: str) -> None:
    token = answer_token(KEYS, replace(NOTIFY, id=id_)) or ""
    changed = token[:place] + other + token[place + 1 :]
    if changed != token:
        assert refused(Scope.ANSWER, changed) in {Refusal.FORGED, Refusal.MALFORMED}


@given(st.text(max_size=60) | tokens)
def test_what_nobody_signed_opens_nothing(text: str) -> None:
    assert refused(Scope.ANSWER, text) in {Refusal.FORGED, Refusal.MALFORMED}


def test_a_token_of_one_scope_opens_no_other() -> None:
    tokens_of = {Scope.ANSWER: answer_token(KEYS, CALL), Scope.READ: reading_token(KEYS, CALL)}
    for scope, token in tokens_of.items():
        for other in Scope:
            if other is not scope:
                assert refused(other, token or "") is Refusal.FORGED


def test_one_token_has_one_spelling() -> None:
    token = answer_token(KEYS, CALL) or ""
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if other != token[-1]:
            assert refused(Scope.ANSWER, token[:-1] + other) in {Refusal.FORGED, Refusal.MALFORMED}
    assert refused(Scope.ANSWER, token.replace(token[0], "é", 1)) is Refusal.MALFORMED


def test_a_new_key_signs_from_its_day_and_the_old_links_go_on() -> None:
    later = LinkKey("k2", b"t" * 32, date(2026, 1, 15))
    ring = LinkKeys(later, KEY)
    before = ring.token(Scope.ANSWER, UUID(CALL.id).bytes, AT)
    after = ring.token(Scope.ANSWER, UUID(CALL.id).bytes, AT + timedelta(days=1))
    assert before == answer_token(KEYS, replace(CALL, at=AT)) != after
    for token in (before, after):
        assert ring.subject(Scope.ANSWER, token) == UUID(CALL.id).bytes
    assert refused(Scope.ANSWER, before, LinkKeys(later)) is Refusal.FORGED
    assert refused(Scope.ANSWER, after) is Refusal.FORGED


@given(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["claire", "karim"]))  # noqa: DTZ001 - made aware below
def test_a_persons_link_says_who_is_meant_and_since_when(naive: datetime, person: str) -> None:
    at = naive.replace(tzinfo=UTC)
    subject = person_subject(KEYS.subject(Scope.PERSON, person_token(KEYS, "52", person, at)))
    assert timedelta(0) <= at - subject.given_at < timedelta(minutes=1)
    assert subject.person("52", ["anne", "claire", "karim"]) == person
    assert subject.person("53", ["anne", "claire", "karim"]) is None
    assert subject.person("52", ["anne"]) is None


def test_a_link_is_too_old_after_its_lifetime_and_not_before() -> None:
    day = timedelta(days=1)
    check_age(AT, AT + day, day, "n")
    with pytest.raises(LinkRefusal) as caught:
        check_age(AT, AT + day + timedelta(seconds=1), day, "n")
    assert (caught.value.reason, caught.value.notification_id) == (Refusal.EXPIRED, "n")


def test_a_message_carries_the_link_of_its_person_in_each_form() -> None:
    link = link_of(CALL, "https://v.example/", KEYS)
    assert link == signed_link("https://v.example", Scope.ANSWER, answer_token(KEYS, CALL) or "")
    message = render(CALL, "https://v.example", CALL.at, KEYS)
    assert link in message.body
    assert link in message.sms.splitlines()
    assert link_of(replace(CALL, id="no-uuid"), "https://v.example", KEYS) == alert_link(
        "https://v.example", CALL.brief.alert_id
    )


@given(uuids, st.sampled_from(["actual", "exercise", "test"]))
def test_a_signed_link_fits_every_sms_of_the_longest_base(id_: str, status: str) -> None:
    base = "https://" + "v" * (MAX_LINK_BASE - 8)
    notify = replace(NOTIFY, id=id_, status=status)
    sms = render(notify, base, notify.at, KEYS).sms
    assert septets(sms) <= 160
    assert link_of(notify, base, KEYS) in sms.splitlines()


def test_a_secret_is_never_shown() -> None:
    assert "ssss" not in repr(KEY)
    assert "ssss" not in repr(KEYS)
    assert "ssss" not in str([KEYS])


def test_seals_and_digests_tell_words_apart() -> None:
    assert KEYS.is_sealed(KEYS.seal("a", "b"), "a", "b")
    assert not KEYS.is_sealed(KEYS.seal("a", "b"), "a", "c")
    assert not KEYS.is_sealed("é", "a")
    assert LinkKeys(KEY, LinkKey("k2", b"t" * 32, date(2030, 1, 1))).is_sealed(KEYS.seal("a", "b"), "a", "b")
    assert KEYS.digest("remote", "192.0.2.1") != KEYS.digest("remote", "192.0.2.2")
    assert re.fullmatch("[0-9a-f]{16}", KEYS.digest("remote", "192.0.2.1"))


def test_keys_that_cannot_be_a_ring_are_refused() -> None:
    with pytest.raises(ValueError, match="no key of links"):
        LinkKeys()
    with pytest.raises(ValueError, match="the same id"):
        LinkKeys(KEY, KEY)
    with pytest.raises(ValueError, match="shorter than 32"):
        LinkKey("k", b"s" * 31, date(2000, 1, 1))


def test_the_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "liens"
    made = load_or_make_link_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = answer_token(made, CALL) or ""
    assert load_or_make_link_keys(path).subject(Scope.ANSWER, token) == UUID(CALL.id).bytes
    assert [each.name for each in tmp_path.iterdir()] == ["liens"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key of links"),
        ("k1 2000-01-01\n", ":1: expected"),
        ("# x\nk1 today c2VjcmV0\n", ":2: expected"),
        ("k1 2000-01-01 not-base64!\n", ":1: expected"),
        ("k1 2000-01-01 c2VjcmV0\n", ":1: the secret of 'k1' is shorter"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_without_its_secret(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "liens"
    path.write_text(text)
    with pytest.raises(UnusableKeys, match=why) as caught:
        load_link_keys(path)
    assert "c2VjcmV0" not in str(caught.value)
