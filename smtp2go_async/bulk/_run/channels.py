"""The three ways in which the rows of a run are sent; `Way` says what their methods do."""

import hashlib
from collections.abc import Callable, Container, Sequence
from operator import methodcaller
from typing import Any, Protocol

import attrs

from ..._calls import Calls
from ..._values.numbers import digits_of
from ..._wire.body import encode
from ...endpoints.email import SEND, BatchItem, batch_fields, call_batch
from ...endpoints.sms import MAX_NUMBERS, Sms, SmsMessage, SmsSent, was_taken
from ...errors import ReplyError, SendRefusedError
from ...message import Email
from .._journal.hashes import tokens_of
from .._plan import TOKEN_HEADER, Row, max_body_bytes
from ..journal import Journal
from ..outcome import Outcome, SmsOutcome, Status

_LOWER_HEADER = TOKEN_HEADER.lower()


class Way(Protocol):
    """How rows are sent: which go together, and what the answer says of each."""

    kind: str
    most: int
    """Rows in one call."""

    @property
    def field(self) -> str | None:
        """The field of the request that has the rows, if they are in a list."""
        ...

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        """Whether a row can go into the call that these are in."""
        ...

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        """Make one call, and return an outcome for each row."""
        ...

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        """Make the outcome of a row whose call ended in an error."""
        ...


def _marked(emails: list[dict[str, Any]], rows: Sequence[Row], journal: Journal | None) -> list[dict[str, Any]]:
    """Return the fields of e-mails, each with the header by which its journal finds it."""
    if journal is None:
        return emails
    for fields, token in zip(emails, tokens_of(journal.id, [row.reference for row in rows]), strict=True):
        mark = {"header": TOKEN_HEADER, "value": token}
        if "custom_headers" in fields:
            # One of that name was copied from an e-mail that had come from here.
            own = (one for one in fields["custom_headers"] if one["header"].lower() != _LOWER_HEADER)
            fields["custom_headers"] = (mark, *own)
        else:
            fields["custom_headers"] = (mark,)
    return emails


