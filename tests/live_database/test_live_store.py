"""What the live processes share: effects once, numbers never twice, versions as long as a correction may need them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from alerts.effects import Effect, Notify
from alerts.outbox import Claim, Finished, OutboxState, StorageError, StorageUnreadable
from streams.adapters.live_store import LiveStore
from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.ledger import Collected, LedgerRow, Scope, digest_of
from streams.collecting.quarantine import HeldState, Quarantined, Release
from streams.entry import Draft, Status
from streams.journal import JournalConflict, fresh_head
from streams.messages.reference import Etablissement
from streams.testing import EPOCH, sample_entries, sample_notification, sample_recall, sample_rejection
from tests.feeds.collecting_builders import NOW, TODAY
from tests.feeds.test_receipts import RECEIPT

SCOPE = Scope("52", "rpu", "ETAB-440000271")
LEASE = timedelta(minutes=1)
LATER = EPOCH + timedelta(hours=1)
ASIDE = Quarantined("a.xml", 4, b"sealed", "unreadable", NOW, is_locked=True)


def sample_effects(count: int) -> list[Effect]:
    notifications: list[Effect] = [sample_notification(number) for number in range(count)]
    return [*map(sample_rejection, sample_entries(fresh_head("52"), count)), *notifications]


def row(key: str, seq: int, day: int = 0) -> LedgerRow:
    return LedgerRow(Status.ACTUAL, key, TODAY - timedelta(day), digest_of(b"%d" % seq), NOW, seq)


def draft(content: object) -> Draft:
    return Draft(NOW, Status.ACTUAL, "52", "rpu.passage", b'{"content":"%b"}' % str(content).encode())


def collect(store: LiveStore, *rows: LedgerRow, **more: Any) -> None:  # noqa: ANN401 - fields of Collected
    collected = Collected(SCOPE, rows, **more)
    store.commit_collected("52", collected, {each.seq: draft(each.seq) for each in rows})


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Start each action in a thread of its own, all at the same time."""
    ready = Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        ready.wait(timeout=30)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_effects_come_back_and_their_notifications_are_queued(live_store: LiveStore) -> None:
    effects = sample_effects(3)
    live_store.record_effects("52", effects)
    assert list(live_store.effects("52")) == sorted(effects, key=lambda each: (each.at, each.id))
    assert list(live_store.effects("76")) == []
    queued = {delivery.notification for delivery in live_store.outbox.claim(LATER, "worker", LEASE, 10)}
    assert queued == {each for each in effects if isinstance(each, Notify)}


def test_effects_that_come_again_change_nothing(live_store: LiveStore) -> None:
    effects = sample_effects(2)
    live_store.record_effects("52", effects[:3])
    (delivery,) = live_store.outbox.claim(LATER, "worker", LEASE, 10)
    live_store.finish("52", [Finished(delivery.notification_id, is_sent=True, at=LATER)])
    live_store.record_effects("52", [*effects, *effects])
    assert len(list(live_store.effects("52"))) == 4
    counts = live_store.outbox.counts()
    assert (counts[OutboxState.DONE], counts[OutboxState.PENDING]) == (1, 1)


def test_a_recall_takes_its_notification_out_once_for_all(live_store: LiveStore) -> None:
    one, other = sample_notification(1), sample_notification(2)
    live_store.record_effects("52", [one, other])
    live_store.record_effects("52", [sample_recall(one.id)])
    live_store.record_effects("52", [one, sample_recall(one.id)])
    assert [each.notification for each in live_store.outbox.claim(LATER, "worker", LEASE, 10)] == [other]
    assert live_store.outbox.counts()[OutboxState.RECALLED] == 1


