"""The Prometheus exporter: the catalogue's metrics, read from the board at each scrape.

The only importer of ``prometheus_client``. Nothing is registered globally: an exporter has its own registry.
"""

from collections.abc import Iterable, Iterator
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from dashboards.board import Board
from dashboards.metrics import CATALOGUE, Kind, Metric
from dashboards.samples import SAMPLES, Sample
from dashboards.tally import Histogram


class _BoardCollector(Collector):
    def __init__(self, board: Board, build: str) -> None:
        self._board = board
        self._build = build

    def collect(self) -> Iterable[Family]:
        for metric in CATALOGUE.values():
            if metric.kind is Kind.HISTOGRAM:
                yield _histogram(metric, self._board)
            else:
                yield _family(metric, self._samples(metric))

    def _samples(self, metric: Metric) -> Iterator[Sample]:
        if metric.name == "vigie_build_info":
            return iter([((self._build,), 1.0)])
        return SAMPLES[metric.name](self._board)


def _family(metric: Metric, samples: Iterator[Sample]) -> Family:
    type_ = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    family = type_(metric.name, metric.help, labels=metric.labels)
    for labels, value in samples:
        family.add_metric(labels, value)
    return family


def _histogram(metric: Metric, board: Board) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    empty = {(region, "actual"): Histogram.empty(metric.buckets) for region in board.regions}
    for labels, histogram in sorted({**empty, **board.latencies.copy()}.items()):
        family.add_metric(labels, histogram.cumulative(), histogram.total)
    return family


class Exporter:
    """Prometheus text of a board. ``build`` is the version shown by ``vigie_build_info``."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, board: Board, build: str | None = None) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_BoardCollector(board, build or version("vigie")))

    def text(self) -> bytes:
        """Return the metrics in Prometheus text format."""
        return generate_latest(self._registry)
