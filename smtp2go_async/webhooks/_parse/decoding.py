"""Bytes and their content type -> the fields of a webhook's request, from JSON or from a form."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from ..._masking import mask_text
from ...errors import WebhookError

MAX_FORM_FIELDS: Final = 1000
"""Fields of a form. Real forms have about 20; each recipient of an e-mail can be a field."""

MAX_DEPTH: Final = 32
"""Levels of lists and objects in JSON. Real events have 2. What is deeper can't be copied or pickled everywhere."""

MAX_SLICE_BYTES: Final = 10_000
"""Bytes of a form's field that are unescaped at a time."""

MAX_TYPE_LENGTH: Final = 60
"""Characters that an error shows of a content type."""

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE | re.ASCII)
# Encodings in which ASCII stays ASCII: UTF-16 and UTF-32 are recognised by their bytes. Python has other codecs, too,
# that are slow (punycode) or no encodings of text (zip), so a charset from outside is not handed to it unseen.
_ENCODING = re.compile(
    r"(us-)?ascii|latin-?1|iso[-_]?8859[-_]\d{1,2}|(windows-|cp)125\d|koi8-[ru]|macroman|gb(k|2312|18030)|big5|"
    r"euc-(jp|kr)|shift[-_]jis|tis-620",
    re.IGNORECASE | re.ASCII,
)
_EVENT_IN_A_FORM = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|&)event=", re.IGNORECASE)
_BOM: Final = b"\xef\xbb\xbf"
_LATIN_1: Final = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}


def decode(body: bytes, content_type: str) -> dict[str, Any]:
    """Read the fields of a request.

    Raises:
        WebhookError: The body is no JSON object and no form, or is too large in one of the ways above.
    """
    if content_type == _JSON and body[:1] == b"{" and body[-1:] == b"}":
        # The quick way for nearly all requests that are JSON.
        return _json(body, text_of(body, None))
    kind, charset = _kind(content_type), _charset(content_type)
    if not body.strip():
        raise WebhookError("the body is empty")
    # An event is not lost for a wrong content type, if the body shows what it is.
    if kind is not _JSON and _is_json(body):
        kind = _JSON
    elif kind is not _FORM and _is_form(body):
        kind = _FORM
    return _form(body, charset) if kind is _FORM else _json(body, _json_text(body, charset))


