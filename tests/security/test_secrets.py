"""Secrets are nowhere shown: help, settings, errors; and no comparison tells how much of one was right."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer.main

from streams.adapters.api_key_store import ApiKeyStore
from streams.adapters.vault import new_key
from streams.collecting import api_keys
from streams.collecting.api_keys import authenticate
from tests.command_line import app
from tests.vigie.monitored import closed_port, vigie
from vigie.live_settings import LiveSettings, live_settings

PASSWORD = "mot-de-passe-7Zq9"  # noqa: S105 - the fake secret looked for
PRODUCT = ("orsan_plans", "alerts", "streams", "dashboards", "vigie")
SECRET_NAME = re.compile(r"(^|_)(secret|token|password|signature|mac|hmac)s?$")


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give every process-wide secret a value that can be recognised."""
    key = new_key()
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("VIGIE_KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("VIGIE_KAFKA_SASL_USERNAME", "vigie")
    monkeypatch.setenv("VIGIE_KAFKA_SASL_PASSWORD", PASSWORD)
    monkeypatch.setenv("VIGIE_KAFKA_BOOTSTRAP", f"127.0.0.1:{closed_port()}")
    monkeypatch.setenv("VIGIE_KAFKA_PATIENCE_SECONDS", "1")
    monkeypatch.setenv("VIGIE_DATABASE_URL", f"postgresql+psycopg://vigie:{PASSWORD}@127.0.0.1:{closed_port()}/vigie")
    monkeypatch.setenv("VIGIE_QUARANTINE_KEY", key)
    monkeypatch.setenv("VIGIE_SMS", PASSWORD)
    return [PASSWORD, key]


def leaked(text: str, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets if secret in text]


def commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_shows_no_secret(path: tuple[str, ...], secrets: list[str]) -> None:
    done = vigie(*path, "--help")
    assert done.exit_code == 0, done.output
    assert leaked(done.output, secrets) == []


def test_all_commands_were_asked() -> None:
    assert {("audit", "verify"), ("exercise", "open"), ("run",)} <= set(COMMANDS)


def test_settings_show_no_secret(secrets: list[str]) -> None:
    settings = live_settings()
    shown = [repr(settings), str(settings), repr(settings.kafka), str(settings.kafka), repr(settings.model_dump())]
    assert leaked("".join(shown), secrets) == []
    assert PASSWORD in settings.database


def test_a_wrong_setting_is_said_without_its_value(monkeypatch: pytest.MonkeyPatch, secrets: list[str]) -> None:
    for name in LiveSettings.model_fields:
        with monkeypatch.context() as one:
            one.setenv(f"VIGIE_{name.upper()}", f"?{PASSWORD}")
            done = vigie("database", "check")
        assert leaked(done.output, secrets) == [], name


@pytest.mark.parametrize(
    "command",
    [
        ("database", "check"),
        ("topics", "check"),
        ("feeds", "status", "--live"),
        ("quarantine", "list", "--live"),
        ("audit", "verify", "--live", "52"),
        ("exercise", "list", "--live", "52"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_reached_is_said_without_its_password(command: tuple[str, ...], secrets: list[str]) -> None:
    done = vigie(*command)
    assert done.exit_code == 1, done.output
    assert done.stderr.startswith("vigie: ")
    assert leaked(done.output + repr(done.exception), secrets) == []


def test_a_key_is_kept_as_a_digest_and_shown_once(tmp_path: Path) -> None:
    store = ApiKeyStore(tmp_path / "acces")
    token, key = store.add("ETAB-440000271", ["rpu"], datetime(2026, 1, 14, tzinfo=UTC))
    secret = token.rpartition("_")[2]
    assert secret not in (tmp_path / "acces").read_text(encoding="utf-8")
    assert secret not in repr(key)
    assert authenticate(store.all(), token) == key
    assert authenticate(store.all(), token[:-1] + ("A" if token[-1] != "A" else "B")) is None


def compared_openly(source: str) -> list[int]:
    """Return the lines where something named as a secret is compared with == or !=."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            names = (getattr(each, "attr", getattr(each, "id", "")) for each in (node.left, *node.comparators))
            found += [node.lineno for name in names if SECRET_NAME.search(name.lower())]
    return found


def test_no_secret_is_compared_in_a_time_that_depends_on_it(repository: Path) -> None:
    files = [file for package in PRODUCT for file in sorted((repository / package).rglob("*.py"))]
    found = {str(file.relative_to(repository)): compared_openly(file.read_text(encoding="utf-8")) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert "compare_digest" in Path(str(api_keys.__file__)).read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ["key.secret == given", "given != token", "self._signature == x"])
def test_an_open_comparison_is_seen(line: str) -> None:
    assert compared_openly(line) == [1]
