"""Hide keys, e-mail addresses and telephone numbers in whatever a log, a repr or an error text shows."""

import re

_KEY = re.compile(r"api-[A-Za-z0-9]{12,}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
# Each part starts only where a word starts: tried at every letter, a long text without an @ would take for ever.
_ADDRESS = re.compile(r"""(?<![^\s<>"'(),:;=\[\]])[^\s<>"'(),:;=\[\]]+@(?=[^\s<>"'(),:;\[\]@]*\w)|"[^"\n]{1,64}"@""")
# 8 digits are the shortest international numbers; hyphens and letters beside them mean an id, which stays readable.
_NUMBER = re.compile(r"(?<![\w.:/-])\+?\d{8,15}(?![\w-])|\+\d{7,15}")


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


def repr_personal(value: object) -> str:
    """Represent personal text (a name, a subject, a body): only how long it is."""
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    if isinstance(value, (list, tuple)):
        return f"<{len(value)}>"
    return repr(value) if value is None else f"<{type(value).__name__}>"
