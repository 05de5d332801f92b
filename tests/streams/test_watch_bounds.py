from hypothesis import assume, given, settings
from hypothesis import strategies as st

from streams.region.passages import ALL, IN_HOUR, LANES, PASSAGE_INDICATORS, PassageIndicator
from streams.region.watches import Watch, Watched

Totals = list[int]

ratios = st.sampled_from([name for name, each in PASSAGE_INDICATORS.items() if each.over is not None])
cuts = st.lists(st.floats(-20, 120) | st.integers(-20, 120).map(float), max_size=6).map(
    lambda some: tuple(sorted(some))
)
minimums = st.integers(0, 40)


@st.composite
def totals(draw: st.DrawFn) -> Totals:
    """Counts as visits make them: every lane counts some of the visits of the day."""
    visits = draw(st.integers(0, 200))
    return [visits, *(draw(st.integers(0, visits)) for _ in range(LANES - 1))]


def possible(indicator: PassageIndicator, counts: Totals) -> bool:
    return indicator.over is None or counts[indicator.lane] <= counts[indicator.over]


@settings(max_examples=500)  # the corners that matter are rare
@given(ratios, cuts, minimums, totals(), st.data())
def test_a_ratio_is_settled_as_long_as_both_counts_keep_within_their_bounds(
    name: str, some_cuts: tuple[float, ...], minimum: int, counts: Totals, data: st.DataObject
) -> None:
    indicator = PASSAGE_INDICATORS[name]
    watch = Watch(name, indicator, (), some_cuts, minimum)
    assume(possible(indicator, counts))
    watch.is_settled(counts)
    watch.bind(counts)
    for lane, (low, high) in watch.bounds.items():
        lowest, highest = max(low, 0), min(high, 1000)
        assume(lowest <= highest)
        counts[lane] = data.draw(st.sampled_from((lowest, highest)) | st.integers(lowest, highest))
    assume(possible(indicator, counts))
    assert watch.is_settled(counts)


@given(cuts, minimums, st.lists(st.tuples(st.integers(1, LANES - 1), st.booleans()), max_size=60))
def test_a_territory_looks_whenever_a_watch_would(
    some_cuts: tuple[float, ...], minimum: int, moves: list[tuple[int, bool]]
) -> None:
    watched = Watched(tuple(Watch(name, each, (), some_cuts, minimum) for name, each in PASSAGE_INDICATORS.items()))
    alone = [Watch(name, each, (), some_cuts, minimum) for name, each in PASSAGE_INDICATORS.items()]
    counts = [0] * LANES
    moved: tuple[int, ...] = tuple(range(LANES))
    for lane, is_arrival in [(IN_HOUR, True), *moves]:
        expected = [watch.indicator for watch in alone if not watch.is_settled(counts) and not _on_a_cut(watch)]
        looked = [] if watched.holds(counts, moved) else watched.unsettled(counts, moved)
        assert [watch.indicator for watch in looked if not _on_a_cut(watch)] == expected
        moved = _move(counts, lane, is_arrival)


def _on_a_cut(watch: Watch) -> bool:
    return watch.low == watch.high


def _move(counts: Totals, lane: int, is_arrival: bool) -> tuple[int, ...]:
    """Count or forget a visit of one more lane; a visit that is not there cannot be forgotten."""
    over = {each.lane: each.over for each in PASSAGE_INDICATORS.values() if each.over is not None}.get(lane, ALL)
    lanes = tuple(dict.fromkeys((ALL, over, lane)))
    if is_arrival or all(counts[each] for each in lanes):
        for each in lanes:
            counts[each] += 1 if is_arrival else -1
    return lanes