def test_a_recall_and_a_failure_at_once_leave_nothing_to_send(live_store: LiveStore, live_url: str) -> None:
    calls = [sample_notification(number) for number in range(20)]
    live_store.record_effects("52", calls)
    with LiveStore.open(live_url) as other:
        deliveries = other.outbox.claim(LATER, "other", LEASE, 20)
        at_once(
            lambda: live_store.record_effects("52", [sample_recall(each.id) for each in calls]),
            lambda: [other.outbox.retry(each, LATER, "timeout") for each in deliveries],
        )
    assert live_store.outbox.counts()[OutboxState.RECALLED] == 20
    found = [live_store.outbox.find("52", each.id) for each in calls]
    # Every attempt ended, and is known to have: nothing may have left.
    assert not any(item is None or item.may_have_left for item in found)


def test_more_effects_than_one_chunk_come_back_in_order(live_store: LiveStore) -> None:
    effects = sample_effects(400)
    live_store.record_effects("52", effects)
    assert [each.id for each in live_store.effects("52")] == [
        each.id for each in sorted(effects, key=lambda each: (each.at, each.id))
    ]


def test_two_notifiers_with_the_same_effects_store_and_queue_them_once(live_store: LiveStore, live_url: str) -> None:
    effects = sample_effects(50)
    with LiveStore.open(live_url) as other:
        for start in range(0, 100, 20):
            some = effects[start : start + 20]
            at_once(
                lambda some=some: live_store.record_effects("52", some),  # type: ignore[misc]  # bound at once
                lambda some=some: other.record_effects("52", some[::-1]),  # type: ignore[misc]  # bound at once
            )
    assert len(list(live_store.effects("52"))) == 100
    assert live_store.outbox.counts()[OutboxState.PENDING] == 50


def test_effects_of_several_regions_are_stored_together_or_not_at_all(live_store: LiveStore) -> None:
    effects = sample_effects(2)

    def broken() -> Iterator[Effect]:
        yield effects[0]
        raise StorageError("the database went away")

    with pytest.raises(StorageError, match="went away"):
        live_store.record_told([("52", effects), ("76", broken())])
    assert [*live_store.effects("52"), *live_store.effects("76")] == []
    live_store.record_told([("76", effects), ("52", effects)])
    assert {each.id for each in live_store.effects("52")} == {each.id for each in live_store.effects("76")}
    assert live_store.outbox.counts()[OutboxState.PENDING] == 4


def test_two_senders_never_hold_the_same_item(live_store: LiveStore, live_url: str) -> None:
    effects = [sample_notification(number) for number in range(60)]
    live_store.record_effects("52", effects)

    def claims(store: LiveStore, worker: str) -> list[str]:
        taken = []
        while claimed := store.outbox.claim(LATER, worker, LEASE, 3):
            taken += [delivery.notification_id for delivery in claimed]
        return taken

    with LiveStore.open(live_url) as other:
        one, two = at_once(lambda: claims(live_store, "one"), lambda: claims(other, "two"))
    assert isinstance(one, list)
    assert isinstance(two, list)
    # A sender may pass over the rows that the other is claiming and stop: what it left is the other's.
    assert sorted([*one, *two]) == sorted(each.id for each in effects)


def test_a_report_on_what_was_never_queued_closes_nothing(live_store: LiveStore) -> None:
    notification = sample_notification(1)
    live_store.record_effects("52", [notification])
    reports = [Finished(notification.id, is_sent=True, at=LATER), Finished("unknown", is_sent=True, at=LATER)]
    with pytest.raises(JournalConflict, match="unknown was never in the outbox"):
        live_store.finish("52", reports)
    assert live_store.outbox.counts()[OutboxState.PENDING] == 1


def test_numbers_follow_each_other_in_each_region(live_store: LiveStore) -> None:
    assert live_store.reserve_numbers("52", 3) == range(1, 4)
    assert live_store.reserve_numbers("52", 2) == range(4, 6)
    assert live_store.reserve_numbers("76", 1) == range(1, 2)


