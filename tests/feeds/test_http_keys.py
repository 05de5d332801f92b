"""API keys: made, checked, kept without their secret, revoked; and the rate they are held to."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from streams.adapters.api_key_store import ApiKeyStore, UnreadableKeys
from streams.collecting.api_keys import UnusableApiKey, authenticate, new_key
from streams.collecting.rate_limit import TokenBucket
from tests.command_line import app
from tests.feeds.http_door import ETAB, NOW

SECRET = "s" * 43


def vigie(journal: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments, "--journal", str(journal)], env={"COLUMNS": "200"})


@given(st.text())
def test_only_the_whole_token_opens(text: str) -> None:
    token, key = new_key(SECRET, "0123abcd", ETAB, ["rpu"], NOW)
    assert authenticate([key], token) is key
    assert token not in repr(key)
    assert authenticate([key], text) is None
    assert authenticate([key], f"vigie_0123abcd_{text}") is None or text == SECRET
    assert authenticate([], token) is None


@pytest.mark.parametrize("source", ["", "ETAB-44", "ETAB-44000027x", "a b", "x" * 65, "a:b", "ETAB-4400002711"])
def test_a_source_is_an_establishment_or_a_plain_name(source: str) -> None:
    with pytest.raises(UnusableApiKey):
        new_key(SECRET, "0123abcd", source, ["rpu"], NOW)


@pytest.mark.parametrize("feeds", [[], ["rpu", "inconnu"]])
def test_feeds_are_known_ones(feeds: list[str]) -> None:
    with pytest.raises(UnusableApiKey, match="hub-sante"):
        new_key(SECRET, "0123abcd", ETAB, feeds, NOW)


def test_the_file_holds_no_key_and_is_read_by_its_owner_only(tmp_path: Path) -> None:
    store = ApiKeyStore(tmp_path / "k")
    token, key = store.add(ETAB, ["rpu"], NOW)
    assert token.rpartition("_")[2] not in store.path.read_text()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert ApiKeyStore(store.path).all() == [key]


def test_a_running_store_sees_what_another_process_writes(tmp_path: Path) -> None:
    running, command = ApiKeyStore(tmp_path / "k"), ApiKeyStore(tmp_path / "k")
    assert running.all() == []
    token, key = command.add(ETAB, ["rpu"], NOW)
    assert authenticate(running.all(), token) == key
    command.revoke(key.id, NOW)
    assert authenticate(running.all(), token) is None
    with pytest.raises(UnusableApiKey, match="no key"):
        command.revoke(key.id, NOW)


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "k").write_text("[{")
    with pytest.raises(UnreadableKeys, match="not a file of API keys"):
        ApiKeyStore(tmp_path / "k").all()


def test_keys_from_the_command_line(tmp_path: Path) -> None:
    journal = tmp_path / "vigie.db"
    assert "no API key" in vigie(journal, "list").stdout
    made = vigie(journal, "add", "ORU-PDL", "--feed", "rpu", "--feed", "lits")
    token = made.stdout.strip()
    [key] = ApiKeyStore.beside(journal).all()
    assert authenticate([key], token) == key
    listed = vigie(journal, "list").stdout
    assert "ORU-PDL" in listed
    assert "lits, rpu" in listed
    assert key.sha256 not in listed
    assert vigie(journal, "revoke", key.id).exit_code == 0
    assert "revoked" in vigie(journal, "list").stdout
    again = vigie(journal, "revoke", key.id)
    assert again.exit_code == 1
    assert "vigie keys list" in again.stderr
    assert vigie(journal, "add", "ORU-PDL", "--feed", "inconnu").exit_code == 1
    assert not journal.exists()


@given(st.integers(1, 5), st.lists(st.floats(0, 10), min_size=1, max_size=40))
def test_no_more_passes_than_the_bucket_holds_and_refills(capacity: int, waits: list[float]) -> None:
    bucket, now, passed = TokenBucket(capacity, 0.5), 0.0, 0
    for wait in waits:
        now += wait
        seconds = bucket.take(now)
        passed += seconds == 0
        if seconds:
            assert bucket.take(now + seconds) == 0
            now += seconds
            passed += 1
    assert capacity <= passed or len(waits) < capacity
    assert passed <= capacity + now * 0.5 + 1e-6


def test_keys_of_a_file_of_their_own(tmp_path: Path) -> None:
    file, journal = tmp_path / "acces", tmp_path / "vigie.db"
    own = {"VIGIE_API_KEYS": str(file)}
    made = CliRunner().invoke(app, ["keys", "add", "ORU-PDL", "--feed", "rpu"], env=own)
    assert made.exit_code == 0, made.output
    assert authenticate(ApiKeyStore(file).all(), made.stdout.strip()) is not None
    listed = CliRunner().invoke(app, ["keys", "list", "--keys", str(file)], env={"COLUMNS": "200"})
    assert "ORU-PDL" in listed.output
    assert "no API key" in CliRunner().invoke(app, ["keys", "list", "--journal", str(journal)], env=own).output
