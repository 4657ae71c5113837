"""The rules of SMTP2GO for requests: fields, types, addresses, limits. No I/O and no state."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from attrs import frozen

MAX_ADDRESSES = 100  # in each of to, cc and bcc
MAX_BATCH = 1000
MAX_SMS_DESTINATIONS = 100
MAX_SCHEDULE_AHEAD = timedelta(days=3)
FORBIDDEN_HEADERS = frozenset({"content-type", "content-transfer-encoding", "mime-version"})

_KEY = re.compile(r"api-[A-Za-z0-9]{32}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])+")'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_LABEL}(?:\.{_LABEL})*)")
_NAMED = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"\s*|(?P<plain>[^"<>@,;:\\\[\]]*))<(?P<address>[^<>]*)>')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[\x21-\x39\x3b-\x7e]+")
_WORD = r"[A-Za-z0-9!#$&^_.+-]+"
_MIMETYPE = re.compile(rf'{_WORD}/{_WORD}(?: *; *{_WORD}=(?:{_WORD}|"[^"\\\x7f-\U0010ffff]*"))*')
_SCHEDULE = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ?(Z|[+-]\d\d:?\d\d))?", re.ASCII)
_NUMBER = re.compile(r"\+?[1-9][0-9]{6,14}")
_KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class RequestError(Exception):
    """The API refuses a request, with an HTTP status and the value of ``data`` in the response."""

    def __init__(self, status: int, code: str, error: str, field_error: Mapping[str, str] | None = None) -> None:
        super().__init__(status, code, error, field_error)
        self.status = status
        self.data: dict[str, Any] = {"error_code": f"E_ApiResponseCodes.{code}", "error": error}
        if field_error:
            self.data["field_validation_errors"] = dict(field_error)


@frozen
class Mailbox:
    """A display name, possibly empty, and a bare address."""

    name: str
    address: str


@frozen(kw_only=True)
class DraftFile:
    """A file of a request, decoded; it has a ``url`` and no content when it was passed by address."""

    filename: str
    mimetype: str | None
    content: bytes
    url: str | None
    inline: bool


@frozen(kw_only=True)
class Draft:
    """An e-mail of a request that keeps all rules, and is not a message yet."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    subject: str
    text: str | None
    html: str | None
    headers: tuple[tuple[str, str], ...]
    files: tuple[DraftFile, ...]
    template_id: str | None
    template_data: Mapping[str, Any] | None
    schedule: datetime | None


def not_understood() -> RequestError:
    """Return the error for a body that is not a JSON object."""
    return RequestError(
        400,
        "NON_VALIDATING_IN_PAYLOAD",
        "The JSON data sent with the request could not be processed. It must be a JSON object, sent with the "
        "Content-Type 'application/json'.",
    )


def invalid(fieldname: str, message: str) -> RequestError:
    """Return the error for a field that breaks a rule."""
    return RequestError(
        400,
        "NON_VALIDATING_IN_PAYLOAD",
        "The JSON data sent with the request does not conform to the specification of this call. "
        "Don't forget to set Content-Type to 'application/json'.",
        {"fieldname": fieldname, "message": f"The field '{fieldname}' {message}"},
    )


def check_key_form(given: object) -> str:
    """Return a key, or refuse it with 403 as seen in 2026 when it is absent or malformed."""
    if not isinstance(given, str) or not is_key(given):
        raise RequestError(
            403, "INVALID_IN_PAYLOAD", "The API Key passed was not in the correct format: api-[A-Za-z0-9]{32}"
        )
    return given


def is_key(value: object) -> bool:
    """Return whether a value has the form of an API key."""
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def masked_key(key: object) -> str:
    """Return a key masked as the provider has masked keys since 2026-06-22."""
    return f"{str(key)[:16]}{'*' * 20}" if is_key(key) else "*" * 36


