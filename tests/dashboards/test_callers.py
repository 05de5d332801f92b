import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.callers import Proxies, Rates, RefusalBudget, caller, household, is_foreign

PROXIES = Proxies.of(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.4", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.0.0.4", "127.0.0.1"),
    ],
)
def test_the_caller_is_the_last_address_that_no_known_proxy_has(peer: str, forwarded: str, found: str) -> None:
    assert caller(peer, forwarded, PROXIES) == found


@given(st.text(), st.text())
def test_a_stranger_chooses_no_address_of_its_own(peer: str, forwarded: str) -> None:
    if not PROXIES.hold(peer):
        assert caller(peer, forwarded, PROXIES) == peer


def test_a_home_is_one_address_or_one_network() -> None:
    assert household("192.0.2.7") == "192.0.2.7"
    assert household("2001:db8:1:2::3") == household("2001:db8:1:2:ffff::9") != household("2001:db8:1:3::3")
    assert household("<script>") == "?"


@pytest.mark.parametrize("names", [["elsewhere"], ["10.0.0.0/99"], ["10.0.0.1;10.0.0.2"]])
def test_a_proxy_that_is_no_address_is_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="not addresses or networks"):
        Proxies.of(names)


def test_what_the_browser_says_of_the_site_comes_before_the_origin() -> None:
    hosts = {"vigie"}
    assert is_foreign("cross-site", "http://vigie", hosts)
    assert not is_foreign("same-origin", "http://elsewhere", hosts)
    assert is_foreign(None, "http://elsewhere", hosts)
    assert not is_foreign(None, "https://VIGIE", hosts)
    assert not is_foreign(None, None, hosts)


def test_buckets_are_bounded_and_the_oldest_is_forgotten() -> None:
    rates = Rates(1, 0.001, most=3)
    assert [rates.take(key, 0.0) for key in "abcd"] == [0, 0, 0, 0]
    assert rates.take("d", 0.0) == 1000
    assert rates.take("a", 0.0) == 0
    assert len(rates._buckets) == 3  # what it keeps is the point


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 600)), max_size=300))
def test_every_refusal_is_journaled_or_counted_by_the_next_one_that_is(steps: list[tuple[str, float]]) -> None:
    budget, now, told, journaled = RefusalBudget(), 0.0, 0, 0
    for sender, seconds in steps:
        now += seconds
        untold = budget.take(sender, now)
        if untold is not None:
            journaled += 1
            told += untold + 1
    assert told + budget._untold == len(steps)  # nothing else counts them
    assert journaled <= 30 + now / 60 + 1
