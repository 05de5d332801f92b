"""Requests drawn from the OpenAPI itself: no answer it does not describe, and no server error."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from streams.collecting.api_keys import FEEDS
from streams.collecting.rate_limit import RateLimit
from tests.feeds.http_door import Door, RawDoor

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("end", [Door, RawDoor])
def test_no_request_of_the_schema_breaks_it(
    tmp_path: Path, end: type[Door | RawDoor], mode: schemathesis.GenerationMode, soak: bool
) -> None:
    door = end(tmp_path)
    door.limit(rate=RateLimit(10**9))
    key = door.key(*FEEDS, source="ORU-PDL")
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", door.app())
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert sorted(each.label for each in operations) == ["GET /receipts/{receipt_id}", "POST /{feed}"]

    @settings(max_examples=1000 if soak else 60, suppress_health_check=list(HealthCheck))
    @given(st.one_of([each.as_strategy(generation_mode=mode) for each in operations]))
    def holds(case: schemathesis.Case[Any]) -> None:
        # A line break in a path is routed to nothing mounted: the application around the way in answers it, by a page.
        assume("%0A" not in case.formatted_path.upper() and "\n" not in case.formatted_path)
        case.call_and_validate(headers=key, checks=CHECKS)

    holds()
    door.close()
