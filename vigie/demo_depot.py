"""The demo's drop directory: files are really written there, and taken by the collector of `vigie run`."""

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Final

from streams.adapters.disk_keys import SpillingKeys
from streams.adapters.drop_directory import SETTLE_SECONDS, DropDirectory
from streams.capacity.declaration import Directory
from streams.collecting.collector import Collector
from streams.collecting.pseudonyms import KeyRing, Pseudonyms, SecretKey
from streams.known_formats import all_formats
from streams.synthetic.bed_files import BED_KINDS
from streams.synthetic.oscour_files import TimedFile
from vigie.dropping import Dropping, Witness
from vigie.embedded import Embedded

KEYS: Final = KeyRing(SecretKey("demo", b"published with Vigie: keeps no secret", date(2000, 1, 1)))
"""Published, so that a seed gives the same journal everywhere. It hides nobody: nobody in the demo exists."""
_MARK: Final = ".vigie-demo"


class Depot:
    """One région's drop directory, on the scenario's clock."""

    def __init__(self, path: Path, embedded: Embedded, region: str, witness: Witness) -> None:
        formats = all_formats(Pseudonyms(KEYS), Directory(bed_kinds=BED_KINDS))
        collector = Collector(embedded.monitor, formats, seen=SpillingKeys)
        self._drop = DropDirectory(path)
        self._dropping = Dropping(embedded.monitor, collector, self._drop, region, witness)

    def receive(self, file: TimedFile, now: datetime) -> None:
        """Drop a file as an upload ends, by renaming it, and take it once it has settled on the scenario's clock."""
        unfinished = self._drop.path / f"{file.name}.part"
        unfinished.write_bytes(file.content)
        unfinished.replace(self._drop.path / file.name)
        clock = now.timestamp()
        self._drop.ready(clock)
        for path in self._drop.ready(clock + SETTLE_SECONDS):
            self._dropping.take(path, now)


def emptied(path: Path) -> Path:
    """Return the depot, made anew; FileExistsError for a directory that no demo made, which stays as it is."""
    if path.exists():
        if not (path / _MARK).is_file():
            raise FileExistsError(f"{path}: no demo made this directory: move it away, or give another --journal")
        shutil.rmtree(path)
    path.mkdir(parents=True)
    (path / _MARK).touch()
    return path
