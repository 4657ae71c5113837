"""The records that the sandbox keeps: e-mails and texts that would have gone out, and the requests that came in."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any, Literal

from attrs import field, frozen

from .rules import masked_key

MAX_LEVELS = 100
"""Levels of lists and objects in a body; of all fields `template_data` has the most."""

Via = Literal["send", "mime", "batch"]


@frozen(kw_only=True)
class SentAttachment:
    """A file of an e-mail, decoded. Inlines have a ``cid``, files that were passed by address a ``url``."""

    filename: str
    mimetype: str
    content: bytes = field(repr=False)
    cid: str | None = None
    url: str | None = None

    @property
    def sha256(self) -> str:
        """Return the hexadecimal SHA-256 of the content, to compare with the file that was attached."""
        return hashlib.sha256(self.content).hexdigest()


# No slots, since cached_property keeps its values in the dict of the instance.
@frozen(kw_only=True, slots=False)
class SentEmail:
    """An e-mail that would have gone out.

    ``sender``, ``recipients`` and ``bcc`` are bare addresses; the recipients are those of the envelope (to, cc, bcc).
    ``custom_headers`` are the headers of the request; a ready-made message has only its own. ``username`` is the short
    form of the key that sent it, and ``subaccount`` the id of the subaccount, empty for the master account. It is
    ``sandboxed`` when that key had the status ``sandbox``.
    """

    email_id: str
    via: Via
    sender: str
    recipients: tuple[str, ...]
    subject: str
    # Makes `raw` on first use: most e-mails are only counted, and writing the message takes longer than all else.
    _build: Callable[[], bytes] = field(repr=False, eq=False, alias="build")
    bcc: tuple[str, ...] = ()
    custom_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    attachments: tuple[SentAttachment, ...] = ()
    request_id: str
    received_at: datetime
    username: str = ""
    subaccount: str = ""
    client_ip: str = ""
    sender_name: str = ""
    sandboxed: bool = False
    template_id: str | None = None
    template_data: Mapping[str, Any] | None = field(default=None, repr=False)
    schedule_id: str | None = None

    @cached_property
    def raw(self) -> bytes:
        """Return the RFC 5322 message that recipients would get, without a Bcc header."""
        return self._build()

    @cached_property
    def size(self) -> int:
        """Return the length of ``raw`` in bytes, without keeping ``raw`` for it."""
        return len(self.__dict__.get("raw") or self._build())

    @cached_property
    def message(self) -> EmailMessage:
        """Return ``raw`` as a parsed message of the standard library."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)


@frozen(kw_only=True)
class StoredSchedule:
    """An e-mail that waits for its scheduled time."""

    schedule_id: str
    schedule: datetime
    client_ip: str
    email: SentEmail


@frozen
class RecordedEvent:
    """An event of an e-mail on its way to a recipient.

    ``kind`` is a word of ``/activity/search``, and ``detail`` what goes with it: the words of the recipient's server
    about a bounce, the reason of a rejection, the link of a click.
    """

    moment: datetime
    kind: str
    email: SentEmail
    recipient: str
    detail: str = ""


@frozen
class RecordedSmsEvent:
    """An event of a text. ``kind`` is a word of ``sms_events`` of a webhook, such as ``delivered``."""

    moment: datetime
    kind: str
    text: "StoredSms"


@frozen(kw_only=True)
class StoredSms:
    """A text to a number. ``sender`` is empty when the request asked for the account's default number."""

    message_id: str
    destination: str
    sender: str
    content: str
    units: int
    status: str
    request_id: str
    received_at: datetime
    username: str = ""


@frozen(kw_only=True)
class StoredReply:
    """A text that arrived at a number of the account."""

    message_id: str
    source: str
    destination: str
    content: str
    username: str
    received_at: datetime


@frozen(kw_only=True, slots=False)
class ReceivedRequest:
    """A call that came in, with any outcome.

    Header names are in lower case, and the API key is masked everywhere. ``status`` is `None` when the reply was lost
    on purpose.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    # Kept as bytes, which take a fraction of the memory of the parsed objects.
    _content: bytes = field(repr=False, alias="content")
    size: int
    status: int | None

    @cached_property
    def body(self) -> Any:
        """Return the parsed JSON, or `None` when the body was not JSON."""
        body = parsed_json(self._content)
        if isinstance(body, dict) and "api_key" in body:
            body["api_key"] = masked_key(body["api_key"])
        return body


def parsed_json(content: bytes) -> Any:
    """Return the parsed body, or `None` when it is not JSON or is nested more deeply than any field of the API."""
    try:
        body = _decoder.decode(content.decode())
    except (ValueError, RecursionError):
        return None
    return None if _is_deep(content, body) else body


def _is_deep(content: bytes, body: Any) -> bool:
    """Return whether a body has so many levels that writing or comparing it could run out of stack."""
    if content.count(b"[") + content.count(b"{") <= MAX_LEVELS:
        return False
    level = [body] if isinstance(body, list | dict) else []
    for _ in range(MAX_LEVELS):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# Made once: json.loads would make a new one for each body, since the body may not hold NaN and Infinity.
_decoder = json.JSONDecoder(parse_constant=_no_constant)
