"""Check and format names and addresses, and whatever else ends up in a header."""

import email.policy
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.headerregistry import Address, Group
from typing import Any

from .checks import CONTROLS, check_no_control_characters, check_text
from .domains import LABEL, MAX_DOMAIN_LENGTH, character, check_domain, check_no_look_alike
from .encoded_words import encode_name
from .problems import invalid, wrong_type

AddressLike = str | tuple[str, str] | Address
"""``"jane@example.com"``, ``"Jane <jane@example.com>"``, ``("Jane", "jane@example.com")`` or the standard library's."""

HeadersLike = Mapping[str, str] | Sequence[tuple[str, str]]

MAX_ADDRESSES = 100
"""Addresses each in to, cc and bcc (the API's reference of ``/email/send``)."""

MAX_ADDRESS_LENGTH = 998
"""Characters, as in a line of a header (RFC 5322); telling whether some texts of 40,000 are addresses takes seconds."""

FORBIDDEN_HEADERS = frozenset({"content-type", "content-transfer-encoding", "mime-version"})
"""Headers that the provider writes itself and refuses as custom headers (the same page)."""

ADDRESS_HEADERS = frozenset(
    {
        "bcc",
        "cc",
        "disposition-notification-to",
        "errors-to",
        "from",
        "mail-followup-to",
        "mail-reply-to",
        "reply-to",
        "resent-bcc",
        "resent-cc",
        "resent-from",
        "resent-reply-to",
        "resent-sender",
        "resent-to",
        "return-receipt-to",
        "sender",
        "to",
    }
)
"""Headers that hold addresses, in small letters (RFC 5322, RFC 8098, and some that are only in use)."""

_HEADER_NAME = re.compile(r"[!-9;-~]+")

# The forms that nearly every address has. The standard library's parser takes over for all others; it is right about
# comments and groups, and some fifty times slower.
_ATEXT = "A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
_LOCAL = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*")
_PLAIN = re.compile(rf"{_LOCAL.pattern}@{LABEL}(?:\.{LABEL})*")
_LONGEST_PLAIN = MAX_DOMAIN_LENGTH + 2
"""Characters up to which no domain in it can be too long."""
_WIDE = rf"(?P<local>[.{_ATEXT}]+)@(?P<domain>[^\s{CONTROLS}<>()\[\]\\,;:@\"]+)"
_BARE = re.compile(_WIDE)
_QUOTED = r'"(?P<quoted>(?:[^"\\]|\\.)*)"'
_NAME = r"[^\s<>()\[\]\\,;:@\".][^<>()\[\]\\,;:@\".]*?"
_NAMED_PLAIN = re.compile(rf"{_NAME} *<{_PLAIN.pattern}>")
_NAMED = re.compile(rf"(?:{_QUOTED}|{_NAME}) *<{_WIDE}>")
_LITERAL = re.compile(r"\[[A-Za-z0-9.:-]+\]")
_ESCAPED = re.compile(r"\\(.)")
_BEFORE_DOMAIN = re.compile(r".*@(?:\*\.)?|\*?\.")
_COMMENT = re.compile(r"\([^()]*\)")

_HARMLESS = ("ObsoleteHeaderDefect", "NonASCIILocalPartDefect")

# What a name needs quotes for. Without them spaces are one space to a reader, and =? begins an encoded word.
_NEEDS_QUOTES = re.compile(r'[()<>@,:;.\\"\[\]]|^ | $|  |=\?')
_FORMATTED = re.compile(rf"(?:{_QUOTED}|(?P<bare>[^\"<]*?)) ?<(?P<spec>.+)>")


def format_address(value: AddressLike, argument: str) -> str:
    """Return an address as the API takes it, ``Name <name@example.com>``, quoted where it must be, its domain in ASCII.

    Raises:
        ValueError: It is not one address, or holds characters that can't be in it. The address itself is not in the
            message.
        TypeError: It is no kind of address.
    """
    # By the type itself: a mock says of its class that it is any other, and a subclass could answer in its own way.
    kind = type(value)
    if kind is not str and issubclass(kind, str):
        value = check_text(value, argument)
    if type(value) is str:
        if len(value) <= _LONGEST_PLAIN and _PLAIN.fullmatch(value):
            return value
        return _format_text(value, argument)
    if isinstance(value, Address) and issubclass(kind, Address):
        name, local, domain = value.display_name, value.username, value.domain
        check_no_control_characters(name, argument)
        check_no_control_characters(f"{local}@{domain}", argument)
        _refuse_look_alikes(f"{local}@{domain}", argument)
        return _display(name, _spec(local, domain, argument, len(local) + 1))
    if isinstance(value, tuple) and issubclass(kind, tuple) and len(value) == 2:
        name, spec = check_text(value[0], argument), check_text(value[1], argument)
        check_no_control_characters(name, argument)
        if len(spec) > _LONGEST_PLAIN or not _PLAIN.fullmatch(spec):
            spec = _bare(spec, argument)
        return _display(name, spec)
    raise wrong_type(argument, "a str, a (name, address) pair or an Address", value)