def _kind(content_type: str) -> str | None:
    """Return whether a content type means JSON or a form; ``None`` if there is no content type.

    Raises:
        WebhookError: It means something else.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in (_JSON, "text/json") or (media_type.endswith("+json") and _TYPE.fullmatch(media_type)):
        return _JSON
    if media_type == _FORM:
        return _FORM
    if not media_type:
        return None
    # Only what has the shape of a type is shown: the header can hold anything.
    is_shown = len(media_type) <= MAX_TYPE_LENGTH and _TYPE.fullmatch(media_type)
    shown = mask_text(media_type) if is_shown else "no type that can be read"
    raise WebhookError(f"the content type must be {_JSON} or {_FORM}, and is {shown}")


def _charset(content_type: str) -> str | None:
    found = _CHARSET.search(content_type)
    return found[1] if found and _ENCODING.fullmatch(found[1]) else None


def _is_json(body: bytes) -> bool:
    """Whether a body can be a JSON object or list, and no form: in UTF-16 and UTF-32 it is never a form."""
    return _first(body) in (b"{", b"[") or json.detect_encoding(body) not in ("utf-8", "utf-8-sig")


def _is_form(body: bytes) -> bool:
    """Whether a body is a form with an event, and no JSON."""
    return _first(body) not in (b"{", b"[", b'"') and _EVENT_IN_A_FORM.search(body) is not None


def _first(body: bytes) -> bytes:
    return body.removeprefix(_BOM).lstrip()[:1]


def text_of(content: bytes, charset: str | None) -> str:
    """Decode text that says it is in ``charset``; without any, or if that is wrong, as UTF-8.

    A byte that is not UTF-8 is read as Latin-1, so that no event is lost for it and the text around it stays right.
    """
    try:
        return content.decode(charset or "utf-8")
    except (UnicodeError, LookupError):
        if charset is not None:
            return text_of(content, None)
    return content.decode("utf-8", "surrogateescape").translate(_LATIN_1)


def _json(body: bytes, text: str) -> dict[str, Any]:
    data: Any = None
    # Raised outside of the except clause, since the decoder's errors hold the whole body.
    problem = ""
    try:
        # Quicker than `decode`, because it does not look for blanks around the object.
        data, end = _read_json(text)
        if end != len(text):
            problem = f"the body is not JSON: Extra data at character {end}"
    except RecursionError:
        problem = f"the JSON has more than {MAX_DEPTH} levels"
    except json.JSONDecodeError as error:
        problem = f"the body is not JSON: {error.msg} at character {error.pos}"
    if problem:
        raise WebhookError(problem)
    if data.__class__ is not dict:
        shape = "a list" if data.__class__ is list else "a single value"
        raise WebhookError(f"the body must be a JSON object, and is {shape}")
    # Counted first, because it is quick: most events can't be as deep as that.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _is_deep(data):
        raise WebhookError(f"the JSON has more than {MAX_DEPTH} levels")
    fields: dict[str, Any] = data
    return fields


def _json_text(body: bytes, charset: str | None) -> str:
    body = body.removeprefix(_BOM)
    encoding = json.detect_encoding(body)
    return text_of(body, charset).strip() if encoding == "utf-8" else body.decode(encoding, "replace").strip()


def _whole(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        # Python refuses more than some thousand digits, because that takes for ever.
        return digits


# NaN and Infinity stay text: NaN is not equal to itself, so neither would two events be. Without `strict`, a line break
# inside a text is accepted.
_read_json: Final = json.JSONDecoder(parse_constant=str, parse_int=_whole, strict=False).raw_decode


def _is_deep(value: object) -> bool:
    # Level by level: a recursion would end where `MAX_DEPTH` begins to matter.
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for outer in level for part in _inside(outer) if part.__class__ in (dict, list)]
        if not level:
            return False
    return True


def _inside(outer: Any) -> Iterator[Any]:
    return iter(outer.values() if outer.__class__ is dict else outer)


def _form(body: bytes, charset: str | None) -> dict[str, Any]:
    if body.count(b"&") >= MAX_FORM_FIELDS:
        raise WebhookError(f"the form has more than {MAX_FORM_FIELDS} fields")
    fields: dict[str, Any] = {}
    for pair in body.strip().removeprefix(_BOM).split(b"&"):
        name, _, value = pair.partition(b"=")
        if not name:
            continue
        key, text = _unquoted(name, charset), _unquoted(value, charset)
        if key not in fields:
            fields[key] = text
        elif fields[key].__class__ is list:
            fields[key].append(text)
        else:
            fields[key] = [fields[key], text]
    return fields


def _unquoted(part: bytes, charset: str | None) -> str:
    if b"+" in part:
        part = part.replace(b"+", b" ")
    if b"%" in part:
        part = unquote_to_bytes(part) if len(part) <= MAX_SLICE_BYTES else _unescaped(part)
    return part.decode() if part.isascii() else text_of(part, charset)


def _unescaped(part: bytes) -> bytes:
    # In slices, since an object is made of each escape: of a whole body that would be 200 times as much memory.
    slices, start = [], 0
    while start < len(part):
        end = start + MAX_SLICE_BYTES
        # Not in the middle of an escape, which has 3 bytes.
        near = part.rfind(b"%", end - 2, end) if end < len(part) else -1
        end = near if near > start else end
        slices.append(unquote_to_bytes(part[start:end]))
        start = end
    return b"".join(slices)
