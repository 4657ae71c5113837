"""What logs, reprs and error texts show: no keys, addresses or telephone numbers, and nothing that can't be written."""

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

C = TypeVar("C", bound=type)

_KEY = re.compile(r"api-[A-Za-z0-9]{12,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
# A word that an address can begin with holds "=" (bounces write one address into another) and single apostrophes, as in
# o'brien. A match starts only where a word does: tried at every letter, a long text without an @ would take for ever.
_WORD = r"""[^\s<>"'(),:;\[\]]"""
_ADDRESS = re.compile(
    rf"""(?<!{_WORD})(?<![^\s<>"'(),:;\[\]=]'){_WORD}+(?:(?<!=)'{_WORD}+)*@(?=\[?[^\s<>"'(),:;\[\]@]*\w)"""
    r"""|"[^"\n]{1,64}"@"""
)
# 8 digits are the shortest international numbers; hyphens and letters beside them mean an id, which stays readable.
_NUMBER = re.compile(r"(?<![\w.:/-])\+?\d{8,15}(?![\w-])|\+\d[\d ().-]{5,20}\d")


def mask_text(text: str) -> str:
    """Mask every key, address and telephone number in a text; an address keeps its domain."""
    text = _KEY.sub("api-***", text)
    text = _BEARER.sub(r"\1 ***", text)
    text = _ADDRESS.sub("***@", text)
    return _NUMBER.sub("+***", text)


_BREAK = re.compile("[\t-\r\x85\u2028\u2029]+")
# The rest of the control characters, ESC among them, which begins commands to a terminal; what turns the direction of
# the text after it round; and halves of characters, which no encoding has a form for.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    """Return a text as a single line that can be written anywhere, also if it came from outside."""
    if text.isprintable():
        return text
    return _UNSHOWN.sub(lambda found: ascii(found[0])[1:-1], _BREAK.sub(" ", text))


def shown_half_made(cls: C) -> C:
    """Have objects shown even if their ``__init__`` has not ended: debuggers and logs with local variables do that."""

    def guarded(show: Callable[[Any], str]) -> Callable[[Any], str]:
        @functools.wraps(show)
        def shown(self: object) -> str:
            try:
                return show(self)
            except AttributeError:
                return f"<{type(self).__name__}, half made>"

        return shown

    for name in ("__repr__", "__str__"):
        if name in vars(cls):
            setattr(cls, name, guarded(vars(cls)[name]))
    return cls


def repr_masked(value: object) -> str:
    """Represent a value that holds addresses or numbers, with those masked."""
    return repr(value) if value is None else mask_text(repr(value))


def repr_secret(value: object) -> str:
    """Represent a secret: only whether there is one."""
    return repr(value) if value is None or value == "" else "'***'"


_ORIGIN = re.compile(r"(\w+://)(?:[^/?#]*@)?((?:[\w.-]+|\[[\w.:]+\])(?::\d+)?)(?=[/?#]|$)(.*)", re.DOTALL)


def repr_url(value: object) -> str:
    """Represent a URL by its scheme and host: credentials can stand before the host, and tokens after it."""
    if not isinstance(value, str) or not value:
        return repr(value)
    match = _ORIGIN.fullmatch(value)
    return repr(f"{match[1]}{match[2]}{'/***' if match[3].strip('/') else match[3]}") if match else "'***'"


def repr_personal(value: object) -> str:
    """Represent personal text (a name, a subject, a body): only how long it is."""
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    if isinstance(value, (list, tuple)):
        return f"<{len(value)}>"
    return repr(value) if value is None else f"<{type(value).__name__}>"
