"""One OSCOUR file far larger than any real one, collected: `python tests/bench/large_file.py --megabytes 1024`.

Prints one line of JSON: what was collected, how long it took, and the most memory the process ever occupied. The file
and the journal (about twice its size) are written under ``--work`` and removed.
"""

import argparse
import json
import re
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # a script sees only its own folder

from streams.adapters.disk_keys import SpillingKeys  # noqa: E402 - after the path
from streams.adapters.sqlite_journal import SqliteJournal  # noqa: E402
from streams.collecting.collector import Collector, Incoming  # noqa: E402
from streams.collecting.decoding import Context  # noqa: E402
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey  # noqa: E402
from streams.known_formats import all_formats  # noqa: E402
from streams.monitor import Monitor  # noqa: E402
from tests.bench.oscour_workload import RECEIVED_AT, REGION, oscour_pieces  # noqa: E402

BYTES_OF_A_VISIT = 512


def write(path: Path, megabytes: int) -> None:
    """Write a file of about this size (MiB): a week of an establishment with far too many visits."""
    with path.open("wb") as file:
        file.writelines(oscour_pieces(megabytes * 2**20 // BYTES_OF_A_VISIT))


def collect(path: Path, journal: Path) -> dict[str, float]:
    """Collect a file into a new journal; return the figures."""
    ring = KeyRing(SecretKey("banc", bytes(range(32)), date(2020, 1, 1)))
    wall, cpu = perf_counter(), process_time()
    with SqliteJournal.create(journal) as opened:
        collector = Collector(Monitor(opened), all_formats(Pseudonyms(ring)), seen=SpillingKeys)
        receipt = collector.collect(Incoming(path.name, lambda: path.open("rb")), Context(REGION, RECEIVED_AT))
    return {
        "bytes": path.stat().st_size,
        "received": receipt.received,
        "journaled": receipt.journaled,
        "wall_s": round(perf_counter() - wall, 1),
        "cpu_s": round(process_time() - cpu, 1),
        "peak_mib": peak_mib(),
    }


def peak_mib() -> float:
    """Return the most memory this program ever occupied (MiB); 0 where the system does not say (it is not Linux).

    Not getrusage's figure: Linux starts it from what the parent occupied.
    """
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii")) if status.exists() else None
    return round(int(found[1]) / 1024, 1) if found else 0.0


def main() -> None:
    """Write, collect, print."""
    parser = argparse.ArgumentParser(description="Collect one very large OSCOUR file.")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--work", type=Path, help="where the file and the journal are written")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.work) as name:
        path = Path(name) / "tres-grand.xml"
        write(path, options.megabytes)
        print(json.dumps(collect(path, Path(name) / "journal.db")))  # noqa: T201 - a script


if __name__ == "__main__":
    main()
