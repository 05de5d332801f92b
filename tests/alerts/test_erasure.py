"""Old texts are erased; what is left proves what they were, and nothing else of a message moves."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.erasure import erased, erased_digest, erasure, is_erasable, text_digest
from alerts.outbox import Finished, Item, OutboxState, finish, queue
from streams.adapters.sqlite_journal import SqliteJournal
from streams.journal import fresh_head
from streams.testing import EPOCH, sample_batch, sample_notification

DAY = timedelta(days=1)
TITLE, BODY = "ALERTE AMAVI", "Appelez le 02 40 00 00 00"


def sent(key: object = "a", title: str = TITLE, body: str = BODY) -> Item:
    call = sample_notification(key)
    return finish(queue("52", call), Finished(call.id, True, EPOCH, title, body, "accepted by 0612345678"))


def test_a_text_gives_way_to_its_digest() -> None:
    item = sent()
    left = erased(item)
    assert erased_digest(item) is None
    assert erased_digest(left) == text_digest(TITLE, BODY)
    assert "02 40" not in repr(left)
    assert "06123" not in repr(left)
    assert replace(left, title=item.title, body=item.body, error=item.error) == item


@given(title=st.text(max_size=20), body=st.text(max_size=40))
def test_erasing_twice_changes_nothing(title: str, body: str) -> None:
    item = sent(title=title, body=body)
    if is_erasable(item, EPOCH + DAY):
        assert not is_erasable(erased(item), EPOCH + DAY)
        assert erased_digest(erased(item)) == text_digest(title, body)
    else:
        assert not (title or body) or erased_digest(item) is not None


def test_what_is_recent_or_still_to_be_sent_is_kept() -> None:
    assert not is_erasable(sent(), EPOCH)
    assert is_erasable(sent(), EPOCH + timedelta(microseconds=1))
    waiting = replace(sent(), state=OutboxState.PENDING, finished_at=None)
    assert not is_erasable(waiting, EPOCH + DAY)


def test_the_digest_of_an_erasure_is_that_of_what_it_erases() -> None:
    one, other = sent("a"), sent("b")
    assert erasure([one, other], EPOCH + DAY) == erasure([other, one], EPOCH + DAY)
    assert erasure([one], EPOCH + DAY).sha256 != erasure([one, other], EPOCH + DAY).sha256
    assert erasure([one], EPOCH + DAY).sha256 != erasure([sent(body="autre")], EPOCH + DAY).sha256
    assert erasure([erased(one)], EPOCH + DAY).items == ()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "J.db"
    with SqliteJournal.create(path) as opened:
        batch = sample_batch(fresh_head("52"), 2, notifications=3)
        head = opened.commit(batch)
        two = batch.outbox[:2]
        done = [Finished(call.id, True, EPOCH + number * DAY, TITLE, BODY) for number, call in enumerate(two)]
        opened.commit(replace(sample_batch(head, 1), finished=tuple(done)))
    return path


def test_a_file_keeps_its_proofs_and_loses_its_old_texts(journal: Path) -> None:
    with SqliteJournal.open(journal) as opened:
        before = {item.notification.id: item for item in opened.outbox.items("52")}
        assert opened.outbox.erase("52", EPOCH + timedelta(hours=1)) == 1
        assert opened.outbox.erase("52", EPOCH + timedelta(hours=1)) == 0
        after = {item.notification.id: item for item in opened.outbox.items("52")}
        assert opened.verify() == []
        assert opened.outbox.erase("76", EPOCH + 9 * DAY) == 0
    changed = [id_ for id_, item in after.items() if item != before[id_]]
    assert [erased_digest(after[id_]) for id_ in changed] == [text_digest(TITLE, BODY)]
    assert BODY.encode() in journal.read_bytes()
    with SqliteJournal.open(journal) as opened:
        assert opened.outbox.erase("52", EPOCH + 9 * DAY) == 1
    assert BODY.encode() not in journal.read_bytes()
