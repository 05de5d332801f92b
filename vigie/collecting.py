"""Putting a collector together: formats, secrets, the quarantine's key."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from orsan_plans.catalogue import Catalogue
from streams import messages
from streams.adapters.directory_files import load_directory
from streams.adapters.disk_keys import SpillingKeys
from streams.adapters.drop_directory import printable
from streams.adapters.normaliser import Collecting
from streams.adapters.pseudonym_keys import load_or_make_ring, load_ring
from streams.adapters.vault import KEY_VARIABLE, vault_of
from streams.capacity.declaration import NO_DIRECTORY
from streams.collecting.collector import Collector, Incoming
from streams.collecting.decoding import Context
from streams.collecting.formats import Formats
from streams.collecting.pseudonyms import KeyRing, Pseudonyms
from streams.collecting.quarantine import Vault
from streams.collecting.receipts import Receipt
from streams.entry import Draft, Status
from streams.known_formats import all_formats
from streams.monitor import Monitor
from vigie.live_settings import LiveSettings
from vigie.past import catalogue_message
from vigie.settings import Settings


def build_collector(
    monitor: Monitor,
    settings: Settings,
    environment: Mapping[str, str],
    told: Callable[[Receipt], None] | None = None,
) -> Collector:
    """Return a collector into a monitor's journal, that of the settings; ``told`` is given each receipt.

    Without a file of the pseudonyms' secrets, one is made beside the journal, for this journal. UnusableKeys,
    UnusableKey, DirectoryError, OSError.
    """
    journal, keys, places = settings.journal, settings.pseudonym_keys, settings.ror_directory
    ring = load_or_make_ring(journal.with_name(f"{journal.name}.cles")) if keys is None else load_ring(keys)
    formats = _formats(ring, places)
    return Collector(monitor, formats, vault_of(environment), SpillingKeys, settings.kept, told=told)


def live_collecting(settings: LiveSettings) -> Collecting:
    """Return what makes the collector of each file of a live process. Errors as `build_collector`, UnusableSettings."""
    formats = _formats(load_ring(settings.secrets), settings.ror_directory)
    vault = live_vault(settings)
    return lambda destination: Collector(destination, formats, vault, SpillingKeys, settings.kept)


def live_vault(settings: LiveSettings) -> Vault:
    """Return the vault of a live process; UnusableKey."""
    key = settings.quarantine_key
    return vault_of({} if key is None else {KEY_VARIABLE: key.get_secret_value()})


def _formats(ring: KeyRing, places: Path | None) -> Formats:
    return all_formats(Pseudonyms(ring), NO_DIRECTORY if places is None else load_directory(places))


def incoming(path: Path, format_: str | None = None) -> Incoming:
    """Return a file on disk as the collector takes it."""
    return Incoming(printable(path), lambda: path.open("rb"), format_)


def context_now(region: str) -> Context:
    """Return the circumstances of a file received now."""
    return Context(region, datetime.now(UTC))


def put_plans_in_force(monitor: Monitor, region: str, catalogue: Catalogue) -> None:
    """Journal the plans of a région that has none."""
    if monitor.fold(region).catalogue is None:
        now = datetime.now(UTC)
        kind, payload = messages.encode(catalogue_message(catalogue))
        monitor.append([Draft(now, Status.ACTUAL, region, kind, payload)], now)
