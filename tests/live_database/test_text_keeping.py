"""Texts kept as long as stated, in every store: journaled first, by région, once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.adapters.outbox_store import StoredOutbox
from alerts.erasure import LEFT_START, erased_digest, erasure, text_digest
from alerts.outbox import Finished
from streams.entry import Draft, Status
from streams.live.problems import KafkaUnavailable
from streams.messages import encode
from streams.messages.deliveries import TextsErased
from streams.testing import EPOCH, MemoryJournal, sample_batch
from tests.live_database.store_fixtures import STORES, AnyJournal, journal_of
from vigie.text_keeping import BY_RULE, erase_by_rule, erase_texts, telling_log

DAY = timedelta(days=1)
ORDER = TextsErased(EPOCH + DAY, 0, "", "DPO", "Registre")
TITLE, BODY = "ALERTE AMAVI", "Appelez le 02 40 00 00 00"
NOW = EPOCH + 31 * DAY
Told = list[tuple[str, TextsErased]]


@pytest.fixture(params=[each for each in STORES if each != "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyJournal]:
    with journal_of(request, tmp_path) as made:
        yield made


@pytest.fixture
def outbox(journal: AnyJournal) -> StoredOutbox:
    """Four messages in each of two régions: sent long ago, lately, with a text like an erased one, not finished."""
    for region in ("52", "76"):
        batch = sample_batch(journal.head(region), 1, notifications=4)
        head = journal.commit(batch)
        texts = ((EPOCH, TITLE, BODY), (EPOCH + 9 * DAY, TITLE, BODY), (EPOCH, TITLE, LEFT_START))
        sent = tuple(Finished(call.id, True, *text) for call, text in zip(batch.outbox, texts, strict=False))
        journal.commit(replace(sample_batch(head, 1), finished=sent))
    assert not isinstance(journal, MemoryJournal)
    return journal.outbox


def texts(outbox: StoredOutbox, region: str = "52") -> list[str]:
    return sorted(item.body for item in outbox.items(region) if item.body and not erased_digest(item))


def test_what_is_erased_is_told_first_then_gone_and_told_once(outbox: StoredOutbox) -> None:
    told: Told = []

    def tell(region: str, said: TextsErased) -> None:
        assert texts(outbox) == sorted([BODY, BODY, LEFT_START])
        told.append((region, said))

    planned = erasure(outbox.items("52"), ORDER.before)
    assert list(planned.items) == outbox.erasable("52", ORDER.before)
    assert erase_texts(outbox, "52", ORDER, tell) == len(planned.items) == 2
    assert told == [("52", TextsErased(ORDER.before, 2, planned.sha256, "DPO", "Registre"))]
    assert texts(outbox) == [BODY]
    assert text_digest(TITLE, BODY) in {erased_digest(item) for item in outbox.items("52")}
    assert (erase_texts(outbox, "52", ORDER, tell), len(told), outbox.erasable("52", ORDER.before)) == (0, 1, [])
    assert texts(outbox, "76") == sorted([BODY, BODY, LEFT_START])


def test_a_rule_erases_in_every_region(outbox: StoredOutbox) -> None:
    told: Told = []
    assert outbox.regions() == ["52", "76"]
    assert erase_by_rule(outbox, NOW, None, lambda *said: told.append(said)) == 0
    assert erase_by_rule(outbox, NOW, 31 * DAY, lambda *said: told.append(said)) == 0
    assert erase_by_rule(outbox, NOW, 30 * DAY, lambda *said: told.append(said)) == 4
    assert [(region, said.texts, said.by, said.before) for region, said in told] == [
        ("52", 2, BY_RULE, EPOCH + DAY),
        ("76", 2, BY_RULE, EPOCH + DAY),
    ]
    assert erase_by_rule(outbox, NOW, 30 * DAY, lambda *said: told.append(said)) == 0


def test_what_cannot_be_journaled_is_not_erased(outbox: StoredOutbox) -> None:
    class Away:
        def append(self, drafts: object) -> None:
            raise KafkaUnavailable(str(drafts))

    with pytest.raises(KafkaUnavailable):
        erase_by_rule(outbox, NOW, DAY, telling_log(Away(), NOW))
    assert len(texts(outbox)) == 3


def test_on_kafka_it_is_one_fact_of_real_life() -> None:
    class Kept:
        def __init__(self) -> None:
            self.drafts: list[tuple[str, Draft]] = []

        def append(self, drafts: Iterable[tuple[str, Draft]]) -> None:
            self.drafts += drafts

    kept, said = Kept(), replace(ORDER, texts=2, sha256="0f" * 32)
    for _ in range(2):
        telling_log(kept, NOW)("52", said)
    assert {draft for _, draft in kept.drafts} == {Draft(NOW, Status.ACTUAL, "52", *encode(said))}
    assert len({id_ for id_, _ in kept.drafts}) == 1
