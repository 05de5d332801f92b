"""From a dropped file to Kafka: left on the raw topics as it came, or journaled when it holds Vigie's own messages.

A file is put away once Kafka holds it. Killed in between, it is sent again at the next start, under the same receipt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import structlog

from alerts.effects import effect_id
from alerts.outbox import StorageError
from streams.adapters.drop_directory import DropDirectory, printable
from streams.adapters.dropped_files import SUFFIXES
from streams.adapters.live_store import LiveStore
from streams.adapters.raw_intake import SendsFiles
from streams.adapters.raw_topics import RawFile
from streams.collecting.decoding import UnreadableFeed
from streams.collecting.delivering import feed_of
from streams.collecting.ledger import Collected
from streams.collecting.receipts import line
from streams.defects import defect
from streams.entry import Draft
from streams.live.problems import KafkaProblem, TooLarge
from streams.live.record import fact_id
from streams.live.topics import LARGEST_FILE
from streams.recognising import recognise
from vigie.dropped_messages import read_messages

_HEAD_BYTES: Final = 8192
_REFUSALS: Final = (UnreadableFeed, TooLarge, OSError)

_log = structlog.get_logger()


class Appends(Protocol):
    """What facts are journaled with, such as `streams.adapters.journal_topic.JournalTopic`."""

    def append(self, drafts: Iterable[tuple[str, Draft]]) -> object:
        """Append drafts, each with the id of its fact, and return when they are held."""
        ...


@dataclass(frozen=True, slots=True)
class RawDropping:
    """Takes what is dropped for one région."""

    topics: SendsFiles
    journal: Appends
    store: LiveStore
    drop: DropDirectory
    region: str

    def take(self, path: Path, now: datetime) -> None:
        """Hand a file over and put it away; StorageError or KafkaProblem leave it there, to be taken again."""
        try:
            self._hand_over(path, now)
        except _REFUSALS as error:
            self.drop.reject(path, now, str(error))
            _log.warning("file rejected", reason=str(error))
        except (StorageError, KafkaProblem):
            raise
        except Exception as error:  # noqa: BLE001 - left where it is, it would stop every file after it
            self.drop.reject(path, now, f"Vigie failed on this file: {type(error).__name__}. Nothing of it was kept.")
            _log.error("file rejected: a defect of Vigie, to be reported", error=defect(error))
        else:
            self.drop.accept(path, now)

    def _hand_over(self, path: Path, now: datetime) -> None:
        content = _read(path)
        format_ = recognise(content[:_HEAD_BYTES])
        if format_ is not None:
            self._send(path, content, format_)
        elif path.suffix in SUFFIXES:
            self._journal(path, now)
        else:
            raise UnreadableFeed(
                f"{printable(path)}: not a known file: neither its first line nor its root is that of a known format"
            )

    def _send(self, path: Path, content: bytes, format_: str) -> None:
        name, stat = printable(path), path.stat()
        receipt = effect_id("dropped", self.region, name, stat.st_ino, stat.st_mtime_ns, stat.st_size)
        # Who dropped a file is not known: all of them in order, as each came.
        file = RawFile(f"depot:{self.region}", name, self.region, format_, content, receipt)
        self.topics.send(feed_of(format_), file)
        _log.info("file kept, to be collected", name=name, format=format_, receipt=receipt)

    def _journal(self, path: Path, now: datetime) -> None:
        drafts, receipt = read_messages(path, self.region, now, self.store.receipts)
        self.journal.append(
            (fact_id(f"messages {receipt.sha256} {number}", draft), draft) for number, draft in enumerate(drafts)
        )
        self.store.commit_collected(self.region, Collected(receipt=receipt), {})
        if receipt.refused:
            raise UnreadableFeed(receipt.refused)
        _log.info("messages journaled", receipt=line(receipt))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise TooLarge(
            f"{printable(path)} has more than {LARGEST_FILE:,} bytes, what one message carries: cut it, day by day for "
            "instance, and drop its parts"
        )
    return content
