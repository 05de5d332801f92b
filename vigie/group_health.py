"""The health of a member of a group of consumers: a worker, a notifier."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from streams.adapters.group_progress import GroupProgress, Place
from streams.adapters.kafka_clients import KafkaAccess
from streams.live.health import Heartbeat, Watchdog
from streams.live.problems import KafkaProblem
from vigie.health import Asking, Health, elapsed


@dataclass(slots=True)
class GroupWatch:
    """Looks from outside at the places that a member of ``group`` was given."""

    access: KafkaAccess
    group: str
    places: Callable[[], Collection[Place]]
    watchdog: Watchdog = field(default_factory=Watchdog)
    looked_at: timedelta = timedelta()
    _progress: GroupProgress | None = None

    def look(self) -> None:
        """Ask the brokers how far the group is; a `KafkaProblem` when they do not answer."""
        if self._progress is None:
            self._progress = GroupProgress(self.access, self.group)
        seen = self._progress.look(self.places())
        self.looked_at = elapsed()
        self.watchdog.saw(seen.done, seen.ends, self.looked_at)

    def stuck(self) -> Iterator[str]:
        """Yield why the member has to be started again."""
        # As of the last look: while the brokers are away, nothing can be read.
        places = self.watchdog.stuck(self.looked_at)
        if places:
            delay = int(self.watchdog.delay.total_seconds())
            yield f"events wait and nothing was done with them for {delay} s: {', '.join(places)}"

    def unassigned(self) -> Iterator[str]:
        """Yield why the member has nothing to do."""
        if not self.places():
            yield f"the group {self.group} gave it no partition yet"

    def close(self) -> None:
        """Let go of the brokers."""
        if self._progress is not None:
            self._progress.close()


@contextmanager
def watching(watch: GroupWatch) -> Iterator[Asking]:
    """Look now and then as long as the block lasts."""
    try:
        with Asking("Kafka", watch.look, (KafkaProblem,)) as kafka:
            yield kafka
    finally:
        watch.close()


def beating(heart: Heartbeat) -> Iterator[str]:
    """Yield why a loop has to be started again."""
    if heart.is_stopped(elapsed()):
        yield f"its loop has not turned for {int(heart.delay.total_seconds())} s"


@contextmanager
def worker_health(engine: GroupWatch, files: Sequence[GroupWatch], heart: Heartbeat) -> Iterator[Health]:
    """Give the health of a worker: alive while it turns and the journal is folded, ready once it has its partitions.

    Files that wait for the database are not a reason to start it again.
    """
    with ExitStack() as stack:
        kafka, *_ = [stack.enter_context(watching(each)) for each in (engine, *files)]
        yield Health(
            live=lambda: (*beating(heart), *engine.stuck()),
            ready=lambda: (*kafka.reasons(), *engine.unassigned(), *_waiting(files)),
        )


def _waiting(files: Iterable[GroupWatch]) -> Iterator[str]:
    for each in files:
        yield from each.unassigned()
        yield from each.stuck()


@contextmanager
def notifier_health(
    watch: GroupWatch, heart: Heartbeat, database: Asking, cut_off: Callable[[], Iterable[str]] = tuple
) -> Iterator[Health]:
    """Give the health of a notifier: one that waits for the database, or that nobody answers, is alive, not ready."""
    with watching(watch) as kafka, database:
        yield Health(
            live=lambda: beating(heart),
            ready=lambda: (*kafka.reasons(), *database.reasons(), *watch.unassigned(), *cut_off()),
        )