def test_the_files_of_a_process_share_the_numbers_it_reserved(live_store: LiveStore, live_url: str) -> None:
    taken = at_once(*[lambda: [live_store.numbers.take("52") for _ in range(300)]] * 4)
    with LiveStore.open(live_url) as other:
        others = [other.numbers.take("52") for _ in range(3)]
    numbers = [number for some in [*taken, others] for number in some]  # type: ignore[attr-defined]  # lists
    assert len(numbers) == len(set(numbers)) == 1203
    assert sorted(numbers)[:1200] == list(range(1, 1201))


def test_numbers_are_given_once(live_store: LiveStore, live_url: str) -> None:
    with LiveStore.open(live_url) as other:
        given = at_once(*[lambda store=each: store.reserve_numbers("52", 7) for each in (live_store, other) * 4])
    numbers = [number for some in given for number in some]  # type: ignore[attr-defined]  # ranges
    assert sorted(numbers) == list(range(1, 57))


def test_a_version_is_kept_until_another_replaces_it(live_store: LiveStore) -> None:
    collect(live_store, row("a", 1), row("b", 2), row("c", 3, day=50), row("d", 4))
    assert live_store.versions("52", [1, 2, 3, 9]) == {number: draft(number) for number in (1, 2, 3)}
    assert live_store.versions("76", [1]) == {}
    touched = row("d", 4)._replace(extracted_at=NOW + timedelta(hours=1))
    live_store.commit_collected("52", Collected(SCOPE, (row("a", 5), touched)), {5: draft(5)})
    assert sorted(live_store.versions("52", range(9))) == [2, 3, 4, 5]
    collect(live_store, gone=((Status.ACTUAL, "b"),), forget_before=TODAY - timedelta(40))
    assert sorted(live_store.versions("52", range(9))) == [4, 5]


def test_the_versions_of_another_scope_stay(live_store: LiveStore) -> None:
    collect(live_store, row("a", 1))
    other = replace(SCOPE, source="ETAB-440000016")
    live_store.commit_collected("52", Collected(other, (row("a", 2),), forget_before=TODAY), {2: draft(2)})
    assert sorted(live_store.versions("52", [1, 2])) == [1, 2]


def test_what_is_written_of_days_that_were_forgotten_is_forgotten_with_the_next_file(live_store: LiveStore) -> None:
    collect(live_store, row("a", 1), forget_before=TODAY)
    collect(live_store, row("b", 2, day=3))
    collect(live_store, forget_before=TODAY)
    assert set(live_store.ledger.known(SCOPE, ["a", "b"])) == {(Status.ACTUAL, "a")}
    collect(live_store, row("c", 3, day=3), forget_before=TODAY)
    assert list(live_store.versions("52", [1, 2, 3])) == [1]


def test_what_is_set_aside_is_purged_within_the_hour(live_store: LiveStore) -> None:
    live_store.commit_collected("52", Collected(), {}, [replace(ASIDE, received_at=NOW + timedelta(minutes=1))])
    for minutes, state in ((0, HeldState.HELD), (59, HeldState.HELD), (60, HeldState.PURGED)):
        live_store.commit_collected("52", Collected(purge_before=NOW + timedelta(minutes=minutes)), {})
        held = live_store.aside.find(1)
        assert held is not None
        assert held.state is state


def test_many_versions_are_replaced_at_once(live_store: LiveStore) -> None:
    collect(live_store, *(row(f"k{number}", number) for number in range(1, 1202)))
    collect(live_store, *(row(f"k{number}", number + 2000) for number in range(1, 1202)))
    assert sorted(live_store.versions("52", range(4000))) == list(range(2001, 3202))


def test_an_altered_version_is_not_used(live_store: LiveStore) -> None:
    collect(live_store, row("a", 1))
    with live_store.database.writing() as connection:
        connection.execute(text("UPDATE journaled_versions SET kind = 'rpu.removed'"))
    with pytest.raises(StorageUnreadable, match="version 1: altered"):
        live_store.versions("52", [1])


