"""A writer killed at any instant leaves a journal that verifies and continues."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from alerts.outbox import OutboxState
from streams.adapters.sqlite_journal import SqliteJournal
from streams.testing import sample_batch

WRITER = """
import sys
from pathlib import Path
from streams.adapters.sqlite_journal import SqliteJournal
from streams.testing import sample_batch
with SqliteJournal.open(Path(sys.argv[1])) as journal:
    while True:
        head = journal.commit(sample_batch(journal.head("52"), 50, notifications=1))
        print(head.seq, flush=True)
"""


@pytest.mark.slow
def test_kill_9_between_any_two_instructions_loses_no_committed_batch(tmp_path: Path, soak: bool) -> None:
    path, random = tmp_path / "journal.db", Random(52)
    SqliteJournal.create(path).close()
    for _ in range(40 if soak else 3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            announced = [int(writer.stdout.readline()) for _ in range(random.randint(1, 8))]
            writer.kill()
            announced += [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
        with SqliteJournal.open(path) as journal:
            head = journal.head("52")
            assert journal.verify() == []
            assert head.seq >= announced[-1]
            assert head.seq % 50 == 0
            assert journal.outbox.counts()[OutboxState.PENDING] == head.seq // 50
            journal.commit(sample_batch(head, 50, notifications=1))
