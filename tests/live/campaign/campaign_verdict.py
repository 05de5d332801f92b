"""What must hold after each scenario, whoever was killed, paused, away or wrong about the time."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerts.effect_codec import decode, encode
from alerts.effects import Effect, Notify, Recalled
from alerts.outbox import Item, OutboxState
from streams import engine
from streams.adapters.state_topic import StateTopic
from streams.live.log_reader import LogReader
from streams.live.region_log import RegionLog
from streams.replay import Replayed, replay
from tests.live.campaign.campaign_stage import Stage, until_quiet
from tests.live.processes import Process


@dataclass(frozen=True)
class Figures:
    """What a scenario came to."""

    files: int
    entries: int
    effects: int
    told: int
    notifications: int
    calls: int

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.entries} entries, {self.effects} effects told {self.told} times, "
            f"{self.notifications} notifications handed over {self.calls} times"
        )


def settle(
    stage: Stage, workers: Sequence[Process], notifiers: Sequence[Process], at_last: Callable[[], object] | None = None
) -> None:
    """Let the engine finish what it was given, then stop it in order: who decides first, who tells after.

    ``at_last`` is done in between, once all that was given before has a receipt.
    """
    until_quiet(stage.missing)
    if at_last is not None:
        at_last()
        until_quiet(stage.missing)
    for worker in workers:
        worker.wait_for("worker started")
    until_quiet(lambda: [region for region in stage.regions if _is_behind(stage, region)])
    for worker in workers:
        assert worker.stop() == 0, worker.said()[-3000:]
    until_quiet(lambda: _not_sent(stage))
    for notifier in notifiers:
        assert notifier.stop() == 0, notifier.said()[-3000:]


def _is_behind(stage: Stage, region: str) -> bool:
    """Tell whether something that the journal decides was not told yet."""
    told = {each.id for each in stage.told(region)}
    return any(each.id not in told for each in _decided(stage, region)[0])


def _not_sent(stage: Stage) -> bool:
    ordered = [(region, each.id) for region in stage.regions for each in _ordered(stage.told(region))]
    return any(not _is_over(stage.store.outbox.find(*place)) for place in ordered)


def _ordered(effects: list[Effect]) -> list[Notify]:
    return [each for each in effects if isinstance(each, Notify)]


def _is_over(item: Item | None) -> bool:
    return item is not None and item.state in {OutboxState.DONE, OutboxState.RECALLED}


def judge(
    stage: Stage, workers: Sequence[Process], notifiers: Sequence[Process], at_last: Callable[[], object] | None = None
) -> Figures:
    """Settle, then hold everything that came out against an embedded replay of the journal."""
    settle(stage, workers, notifiers, at_last)
    entries = effects = told = 0
    items = list[Item]()
    for region in stage.regions:
        records = stage.told(region)
        left, found = _left(stage, region), _each_once(records)
        # A tick may come between the last that a worker read and its end.
        decided, replayed = _decided(stage, region, None if left is None else left.next_offset)
        if left is None:
            # Whether something decided was not told was looked at before the workers were stopped.
            decided = decided[: len(found)]
        expected = [encode(each) for each in decided]
        assert found == expected, _difference(found, expected)
        items += _handed_over(stage, region, decided)
        entries, effects, told = entries + replayed.head.seq, effects + len(decided), told + len(records)
    _assert_rung(stage, items)
    _assert_counted(stage)
    return Figures(len(stage.sent), entries, effects, told, len(items), len(stage.phones.rung))


def _decided(stage: Stage, region: str, to_offset: int | None = None) -> tuple[list[Effect], Replayed]:
    """Return what an embedded monitor decides from the records of a région before an offset, and where it gets."""
    decided, reader = list[Effect](), LogReader(region)
    entries = list(stage.journal.entries(region, to_offset, reader))
    return decided, replay(region, entries, reader.now, on_effect=decided.append)


def _left(stage: Stage, region: str) -> RegionLog | None:
    """Return where the workers left a région: it must be where an embedded monitor gets from the same records.

    None without a snapshot: the worker that had it was killed, and whoever was given it then was stopped before it read
    a record of it.
    """
    with StateTopic(stage.access) as states:
        state = states.latest(region)
    if state is None:
        return None
    left = RegionLog.restore(state)
    _, replayed = _decided(stage, region, left.next_offset)
    assert left.head == replayed.head
    assert engine.snapshot(left.fold) == engine.snapshot(replayed.fold)
    return left


def _each_once(effects: list[Effect]) -> list[bytes]:
    """Return effects as bytes, each once; the same id must be the same effect."""
    by_id = dict[str, bytes]()
    for each in effects:
        said = encode(each)
        assert by_id.setdefault(each.id, said) == said
    return list(by_id.values())


def _difference(found: list[bytes], expected: list[bytes]) -> str:
    lost, more = (Counter(expected) - Counter(found)), (Counter(found) - Counter(expected))
    kinds = [sorted(Counter(decode(each).kind for each in those).items()) for those in (lost, more)]
    return f"told {len(found)} of {len(expected)}; not told {kinds[0]}, told besides {kinds[1]}; otherwise the order"


def _handed_over(stage: Stage, region: str, decided: list[Effect]) -> list[Item]:
    """Return what was ordered but for what was recalled in time: nothing is in another state."""
    recalled = {each.notification for each in decided if isinstance(each, Recalled)}
    items = list[Item]()
    for notify in _ordered(decided):
        item = stage.store.outbox.find(region, notify.id)
        assert item is not None
        if item.state is not OutboxState.RECALLED or notify.id not in recalled:
            assert item.state is OutboxState.DONE
            items.append(item)
    return items


def _assert_rung(stage: Stage, items: list[Item]) -> None:
    """Every message that was ordered reached its person at least once, as it was written."""
    rung = Counter((each.person, each.title, each.text.strip()) for each in stage.phones.rung)
    wanted = Counter((each.notification.person, each.title, each.body.strip()) for each in items)
    assert not wanted - rung


def _assert_counted(stage: Stage) -> None:
    """Every file has one receipt, and every record of it is counted once."""
    ids = Counter(receipt.id for region in stage.regions for receipt in stage.store.receipts.all(region))
    assert all(ids[each] == 1 for each in stage.sent)
    for id_ in stage.sent:
        receipt = stage.store.receipts.find(id_)
        assert receipt is not None
        assert not receipt.refused, receipt
        assert receipt.received == receipt.accepted + receipt.duplicates + receipt.quarantined