def _fields(row: Row, of: Callable[[Email], dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a row's e-mail; nothing was sent when that fails, whatever is raised."""
    assert row.email is not None
    try:
        return of(row.email)
    except (ValueError, TypeError):
        raise
    except Exception as error:
        raise TypeError(f"the e-mail can't be written: {type(error).__name__}: {error}") from error


@attrs.frozen
class EachAlone:
    """One call of ``/email/send`` for each e-mail: a verdict for each."""

    journal: Journal | None
    kind = "send"
    most = 1
    field = None

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        return False

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        (row,) = rows
        (fields,) = _marked([_fields(row, methodcaller("to_fields"))], rows, self.journal)
        sent = await calls.call(SEND, fields)
        return [
            Outcome(
                reference=row.reference,
                status="sent",
                email_id=sent.email_id or None,
                schedule_id=sent.schedule_id or None,
                request_id=sent.request_id,
            )
        ]

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        return Outcome(
            reference=row.reference, status=status, request_id=getattr(error, "request_id", None), error=error
        )


@attrs.define
class Together:
    """Calls of ``/email/batch``: many e-mails in one, as many as fit under the limit of a body."""

    journal: Journal | None
    most: int
    most_bytes: int
    kind = "batch"
    field = "emails"
    _bytes: int = 0

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        assert row.email is not None
        if len(rows) == 1:
            assert rows[0].email is not None
            self._bytes = self._measured(rows[0].email)
        self._bytes += self._measured(row.email)
        return self._bytes <= self.most_bytes

    def _measured(self, email: Email) -> int:
        try:
            bound = max_body_bytes(email)
            # Encoding it only to know its length is worth it where the bound would keep others out.
            return bound if bound * self.most <= self.most_bytes else encode(email.to_fields()).length + 100
        except Exception:
            # A file that is not there, data without an end or a form in JSON: the call says so, and it goes alone.
            return self.most_bytes

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        emails = _marked([_fields(row, batch_fields) for row in rows], rows, self.journal)
        items = await call_batch(calls, emails)
        return [self._outcome_of(row, item, items.request_id) for row, item in zip(rows, items, strict=True)]

    def _outcome_of(self, row: Row, item: BatchItem, request_id: str | None) -> Outcome:
        if item.email_id or item.schedule_id:
            return Outcome(
                reference=row.reference,
                status="sent",
                email_id=item.email_id or None,
                schedule_id=item.schedule_id or None,
                request_id=request_id,
            )
        said = f": {item.error}" if item.error else ""
        error = ReplyError(f"the answer has no id for this e-mail{said}", operation="/email/batch", status=200)
        return Outcome(reference=row.reference, status="unknown", request_id=request_id, error=error)

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        return Outcome(
            reference=row.reference, status=status, request_id=getattr(error, "request_id", None), error=error
        )


@attrs.frozen
class Texts:
    """Calls of ``/sms/send``, for 100 numbers each."""

    content: str = attrs.field(repr=False)
    sender: str | None
    kind = "sms"
    most = MAX_NUMBERS
    field = "destination"

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        return True

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        refusal = None
        try:
            sent = await Sms(calls).send([row.reference for row in rows], self.content, sender=self.sender)
        except SendRefusedError as error:
            if not isinstance(error.result, SmsSent):
                raise
            sent, refusal = error.result, error
        by_counts = _told_by_counts(sent, len(rows))
        messages = _by_number(sent.messages)
        contradicted = _contradicted(sent, len(rows))
        outcomes: list[Outcome] = []
        for row in rows:
            own = messages.get(digits_of(row.reference), ())
            outcomes.append(_text(row, own, _status_of(own, by_counts, contradicted), sent.request_id, refusal))
        return outcomes

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        request_id = getattr(error, "request_id", None)
        return SmsOutcome(reference=row.reference, status=status, request_id=request_id, error=error)


def content_hash(journal: Journal, content: str) -> str:
    """Return a text in short, so that a journal is not used for another one, and does not hold it."""
    return hashlib.blake2b(content.encode(), key=journal.id.encode(), digest_size=12).hexdigest()


def _by_number(messages: Sequence[SmsMessage]) -> dict[str, list[SmsMessage]]:
    found: dict[str, list[SmsMessage]] = {}
    for one in messages:
        found.setdefault(digits_of(one.destination), []).append(one)
    return found


def _contradicted(sent: SmsSent, numbers: int) -> set[bool]:
    """Return what messages say that the counts of the whole call leave no room for: taken, not taken, or both."""
    if sum(sent.counts.values()) != numbers or any(was_taken(status) is None for status in sent.counts):
        return set()
    found = set()
    for verdict in (True, False):
        counted = sum(count for status, count in sent.counts.items() if was_taken(status) is verdict)
        if len({one.destination for one in sent.messages if was_taken(one.status) is verdict}) > counted:
            found.add(verdict)
    return found


def _told_by_counts(sent: SmsSent, numbers: int) -> Status:
    """Return what became of each number that no message tells of, going by the counts of the answer.

    The API's own example has nothing but counts.
    """
    counted = sum(sent.counts.values())
    if sent.accepted is False:
        return "refused" if counted >= numbers else "unknown"
    if sent.refusals or counted not in (0, numbers) or sent.total_sent not in (None, numbers):
        return "unknown"
    all_taken = counted == numbers and all(was_taken(status) for status in sent.counts)
    return "sent" if all_taken or sent.total_sent == numbers else "unknown"


def _status_of(messages: Sequence[SmsMessage], by_counts: Status, contradicted: Container[bool]) -> Status:
    """Return what became of one number; several messages for it have to agree."""
    verdicts = {was_taken(one.status) for one in messages}
    if len(verdicts) > 1:
        return "unknown"
    taken = next(iter(verdicts), None)
    if taken is None:
        return by_counts
    return "unknown" if taken in contradicted else "sent" if taken else "refused"


def _text(
    row: Row,
    messages: Sequence[SmsMessage],
    status: Status,
    request_id: str | None,
    refusal: Exception | None,
) -> SmsOutcome:
    message = next((one for one in messages if was_taken(one.status)), messages[0] if messages else None)
    word = message.status if message is not None else ""
    error: Exception | None = None
    if status == "refused":
        error = refusal or SendRefusedError(f"the text was {word or 'not sent'}", operation="/sms/send")
    elif status == "unknown":
        problem = "does not tell of this number" if message is None else "does not say whether this text was taken"
        error = ReplyError(f"the answer {problem}", operation="/sms/send", status=200, request_id=request_id)
    return SmsOutcome(
        reference=row.reference,
        status=status,
        message_id=(message.message_id if message is not None else "") or None,
        sms_status=word or None,
        request_id=request_id,
        error=error,
    )
