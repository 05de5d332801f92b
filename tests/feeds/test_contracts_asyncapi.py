"""The AsyncAPI document: a valid document, whose references lead somewhere and whose topics are the announced ones.

Members are checked here: the validators published for Python know Kafka's bindings in part only.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft202012Validator

from alerts.effects import EFFECT_TYPES
from streams.adapters.contract_files import contract_files
from streams.adapters.raw_topics import FORMAT_HEADER, NAME_HEADER, REGION_HEADER
from streams.contract_topics import asyncapi, message_name
from streams.live.record import ID_HEADER, TICK
from streams.live.topics import RAW, TOPICS
from streams.messages import TYPE_OF_KIND
from tests.feeds.contract_validators import published


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(contract_files()["asyncapi.yaml"])
    return read


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from references(part)


def follow(document: dict[str, Any], pointer: str) -> dict[str, Any]:
    """Return what a reference leads to, in the document or in a published schema; KeyError when it leads nowhere."""
    file, _, path = pointer.partition("#")
    found: Any = published()[file.removeprefix("./schemas/").removesuffix(".json")] if file else document
    for step in filter(None, path.split("/")):
        found = found[step]
    return dict(found)


NAME: Final = re.compile(r"[A-Za-z0-9_\-]+")

# Members that AsyncAPI 3.0.0 requires and allows, of the objects this document uses.
MEMBERS: Final = {
    "document": ("asyncapi info", "id servers defaultContentType channels operations components"),
    "info": ("title version", "description termsOfService contact license tags externalDocs"),
    "channel": ("", "address messages title summary description servers parameters tags externalDocs bindings"),
    "operation": (
        "action channel",
        "title summary description security tags externalDocs bindings traits messages reply",
    ),
    "message": (
        "",
        "headers payload correlationId contentType name title summary description tags externalDocs bindings traits",
    ),
    "channel binding": ("", "topic partitions replicas topicConfiguration bindingVersion"),
    "message binding": ("", "key schemaIdLocation schemaIdPayloadEncoding schemaLookupStrategy bindingVersion"),
}


def objects(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of the document with their kind."""
    yield "document", document
    yield "info", document["info"]
    for channel in document["channels"].values():
        yield "channel", channel
        yield "channel binding", channel["bindings"]["kafka"]
    for operation in document["operations"].values():
        yield "operation", operation
    for message in document["components"]["messages"].values():
        yield "message", message
        yield "message binding", message["bindings"]["kafka"]


def mistakes(document: dict[str, Any]) -> list[str]:
    """Return what AsyncAPI 3.0.0 does not accept in the document."""
    maps = (document["channels"], document["operations"], document["components"]["messages"])
    found = [f"name {name}" for each in maps for name in each if not NAME.fullmatch(name)]
    for kind, each in objects(document):
        required, allowed = (set(words.split()) for words in MEMBERS[kind])
        found += [f"{kind} lacks {name}" for name in sorted(required - each.keys())]
        found += [f"{kind} has {name}" for name in sorted(each.keys() - required - allowed)]
    actions = {each["action"] for each in document["operations"].values()}
    return found + [f"action {action}" for action in sorted(actions - {"send", "receive"})]


def test_the_document_is_asyncapi_3(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert mistakes(document) == []


def test_a_document_with_mistakes_is_refused() -> None:
    wrong = asyncapi()
    wrong["operations"]["append"]["action"] = "publish"
    wrong["channels"]["vigie.journal"] = wrong["channels"].pop("journal") | {"adress": "vigie.journal"}
    del wrong["info"]["version"]
    assert mistakes(wrong) == ["name vigie.journal", "info lacks version", "channel has adress", "action publish"]


def test_each_payload_has_its_format(document: dict[str, Any]) -> None:
    payloads = {name: message["payload"] for name, message in document["components"]["messages"].items()}
    plain = {name for name, payload in payloads.items() if payload.get("format") == "binary"}
    assert plain == {"received", "state", "unhandled"}
    others = [payload for name, payload in payloads.items() if name not in plain]
    assert {payload["schemaFormat"] for payload in others} == {"application/schema+json;version=2020-12"}
    assert all(payload["schema"] for payload in others)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(references(document))
    assert [pointer for pointer in found if not follow(document, pointer)] == []
    with pytest.raises(KeyError):
        follow(document, "#/components/messages/nothing")


def test_every_schema_it_names_is_a_file(document: dict[str, Any], repository: Path) -> None:
    files = {pointer.partition("#")[0] for pointer in references(document) if pointer.startswith("./")}
    assert files == {f"./schemas/{name}.json" for name in (*TYPE_OF_KIND, "draft", "effect")}
    assert [name for name in files if not (repository / "docs" / name).is_file()] == []


def test_the_topics_are_the_announced_ones(document: dict[str, Any]) -> None:
    addresses = [channel["address"] for channel in document["channels"].values()]
    assert addresses == list(TOPICS)
    assert [channel["bindings"]["kafka"]["topic"] for channel in document["channels"].values()] == addresses


def test_each_topic_is_sent_to_and_received_from(document: dict[str, Any]) -> None:
    operations = [(each["channel"]["$ref"], each["action"]) for each in document["operations"].values()]
    expected = [(f"#/channels/{name}", action) for name in document["channels"] for action in ("send", "receive")]
    assert sorted(operations) == sorted(expected)


def test_journal_and_effects_carry_every_kind_by_region(document: dict[str, Any]) -> None:
    channels = document["channels"]
    assert list(channels["journal"]["messages"]) == [*map(message_name, TYPE_OF_KIND), "tick"]
    assert list(channels["effects"]["messages"]) == list(EFFECT_TYPES)
    for name in (*channels["journal"]["messages"], *channels["effects"]["messages"]):
        assert "INSEE" in document["components"]["messages"][name]["bindings"]["kafka"]["key"]["description"]


def test_raw_topics_are_keyed_by_source(document: dict[str, Any]) -> None:
    channels = [each for each in document["channels"].values() if each["address"] in RAW]
    assert {tuple(each["messages"]) for each in channels} == {("received",)}
    assert "Who sends" in document["components"]["messages"]["received"]["bindings"]["kafka"]["key"]["description"]


def test_partitions_and_settings_are_those_that_are_checked(document: dict[str, Any]) -> None:
    for channel in document["channels"].values():
        kafka, spec = channel["bindings"]["kafka"], TOPICS[channel["address"]]
        assert kafka["partitions"] == spec.partitions
        told = {name: str(value) for name, value in kafka["topicConfiguration"].items() if name != "cleanup.policy"}
        assert told == {name: value for name, value in spec.config.items() if name != "cleanup.policy"}
        assert kafka["topicConfiguration"]["cleanup.policy"] == [spec.config["cleanup.policy"]]


def test_a_fact_has_its_id_and_a_tick_has_none(document: dict[str, Any]) -> None:
    messages = document["components"]["messages"]
    assert all(ID_HEADER in messages[message_name(kind)]["headers"]["properties"] for kind in TYPE_OF_KIND)
    assert "headers" not in messages["tick"]
    validator = Draft202012Validator(messages["tick"]["payload"]["schema"])
    assert validator.is_valid(json.loads(TICK))
    assert not validator.is_valid({"kind": "tick", "at": "now"})


def test_a_file_has_the_headers_that_are_sent(document: dict[str, Any]) -> None:
    headers = document["components"]["messages"]["received"]["headers"]
    assert headers["required"] == [NAME_HEADER, REGION_HEADER, FORMAT_HEADER]
