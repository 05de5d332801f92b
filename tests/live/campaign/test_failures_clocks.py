"""Hosts whose clocks are ten minutes off, one ahead and one late: the brokers' time decides."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.adapters.kafka_clients import KafkaAccess
from streams.live.log_reader import LogReader
from tests.feeds.http_door import rpu
from tests.live.campaign.campaign_stage import Stage, declaration, staged, territories
from tests.live.campaign.campaign_verdict import judge
from tests.live.front import Place
from tests.live.processes import until
from tests.vigie.monitored import Phones

OFF = timedelta(minutes=10)
TRUE_WITHIN = timedelta(minutes=5)


def another_clock(off: timedelta) -> dict[str, str]:
    """Return the environment of a process whose clock is off."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found and os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail("continuous integration must test with wrong clocks: apt-get install faketime", pytrace=False)
    if not found:
        pytest.skip("libfaketime is not installed (apt-get install faketime)")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME": f"{int(off.total_seconds()):+d}",
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("off", "region"), [(OFF, "02"), (-OFF, "04")], ids=["worker-ahead", "worker-late"])
def test_clocks_ten_minutes_off_change_no_decision(
    off: timedelta, region: str, access: KafkaAccess, postgres_url: str, phones: Phones, tmp_path: Path, soak: bool
) -> None:
    if off < timedelta() and not soak:
        pytest.skip("the other way round in `make soak` only")
    with staged(access, postgres_url, tmp_path, phones, region) as stage:
        wrong = another_clock(off)
        worker, notifier = stage.start_apart("worker", **wrong), stage.start_apart("notifier", **another_clock(-off))
        [place, *_] = territories(region)
        begun = datetime.now(UTC)
        # One that only time passing can raise, and one that is raised at once.
        for nature in ("panne", "accident"):
            stage.send("signaux", stage.signals(region, declaration(nature, place, nature)))
        _by_http(stage, region, wrong)
        until(lambda: len(phones.rung) >= 2)
        assert datetime.now(UTC) - begun < TRUE_WITHIN
        figures = judge(stage, [worker], [notifier])
        for each in stage.journal.entries(region, reader=LogReader(region)):
            assert abs(each.recorded_at - begun) < TRUE_WITHIN
    assert figures.calls == figures.notifications == 2


def _by_http(stage: Stage, region: str, wrong: dict[str, str]) -> None:
    """Give a file to an api of the same host."""
    place = Place(stage.access, stage.path, stage.database)
    key = place.key("ETAB-440000271", "rpu")
    with place.api(**wrong, VIGIE_REGION=region) as front:
        answer = front.post(rpu(), key, "nuit-1")
        assert answer.status_code == 202, answer.text
        stage.sent.append(answer.json()["id"])
        until(lambda: not stage.missing())
