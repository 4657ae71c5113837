"""Write a header of a message so that it reads back with the same meaning.

The standard library folds a header by the policy of its message, and its result is kept wherever it reads back the
same. For some ordinary headers it does not: a long URL without spaces becomes an encoded word, which programs don't
read as a URL; a long value is cut at a comma or a semicolon and has a space there afterwards; the whole of
``Jörg <joerg@example.com>`` in an older message becomes a single encoded word with the address in it; and some versions
lose quotes, or spaces between encoded words.
"""

import re
from email.header import Header
from email.headerregistry import BaseHeader
from email.policy import SMTP, Policy
from email.utils import quote
from typing import Any, cast

from .._values.encoded_words import encode_name

MAX_LINE_LENGTH = 998
"""Octets in a line of a message, without its end (RFC 5322, section 2.1.1)."""

_WIDTH = 78  # characters in a line, where they fit (the same section)
_NAME = re.compile(r"[!-9;-~]+")
# Names that reveal nothing of a message, and so may stand in an error.
_HARMLESS_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_BREAK = re.compile(r"\r\n|\r|\n")
_BREAK_OF_BYTES = re.compile(rb"\r\n|\r|\n")
_NEW_HEADER = re.compile(r"(?:\r\n|\r(?!\n)|\n)[^ \t]")
_ANOTHER_LINE = re.compile(rb"\r\n(?![ \t])")
_ESCAPED_BYTES = re.compile("[\udc80-\udcff]")
_LONE_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_WITH_ADDRESSES = frozenset(
    f"{prefix}{name}" for prefix in ("", "resent-") for name in ("from", "sender", "reply-to", "to", "cc", "bcc")
)


class UnwritableError(Exception):
    """A message can't be written. The text gives the reason, and names nothing of the message but headers."""