def test_words_with_a_character_that_not_every_database_keeps(live_store: LiveStore) -> None:
    live_store.commit_collected("52", Collected(), {}, [Quarantined("a\0.xml", 2, b"\0", "no \0 please", NOW)])
    (held,) = live_store.aside.all()
    assert (held.quarantined.source, held.quarantined.reason) == ("a\u2400.xml", "no \u2400 please")
    assert held.quarantined.record == b"\0"
    notification = sample_notification(1)
    live_store.record_effects("52", [notification])
    live_store.finish("52", [Finished(notification.id, is_sent=True, at=LATER, title="a\0", body="b\0")])
    item = live_store.outbox.find("52", notification.id)
    assert item is not None
    assert (item.title, item.body) == ("a\u2400", "b\u2400")


def test_a_file_read_again_keeps_its_first_receipt(live_store: LiveStore) -> None:
    again = replace(RECEIPT, accepted=0, duplicates=98, journaled=0)
    for receipt in (RECEIPT, again):
        live_store.commit_collected("52", Collected(receipt=receipt), {})
    assert list(live_store.receipts.all()) == [RECEIPT]


def test_what_is_told_is_claimed_in_the_same_transaction_as_far_as_it_is_due(live_store: LiveStore) -> None:
    waiting, told, recalled = (sample_notification(number) for number in range(3))
    later = replace(sample_notification(3), at=LATER + LEASE)
    live_store.record_effects("52", [waiting])
    effects: list[Effect] = [told, recalled, later, sample_recall(recalled.id)]
    claimed = live_store.record_told([("52", effects)], Claim(LATER, "one", LEASE, 10))
    assert {each.notification for each in claimed} == {waiting, told}
    assert {(each.worker, each.lease_until) for each in claimed} == {("one", LATER + LEASE)}
    assert live_store.record_told([("52", effects)], Claim(LATER, "two", LEASE, 10)) == []
    assert live_store.record_told([("76", [told])], None) == []
    assert len(live_store.record_told([("76", [waiting])], Claim(LATER, "two", LEASE, 1))) == 1


def damage(live_store: LiveStore, notification: Notify) -> None:
    with live_store.database.writing() as connection:
        altering = text("UPDATE outbox SET attempts = attempts + 7 WHERE notification_id = :id")
        assert connection.execute(altering, {"id": notification.id}).rowcount == 1


def test_a_damaged_message_is_put_aside_and_holds_up_no_other(live_store: LiveStore) -> None:
    damaged, told = sample_notification(1), sample_notification(2)
    live_store.record_effects("52", [damaged])
    damage(live_store, damaged)
    assert live_store.outbox.count_aside() == 0
    asked = Claim(LATER, "one", LEASE, 10)
    (claimed,) = live_store.record_told([("52", [told, sample_recall(damaged.id)])], asked)
    assert claimed.notification == told
    assert live_store.outbox.count_aside() == 1
    assert live_store.outbox.next_ready_at() == LATER + LEASE
    assert live_store.outbox.claim(LATER, "one", LEASE, 10) == []
    with pytest.raises(StorageUnreadable, match=f"{damaged.id}: altered"):
        live_store.outbox.find("52", damaged.id)


def test_more_damaged_messages_than_a_claim_asks_for_hold_up_the_others_for_one_turn(live_store: LiveStore) -> None:
    first, second, told = (sample_notification(number) for number in range(3))
    live_store.record_effects("52", [first, second, replace(told, at=LATER)])
    for each in (first, second):
        damage(live_store, each)
    assert live_store.outbox.claim(LATER, "one", LEASE, 2) == []
    assert [each.notification_id for each in live_store.outbox.claim(LATER, "one", LEASE, 2)] == [told.id]
    assert live_store.outbox.count_aside() == 2


