"""Where a hand-over digest comes from: the journal of one process, or the log of the live processes; and its links."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alerts.adapters.link_keys import load_link_keys
from alerts.links import LinkKeys
from dashboards.board import Board
from streams.adapters.journal_follower import JournalFollower
from streams.adapters.kafka_clients import KafkaAccess
from streams.adapters.sqlite_journal import SqliteJournal
from streams.monitor import Monitor
from vigie.live_settings import LiveSettings, UnusableSettings, live_settings
from vigie.settings import Settings, chosen
from vigie.showing import Showing

_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line gives; None leaves it to the settings. ``live`` is the INSEE code of a région."""

    journal: Path | None
    roster: Path | None
    link_base: str | None
    link_keys: Path | None
    live: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """A région, its tableau, and how its links and its digest are made; both may raise what `explained` says."""

    region: str
    roster: Path
    link_base: str
    keys: Callable[[], LinkKeys]
    board: Callable[[], Board]


def source_of(options: Options) -> Source:
    """Return where to read; UnusableSettings without a tableau."""
    return _of_journal(options) if options.live is None else _of_log(options, options.live)


def _of_journal(options: Options) -> Source:
    settings = chosen(
        journal=options.journal, roster=options.roster, link_base=options.link_base, link_keys=options.link_keys
    )
    base = str(settings.link_base or f"http://{settings.host}:{settings.port}")
    keys = settings.link_keys or settings.journal.with_name(f"{settings.journal.name}.liens")
    hint = "start `vigie run` once, or give --link-keys FILE"
    return Source(
        settings.region, _named(settings.roster), base, lambda: _loaded(keys, hint), lambda: _journal_board(settings)
    )


def _of_log(options: Options, region: str) -> Source:
    settings = live_settings()
    return Source(
        region,
        _named(options.roster or settings.roster),
        options.link_base or str(settings.link_base),
        lambda: _live_keys(options, settings),
        lambda: _log_board(settings.kafka, region),
    )


def _named(roster: Path | None) -> Path:
    if roster is None:
        raise UnusableSettings("give --roster FILE")
    return roster


def _loaded(keys: Path, hint: str) -> LinkKeys:
    if not keys.is_file():
        raise UnusableSettings(f"{keys}: no secrets of links there; {hint}")
    return load_link_keys(keys)


def _live_keys(options: Options, settings: LiveSettings) -> LinkKeys:
    keys = settings.links if options.link_keys is None else _loaded(options.link_keys, "make them: `vigie keys links`")
    if keys is None:
        raise UnusableSettings("set VIGIE_LINK_KEYS, or give --link-keys FILE: the same as the api and the notifiers")
    return keys


def _journal_board(settings: Settings) -> Board:
    """Return the board of a journal, read beside the running monitor."""
    board = Board()
    with SqliteJournal.open(settings.journal, read_only=True) as journal:
        fold = Monitor(journal).fold(settings.region)
        Showing(board).begin(fold, (stored.effect for stored in journal.effects(settings.region)))
    return board


def _log_board(access: KafkaAccess, region: str) -> Board:
    """Return the board of a région as of the end of its log; a `KafkaProblem`."""
    showing = Showing(Board())
    with JournalFollower(access, {}) as journal:
        for log, told in journal.find():
            if log.region == region and log.head.seq:
                showing.begin(log.fold, told)
        while journal.positions()[region] < journal.ends().get(region, 0):
            for committed in journal.poll(_POLL_SECONDS):
                if committed.region == region:
                    showing.committed(committed, journal.logs[region].fold)
    return showing.board
