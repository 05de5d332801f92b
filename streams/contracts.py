"""The published JSON Schemas of what Vigie journals and decides, made from the types themselves.

One schema (2020-12) per kind of message, one for the journal's envelope (`entry` as it is kept and archived, `draft`
as it is before the journal numbers and dates it), one for effects, one for receipts. Members that a schema does not
name are allowed in messages: a reader must accept those of a later version.
"""

from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from alerts.effects import Effect
from streams.collecting.receipts import Receipt
from streams.entry import Draft, Entry
from streams.messages import TYPE_OF_KIND

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
VERSION: Final = 1
"""Of every contract: an optional member may be added to a version, nothing else changes within it."""

Schema = dict[str, Any]


class _Untitled(GenerateJsonSchema):
    """A field's title would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 — pydantic's signature
        return False


def _described(type_: Any) -> Schema:  # noqa: ANN401 — a union of types, as TypeAdapter takes it
    return TypeAdapter(type_).json_schema(schema_generator=_Untitled)


def identifier(*names: str) -> str:
    """Return the ``$id`` of a contract: ``urn:vigie:message:rpu.passage:1``, ``urn:vigie:entry:1``."""
    return ":".join(("urn:vigie", *names, str(VERSION)))


def _published(id_: str, schema: Schema) -> Schema:
    head = {"$schema": DIALECT, "$id": id_, "title": schema["title"], "description": schema["description"]}
    rest = {name: value for name, value in schema.items() if name not in {*head, "$defs"}}
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return head | rest | definitions


def message_schema(kind: str) -> Schema:
    """Return the schema of a message's payload; KeyError for an unknown kind."""
    return _published(identifier("message", kind), _described(TYPE_OF_KIND[kind]))


def _envelope(type_: type[Draft | Entry]) -> Schema:
    schema = _described(type_)
    schema["properties"] |= {"kind": {"enum": list(TYPE_OF_KIND)}, "payload": {"type": "object"}}
    return schema | {"additionalProperties": False}


def draft_schema() -> Schema:
    """Return the schema of an entry that is not numbered or dated yet, in JSON."""
    return _published(identifier("draft"), _envelope(Draft))


def _payload_rule(kind: str) -> Schema:
    payload = {"$ref": identifier("message", kind)}
    return {
        "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
        "then": {"properties": {"payload": payload}},
    }


def entry_schema() -> Schema:
    """Return the schema of an entry's canonical JSON; its payload is held to the schema of its kind."""
    schema = _envelope(Entry) | {"allOf": [_payload_rule(kind) for kind in TYPE_OF_KIND]}
    schema["properties"]["seq"] |= {"minimum": 1}
    return _published(identifier("entry"), schema)


def effect_schema() -> Schema:
    """Return the schema of any effect; ``kind`` says which of ``$defs`` it is."""
    schema = _described(Effect)
    for effect in schema["anyOf"]:
        definition = schema["$defs"][effect["$ref"].rpartition("/")[2]]
        definition["required"] = [*definition["required"], "kind"]
    description = "What the fold decided: the member ``kind`` says which. Ids are the same in every replay."
    return _published(identifier("effect"), schema | {"title": "Effect", "description": description})


def receipt_schema() -> Schema:
    """Return the schema of the receipt of a file."""
    return _published(identifier("receipt"), _described(Receipt))


def schemas() -> dict[str, Schema]:
    """Return every published schema by the name of its file, without its suffix."""
    return {
        **{kind: message_schema(kind) for kind in TYPE_OF_KIND},
        "draft": draft_schema(),
        "entry": entry_schema(),
        "effect": effect_schema(),
        "receipt": receipt_schema(),
    }
