"""The AsyncAPI 3 document of the Kafka topics: what travels on each, under which key, held to which schema.

It describes the live engine, which does not exist yet: the embedded monitor needs no broker. The schemas that the
messages refer to are those of `streams.contracts`, and are already in force in the journal's file.
"""

from inspect import cleandoc, getdoc
from typing import Any, Final

from alerts.effects import EFFECT_TYPES
from streams.messages import TYPE_OF_KIND

ASYNCAPI: Final = "3.0.0"
DOCUMENT_VERSION: Final = "0.1.0"
_SCHEMA_FORMAT: Final = "application/schema+json;version=2020-12"
_KAFKA_BINDING: Final = "0.5.0"

Node = dict[str, Any]

RAW_TOPICS: Final = {
    "vigie.raw.rpu": "Emergency visits as hospitals send them.",
    "vigie.raw.capacity": "Beds and stocks as hospitals and the ROR send them.",
    "vigie.raw.signals": "Signals, vigilance, regulation activity and every other feed, as their sources send them.",
}
TOPICS: Final = (*RAW_TOPICS, "vigie.journal", "vigie.effects", "vigie.dlq")

_SOURCE_KEY: Final = {"type": "string", "description": "Who sends: a territory such as ETAB-440000271, or a name."}
_REGION_KEY: Final = {"type": "string", "description": "The région's INSEE code, such as 52."}
_ANY_KEY: Final = {"type": "string", "description": "The key it had on its own topic."}
_REASON: Final = {
    "type": "object",
    "required": ["topic", "reason"],
    "properties": {
        "topic": {"type": "string", "description": "The topic it was read from."},
        "reason": {"type": "string", "description": "Why, without repeating any of its content."},
    },
}
_ABOUT: Final = """
    Topics of Vigie's live engine, which is NOT THERE YET: today one process reads files and keeps its journal in
    SQLite, without a broker. This document fixes the contracts beforehand; the schemas it refers to are already those
    of the journal. Delivery is at least once: an effect that comes twice has the same id, a file that comes twice
    journals nothing."""


def _ref(*path: str) -> Node:
    return {"$ref": "/".join(("#", *path))}


def _file(name: str, pointer: str = "") -> Node:
    return {"$ref": f"./schemas/{name}.json{pointer}"}


def _one_line(text: str) -> str:
    return " ".join(cleandoc(text).split())


def _summary(type_: type) -> str:
    return _one_line((getdoc(type_) or "").partition("\n\n")[0])


def message_name(kind: str) -> str:
    """Return the name of a kind's message in the document, where a dot is not allowed."""
    return kind.replace(".", "_")


def _message(name: str, title: str, summary: str, key: Node, payload: Node) -> Node:
    return {
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": "application/json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": payload},
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}},
    }


def _draft(kind: str) -> Node:
    of_kind = {"properties": {"kind": {"const": kind}, "payload": _file(kind)}}
    type_ = TYPE_OF_KIND[kind]
    return _message(kind, type_.__name__, _summary(type_), _REGION_KEY, {"allOf": [_file("draft"), of_kind]})


def _effect(kind: str) -> Node:
    type_ = EFFECT_TYPES[kind]
    payload = _file("effect", f"#/$defs/{type_.__name__}")
    return _message(kind, type_.__name__, _summary(type_), _REGION_KEY, payload)


def _bytes_message(name: str, summary: str, key: Node) -> Node:
    return {
        "name": name,
        "summary": summary,
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
        "bindings": {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}},
    }


def _messages() -> Node:
    received = "A file or record in the format of its source. It may name people: access is restricted."
    unhandled = "What an agent could not handle, byte for byte. It may name people: access is restricted."
    return {
        "received": _bytes_message("received", received, _SOURCE_KEY),
        **{message_name(kind): _draft(kind) for kind in TYPE_OF_KIND},
        **{kind: _effect(kind) for kind in EFFECT_TYPES},
        "unhandled": {**_bytes_message("unhandled", unhandled, _ANY_KEY), "headers": _REASON},
    }


def _channel(address: str, description: str, names: list[str], configuration: Node | None = None) -> Node:
    kafka: Node = {"topic": address}
    if configuration:
        kafka["topicConfiguration"] = configuration
    return {
        "address": address,
        "description": _one_line(description),
        "messages": {name: _ref("components", "messages", name) for name in names},
        "bindings": {"kafka": kafka | {"bindingVersion": _KAFKA_BINDING}},
    }


def _channels() -> Node:
    journal = """
        The entries of each région, in order. One partition holds a région whole: the key is its code. The broker gives
        what the draft lacks: the offset places the entry (seq), the append time dates it (recorded_at)."""
    effects = "What the engine decided, keyed by région. The same journal gives the same effects, with the same ids."
    unhandled = "What an agent could not handle, kept to be looked at and sent again. Keyed as where it comes from."
    raw = "Keyed by source and spread over many partitions: one source stays in order, sources are read in parallel."
    return {
        **{name: _channel(name, f"{about} {raw}", ["received"]) for name, about in RAW_TOPICS.items()},
        "vigie.journal": _channel(
            "vigie.journal", journal, list(map(message_name, TYPE_OF_KIND)), {"message.timestamp.type": "LogAppendTime"}
        ),
        "vigie.effects": _channel("vigie.effects", effects, list(EFFECT_TYPES)),
        "vigie.dlq": _channel("vigie.dlq", unhandled, ["unhandled"]),
    }


def _operation(action: str, topic: str, summary: str) -> Node:
    return {"action": action, "channel": _ref("channels", channel_name(topic)), "summary": summary}


def channel_name(topic: str) -> str:
    """Return the name of a topic's channel in the document, where a dot is not allowed."""
    return topic.removeprefix("vigie.").replace(".", "_")


def _operations() -> Node:
    raw = {
        f"{verb}_{channel_name(topic)}": _operation(action, topic, summary)
        for topic in RAW_TOPICS
        for verb, action, summary in (
            ("collect", "send", "A collector hands over what a source sent."),
            ("normalise", "receive", "Decode, validate, pseudonymise, deduplicate, set aside what cannot be read."),
        )
    }
    return raw | {
        "append": _operation("send", "vigie.journal", "A normaliser, a command or the notifier adds a fact."),
        "decide": _operation("receive", "vigie.journal", "The engine folds each région's entries in order."),
        "publish": _operation("send", "vigie.effects", "The engine publishes what it decided."),
        "notify": _operation("receive", "vigie.effects", "The notifier tells people, then reports to the journal."),
        "set_aside": _operation("send", "vigie.dlq", "An agent gives up a message, with its reason."),
        "requeue": _operation("receive", "vigie.dlq", "An operator sends a message again."),
    }


def asyncapi() -> Node:
    """Return the document; its references to schemas are relative to ``docs/``."""
    return {
        "asyncapi": ASYNCAPI,
        "id": "urn:vigie:topics",
        "info": {
            "title": "Vigie",
            "version": DOCUMENT_VERSION,
            "description": _one_line(_ABOUT),
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {channel_name(topic): channel for topic, channel in _channels().items()},
        "operations": _operations(),
        "components": {"messages": _messages()},
    }
