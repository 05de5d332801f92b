"""What tests of the running monitor share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vigie.monitored import Phones, Place, phones_ringing


@pytest.fixture
def phones() -> Iterator[Phones]:
    with phones_ringing() as ringing:
        yield ringing


@pytest.fixture
def place(tmp_path: Path, phones: Phones) -> Place:
    made = Place(tmp_path)
    made.people_at(phones.address)
    return made
