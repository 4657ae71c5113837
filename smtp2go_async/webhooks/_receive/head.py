"""Headers and queries in one form, in whichever form a server or a framework has them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, unquote_to_bytes

from ..._values.problems import wrong_type
from .refusals import RefusalError

HeaderValue = str | bytes
Headers = Mapping[str, Any] | Mapping[bytes, Any] | Iterable[tuple[str, HeaderValue]] | Iterable[tuple[bytes, bytes]]
"""A mapping, whose values may be lists, or pairs; names in any letter case."""

Query = str | bytes | Mapping[str, Any] | None
"""What a URL has after its ``?``: as it came, or as a mapping of what it says."""


_DIGITS: Final = re.compile(r"[0-9]+")


class ReadHeaders(dict[str, str]):
    """Headers that `read_headers` has read: it returns them as they are, since each secret asks for them again."""


def read_headers(headers: Headers) -> ReadHeaders:
    """Return the headers by their names in lower case.

    A character stands for a byte of the wire (latin-1), so that nothing is lost, whatever the bytes mean. The values of
    a header that came more than once are joined with a comma, as WSGI servers do it.

    Raises:
        ArgumentTypeError: They are no headers.
    """
    if type(headers) is ReadHeaders:
        return headers
    found = ReadHeaders()
    for name, value in _pairs(headers, "headers"):
        key, text = _wire_text(name, "headers").lower(), _wire_text(value, "headers")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def read_query(query: Query) -> str:
    """Return the query as it came, with a character for each byte of the wire; of a mapping, what it would look like.

    Raises:
        ArgumentTypeError: It is no query.
    """
    if query is None:
        return ""
    if isinstance(query, (str, bytes, bytearray)):
        return _wire_text(query, "query")
    pairs = ((_utf8(name), _utf8(value)) for name, value in _pairs(query, "query"))
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def query_values(query: str, name: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield the values that a query has for a name, each in two readings: ``+`` as a blank, and ``+`` as itself.

    Forms write a blank as ``+``; the query of a URL that a person typed means a plus sign by it.
    """
    wanted = name.encode()
    for part in query.encode("latin-1").split(b"&"):
        key, _, value = part.partition(b"=")
        if unquote_to_bytes(key.replace(b"+", b" ")) == wanted:
            yield unquote_to_bytes(value.replace(b"+", b" ")), unquote_to_bytes(value)


def read_method(method: object) -> str:
    """Return a method in upper case."""
    if isinstance(method, (bytes, bytearray)):
        return bytes(method).decode("latin-1").upper()
    if not isinstance(method, str):
        raise wrong_type("method", "a str", method)
    return method.upper()


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the length that the headers say.

    A proxy and this server could believe different ones of two lengths, and so take a part of a body for a request of
    its own.
    """
    if "content-length" not in headers:
        return None
    lengths = {length.strip(" \t").lstrip("0") or "0" for length in headers["content-length"].split(",")}
    length = lengths.pop()
    if lengths:
        raise RefusalError(400, "there are two different Content-Length headers")
    if not _DIGITS.fullmatch(length):
        raise RefusalError(400, "Content-Length is not a number")
    if "transfer-encoding" in headers:
        raise RefusalError(400, "there are both Content-Length and Transfer-Encoding")
    # Python refuses to read numbers of thousands of digits.
    return int(length[:20])


def _pairs(given: Any, argument: str) -> Iterator[tuple[object, object]]:
    """Yield the names and values of a mapping, of a multidict or of a list of pairs."""
    # Not only of a Mapping: the headers of http.server have items, and yield names when they are iterated.
    pairs: Any = getattr(given, "items", lambda: given)
    try:
        for name, value in pairs():
            if isinstance(value, (list, tuple)):
                yield from ((name, item) for item in value)
            else:
                yield name, value
    except (TypeError, ValueError):
        raise wrong_type(argument, "a mapping or a list of pairs", given) from None


def _wire_text(value: object, argument: str) -> str:
    """Return a text with a character for each byte of the wire, of the bytes or of what a server made of them."""
    if isinstance(value, str):
        try:
            # Nearly always true, and then there is nothing to do.
            return str(value) if value.isascii() else value.encode("latin-1").decode("latin-1")
        except UnicodeEncodeError:
            return _utf8(value).decode("latin-1")
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    raise wrong_type(argument, "text or bytes", value)


def _utf8(value: object) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if not isinstance(value, str):
        raise wrong_type("query", "text or bytes", value)
    try:
        # Some servers decode as UTF-8, and keep each byte that is not valid UTF-8 as half a character.
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
