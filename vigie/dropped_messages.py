"""Files of messages dropped for the monitor (``.jsonl``): journaled whole with a receipt, once each.

A file is known by its SHA-256: dropped again, or read again after a kill between its commit and its move, it journals
nothing. A new fact therefore needs a new instant, even when it says the same.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from alerts.effects import effect_id
from streams.adapters.drop_directory import printable
from streams.adapters.dropped_files import MESSAGES, UnreadableDrop, digest_of_file, read_dropped
from streams.collecting.ledger import Collected
from streams.collecting.receipts import Receipt, Receipts
from streams.entry import Draft
from streams.monitor import Monitor


def take_messages(monitor: Monitor, path: Path, region: str, now: datetime) -> Receipt:
    """Journal a file of messages and return its receipt; OSError when it cannot be read, nothing being written."""
    drafts, receipt = read_messages(path, region, now, monitor.journal.receipts)
    monitor.collect(region, drafts, now, Collected(receipt=receipt))
    return receipt


def read_messages(path: Path, region: str, now: datetime, known: Receipts) -> tuple[tuple[Draft, ...], Receipt]:
    """Return what a file of messages adds to the journal, nothing if it was taken before, and its receipt; OSError."""
    name, sha256 = printable(path), digest_of_file(path)
    blank = Receipt(effect_id("receipt", region, now.isoformat(), name), region, now, name, sha256, MESSAGES)
    try:
        drafts = read_dropped(path, region)
    except UnreadableDrop as error:
        return (), replace(blank, refused=str(error))
    count, first_time = len(drafts), effect_id("messages", region, sha256)
    if known.find(first_time) is not None:
        return (), replace(blank, received=count, duplicates=count)
    return drafts, replace(blank, id=first_time, received=count, accepted=count, journaled=count)
