"""Damaged inputs, many per format: `python tests/fuzz/run.py [--inputs N] [--format NAME] [--plain] [--data FOLDER]`.

Each format has its own process, guided by coverage when atheris is installed. Prints a table; exit code 1 when
something was found, with the inputs under ``--work`` (``var/fuzz``).
"""

import argparse
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script sees only its own folder

INPUTS: Final = 100_000
_FOLLOWED: Final = {"astreinte-ics": ["alerts", "icalendar"]}
"""Whose code guides the inputs of what the collector does not read."""
_EDGES: Final = re.compile(r"\bcov: (\d+)")
_DONE: Final = re.compile(r"^#(\d+)\s+DONE", re.MULTILINE)
_PEAK: Final = re.compile(r"^stat::peak_rss_mb:\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Row:
    """What a format's inputs gave; ``edges`` of the code under test were reached, None without coverage."""

    format: str
    inputs: int
    seconds: float
    edges: int | None
    peak_mb: int | None
    findings: int


def main() -> int:
    """Run the formats one after the other; return the exit code."""
    options = _options()
    if options.child:
        return _child(options)
    is_guided = not options.plain and find_spec("atheris") is not None
    if not is_guided and not options.plain:
        _say("atheris is not installed here (it exists for Linux on x86-64): inputs are not guided by coverage")
    _say(f"{'format':<20}{'inputs':>10}{'seconds':>10}{'edges':>8}{'MiB':>6}{'findings':>10}")
    rows = []
    for name in options.format or _names():
        rows.append(row := _row(name, options, is_guided))
        edges, peak = ("-" if each is None else each for each in (row.edges, row.peak_mb))
        _say(f"{name:<20}{row.inputs:>10,}{row.seconds:>10.0f}{edges:>8}{peak:>6}{row.findings:>10}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2), encoding="utf-8")
    found = sum(row.findings for row in rows)
    if found:
        _say(f"{found} findings: the inputs and what happened are under {options.work}")
    return 1 if found else 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a script


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=INPUTS)
    parser.add_argument("--seed", type=int, default=20260115)
    parser.add_argument("--format", action="append", help="only this one; may be repeated")
    parser.add_argument("--plain", action="store_true", help="without coverage: the same inputs each time")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "fuzz")
    parser.add_argument("--json", type=Path, help="also write the table there")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _names() -> list[str]:
    from tests.fuzz.campaign import NAMES  # noqa: PLC0415 - imported under instrumentation in the children

    return list(NAMES)


def _row(name: str, options: argparse.Namespace, is_guided: bool) -> Row:
    directory = options.work / name
    before = _findings(directory)
    arguments = ["--inputs", str(options.inputs), "--seed", str(options.seed), "--data", str(options.data)]
    mode = [] if is_guided else ["--plain"]
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--child", "--format", name, *arguments, "--work", str(options.work), *mode],
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    seconds = perf_counter() - start
    said = done.stderr
    found = len(_findings(directory) - before)
    if done.returncode and not found:
        raise SystemExit(f"{name}: the campaign did not end (exit code {done.returncode}):\n{said[-3000:]}")
    inputs = int(_last(_DONE, said) or (0 if is_guided else options.inputs))
    edges, peak = _last(_EDGES, said), _last(_PEAK, said)
    return Row(name, inputs, seconds, int(edges) if edges else None, int(peak) if peak else None, found)


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.findall(text)
    return found[-1] if found else None


def _findings(directory: Path) -> set[Path]:
    # libFuzzer also keeps a "slow-unit", which a busy machine makes of any input: only its time limit counts.
    return {path for path in directory.glob("*-*") if path.suffix != ".txt" and not path.name.startswith("slow-unit")}


def _child(options: argparse.Namespace) -> int:
    (name,) = options.format
    data = options.data if options.data.is_dir() else None
    if options.plain:
        from tests.fuzz import campaign  # noqa: PLC0415 - as below

        made = campaign.Campaign(name, options.work / name)
        campaign.plain(made, options.inputs, options.seed, data)
        return 1 if made.kinds else 0
    import atheris  # noqa: PLC0415 - only where it is installed

    with atheris.instrument_imports(include=_FOLLOWED.get(name, ["streams"])):
        from tests.fuzz import campaign  # noqa: PLC0415 - what it imports is followed from here on

    made = campaign.Campaign(name, options.work / name)
    corpus = options.work / "corpus" / name
    campaign.guided(made, options.inputs, options.seed, corpus, data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
