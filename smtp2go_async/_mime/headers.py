"""Write one header of a message so that it reads back as what it said.

The standard library folds a header by the policy of its message, and its result is kept wherever that reads back the
same. For some ordinary headers it does not: a long URL without spaces becomes an encoded word, which only people read;
a long value is cut at a comma or a semicolon and has a space there afterwards; the whole of
``Jörg <joerg@example.com>`` in an older message becomes one encoded word with the address in it; and some versions lose
quotes, or spaces between encoded words.
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
# Names that hold nothing of a message, and so may be in an error.
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
    """A message can't be written. The text says why, and has nothing of the message in it but names of headers."""


def header_line(policy: Policy, name: object, value: object, *, exact: bool) -> bytes:
    """Return one header with its line ends.

    Args:
        policy: The one of the message, with CRLF for its line ends.
        name: The name of the header.
        value: Its value as the message keeps it: text, a header of the newer policies, or a `Header`.
        exact: Whether it is signed: text stays as it came, and all else is as the policy has it.

    Raises:
        UnwritableError: It can't be a header, or would be more than one.
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
    # Headers of the newer policies are text as well, and have a class of their own.
    if exact and type(value) is str and _ESCAPED_BYTES.sub("", text).isascii():
        return _raw(name, text)
    made = _by_policy(policy, name, value)
    if not exact:
        # What was read once need not be read again.
        parsed = value if isinstance(value, BaseHeader) else None
        made = _one_that_reads_back(policy, name, text, made, parsed)
    if not made:
        raise UnwritableError(f"{shown} can't be written by the standard library")
    return made


def _by_policy(policy: Policy, name: str, value: str | Header) -> bytes:
    """Return what the policy makes of a header; empty where it stumbles, or does not make one header."""
    try:
        made = policy.fold_binary(name, cast("str", value))
    except Exception:
        # It does so in many ways: IndexError, AttributeError, errors of its own.
        return b""
    # Values that were read keep the line ends that they had.
    made = _BREAK_OF_BYTES.sub(b"\r\n", made)
    # In very short lines it leaves some out, and what follows would be no header.
    return made if made.endswith(b"\r\n") and not _ANOTHER_LINE.search(made, 0, len(made) - 2) else b""


def _one_that_reads_back(policy: Policy, name: str, text: str, made: bytes, parsed: Any) -> bytes:
    said = _BREAK.sub("", text).strip()
    short = bool(made) and max(map(len, made.split(b"\r\n"))) <= MAX_LINE_LENGTH
    if _ESCAPED_BYTES.search(text):
        # Octets in an encoding that nobody named go out as they came, unless 7 bits are asked for. With addresses the
        # standard library would encode these, too.
        seven = made and policy.cte_type == "7bit" and name.lower() not in _WITH_ADDRESSES
        return made if seven else _raw(name, text)
    if said.isascii():
        unfolded = _unfolded(name, made)
        # With nothing but its name in the first line some readers do not see the value.
        begun = made[len(name) + 1 :].partition(b"\r\n")[0].strip() or not said
        if short and begun and unfolded == said:
            return made
        # An encoded word that is there for the length alone is no address and no URL any more.
        if short and begun and ("=?" in said or "=?" not in unfolded) and _same(name, said, unfolded, parsed):
            return made
        return _folded(name, said) or made
    if short and b"unknown-8bit" not in made and _same(name, said, _unfolded(name, made), parsed):
        return made
    return _encoded(name, said) or made


def _raw(name: str, text: str) -> bytes:
    return _BREAK_OF_BYTES.sub(b"\r\n", f"{name}: {text.strip()}".encode("utf-8", "surrogateescape")) + b"\r\n"


def _unfolded(name: str, made: bytes) -> str:
    return made[len(name) + 1 :].decode("utf-8", "replace").replace("\r\n", "").strip()


def _read(name: str, text: str) -> Any:
    """Return a header as the newer policies read it; ``None`` where their parser stumbles."""
    try:
        return SMTP.header_factory(name, text)
    except Exception:
        return None


def _same(name: str, said: str, made: str, parsed: Any) -> bool:
    """Tell whether two texts of a header mean the same; the first may have been read already."""
    wanted, found = parsed or _read(name, said), _read(name, made)
    if wanted is None or found is None:
        return False
    if name.lower() in _WITH_ADDRESSES and wanted.addresses:
        # In an encoded word an address is none, whatever a parser makes of it.
        unharmed = not made.isascii() or all(address.addr_spec.isascii() for address in wanted.addresses)
        return unharmed and bool(wanted.groups == found.groups)
    if hasattr(wanted, "params"):
        return _first(said) == _first(made) and bool(wanted.params == found.params)
    return str(wanted) == str(found)


def _first(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _folded(name: str, text: str) -> bytes:
    """Fold ASCII at the spaces that are there, and nowhere else; empty where a line would be too long."""
    lines = [f"{name}:"]
    for word in re.findall(r"[ \t]*[^ \t]+", f" {text}"):
        if len(lines[-1]) + len(word) > _WIDTH and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += word
    if max(map(len, lines)) > MAX_LINE_LENGTH:
        return b""
    return "\r\n".join([*lines, ""]).encode()


def _encoded(name: str, text: str) -> bytes:
    """Write a header that is not all ASCII; addresses so that only their names are encoded."""
    said = _read(name, text)
    if said is not None and name.lower() in _WITH_ADDRESSES and said.addresses:
        shown = []
        for group in said.groups:
            members = ",\r\n ".join([_mailbox(address) for address in group.addresses])
            shown.append(members if group.display_name is None else f"{_phrase(group.display_name)}: {members};")
        # An address that is not ASCII itself has no other form than UTF-8 (RFC 6532).
        return (f"{name}: " + ",\r\n ".join(shown) + "\r\n").encode()
    if said is not None and hasattr(said, "params"):
        return _by_policy(SMTP, name, said)
    return f"{name}: {_words(text if said is None else str(said))}\r\n".encode()


def _mailbox(address: Any) -> str:
    return f"{_phrase(address.display_name)} <{address.addr_spec}>" if address.display_name else address.addr_spec


def _phrase(name: str) -> str:
    if not name.isascii():
        return _words(name)
    return name if _ATOMS.fullmatch(name) else f'"{quote(name)}"'


def _words(text: str) -> str:
    return encode_name(text).replace(" ", "\r\n ")