class Fields:
    """Reads the fields of a JSON object and checks their types; null is a wrong type everywhere."""

    def __init__(self, body: Mapping[str, Any], at: str = "") -> None:
        self._body = body
        self._at = at

    def __contains__(self, name: str) -> bool:
        return name in self._body

    def fail(self, name: str, message: str) -> NoReturn:
        """Raise the error for a field, named with the place of the object in the request."""
        raise invalid(self._at + name, message)

    def without(self, *names: str) -> dict[str, Any]:
        """Return all other fields."""
        return {name: value for name, value in self._body.items() if name not in names}

    def raw(self, name: str) -> Any:
        """Return a field as it was sent, with any type."""
        return self._body.get(name)

    def text(self, name: str) -> str | None:
        """Return a text field, or `None` when it was not sent."""
        if name not in self._body:
            return None
        value = self._body[name]
        if not isinstance(value, str):
            self.fail(name, f"was expecting a string but found {_kind(value)}")
        # JSON can spell half a surrogate pair (\ud800), which a message cannot carry.
        if not value.isascii() and _SURROGATE.search(value):
            self.fail(name, "holds characters that are not valid Unicode")
        return value

    def line(self, name: str) -> str | None:
        """Return a text field without line breaks and other control characters, since it goes into a header."""
        value = self.text(name)
        if value is not None and _CONTROL.search(value):
            self.fail(name, "must not contain control characters")
        return value

    def required(self, name: str, value: str | None) -> str:
        """Return the value of a text field that must not be missing or empty."""
        if not value:
            self.fail(name, "is required")
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean field, False when it was not sent."""
        value = self._body.get(name, False)
        if not isinstance(value, bool):
            self.fail(name, f"was expecting a boolean but found {_kind(value)}")
        return value

    def whole(self, name: str, *, lowest: int | None = None, highest: int | None = None) -> int | None:
        """Return an integer field, or `None` when it was not sent."""
        if name not in self._body:
            return None
        value = self._body[name]
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(name, f"was expecting an integer but found {_kind(value)}")
        if lowest is not None and value < lowest:
            self.fail(name, f"must be at least {lowest}")
        if highest is not None and value > highest:
            self.fail(name, f"must be at most {highest}")
        return value

    def array(self, name: str, *, most: int | None = None, required: bool = False) -> list[Any]:
        """Return an array field, empty when it was not sent."""
        value = self._body.get(name, [])
        if not isinstance(value, list):
            self.fail(name, f"was expecting an array but found {_kind(value)}")
        if required and not value:
            self.fail(name, "is required and must have at least 1 item")
        if most is not None and len(value) > most:
            self.fail(name, f"can have at most {most} items but has {len(value)}")
        return value

    def words(self, name: str) -> list[str]:
        """Return an array of texts, empty when it was not sent."""
        words = self.array(name)
        for index, word in enumerate(words):
            if not isinstance(word, str):
                self.fail(f"{name}[{index}]", f"was expecting a string but found {_kind(word)}")
        return words

    def one_of(self, name: str, value: str, possible: Sequence[str]) -> None:
        """Refuse a text that is not one of the possible values of a field."""
        if value not in possible:
            self.fail(name, f"was expecting one of {', '.join(possible)}")

    def objects(self, name: str, *, most: int | None = None, required: bool = False) -> "list[Fields]":
        """Return the fields of each object of an array."""
        if not required and name not in self._body:
            return []
        found = []
        for index, item in enumerate(self.array(name, most=most, required=required)):
            if not isinstance(item, dict):
                self.fail(f"{name}[{index}]", f"was expecting an object but found {_kind(item)}")
            found.append(Fields(item, f"{self._at}{name}[{index}]."))
        return found

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """Return an object field; the API accepts it as a string of JSON, too."""
        value = self._body.get(name, {})
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                self.fail(name, "was expecting an object but found a string that is not JSON")
        if not isinstance(value, dict):
            self.fail(name, f"was expecting an object but found {_kind(value)}")
        return value if name in self._body else None

    def decoded(self, name: str) -> bytes:
        """Return the bytes of a Base64 field that must not be missing; line breaks in it are allowed."""
        value = self.text(name)
        if value is None:
            self.fail(name, "is required")
        try:
            return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
        except (binascii.Error, ValueError):
            self.fail(name, "was expecting valid Base64")


def read_draft(fields: Fields, now: datetime) -> Draft:
    """Check an e-mail of ``/email/send`` or ``/email/batch``, and return it."""
    sender = parse_mailbox(fields.required("sender", fields.text("sender")))
    if sender is None:
        fields.fail("sender", "was expecting a valid RFC-822 formatted email field")
    to, cc, bcc = (_mailboxes(fields, name, required=name == "to") for name in ("to", "cc", "bcc"))
    subject, text, html = fields.line("subject"), fields.text("text_body"), fields.text("html_body")
    template_id = fields.line("template_id")
    if not template_id:
        if subject is None:
            fields.fail("subject", "is required unless template_id is passed")
        if not text and not html:
            fields.fail("text_body", "or 'html_body' is required unless template_id is passed")
    return Draft(
        sender=sender,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=subject or "",
        text=text or None,
        html=html or None,
        headers=tuple(read_header(item) for item in fields.objects("custom_headers")),
        files=(
            *(_file(item, inline=False) for item in fields.objects("attachments")),
            *(_file(item, inline=True) for item in fields.objects("inlines")),
        ),
        template_id=template_id or None,
        template_data=fields.mapping("template_data"),
        schedule=read_schedule(fields, now),
    )


def parse_mailbox(value: str) -> Mailbox | None:
    """Read ``name@example.com`` or ``Name <name@example.com>``; return `None` when it is neither."""
    value = value.strip()
    if _CONTROL.search(value) or (not value.isascii() and _SURROGATE.search(value)):
        return None
    name, address = "", value
    if named := _NAMED.fullmatch(value):
        quoted = named["quoted"]
        name = named["plain"].strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        address = named["address"].strip()
    match = _ADDRESS.fullmatch(address)
    if match is None or len(match["local"]) > 64 or len(match["domain"]) > 255:
        return None
    return Mailbox(name, address)


def read_schedule(fields: Fields, now: datetime) -> datetime | None:
    """Read ``schedule`` in any form in use: with an offset, with Z, without a zone (UTC), or as a Unix time."""
    if "schedule" not in fields:
        return None
    try:
        moment = _moment(fields)
    except (ValueError, OverflowError, OSError):
        fields.fail("schedule", "was expecting a time such as '2026-01-31 13:15:00 +1200'")
    if moment <= now:
        fields.fail("schedule", "must be in the future")
    if moment > now + MAX_SCHEDULE_AHEAD:
        fields.fail("schedule", "must be within the next 3 days")
    return moment


def read_period(fields: Fields, default_start: datetime) -> tuple[datetime, datetime | None]:
    """Read ``start_date`` (inclusive) and ``end_date`` (exclusive), or the old ``unix_start`` and ``unix_end``."""
    bounds: list[datetime | None] = []
    for name, legacy in (("start_date", "unix_start"), ("end_date", "unix_end")):
        value, seconds = fields.text(name), fields.whole(legacy)
        try:
            if value:
                moment = datetime.fromisoformat(value)
                bounds.append(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
            else:
                bounds.append(None if seconds is None else datetime.fromtimestamp(seconds, UTC))
        except (ValueError, OverflowError, OSError):
            fields.fail(name if value else legacy, "was expecting an ISO-8601 date or time")
    return bounds[0] or default_start, bounds[1]


def read_numbers(fields: Fields) -> tuple[str, ...]:
    """Read ``destination``: 1 to 100 telephone numbers with country code."""
    numbers = fields.array("destination", most=MAX_SMS_DESTINATIONS, required=True)
    for index, number in enumerate(numbers):
        if not isinstance(number, str) or not _NUMBER.fullmatch(number):
            fields.fail(f"destination[{index}]", "was expecting a number with country code, digits with an optional +")
    return tuple(numbers)


def read_sms_sender(fields: Fields) -> str:
    """Read ``sender`` of a text: a number in E.164 form, or empty for the account's default."""
    sender = fields.text("sender") or ""
    if sender and not _E164.fullmatch(sender):
        fields.fail("sender", "was expecting a number in E.164 format")
    return sender