def _format_text(text: str, argument: str) -> str:
    """Format an address that is not plain ASCII without a name."""
    _refuse_long(text, argument)
    if not text.isprintable():
        check_no_control_characters(text, argument)
    if len(text) <= _LONGEST_PLAIN and _NAMED_PLAIN.fullmatch(text):
        return text
    if found := _NAMED.fullmatch(text):
        spec = _found(found, argument)
        if found["quoted"] is not None:
            return _display(_ESCAPED.sub(r"\1", found["quoted"]), spec)
        # An unquoted name goes out as it came.
        return f"{text[: found.start('local')]}{spec}>"
    if found := _BARE.fullmatch(text):
        return _found(found, argument)
    name, local, domain = _parse(text, argument)
    return _display(name, _spec(local, domain, argument, max(0, text.rfind(domain))))


def _bare(text: str, argument: str) -> str:
    """Format the address of a pair."""
    _refuse_long(text, argument)
    check_no_control_characters(text, argument)
    if found := _BARE.fullmatch(text):
        return _found(found, argument)
    name, local, domain = _parse(text, argument)
    if name:
        raise invalid(argument, "must have its name in the first half of the pair, not in the address as well")
    return _spec(local, domain, argument, max(0, text.rfind(domain)))


def _found(found: re.Match[str], argument: str) -> str:
    """Format an address that the patterns found."""
    if not _LOCAL.fullmatch(found["local"]):
        raise invalid(
            argument,
            "must be an e-mail address, not one with two full stops in a row, or one at an edge, before the @; if it "
            "really has them, write the part before the @ in quotes",
        )
    return f"{found['local']}@{check_domain(found['domain'], argument, found.start('domain'))}"


def _spec(local: str, domain: str, argument: str, offset: int) -> str:
    """Put together the part before the @, without quotes, and the domain."""
    if not local or not domain:
        raise invalid(
            argument,
            f"must be an e-mail address with one @, not one with nothing {'before' if domain else 'behind'} it",
        )
    for position, letter in enumerate(local):
        if not letter.isascii():
            raise invalid(
                argument,
                f"must be ASCII before the @, not hold {character(letter)} at position {position} of that part",
            )
    if not _LITERAL.fullmatch(domain):
        domain = check_domain(domain, argument, offset)
    return f"{local if _LOCAL.fullmatch(local) else quoted(local)}@{domain}"


def _display(name: str, spec: str) -> str:
    """Put a name before an address."""
    if not name:
        return spec
    return f"{quoted(name) if _NEEDS_QUOTES.search(name) else name} <{spec}>"


