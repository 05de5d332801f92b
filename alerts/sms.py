"""Text that fits one SMS: the GSM 7-bit alphabet, its septets, transliteration and cutting.

Source: 3GPP TS 23.038, 6.2.1 (default alphabet) and 6.2.1.1 (extension table, whose characters cost two
septets). One character outside these tables would send the whole message as UCS-2, 70 characters instead of
160.
"""

import unicodedata
from typing import Final

SMS_SEPTETS: Final = 160
"""What one SMS holds: 140 octets of 7-bit characters."""

ELLIPSIS: Final = "..."

# In the order of the code table, ESC (0x1B) left out: it only announces the extension table.
_DEFAULT: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")

# What Unicode's compatibility decomposition does not bring into the alphabet.
_REPLACEMENTS: Final = str.maketrans(
    {
        **dict.fromkeys("’‘`´ʼ′", "'"),
        **dict.fromkeys("“”„″", '"'),
        **dict.fromkeys("–—‑−·•", "-"),
        **dict.fromkeys("\t\u2028\u2029", " "),
        **dict.fromkeys("«»", '"'),
        "œ": "oe",
        "Œ": "OE",
        "≥": ">=",
        "≤": "<=",
        "≠": "<>",
        "×": "x",
        "°": "o",
    }
)


def _into_alphabet(character: str) -> str:
    if character in _DEFAULT or character in _EXTENSION:
        return character
    decomposed = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    return "".join(c if c in _DEFAULT or c in _EXTENSION else "?" for c in decomposed)


def to_gsm7(text: str) -> str:
    """Return ``text`` in the GSM 7-bit alphabet: ê becomes e, œ oe, ’ an apostrophe, the unknown ?."""
    composed = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS)
    return "".join(map(_into_alphabet, composed))


def septets(text: str) -> int:
    """Return how many septets ``text`` takes; ValueError if a character is outside the alphabet."""
    outside = [c for c in text if c not in _DEFAULT and c not in _EXTENSION]
    if outside:
        raise ValueError(f"not in the GSM 7-bit alphabet: {outside[0]!r}")
    return len(text) + sum(c in _EXTENSION for c in text)


def _longest_start(text: str, limit: int) -> str:
    end = min(len(text), limit)
    while septets(text[:end]) > limit:
        end -= 1
    return text[:end]


def shorten(text: str, limit: int) -> str:
    """Return ``text`` (GSM 7-bit) in at most ``limit`` septets, its middle replaced by ``...`` if need be."""
    if septets(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    if room < len(ELLIPSIS):  # too little to keep anything readable on both sides
        return _longest_start(text, max(limit, 0))
    end = _longest_start(text[::-1], room // 2)[::-1]
    return _longest_start(text, room - septets(end)).rstrip() + ELLIPSIS + end.lstrip()
