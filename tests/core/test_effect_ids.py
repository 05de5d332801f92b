"""The id of an effect is a UUID of version 5, as `uuid.uuid5` makes it: past journals hold thousands of them."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import NAMESPACE, effect_id

PARTS = st.one_of(st.text(), st.integers(), st.booleans())


@given(st.lists(PARTS, max_size=5))
def test_an_id_is_the_uuid5_of_what_makes_it_unique(key: list[object]) -> None:
    assert effect_id(*key) == str(uuid5(NAMESPACE, "|".join(map(str, key))))


def test_an_id_says_that_it_is_of_version_5() -> None:
    ids = {UUID(effect_id("notify", number)) for number in range(1000)}
    assert len(ids) == 1000
    assert {(id_.version, id_.variant) for id_ in ids} == {(5, "specified in RFC 4122")}