def _mailboxes(fields: Fields, name: str, *, required: bool) -> tuple[Mailbox, ...]:
    if not required and name not in fields:
        return ()
    found = []
    for index, item in enumerate(fields.array(name, most=MAX_ADDRESSES, required=required)):
        mailbox = parse_mailbox(item) if isinstance(item, str) else None
        if mailbox is None:
            fields.fail(f"{name}[{index}]", "was expecting a valid RFC-822 formatted email field")
        found.append(mailbox)
    return tuple(found)


def read_header(item: Fields) -> tuple[str, str]:
    """Read a custom header: an object with ``header`` and ``value``."""
    name = item.required("header", item.text("header"))
    if not _HEADER_NAME.fullmatch(name):
        item.fail("header", "was expecting the name of a header")
    if name.lower() in FORBIDDEN_HEADERS:
        item.fail("header", "names a header that is not allowed")
    value = item.line("value")
    if value is None:
        item.fail("value", "is required")
    return name, value


def _file(item: Fields, *, inline: bool) -> DraftFile:
    filename = item.required("filename", item.line("filename"))
    mimetype, url = item.line("mimetype"), item.line("url")
    if mimetype and not _MIMETYPE.fullmatch(mimetype):
        item.fail("mimetype", "was expecting a type such as 'application/pdf'")
    if ("fileblob" in item) == bool(url):
        item.fail("fileblob", "or 'url' is required, and not both")
    content = b"" if url else item.decoded("fileblob")
    return DraftFile(filename=filename, mimetype=mimetype or None, content=content, url=url or None, inline=inline)


def _moment(fields: Fields) -> datetime:
    seconds = fields.raw("schedule")
    # The provider's PHP library sends a Unix time. A bool is an int, too, but not a time.
    if isinstance(seconds, int) and not isinstance(seconds, bool):
        return datetime.fromtimestamp(seconds, UTC)
    value = fields.text("schedule") or ""
    match = _SCHEDULE.fullmatch(value)
    if match is None:
        raise ValueError(value)
    day, time, zone = match.groups()
    return datetime.fromisoformat(f"{day}T{time}{zone or 'Z'}")


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "null")
