import re

from prometheus_client.parser import text_string_to_metric_families

from dashboards.adapters.exporter import Exporter
from dashboards.board import Board
from dashboards.metrics import CATALOGUE, METRIC_OF_SERIES, Kind
from dashboards.samples import SAMPLES
from dashboards.testing import EVENING, REGION, evening_board


def test_names_say_who_what_and_unit() -> None:
    for name, metric in CATALOGUE.items():
        assert re.fullmatch(r"vigie(_[a-z]+){2,}", name)
        assert name.endswith("_total") is (metric.kind is Kind.COUNTER)
        assert bool(metric.buckets) is (metric.kind is Kind.HISTOGRAM)
        assert metric.help.endswith(".")


def test_a_histogram_is_queried_through_its_three_series() -> None:
    histogram = CATALOGUE["vigie_record_to_page_seconds"]
    assert METRIC_OF_SERIES["vigie_record_to_page_seconds_bucket"] is histogram
    assert "vigie_record_to_page_seconds" not in METRIC_OF_SERIES
    assert "le" in histogram.labels_of("vigie_record_to_page_seconds_bucket")
    assert "le" not in histogram.labels_of("vigie_record_to_page_seconds_sum")


def test_every_metric_has_a_source() -> None:
    apart = {"vigie_build_info", "vigie_record_to_page_seconds"}
    assert set(SAMPLES) | apart == set(CATALOGUE)


def test_what_is_exposed_is_the_catalogue() -> None:
    exposed, board = set(), evening_board()
    board.following.heard(REGION, EVENING)
    board.following.behind({REGION: 3})
    for family in text_string_to_metric_families(Exporter(board, "1.2.3").text().decode()):
        for sample in family.samples:
            metric = METRIC_OF_SERIES[sample.name]
            assert set(sample.labels) == set(metric.labels_of(sample.name))
            assert family.type == metric.kind
            exposed.add(metric.name)
    assert exposed == set(CATALOGUE)


def test_two_exporters_live_in_one_process() -> None:
    first, second = Exporter(Board(), "1"), Exporter(evening_board(), "2")
    assert b'vigie_build_info{version="1"} 1.0' in first.text()
    assert b'vigie_build_info{version="2"} 1.0' in second.text()


def test_counters_exist_before_anything_happens() -> None:
    text = Exporter(Board(regions=(REGION,)), "1").text().decode()
    assert 'vigie_non_sends_total{reason="storm",region="52",status="actual"} 0.0' in text
    assert 'vigie_notifications_total{outcome="failed",purpose="call",region="52",status="actual"} 0.0' in text
    assert 'vigie_record_to_page_seconds_count{region="52",status="actual"} 0.0' in text


def test_unknown_is_a_posture_and_a_reason_never_a_zero() -> None:
    text = Exporter(evening_board(), "1").text().decode()
    mayenne = 'region="52",rule="part-suspicion-covid",status="actual",territory="DEP-53",volet="REB"'
    assert f'vigie_posture_state{{posture="INCONNU",{mayenne}}} 1.0' in text
    assert f'vigie_posture_state{{posture="VEILLE",{mayenne}}} 0.0' in text
    share = 'indicator="rpu.part_suspicion_covid_7j"'
    assert f'vigie_reading_unknown{{{share},reason="absent",region="52",territory="DEP-53"}} 1.0' in text
    assert f'vigie_reading_value{{{share},region="52",territory="DEP-53"' not in text
    assert f'vigie_reading_value{{{share},region="52",territory="DEP-49",unit="%"}} 3.2' in text
    assert 'vigie_feed_silent{feed="rpu",region="52",territory="ETAB-530000371"} 1.0' in text
    assert 'vigie_feed_last_received_timestamp_seconds{feed="rpu",region="52",territory="ETAB-530000371"}' not in text
