"""Check and format names and addresses, and whatever else ends up in a header."""

import email.policy
import re
from collections.abc import Mapping, Sequence
from email.headerregistry import Address
from typing import Any

from ._checks import CONTROLS, need_text, refuse_control_characters

AddressLike = str | tuple[str, str] | Address
"""``"jane@example.com"``, ``"Jane <jane@example.com>"``, ``("Jane", "jane@example.com")`` or the standard library's."""

HeadersLike = Mapping[str, str] | Sequence[tuple[str, str]]

MOST_ADDRESSES = 100
"""Addresses each in to, cc and bcc (the API's reference of ``/email/send``)."""

LONGEST_ADDRESS = 998
"""Characters, as in a line of a header (RFC 5322); telling whether some texts of 40,000 are addresses takes seconds."""

FORBIDDEN_HEADERS = frozenset({"content-type", "content-transfer-encoding", "mime-version"})
"""Headers that the provider writes itself and refuses as custom headers (the same page)."""

_HEADER_NAME = re.compile(r"[!-9;-~]+")

# The two forms that nearly every address has. The standard library's parser takes over for all others; it is right
# about quotes, comments and groups, and some fifty times slower.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = rf"[^\s{CONTROLS}<>()\[\]\\,;:@\".]+"
_PLAIN = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(rf"([^\s<>()\[\]\\,;:@\".][^<>()\[\]\\,;:@\".]*?) *<({_PLAIN.pattern})>")


def format_address(value: AddressLike, argument: str) -> str:
    """Return an address as the API takes it, ``Name <name@example.com>``, quoted where it must be.

    Raises:
        ValueError: It is not one address, or holds control characters. The address itself is not in the message.
        TypeError: It is no kind of address.
    """
    if isinstance(value, str):
        if len(value) <= LONGEST_ADDRESS and _PLAIN.fullmatch(value):
            return value
        _refuse_long(value, argument)
        refuse_control_characters(value, argument)
        if _NAMED.fullmatch(value):
            return value
        return str(_parse(value, argument))
    if isinstance(value, Address):
        name, spec = value.display_name, value.addr_spec
    elif isinstance(value, tuple) and len(value) == 2:
        name, spec = need_text(value[0], argument), need_text(value[1], argument)
    else:
        raise TypeError(
            f"{argument}: text, a (name, address) pair or an Address is needed, not a {type(value).__name__}"
        )
    refuse_control_characters(name, argument)
    refuse_control_characters(spec, argument)
    if not _PLAIN.fullmatch(spec):
        parsed = _parse(spec, argument)
        if parsed.display_name:
            raise ValueError(f"{argument}: the address of the pair holds a name as well")
        spec = parsed.addr_spec
    # The name is formatted beside a plain address, since Address would parse ours again.
    return f"{str(Address(name, 'x', 'y'))[: -len('<x@y>')]}<{spec}>" if name else spec


def _refuse_long(text: str, argument: str) -> None:
    if len(text) > LONGEST_ADDRESS:
        raise ValueError(f"{argument}: is longer than {LONGEST_ADDRESS} characters")


def _parse(text: str, argument: str) -> Address:
    _refuse_long(text, argument)
    try:
        header: Any = email.policy.default.header_factory("To", text)
        addresses: Sequence[Address] = header.addresses
    except Exception as error:
        # For input that it does not expect the parser has been seen to raise errors of its own, IndexError, TypeError,
        # AttributeError and RecursionError.
        raise ValueError(f"{argument}: is not an e-mail address") from error
    if len(addresses) > 1:
        raise ValueError(
            f"{argument}: {len(addresses)} addresses in one text; give one each, and a name with a comma as a "
            "(name, address) pair or in quotes"
        )
    if header.groups and header.groups[0].display_name is not None:
        raise ValueError(f"{argument}: a group is not an e-mail address")
    # A full stop in an unquoted name is obsolete and harmless: it is quoted when formatted.
    serious = [one for one in header.defects if type(one).__name__ != "ObsoleteHeaderDefect"]
    if not addresses or serious or not addresses[0].username or not addresses[0].domain:
        raise ValueError(f"{argument}: is not an e-mail address")
    # Once more: the parser decodes encoded words, and =?utf-8?q?=C2=85?= is a line break.
    refuse_control_characters(str(addresses[0]), argument)
    return addresses[0]


def format_addresses(value: AddressLike | Sequence[AddressLike], argument: str) -> tuple[str, ...]:
    """Return 1 to 100 addresses as the API takes them; one alone may stand without a list.

    Raises:
        ValueError: None, more than 100, or one that is wrong; the message names its position.
        TypeError: Something that is no kind of address.
    """
    if isinstance(value, (str, Address)):
        return (format_address(value, argument),)
    if not isinstance(value, Sequence) or isinstance(value, (bytes, bytearray)):
        raise TypeError(f"{argument}: an address or a list of addresses is needed, not a {type(value).__name__}")
    if not 1 <= len(value) <= MOST_ADDRESSES:
        raise ValueError(f"{argument}: 1 to {MOST_ADDRESSES} addresses are possible, not {len(value)}")
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and "@" not in value[0]:
        raise ValueError(
            f'{argument}: put a (name, address) pair into a list: {argument}=[("Jane", "jane@example.com")]'
        )
    return tuple([format_address(one, f"{argument}[{number}]") for number, one in enumerate(value)])


def check_headers(value: HeadersLike, argument: str) -> tuple[tuple[str, str], ...]:
    """Return custom headers as pairs, in order, repeats kept.

    Raises:
        ValueError: A name that the provider does not allow or that is not a header name, or a control character.
        TypeError: Not a mapping or pairs of text.
    """
    if isinstance(value, Mapping):
        value = list(value.items())
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"{argument}: a mapping or a list of pairs is needed, not a {type(value).__name__}")
    pairs = []
    for number, pair in enumerate(value):
        where = f"{argument}[{number}]"
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{where}: a pair of name and value is needed, not a {type(pair).__name__}")
        name, text = need_text(pair[0], f"{where} name"), need_text(pair[1], f"{where} value")
        refuse_control_characters(name, f"{where} name")
        refuse_control_characters(text, f"{where} value")
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{where}: {name!r} is not a header name (printable ASCII without spaces and colons)")
        if name.lower() in FORBIDDEN_HEADERS:
            raise ValueError(f"{where}: the header {name} is written by the provider and can't be set")
        pairs.append((name, text))
    return tuple(pairs)
