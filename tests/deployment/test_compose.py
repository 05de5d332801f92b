"""The compose file: a valid one, of pinned images, without a secret, closed to the outside, of commands that exist."""

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from streams.adapters.pseudonym_keys import load_ring
from streams.adapters.vault import FernetVault
from tests.command_line import app
from vigie.live_settings import LiveSettings
from vigie.worker import LETS_GO_SECONDS

OURS = ("prepare", "worker", "notifier", "auditor", "api")
PINNED = re.compile(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?")
NEVER_AS_ROOT = re.compile(r"[1-9]\d*:\d+")


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "docker"


@pytest.fixture(scope="module")
def compose(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


def test_the_file_is_what_the_compose_specification_says(compose: dict[str, Any]) -> None:
    reader = pytest.importorskip("compose_spec", reason="compose-spec has wheels for Linux only").PyCompose
    assert set(reader.from_json(json.dumps(compose)).services) == set(compose["services"])
    with pytest.raises(ValueError, match="perhaps"):
        reader.from_json(json.dumps({"services": {"worker": {"image": "vigie:1.0", "restart": "perhaps"}}}))


def test_every_image_is_pinned(services: dict[str, Any], folder: Path) -> None:
    assert all(PINNED.fullmatch(each["image"]) for each in services.values())
    bases = re.findall(r"^FROM (\S+)", (folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(set(bases)) == 1
    assert PINNED.fullmatch(bases[0])


def test_kafka_is_the_version_the_tests_run_against(services: dict[str, Any], repository: Path) -> None:
    pom = (repository / "tests" / "live" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    assert f"<kafka.version>{services['kafka']['image'].rpartition(':')[2]}</kafka.version>" in pom


def test_the_image_of_vigie_is_its_version(services: dict[str, Any], repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {services[name]["image"] for name in OURS} == {f"vigie:{project['version']}"}


def test_no_port_is_open_to_another_machine(services: dict[str, Any]) -> None:
    ports = [port for each in services.values() for port in each.get("ports", ())]
    assert ports
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)
    assert not any("network_mode" in each or each.get("privileged") for each in services.values())


def test_what_need_not_reach_people_has_no_way_out(compose: dict[str, Any], services: dict[str, Any]) -> None:
    assert compose["networks"]["inside"] == {"internal": True}
    outside = {name for name, each in services.items() if "outside" in each["networks"]}
    assert outside == {"api", "auditor", "notifier", "prometheus", "grafana"}


def test_the_file_holds_no_secret(compose: dict[str, Any], services: dict[str, Any], repository: Path) -> None:
    for each in services.values():
        for name, value in each.get("environment", {}).items():
            is_secret = re.search(r"PASSWORD|SECRET|TOKEN|DATABASE_URL|_KEY$", name)
            assert not is_secret or str(value).startswith("/run/secrets/"), name
    files = [each["file"] for each in compose["secrets"].values()]
    assert all(file.startswith("secrets/") for file in files)
    assert "/docker/secrets/" in (repository / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {name for each in services.values() for name in each.get("secrets", ())} == set(compose["secrets"])


def test_processes_have_no_more_rights_than_they_need(services: dict[str, Any]) -> None:
    for name, each in services.items():
        assert each["cap_drop"] == ["ALL"], name
        assert each["security_opt"] == ["no-new-privileges:true"], name
        assert name == "postgres" or NEVER_AS_ROOT.fullmatch(each["user"]), name
    assert all(services[name]["read_only"] for name in OURS)


def test_whatever_keeps_running_says_how_it_is(services: dict[str, Any]) -> None:
    for name, each in services.items():
        assert each["restart"] == ("no" if name == "prepare" else "unless-stopped")
        assert name == "prepare" or each["healthcheck"]["test"][0] == "CMD"


def test_nothing_starts_before_what_it_needs_is_ready(services: dict[str, Any]) -> None:
    assert {name: sorted(services[name]["depends_on"]) for name in OURS} == {
        "prepare": ["kafka", "postgres"],
        "worker": ["prepare"],
        "notifier": ["prepare"],
        "auditor": ["prepare"],
        "api": ["prepare"],
    }


def test_a_worker_is_given_the_time_it_may_take_to_stop(services: dict[str, Any]) -> None:
    given = services["worker"]["stop_grace_period"]
    assert float(given.removesuffix("s")) > LETS_GO_SECONDS


def test_commands_and_settings_exist(services: dict[str, Any]) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a group
    for name in ("worker", "notifier", "auditor", "api"):
        words = services[name]["command"]
        options = {option for each in commands[words[0]].params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= options
    for words in re.findall(r"vigie ([a-z]+) ([a-z]+)", services["prepare"]["entrypoint"][2]):
        assert words[1] in commands[words[0]].commands
    known = {f"VIGIE_{name.upper()}" for name in LiveSettings.model_fields} | {"VIGIE_SETTINGS"}
    assert {name for each in OURS for name in services[each]["environment"]} <= known


def test_mounted_files_are_there(services: dict[str, Any], compose: dict[str, Any], folder: Path) -> None:
    for each in services.values():
        for mount in each.get("volumes", ()):
            source = mount.split(":")[0]
            assert source in compose["volumes"] or (folder / source).exists(), mount


def test_prometheus_scrapes_what_serves_metrics(services: dict[str, Any], folder: Path) -> None:
    scrape = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    targets = [
        target for job in scrape["scrape_configs"] for each in job["static_configs"] for target in each["targets"]
    ]
    assert {target.partition(":")[0] for target in targets} <= set(services)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_secrets_are_made_once_and_kept_from_other_accounts(
    folder: Path, compose: dict[str, Any], tmp_path: Path
) -> None:
    made = tmp_path / "secrets"

    def prepare() -> dict[str, bytes]:
        subprocess.run([folder / "prepare.sh", made], check=True, capture_output=True)
        return {path.name: path.read_bytes() for path in made.iterdir()}

    first = prepare()
    (made / "schema.toml").unlink()
    assert prepare() == first
    assert {f"secrets/{name}" for name in first} >= {
        each["file"] for name, each in compose["secrets"].items() if name != "astreinte.yaml"
    }
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert len({first[name] for name in first if name.endswith("password")}) == sum(
        "password" in name for name in first
    )
    settings = tomllib.loads(first["vigie.toml"].decode())
    assert set(settings) == {"database_url", "quarantine_key"}
    assert FernetVault(settings["quarantine_key"]).is_open
    assert load_ring(made / "pseudonyms").key_for(date(2026, 1, 1)).id == "k1"
    assert not os.access(made / "vigie.toml", os.X_OK)
