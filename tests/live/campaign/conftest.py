"""What the failure tests share beside the broker and the database."""

from collections.abc import Iterator

import pytest

from tests.vigie.monitored import Phones, phones_ringing


@pytest.fixture
def phones() -> Iterator[Phones]:
    with phones_ringing() as ringing:
        yield ringing
