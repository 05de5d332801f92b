"""The documentation is held against the code: settings, metrics, kinds, formats, columns, commands and links."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import SecretStr

from alerts.effects import EFFECT_TYPES
from dashboards.metrics import CATALOGUE
from orsan_plans.reading import Unknown
from streams import messages
from streams.adapters.archive import write_archive
from streams.adapters.retex_files import READING_COLUMNS, TRANSITION_COLUMNS
from streams.adapters.sqlite_journal import SqliteJournal
from streams.entry import Draft, Status
from streams.live.topics import RAW_KEPT, RAW_RPU, TOPICS
from streams.messages import TYPE_OF_KIND
from streams.messages.signals import SignalSanitaire
from streams.monitor import Monitor
from streams.opendata.layouts import FORMATS
from tests.command_line import app
from vigie.live_settings import LiveSettings
from vigie.settings import Settings

AT = datetime(2026, 1, 14, 19, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def documents(repository: Path) -> dict[str, str]:
    files = [repository / "README.md", repository / "CHANGELOG.md", *sorted((repository / "docs").rglob("*.md"))]
    return {str(file.relative_to(repository)): file.read_text(encoding="utf-8") for file in files}


def first_cells(text: str, header: str) -> list[str]:
    """Return the code words in the first cell of each row of the table whose header starts so."""
    table = text.partition(f"\n{header}")[2].partition("\n\n")[0].splitlines()[2:]
    return [word for row in table for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_setting_is_explained_with_its_default(documents: dict[str, str]) -> None:
    rows = re.findall(
        r"^\| (`--[a-z-]+`|aucune) \| `VIGIE_([A-Z_]+)` \| ([^|]+) \|", documents["docs/exploitation.md"], re.MULTILINE
    )
    # What may hold a password has no option: a command line is read by other accounts.
    secret = {name for name, field in Settings.model_fields.items() if field.annotation == SecretStr | None}
    assert {name.lower() for option, name, _ in rows if option == "aucune"} == secret
    named = {option.strip("`-").replace("-", "_") for option, _, _ in rows if option != "aucune"}
    assert named == {name.lower() for _, name, _ in rows} - secret
    written = {name.lower(): default.strip() for _, name, default in rows}
    assert written.keys() == Settings.model_fields.keys()
    defaults = {name: field.default for name, field in Settings.model_fields.items() if field.default is not None}
    assert {name: written[name] for name in defaults} == {name: f"`{value}`" for name, value in defaults.items()}


def test_every_live_setting_is_explained_with_its_default(documents: dict[str, str]) -> None:
    rows = re.findall(r"^\| `VIGIE_([A-Z_]+)` \| ([^|]+) \|", documents["docs/direct.md"], re.MULTILINE)
    written = {name.lower(): default.strip() for name, default in rows}
    assert written.keys() == LiveSettings.model_fields.keys()
    defaults = {name: field.default for name, field in LiveSettings.model_fields.items() if field.default is not None}
    shown = {name: ",".join(value) if isinstance(value, tuple) else value for name, value in defaults.items()}
    assert {name: written[name] for name in defaults} == {name: f"`{value}`" for name, value in shown.items()}


def test_every_topic_is_explained_with_its_partitions(documents: dict[str, str]) -> None:
    rows = re.findall(r"^\| `(vigie\.[a-z.]+)` \| (\d+) \| ([^|]+) \|", documents["docs/direct.md"], re.MULTILINE)
    assert [(name, int(partitions)) for name, partitions, _ in rows] == [
        (name, spec.partitions) for name, spec in TOPICS.items()
    ]
    days = f"{RAW_KEPT.days} jours"
    kept = {"-1": "toujours", TOPICS[RAW_RPU].config["retention.ms"]: days}
    assert [each for *_, each in rows] == [
        kept.get(spec.config.get("retention.ms", ""), "le dernier") for spec in TOPICS.values()
    ]


def test_every_metric_is_named(documents: dict[str, str]) -> None:
    assert set(re.findall(r"`(vigie_[a-z_]+)`", documents["docs/exploitation.md"])) == CATALOGUE.keys()


def test_conditions_to_alert_on_use_known_series(documents: dict[str, str]) -> None:
    series = {name for metric in CATALOGUE.values() for name in metric.series}
    assert set(re.findall(r"\b(vigie_[a-z_]+)\b", documents["docs/exploitation.md"])) <= series | CATALOGUE.keys()


def test_every_kind_of_entry_and_effect_is_listed(documents: dict[str, str]) -> None:
    text = documents["docs/journal.md"]
    assert first_cells(text, "| kind |") == list(TYPE_OF_KIND)
    effects = text.partition("## Effects")[2].partition("Each keeps")[0]
    assert re.findall(r"`([a-z_]+)`", effects) == list(EFFECT_TYPES)


def test_every_format_and_column_is_explained(documents: dict[str, str]) -> None:
    text = documents["docs/retex.md"]
    assert first_cells(text, "| format |") == list(FORMATS)
    assert set(first_cells(text, "| colonne |")) == {*READING_COLUMNS, *TRANSITION_COLUMNS}
    assert {reason.value for reason in Unknown if f"`{reason.value}`" not in text} == set()


def test_the_archive_check_of_the_journal_page_finds_what_the_journal_holds(
    documents: dict[str, str], tmp_path: Path
) -> None:
    [script] = re.findall(r"```python\n(.*?)```", documents["docs/journal.md"], re.DOTALL)
    archive = tmp_path / "crisis.jsonl.gz"
    with SqliteJournal.create(tmp_path / "crisis.db") as journal:
        for number in (1, 2):
            signal = SignalSanitaire(f"s{number}", "cyberattaque_etablissement", "DEP-49", "Panne", "essai")
            Monitor(journal).append([Draft(AT, Status.ACTUAL, "52", *messages.encode(signal))], AT)
        write_archive(journal, archive)
        expected = journal.head("52").entries_digest.hex()
    done = subprocess.run([sys.executable, "-c", script, archive], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def shell_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def vigie_commands(text: str) -> list[list[str]]:
    """Return the words after ``vigie`` of every command a document gives, in its blocks and in its text."""
    inline = re.findall(r"`(vigie [^`\n]+)`", text)
    lines = [line for line in (*shell_lines(text), *inline) if line.startswith("vigie ")]
    return [line.split()[1:] for line in lines]


def mistakes_of(words: list[str]) -> list[str]:
    """Return the words of a command that the command line does not know."""
    command: Any = typer.main.get_command(app)
    rest = list(words)
    while rest and hasattr(command, "commands"):
        if rest[0] not in command.commands:
            return [rest[0]]
        command = command.commands[rest.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    return [word for word in rest if word.startswith("--") and word not in known]


def test_documented_commands_and_options_exist(documents: dict[str, str]) -> None:
    commands = [(name, words) for name, text in documents.items() for words in vigie_commands(text)]
    assert len(commands) > 20
    assert [(name, words) for name, words in commands if mistakes_of(words)] == []


@pytest.mark.parametrize("command", ["jurnal verify", "run --colour red", "plans check --strict"])
def test_a_command_that_does_not_exist_is_seen(command: str) -> None:
    assert len(mistakes_of(command.split())) == 1


def test_relative_links_lead_somewhere(documents: dict[str, str], repository: Path) -> None:
    links = [
        (name, target)
        for name, text in documents.items()
        for target in re.findall(r"\]\(([^)#]+)\)", text)
        if "://" not in target
    ]
    assert links
    assert [(name, target) for name, target in links if not ((repository / name).parent / target).exists()] == []
