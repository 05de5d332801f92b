"""Effects as canonical JSON: what is chained and stored. The effects of the past keep the bytes they had."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from alerts.effects import EFFECT_TYPES, AlertChanged, Effect, Notify

_DECODERS: Final = {kind: msgspec.json.Decoder(type_) for kind, type_ in EFFECT_TYPES.items()}
_encode = msgspec.json.Encoder(order="deterministic").encode
_ADDED: Final[dict[type[Effect], frozenset[str]]] = {
    AlertChanged: frozenset({"decision", "reason"}),
    Notify: frozenset({"grouped", "place", "digest"}),
}
"""Members added to a kind since effects are chained: left out while empty, so that past digests stay the same."""
_NO_EXERCISE: Final = b',"exercise":""'
"""The same for a member within a brief; a quote inside a text is escaped, so that these bytes are nothing else."""


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: str = field(default="")


_kind_of = msgspec.json.Decoder(_Kind).decode


_ALONE: Final = b',"grouped":[],"place":"","digest":null'


def encode(effect: Effect) -> bytes:
    """Return the effect's canonical JSON, its members in the order of its type."""
    added = _ADDED.get(type(effect))
    if added is None:
        return _encode(effect).replace(_NO_EXERCISE, b"")
    if isinstance(effect, Notify):
        # Many are written in a storm: the same, without a dictionary each.
        return _encode(effect).replace(_ALONE, b"", 1).replace(_NO_EXERCISE, b"")
    members = msgspec.to_builtins(effect).items()
    return msgspec.json.encode({name: value for name, value in members if value or name not in added})


def decode(text: bytes) -> Effect:
    """Read an effect written by `encode`; msgspec.DecodeError or KeyError for anything else."""
    return _DECODERS[_kind_of(text).kind].decode(text)
