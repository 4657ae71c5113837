"""What the sandbox keeps: e-mails and texts that would have gone out, and the requests that brought them."""

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
"""Levels of lists and objects in a body; `template_data` has the most of all that is sent."""

Via = Literal["send", "mime", "batch"]


@frozen(kw_only=True)
class SentAttachment:
    """A file of an e-mail, decoded. ``cid`` is set on inlines, ``url`` on files that were named by address."""

    filename: str
    mimetype: str
    content: bytes = field(repr=False)
    cid: str | None = None
    url: str | None = None

    @property
    def sha256(self) -> str:
        """Give the hexadecimal SHA-256 of the content, to compare with the file that was attached."""
        return hashlib.sha256(self.content).hexdigest()


# Without slots, so that cached_property has a place to keep what was made when somebody looked.
@frozen(kw_only=True, slots=False)
class SentEmail:
    """An e-mail that would have gone out.

    ``sender``, ``recipients`` and ``bcc`` are bare addresses, the recipients those of the envelope (to, cc, bcc).
    ``custom_headers`` are those of the request; a ready-made message has none beside its own.
    """

    email_id: str
    via: Via
    sender: str
    recipients: tuple[str, ...]
    subject: str
    # Makes `raw`. Most e-mails are counted and never looked at, and the text of one takes longer than all else.
    _build: Callable[[], bytes] = field(repr=False, eq=False, alias="build")
    bcc: tuple[str, ...] = ()
    custom_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    attachments: tuple[SentAttachment, ...] = ()
    request_id: str
    received_at: datetime
    template_id: str | None = None
    template_data: Mapping[str, Any] | None = field(default=None, repr=False)
    schedule_id: str | None = None

    @cached_property
    def raw(self) -> bytes:
        """Give the RFC 5322 message as recipients would get it, without a Bcc header."""
        return self._build()

    @cached_property
    def message(self) -> EmailMessage:
        """Give ``raw`` as a parsed message of the standard library."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)


@frozen(kw_only=True)
class StoredSchedule:
    """An e-mail that waits for its time."""

    schedule_id: str
    schedule: datetime
    client_ip: str
    email: SentEmail


@frozen
class StoredEvent:
    """Something that happened to an e-mail on its way to one recipient."""

    moment: datetime
    kind: str
    email: SentEmail
    recipient: str
    reason: str


@frozen(kw_only=True)
class StoredSms:
    """A text to one number. ``sender`` is empty when the account's default number was to be used."""

    message_id: str
    destination: str
    sender: str
    content: str
    units: int
    status: str
    request_id: str
    received_at: datetime


@frozen(kw_only=True)
class StoredReply:
    """A text that somebody sent to a number of the account."""

    message_id: str
    source: str
    destination: str
    content: str
    username: str
    received_at: datetime


@frozen(kw_only=True, slots=False)
class ReceivedRequest:
    """A call as it came in, whatever became of it.

    Header names are in lower case. The API key is masked wherever it was. ``status`` is `None` when the reply was lost
    on purpose.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    # As bytes, which take a fraction of the room that the parsed objects do.
    _content: bytes = field(repr=False, alias="content")
    size: int
    status: int | None

    @cached_property
    def body(self) -> Any:
        """Give the parsed JSON, `None` when it was none."""
        body = parsed_json(self._content)
        if isinstance(body, dict) and "api_key" in body:
            body["api_key"] = masked_key(body["api_key"])
        return body


def parsed_json(content: bytes) -> Any:
    """Read a body; `None` when it is no JSON, or more deeply nested than anything the API takes."""
    try:
        body = json.loads(content.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return None if _is_deep(content, body) else body


def _is_deep(content: bytes, body: Any) -> bool:
    """Tell whether a body has more levels than it takes to write or compare it without running out of stack."""
    if content.count(b"[") + content.count(b"{") <= MAX_LEVELS:
        return False
    level = [body] if isinstance(body, list | dict) else []
    for _ in range(MAX_LEVELS):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