def header_line(policy: Policy, name: object, value: object, *, exact: bool) -> bytes:
    """Return a header with its line ends.

    Args:
        policy: The policy of the message, with CRLF as its line end.
        name: The name of the header.
        value: Its value as the message keeps it: text, a header of the newer policies, or a `Header`.
        exact: Whether the header is signed: text stays as it came, and other values are written by the policy.

    Raises:
        UnwritableError: The name or the value can't be in a header, or would become several headers.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnwritableError("a header has a name that no header can have")
    shown = f"the header {name}" if _HARMLESS_NAME.fullmatch(name) else "a header"
    if not isinstance(value, (str, Header)):
        raise UnwritableError(f"{shown} has a value of the type {type(value).__name__}, and text is needed")
    text = str(value)
    if _NEW_HEADER.search(text):
        raise UnwritableError(f"{shown} has a line break in it, after which another header would begin")
    if _LONE_SURROGATE.search(text):
        raise UnwritableError(f"{shown} holds a lone surrogate, which is not valid text")
    # Headers of the newer policies are instances of `str` too, but of a subclass.
    if exact and type(value) is str and _ESCAPED_BYTES.sub("", text).isascii():
        return _raw(name, text)
    made = _by_policy(policy, name, value)
    if not exact:
        # A header of the newer policies has been parsed already.
        parsed = value if isinstance(value, BaseHeader) else None
        made = _checked(policy, name, text, made, parsed)
    if not made:
        raise UnwritableError(f"{shown} can't be written by the standard library")
    return made


def _by_policy(policy: Policy, name: str, value: str | Header) -> bytes:
    """Return the header as the policy writes it; empty if the policy fails, or does not make a single header."""
    try:
        made = policy.fold_binary(name, cast("str", value))
    except Exception:
        # The standard library fails in many ways here: IndexError, AttributeError, errors of its own.
        return b""
    # Values of a message that was read keep their line ends.
    made = _BREAK_OF_BYTES.sub(b"\r\n", made)
    # With very short lines the policy leaves out some folds, and the rest of the value would not be a header.
    return made if made.endswith(b"\r\n") and not _ANOTHER_LINE.search(made, 0, len(made) - 2) else b""


def _checked(policy: Policy, name: str, text: str, made: bytes, parsed: Any) -> bytes:
    meant = _BREAK.sub("", text).strip()
    short = bool(made) and max(map(len, made.split(b"\r\n"))) <= MAX_LINE_LENGTH
    if _ESCAPED_BYTES.search(text):
        # Octets in an unnamed encoding go out as they came, unless the policy wants 7 bits. In a header with addresses
        # they go out as they came in any case, because the standard library would encode the addresses too.
        seven = made and policy.cte_type == "7bit" and name.lower() not in _WITH_ADDRESSES
        return made if seven else _raw(name, text)
    if meant.isascii():
        unfolded = _unfolded(name, made)
        # Some readers do not see the value when the first line has only the name.
        starts = made[len(name) + 1 :].partition(b"\r\n")[0].strip() or not meant
        if short and starts and unfolded == meant:
            return made
        # An address or a URL in an encoded word, made only for the length, does not work any more.
        if short and starts and ("=?" in meant or "=?" not in unfolded) and _same(name, meant, unfolded, parsed):
            return made
        return _folded(name, meant) or made
    if short and b"unknown-8bit" not in made and _same(name, meant, _unfolded(name, made), parsed):
        return made
    return _encoded(name, meant) or made


def _raw(name: str, text: str) -> bytes:
    return _BREAK_OF_BYTES.sub(b"\r\n", f"{name}: {text.strip()}".encode("utf-8", "surrogateescape")) + b"\r\n"


def _unfolded(name: str, made: bytes) -> str:
    return made[len(name) + 1 :].decode("utf-8", "replace").replace("\r\n", "").strip()


def _read(name: str, text: str) -> Any:
    """Return a header as the newer policies read it; ``None`` if their parser fails."""
    try:
        return SMTP.header_factory(name, text)
    except Exception:
        return None


def _same(name: str, meant: str, made: str, parsed: Any) -> bool:
    """Whether two texts of a header mean the same; the first may have been parsed already."""
    wanted, found = parsed or _read(name, meant), _read(name, made)
    if wanted is None or found is None:
        return False
    if name.lower() in _WITH_ADDRESSES and wanted.addresses:
        # An address in an encoded word does not count as an address, even if the parser reads it.
        unharmed = not made.isascii() or all(address.addr_spec.isascii() for address in wanted.addresses)
        return unharmed and bool(wanted.groups == found.groups)
    if hasattr(wanted, "params"):
        return _first(meant) == _first(made) and bool(wanted.params == found.params)
    return str(wanted) == str(found)


def _first(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _folded(name: str, text: str) -> bytes:
    """Fold ASCII only at its own spaces; empty if a line would be too long."""
    lines = [f"{name}:"]
    for word in re.findall(r"[ \t]*[^ \t]+", f" {text}"):
        if len(lines[-1]) + len(word) > _WIDTH and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += word
    if max(map(len, lines)) > MAX_LINE_LENGTH:
        return b""
    return "\r\n".join([*lines, ""]).encode()


def _encoded(name: str, text: str) -> bytes:
    """Write a header that is not all ASCII; of addresses, only the names are encoded."""
    meant = _read(name, text)
    if meant is not None and name.lower() in _WITH_ADDRESSES and meant.addresses:
        shown = []
        for group in meant.groups:
            members = ",\r\n ".join([_mailbox(address) for address in group.addresses])
            shown.append(members if group.display_name is None else f"{_phrase(group.display_name)}: {members};")
        # For an address that is not ASCII itself, UTF-8 is the only form (RFC 6532).
        return (f"{name}: " + ",\r\n ".join(shown) + "\r\n").encode()
    if meant is not None and hasattr(meant, "params"):
        return _by_policy(SMTP, name, meant)
    return f"{name}: {_words(text if meant is None else str(meant))}\r\n".encode()


def _mailbox(address: Any) -> str:
    return f"{_phrase(address.display_name)} <{address.addr_spec}>" if address.display_name else address.addr_spec


def _phrase(name: str) -> str:
    if not name.isascii():
        return _words(name)
    return name if _ATOMS.fullmatch(name) else f'"{quote(name)}"'


def _words(text: str) -> str:
    return encode_name(text).replace(" ", "\r\n ")
