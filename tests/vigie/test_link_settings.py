import stat
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import ValidationError

from alerts.adapters.link_keys import load_link_keys
from tests.vigie.monitored import vigie
from vigie.link_settings import hosts_of, identity_of, keys_beside, proxies_of
from vigie.live_settings import LiveSettings, UnusableSettings
from vigie.settings import Settings, chosen


def test_the_keys_are_made_beside_the_journal_or_read_where_they_are_named(tmp_path: Path) -> None:
    beside = keys_beside(tmp_path / "v.db", None)
    assert stat.S_IMODE((tmp_path / "v.db.liens").stat().st_mode) == 0o600
    elsewhere = keys_beside(tmp_path / "v.db", tmp_path / "named")
    assert load_link_keys(tmp_path / "named").seal("a") == elsewhere.seal("a") != beside.seal("a")


def test_the_keys_of_the_live_processes_are_made_once_by_a_command(tmp_path: Path) -> None:
    file = tmp_path / "liens"
    made = vigie("keys", "links", file)
    assert made.exit_code == 0, made.output
    assert load_link_keys(file).seal("a")
    again = vigie("keys", "links", file)
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    secret = file.read_text().split()[-1]
    assert secret not in made.output + again.output


def test_live_processes_say_when_the_file_is_missing(tmp_path: Path) -> None:
    assert LiveSettings().links is None
    with pytest.raises(UnusableSettings, match=r"VIGIE_LINK_KEYS names .* which is not a file"):
        _ = LiveSettings(link_keys=tmp_path / "none").links
    vigie("keys", "links", tmp_path / "liens")
    assert LiveSettings(link_keys=tmp_path / "liens").links is not None


@pytest.mark.parametrize("model", [Settings, LiveSettings])
@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"proxies": "proxy.example"}, "not addresses or networks"),
        ({"identity_header": "X-Remote-User"}, "must name the proxies"),
        ({"identity_header": "X-Remote-User", "proxies": ""}, "must name the proxies"),
        ({"identity_header": "X Remote", "proxies": "127.0.0.1"}, "not the name of an HTTP header"),
        ({"link_hours": 0}, "greater than or equal to 1"),
    ],
)
def test_a_proxy_or_a_header_that_cannot_be_is_refused(
    model: type[Settings | LiveSettings], wrong: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        model.model_validate(wrong)


def test_a_wrong_option_is_said_by_its_name() -> None:
    with pytest.raises(typer.BadParameter, match="identity_header"):
        chosen(identity_header="X-Remote-User")


def test_what_is_not_set_believes_nobody() -> None:
    assert not proxies_of(None).hold("127.0.0.1")
    assert identity_of(None, "127.0.0.1") is None
    assert identity_of("X-User", "127.0.0.1, 10.0.0.0/8") is not None
    assert hosts_of("https://Vigie.example.org:8443/x") == {"vigie.example.org:8443"}
    assert hosts_of("") == frozenset()
