"""Names in headers as ASCII: RFC 2047's encoded words, for address headers that the provider takes as plain text."""

import re
import string
from base64 import b64encode
from collections.abc import Iterator

MAX_WORD_LENGTH = 75
"""Characters of one encoded word, with its marks (RFC 2047, section 2)."""

# The characters that the Q encoding may leave as they are in a name (RFC 2047, section 5, rule 3).
_KEPT = f"{string.ascii_letters}{string.digits}!*+-/"
_Q = ["_" if byte == 0x20 else chr(byte) if chr(byte) in _KEPT else f"={byte:02X}" for byte in range(256)]
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")


def encode_name(name: str) -> str:
    """Return a display name in encoded words of at most 75 characters, divided between characters, spaces between them.

    A name that fits into one word is one. Of a longer one the ASCII words stay as they are: some readers (Python's
    `email.policy.default`, python/cpython#128110) show a space between two encoded words that stand side by side.
    """
    whole = _word(name)
    return whole if len(whole) <= MAX_WORD_LENGTH else " ".join(_parts(name))


def _parts(name: str) -> Iterator[str]:
    waiting: list[str] = []
    for word in name.split(" "):
        if _ATOM.fullmatch(word) and "=?" not in word and len(word) <= MAX_WORD_LENGTH:
            yield from _words(" ".join(waiting))
            yield word
            waiting = []
        else:
            waiting.append(word)
    yield from _words(" ".join(waiting))


def _words(text: str) -> Iterator[str]:
    """Divide a text into encoded words."""
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or len(_word(text[begin : end + 1])) > MAX_WORD_LENGTH:
            yield _word(text[begin:end])
            begin = end


def _word(text: str) -> str:
    """Write a text as one encoded word, by the shorter of the two encodings."""
    data = text.encode()
    quoted = "".join([_Q[byte] for byte in data])
    if len(quoted) <= (len(data) + 2) // 3 * 4:
        return f"=?utf-8?q?{quoted}?="
    return f"=?utf-8?b?{b64encode(data).decode()}?="
