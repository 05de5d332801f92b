"""From a dropped file to the journal: collected, or read as Vigie's own messages, then put away; told to a witness."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from alerts.outbox import StorageError
from streams.adapters.drop_directory import DropDirectory
from streams.adapters.dropped_files import SUFFIXES
from streams.collecting.collector import Collector
from streams.collecting.decoding import Context
from streams.collecting.receipts import Receipt
from streams.journal import JournalError
from streams.monitor import Monitor
from vigie.collecting import incoming
from vigie.dropped_messages import take_messages


class Witness(Protocol):
    """Who is told what became of a dropped file; ``kept`` is where it was put away."""

    def collected(self, receipt: Receipt, kept: Path) -> None:
        """Note a file that was collected, or refused as a whole (``receipt.refused``)."""
        ...

    def rejected(self, kept: Path, reason: str) -> None:
        """Note a file that could not be read at all."""
        ...

    def failed(self, error: Exception) -> None:
        """Note a file on which Vigie itself failed: a defect, to be reported."""
        ...


@dataclass(frozen=True, slots=True)
class Dropping:
    """Takes what is dropped for one région into the monitor's journal."""

    monitor: Monitor
    collector: Collector
    drop: DropDirectory
    region: str
    witness: Witness

    def take(self, path: Path, now: datetime) -> None:
        """Journal a file and put it away; StorageError and JournalError leave it where it is, to be taken again."""
        file = incoming(path)
        try:
            if path.suffix in SUFFIXES and self.collector.recognise(file) is None:
                receipt = take_messages(self.monitor, path, self.region, now)
            else:
                receipt = self.collector.collect(file, Context(self.region, now))
            self._received(path, receipt)
        except (StorageError, JournalError):
            raise
        except OSError as error:
            self.witness.rejected(self.drop.reject(path, now, str(error)), str(error))
        except Exception as error:  # noqa: BLE001 - left where it is, a file no fold can take would stop every next start
            name = type(error).__name__
            self.drop.reject(path, now, f"Vigie failed on this file: {name}. Nothing of it was journaled.")
            self.witness.failed(error)

    def _received(self, path: Path, receipt: Receipt) -> None:
        if receipt.refused:
            kept = self.drop.reject(path, receipt.received_at, receipt.refused)
        else:
            kept = self.drop.accept(path, receipt.received_at)
        self.witness.collected(receipt, kept)