def quoted(text: str) -> str:
    """Return a text as a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _refuse_long(text: str, argument: str) -> None:
    if len(text) > MAX_ADDRESS_LENGTH:
        raise invalid(argument, f"must have at most {MAX_ADDRESS_LENGTH} characters, not {len(text):,}")


def _refuse_look_alikes(text: str, argument: str) -> None:
    """Look at the address in a text, and not at the name beside it, where emoji and some scripts need such characters.

    Positions are those of the whole text.
    """
    if text.isascii():
        return
    begin, end = text.rfind("<") + 1, len(text)
    if text.endswith(">") and begin:
        end -= 1
    else:
        # Comments are names too.
        begin, text = 0, _COMMENT.sub(lambda found: " " * len(found[0]), text)
    for position in range(begin, end):
        if not text[position].isascii():
            check_no_look_alike(text[position], argument, position)


def _parse(text: str, argument: str) -> tuple[str, str, str]:
    """Let the standard library find the name, the part before the @, and the domain."""
    _refuse_look_alikes(text, argument)
    (address,) = _parsed(text, argument, alone=True)
    return address.display_name, address.username, address.domain


def _suspected(text: str) -> str:
    """Describe a text that is not an address, without the text."""
    count = text.count("@")
    if not text.strip():
        return "an empty text"
    if ";" in text and count > 1:
        return "several with ';' between them; give them as a list"
    if count == 1:
        return "a text of another form"
    return f"a text with {count:,}" if count else "a text without @"


def _parsed(text: str, argument: str, *, alone: bool) -> Sequence[Address]:
    _refuse_long(text, argument)
    header: Any = None
    addresses: Sequence[Address] = ()
    groups: Sequence[Group] = ()
    # For input that it does not expect the parser has been seen to raise errors of its own, IndexError, TypeError,
    # AttributeError and RecursionError. They can hold the address, so they are not the cause of ours.
    with suppress(Exception):
        header = email.policy.default.header_factory("To", text)
        addresses, groups = header.addresses, header.groups
    if alone and len(addresses) > 1:
        raise invalid(
            argument,
            f"must be one address, not {len(addresses)} in one text; give one each, and a name with a comma as a "
            "(name, address) pair or in quotes",
        )
    if any(group.display_name is not None for group in groups):
        raise invalid(argument, "must be an e-mail address, not a group")
    # A full stop in an unquoted name is obsolete and harmless: it is quoted when formatted. What is not ASCII before
    # the @ is told by its name.
    if not addresses or any(type(defect).__name__ not in _HARMLESS for defect in header.defects):
        raise invalid(argument, f"must be an e-mail address with one @, not {_suspected(text)}")
    # Once more: the parser decodes encoded words, and =?utf-8?q?=C2=85?= is a line break.
    for address in addresses:
        check_no_control_characters(str(address), argument)
    return addresses


def address_header(addresses: Sequence[str]) -> str:
    """Return formatted addresses as the value of a header, in ASCII.

    The API documents headers as text, and says nothing of addresses in them. What is not ASCII would be encoded as a
    whole, commas and all, and a reader would take a name with a comma for two addresses.
    """
    return ", ".join([text if text.isascii() and "=?" not in text else _in_ascii(text) for text in addresses])


def _in_ascii(address: str) -> str:
    found = _FORMATTED.fullmatch(address)
    if not found or (found["quoted"] is None and address.isascii()):
        # A name in encoded words, as it was given.
        return address
    name = found["bare"] if found["quoted"] is None else _ESCAPED.sub(r"\1", found["quoted"])
    return f"{encode_name(name)} <{found['spec']}>"


def address_or_domain(text: str, argument: str) -> str:
    """Return what names an address, a domain, or all of either by a ``*``, with its domain in ASCII.

    What is ASCII stays as it is: the API's reference does not say which writings its lists take.

    Raises:
        ValueError: It holds characters that do not show or look like others, or its domain can't be a domain.
    """
    if text.isascii():
        return text
    for position, letter in enumerate(text):
        if not letter.isascii():
            check_no_look_alike(letter, argument, position)
    found = _BEFORE_DOMAIN.match(text)
    before = found[0] if found else ""
    if not before.isascii():
        position = next(place for place, letter in enumerate(before) if not letter.isascii())
        odd = character(text[position])
        raise invalid(argument, f"must be ASCII before the @, not hold {odd} at position {position}")
    return before + check_domain(text[len(before) :], argument, len(before))


def optional_addresses(value: AddressLike | Sequence[AddressLike] | None, argument: str) -> tuple[str, ...]:
    """Return addresses as `format_addresses` does, and none for ``None`` and for an empty list.

    Raises:
        ValueError: More than 100 addresses, or a wrong address.
        TypeError: Something that is no kind of address.
    """
    kind = type(value)
    if value is None or (issubclass(kind, (list, tuple)) and not value):
        return ()
    if issubclass(kind, str) and not check_text(value, argument).strip():
        raise invalid(argument, "must not be empty; give None, or an empty list, where there is no address")
    return format_addresses(value, argument)


def format_addresses(value: AddressLike | Sequence[AddressLike], argument: str) -> tuple[str, ...]:
    """Return 1 to 100 addresses as the API takes them; a single address needs no list.

    Raises:
        ValueError: No address, more than 100, or a wrong address; the message names its position.
        TypeError: Something that is no kind of address.
    """
    kind = type(value)
    if isinstance(value, (str, Address)) and issubclass(kind, (str, Address)):
        return (format_address(value, argument),)
    if not isinstance(value, Sequence) or not issubclass(kind, Sequence) or isinstance(value, (bytes, bytearray)):
        raise wrong_type(argument, "an address or a list of addresses", value)
    if not 1 <= len(value) <= MAX_ADDRESSES:
        raise invalid(argument, f"must be 1 to {MAX_ADDRESSES} addresses, not {len(value):,}")
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and "@" not in value[0]:
        raise invalid(argument, f"must have a (name, address) pair in a list: {argument}=[(name, address)]")
    return tuple([format_address(item, f"{argument}[{number}]") for number, item in enumerate(value)])


def check_headers(value: HeadersLike, argument: str) -> tuple[tuple[str, str], ...]:
    """Return custom headers as pairs, in order, repeats kept. Addresses in them are written in ASCII.

    Raises:
        ValueError: A name that the provider does not allow or that is not a header name, or a control character.
        TypeError: Not a mapping or pairs of text.
    """
    if isinstance(value, Mapping) and issubclass(type(value), Mapping):
        value = list(value.items())
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or not issubclass(type(value), Sequence):
        raise wrong_type(argument, "a mapping or a list of pairs", value)
    pairs = []
    for number, pair in enumerate(value):
        where = f"{argument}[{number}]"
        if not issubclass(type(pair), (tuple, list)) or len(pair) != 2:
            raise wrong_type(where, "a pair of name and value", pair)
        name, text = check_text(pair[0], f"{where} name"), check_text(pair[1], f"{where} value")
        check_no_control_characters(name, f"{where} name")
        check_no_control_characters(text, f"{where} value")
        if not _HEADER_NAME.fullmatch(name):
            # The name is not shown: it is a value where the caller has put the two the wrong way round.
            raise invalid(where, "must have a name in printable ASCII without spaces and colons")
        if name.lower() in FORBIDDEN_HEADERS:
            raise invalid(where, f"must not be the header {name}, which the provider writes itself")
        if not text.isascii() and name.lower() in ADDRESS_HEADERS:
            addresses = _parsed(text, f"{where} value", alone=False)
            text = address_header([format_address(address, f"{where} value") for address in addresses])
        pairs.append((name, text))
    return tuple(pairs)