def test_a_message_damaged_while_it_is_sent_keeps_no_report_from_the_others(live_store: LiveStore) -> None:
    damaged, told, failed = (sample_notification(number) for number in range(3))
    live_store.record_effects("52", [damaged, told, failed])
    claims = {each.notification_id: each for each in live_store.outbox.claim(LATER, "one", LEASE, 10)}
    damage(live_store, damaged)
    live_store.finish("52", [Finished(each.id, is_sent=True, at=LATER) for each in (damaged, told)])
    assert not live_store.outbox.retry(claims[damaged.id], LATER, "no answer")
    assert live_store.outbox.release("one", LATER) == 1
    (again,) = live_store.outbox.claim(LATER + 2 * LEASE, "two", LEASE, 10)
    assert again.notification_id == failed.id
    assert live_store.outbox.counts()[OutboxState.DONE] == 1
    assert live_store.outbox.count_aside() == 1


def test_what_is_refused_leaves_nothing(live_store: LiveStore) -> None:
    aside = Quarantined("rpu.xml", 2, b"locked", "cannot be read", NOW)
    bad = Collected(SCOPE, (row("a", 1),), releases=(Release(9, HeldState.DROPPED),), receipt=RECEIPT)
    with pytest.raises(JournalConflict, match="record 9"):
        live_store.commit_collected("52", bad, {1: draft(1)}, [aside])
    assert list(live_store.aside.all()) == []
    assert list(live_store.receipts.all()) == []
    assert live_store.ledger.known(SCOPE, ["a"]) == {}
    assert live_store.versions("52", [1]) == {}


def test_a_record_is_released_once(live_store: LiveStore, live_url: str) -> None:
    live_store.commit_collected("52", Collected(), {}, [Quarantined("rpu.xml", 2, b"locked", "cannot be read", NOW)])

    def release(store: LiveStore) -> bool:
        try:
            store.commit_collected("52", Collected(releases=(Release(1, HeldState.DROPPED),)), {})
        except JournalConflict:
            return False
        return True

    with LiveStore.open(live_url) as other:
        assert sorted(map(bool, at_once(lambda: release(live_store), lambda: release(other)))) == [False, True]


def test_the_newest_list_of_establishments_stands(live_store: LiveStore) -> None:
    nantes = Etablissement("440000271", "CHU de Nantes", "44")
    laval = Etablissement("530000371", "CH de Laval", "53")
    assert live_store.declared("52") == {}
    assert live_store.declare("52", [nantes, laval], seq=5)
    assert not live_store.declare("52", [], seq=5)
    assert not live_store.declare("52", [nantes], seq=4)
    assert live_store.declared("52") == {"440000271": nantes, "530000371": laval}
    assert live_store.declare("52", [laval], seq=6)
    assert list(live_store.declared("52")) == ["530000371"]
    assert live_store.declared("76") == {}


def test_the_last_of_several_with_one_number_counts(live_store: LiveStore) -> None:
    first, last = (Etablissement("440000271", name, "44") for name in ("Hôtel-Dieu", "CHU de Nantes"))
    assert live_store.declare("52", [first, last], seq=1)
    assert live_store.declared("52") == {"440000271": last}


def test_text_sorts_by_code_point_everywhere(live_store: LiveStore) -> None:
    keys = ["Z", "a", "É", "b-1", "b1", "B2"]
    collect(live_store, *(row(key, number) for number, key in enumerate(keys, 1)))
    window = RECEIPT.window
    assert window is not None
    assert list(live_store.ledger.keys_within(SCOPE, Status.ACTUAL, window)) == sorted(keys)


def test_a_journal_of_the_embedded_monitor_is_not_a_live_store(tmp_path: Path) -> None:
    SqliteJournal.create(tmp_path / "journal.db").close()
    with pytest.raises(StorageUnreadable, match="embedded monitor"):
        LiveStore.open(f"sqlite:///{tmp_path / 'journal.db'}")


@pytest.mark.parametrize("url", ["mysql://vigie:secret@db/vigie", "vigie.db", ""])
def test_another_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(StorageError, match="neither PostgreSQL's") as refusal:
        LiveStore.open(url)
    assert "secret" not in str(refusal.value)
