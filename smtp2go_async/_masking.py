"""Hide keys, e-mail addresses and telephone numbers in whatever a log, a repr or an error text shows."""

import re

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
