"""The pages of signed links under requests drawn from a description of them: never a server error, never a trace."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from tests.dashboards.answer_door import AnswerDoor, answer_path, hidden, person_path, reading_path
from tests.dashboards.several import DIGEST, OTHER, one_path, several_door

DECISIONS = ["prendre", "transmettre", "fausse_alerte", "surveiller"]


def description(door: AnswerDoor) -> dict[str, Any]:
    """Describe the routes with links that open them, and forms that were really shown, beside anything else.

    The pages are for people: they publish no description of themselves.
    """
    paths: dict[str, Any] = {}
    ids = {"type": "string", "anyOf": [{"enum": [OTHER.alert_id]}, {"minLength": 1, "maxLength": 60}]}
    alert = {"name": "alert_id", "in": "path", "required": True, "schema": ids}
    opened = {"r": (answer_path(), answer_path(DIGEST)), "p": (reading_path(),), "a": (person_path(),)}
    for scope, links in opened.items():
        token: dict[str, Any] = {
            "type": "string",
            "anyOf": [{"enum": [each.rpartition("/")[2] for each in links]}, {"minLength": 1, "maxLength": 60}],
        }
        parameter = {"name": "token", "in": "path", "required": True, "schema": token}
        paths[f"/{scope}/{{token}}"] = {
            "get": {"parameters": [parameter], "responses": {"200": {"description": "page"}}}
        }
        if scope == "r":
            page = {"name": "page", "in": "query", "schema": {"type": "string", "maxLength": 10}}
            paths["/r/{token}"]["get"]["parameters"] = [parameter, page]
            paths["/r/{token}/{alert_id}"] = {"get": {**paths["/r/{token}"]["get"], "parameters": [parameter, alert]}}
        if scope == "a":
            paths["/a/{token}/releve"] = {"get": paths["/a/{token}"]["get"]}
    for path, shown, choices in (
        ("/r/{token}", answer_path(), DECISIONS),
        ("/r/{token}/{alert_id}", one_path(DIGEST, OTHER), DECISIONS),
        ("/a/{token}/releve", f"{person_path()}/releve", []),
    ):
        fields: dict[str, Any] = {
            name: {"anyOf": [{"enum": [value]}, {"type": "string"}]}
            for name, value in hidden(door.get(shown).text).items()
        }
        fields |= {
            "decision": {"anyOf": [{"enum": choices or ["x"]}, {"type": "string"}]},
            "raison": {"type": "string"},
        }
        fields["role"] = {"anyOf": [{"enum": ["cadre_astreinte"]}, {"type": "string"}]}
        body = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": fields}}}
        paths[path]["post"] = {**paths[path]["get"], "requestBody": {"content": body}}
    return {"openapi": "3.1.0", "info": {"title": "pages", "version": "1"}, "paths": paths}


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_request_breaks_a_page(mode: schemathesis.GenerationMode, soak: bool) -> None:
    # Limits are tested elsewhere: here every request is to reach its page.
    door, seen = several_door(per_address=(10**9, 1.0), per_link=(10**9, 1.0)), set[int]()
    schema = schemathesis.openapi.from_dict(description(door))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == 8

    @settings(max_examples=1000 if soak else 60, suppress_health_check=list(HealthCheck))
    @given(st.one_of([each.as_strategy(generation_mode=mode) for each in operations]))
    def holds(case: schemathesis.Case[Any]) -> None:
        response = case.call(app=door.app, base_url="http://vigie")
        case.validate_response(response, checks=[not_a_server_error])
        assert "Traceback" not in response.text
        seen.add(response.status_code)

    holds()
    assert {200, 404} & seen
    assert 429 not in seen
