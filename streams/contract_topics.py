"""The AsyncAPI 3 document of the Kafka topics: what travels on each, under which key, held to which schema.

It describes the live processes; the embedded monitor needs no broker. Topics and their settings are those of
`streams.live.topics`, the schemas that the messages refer to those of `streams.contracts`.
"""

from collections.abc import Mapping
from inspect import cleandoc, getdoc
from typing import Any, Final

from alerts.effects import EFFECT_TYPES
from streams.live.record import ID_HEADER
from streams.live.topics import DLQ, EFFECTS, JOURNAL, RAW, RAW_CAPACITY, RAW_RPU, RAW_SIGNALS, STATE, TOPICS
from streams.messages import TYPE_OF_KIND

ASYNCAPI: Final = "3.0.0"
DOCUMENT_VERSION: Final = "0.2.0"
_SCHEMA_FORMAT: Final = "application/schema+json;version=2020-12"
_KAFKA_BINDING: Final = "0.5.0"
_NUMBERS: Final = ("retention.ms", "retention.bytes", "max.message.bytes")

Node = dict[str, Any]

_ABOUT_RAW: Final = {
    RAW_RPU: "Emergency visits as hospitals send them.",
    RAW_CAPACITY: "Beds and stocks as hospitals and the ROR send them.",
    RAW_SIGNALS: "Signals, vigilance, regulation activity and every other feed, as their sources send them.",
}

_SOURCE_KEY: Final = {"type": "string", "description": "Who sends: a territory such as ETAB-440000271, or a name."}
_REGION_KEY: Final = {"type": "string", "description": "The région's INSEE code, such as 52."}
_ANY_KEY: Final = {"type": "string", "description": "The key it had on its own topic."}
_REASON: Final = {
    "type": "object",
    "required": ["topic", "reason"],
    "properties": {
        "topic": {"type": "string", "description": "The topic it was read from."},
        "reason": {"type": "string", "description": "Why, without repeating any of its content."},
        "partition": {"type": "string", "description": "The partition it was read from, in decimal."},
        "offset": {"type": "string", "description": "Its offset there, in decimal."},
    },
}
_OF_FILE: Final = {
    "type": "object",
    "required": ["name", "region", "format"],
    "properties": {
        "name": {"type": "string", "description": "The name of the file, as its source gave it."},
        "region": {"type": "string", "description": "The INSEE code of the région it is for."},
        "format": {"type": "string", "description": "The format it is read as."},
        "receipt": {
            "type": "string",
            "description": "The id of its receipt: a file that comes twice under one id is collected once.",
        },
    },
}
_FACT_ID: Final = {
    "type": "object",
    "properties": {
        ID_HEADER: {
            "type": "string",
            "description": "The id of the fact: the first record that bears it counts, every reader drops the others.",
        }
    },
}
_ABOUT: Final = """
    Topics of Vigie's live processes. `vigie topics create` makes them, `vigie topics check` holds them against this
    document. Delivery is at least once: a fact or an effect that comes twice has the same id, a file that comes twice
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
    message = _message(kind, type_.__name__, _summary(type_), _REGION_KEY, {"allOf": [_file("draft"), of_kind]})
    return message | {"headers": _FACT_ID}


def _tick() -> Node:
    summary = "Nothing but an instant, the broker's append time: deadlines at or before it fire. It becomes no entry."
    schema = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "tick"}}, "maxProperties": 1}
    return _message("tick", "Tick", summary, _REGION_KEY, schema)


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
    state = "Where the fold of a région stands and the offset it goes on from; compressed (zlib), of one version."
    return {
        "received": {**_bytes_message("received", received, _SOURCE_KEY), "headers": _OF_FILE},
        **{message_name(kind): _draft(kind) for kind in TYPE_OF_KIND},
        "tick": _tick(),
        **{kind: _effect(kind) for kind in EFFECT_TYPES},
        "state": _bytes_message("state", state, _REGION_KEY),
        "unhandled": {**_bytes_message("unhandled", unhandled, _ANY_KEY), "headers": _REASON},
    }


def _channel(address: str, description: str, names: list[str]) -> Node:
    spec = TOPICS[address]
    kafka = {"topic": address, "partitions": spec.partitions, "topicConfiguration": _configuration(spec.config)}
    return {
        "address": address,
        "description": _one_line(description),
        "messages": {name: _ref("components", "messages", name) for name in names},
        "bindings": {"kafka": kafka | {"bindingVersion": _KAFKA_BINDING}},
    }


def _configuration(config: Mapping[str, str]) -> Node:
    """Return the settings of a topic as the Kafka binding types them."""
    numbers = {name: int(config[name]) for name in _NUMBERS if name in config}
    return {**config, **numbers, "cleanup.policy": [config["cleanup.policy"]]}


def _channels() -> Node:
    journal = """
        The facts of each région, in order. One partition holds a région whole, the partitions in the order of the INSEE
        codes: a record is sent to its partition by number. The broker gives what the draft lacks: the place among those
        that count is its number (seq), the append time dates it (recorded_at).
        Nothing is ever deleted."""
    state = "The newest snapshot of each région, by the same partitions: a worker that takes over starts from it."
    effects = "What the engine decided, keyed by région. The same journal gives the same effects, with the same ids."
    unhandled = "What an agent could not handle, kept to be looked at and sent again. Keyed as where it comes from."
    raw = "Keyed by source and spread over many partitions: one source stays in order, sources are read in parallel."
    return {
        **{name: _channel(name, f"{_ABOUT_RAW[name]} {raw}", ["received"]) for name in RAW},
        JOURNAL: _channel(JOURNAL, journal, [*map(message_name, TYPE_OF_KIND), "tick"]),
        EFFECTS: _channel(EFFECTS, effects, list(EFFECT_TYPES)),
        STATE: _channel(STATE, state, ["state"]),
        DLQ: _channel(DLQ, unhandled, ["unhandled"]),
    }


def _operation(action: str, topic: str, summary: str) -> Node:
    return {"action": action, "channel": _ref("channels", channel_name(topic)), "summary": summary}


def channel_name(topic: str) -> str:
    """Return the name of a topic's channel in the document, where a dot is not allowed."""
    return topic.removeprefix("vigie.").replace(".", "_")


def _operations() -> Node:
    raw = {
        f"{verb}_{channel_name(topic)}": _operation(action, topic, summary)
        for topic in RAW
        for verb, action, summary in (
            ("collect", "send", "A collector hands over what a source sent."),
            ("normalise", "receive", "Decode, validate, pseudonymise, deduplicate, set aside what cannot be read."),
        )
    }
    return raw | {
        "append": _operation("send", JOURNAL, "A normaliser, a command or the notifier adds a fact; a worker, a tick."),
        "decide": _operation("receive", JOURNAL, "The engine folds each région's entries in order."),
        "publish": _operation("send", EFFECTS, "The engine publishes what it decided."),
        "notify": _operation("receive", EFFECTS, "The notifier tells people, then reports to the journal."),
        "keep": _operation("send", STATE, "A worker writes where it stands, now and then and when it stops."),
        "take_over": _operation("receive", STATE, "A worker starts from the newest, then the journal's tail."),
        "set_aside": _operation("send", DLQ, "An agent gives up a message, with its reason."),
        "requeue": _operation("receive", DLQ, "An operator sends a message again."),
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
