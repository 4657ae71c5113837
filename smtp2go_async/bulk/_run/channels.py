"""The three calls by which the rows of a run are sent; `Channel` says what the methods do."""

import hashlib
from collections.abc import Callable, Container, Sequence
from operator import methodcaller
from typing import Any, Protocol

import attrs

from ..._calls import Calls
from ..._values.numbers import digits_of
from ..._values.problems import mistyped
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


class Channel(Protocol):
    """How rows are sent: which rows go together, and which outcome each gets from the response."""

    kind: str
    max_rows: int
    """How many rows go into a call at most."""

    @property
    def field(self) -> str | None:
        """The field of the request that holds a list of rows; ``None`` if a call has a single row."""
        ...

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        """Whether a row can go into the same call as the rows before it."""
        ...

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        """Make the call, and return an outcome for each row."""
        ...

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        """Make the outcome of a row whose call ended in an error."""
        ...


def _with_tokens(emails: list[dict[str, Any]], rows: Sequence[Row], journal: Journal | None) -> list[dict[str, Any]]:
    """Return the fields of e-mails, each with the header by which `reconcile` finds it in the account's activity."""
    if journal is None:
        return emails
    for fields, token in zip(emails, tokens_of(journal.id, [row.reference for row in rows]), strict=True):
        mark = {"header": TOKEN_HEADER, "value": token}
        # An e-mail that was copied from an earlier run has a token of that run, by which it would be found instead.
        own = (header for header in fields.get("custom_headers", ()) if header["header"].lower() != _LOWER_HEADER)
        fields["custom_headers"] = (mark, *own)
    return emails


def _fields(row: Row, to_fields: Callable[[Email], dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a row's e-mail. Nothing was sent when that fails, and the error is about this row alone."""
    assert row.email is not None
    try:
        return to_fields(row.email)
    except (ValueError, TypeError):
        raise
    except Exception as error:
        # A class of the caller's own can raise anything. Another kind of error would end the run.
        raise mistyped("email", f"can't be written: {type(error).__name__}: {error}") from error


@attrs.frozen
class SingleSends:
    """One call of ``/email/send`` for each e-mail, with a verdict for each."""

    journal: Journal | None
    kind = "send"
    max_rows = 1
    field = None

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        return False

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        (row,) = rows
        (fields,) = _with_tokens([_fields(row, methodcaller("to_fields"))], rows, self.journal)
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
class BatchSends:
    """Calls of ``/email/batch``, each with as many e-mails as fit under the limit of a body."""

    journal: Journal | None
    max_rows: int
    max_bytes: int
    kind = "batch"
    field = "emails"
    _bytes: int = 0
    """The length of the e-mails that are in the next call so far."""

    def fits(self, rows: Sequence[Row], row: Row) -> bool:
        assert row.email is not None
        if len(rows) == 1:
            # The first row of a call always fits, so it was not measured yet.
            assert rows[0].email is not None
            self._bytes = self._measure(rows[0].email)
        self._bytes += self._measure(row.email)
        return self._bytes <= self.max_bytes

    def _measure(self, email: Email) -> int:
        try:
            bound = max_body_bytes(email)
            # The bound is cheap and high. An e-mail is encoded for its exact length only where the bound would keep
            # other e-mails out of the call.
            return bound if bound * self.max_rows <= self.max_bytes else encode(email.to_fields()).length + 100
        except Exception:
            # A file that is missing, data that is endless or has no form in JSON: the e-mail goes alone, and its call
            # raises the error.
            return self.max_bytes

    async def send(self, calls: Calls, rows: Sequence[Row]) -> list[Outcome]:
        emails = _with_tokens([_fields(row, batch_fields) for row in rows], rows, self.journal)
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
        # Neither an id nor a refusal: the e-mail may have been taken.
        detail = f": {item.error}" if item.error else ""
        error = ReplyError(f"the response has no id for this e-mail{detail}", operation="/email/batch", status=200)
        return Outcome(reference=row.reference, status="unknown", request_id=request_id, error=error)

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        return Outcome(
            reference=row.reference, status=status, request_id=getattr(error, "request_id", None), error=error
        )


@attrs.frozen
class SmsSends:
    """Calls of ``/sms/send``, for 100 numbers each."""

    content: str = attrs.field(repr=False)
    sender: str | None
    kind = "sms"
    max_rows = MAX_NUMBERS
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
            # Some numbers of a refused call may have been taken, so each gets its own verdict all the same.
            sent, refusal = error.result, error
        by_counts = _status_by_counts(sent, len(rows))
        messages = _messages_by_number(sent.messages)
        contradicted = _contradicted_verdicts(sent, len(rows))
        outcomes: list[Outcome] = []
        for row in rows:
            own = messages.get(digits_of(row.reference), ())
            outcomes.append(_sms_outcome(row, own, _status_of(own, by_counts, contradicted), sent.request_id, refusal))
        return outcomes

    def outcome(self, row: Row, status: Any, error: Exception) -> Outcome:
        request_id = getattr(error, "request_id", None)
        return SmsOutcome(reference=row.reference, status=status, request_id=request_id, error=error)


def content_hash(journal: Journal, content: str) -> str:
    """Return a hash of a text, by which a journal knows its text again without holding it."""
    return hashlib.blake2b(content.encode(), key=journal.id.encode(), digest_size=12).hexdigest()


def _messages_by_number(messages: Sequence[SmsMessage]) -> dict[str, list[SmsMessage]]:
    found: dict[str, list[SmsMessage]] = {}
    for message in messages:
        # The API may write a number differently from the request, so only its digits are compared.
        found.setdefault(digits_of(message.destination), []).append(message)
    return found


def _contradicted_verdicts(sent: SmsSent, numbers: int) -> set[bool]:
    """Return which verdicts (taken, not taken) more messages have than the counts of the whole call allow."""
    # Counts that do not cover the call, or have an undocumented status, contradict nothing.
    if sum(sent.counts.values()) != numbers or any(was_taken(status) is None for status in sent.counts):
        return set()
    found = set()
    for verdict in (True, False):
        counted = sum(count for status, count in sent.counts.items() if was_taken(status) is verdict)
        if len({message.destination for message in sent.messages if was_taken(message.status) is verdict}) > counted:
            found.add(verdict)
    return found


def _status_by_counts(sent: SmsSent, numbers: int) -> Status:
    """Return the status of each number without a message, by the counts of the response.

    The API's own example has nothing but counts.
    """
    counted = sum(sent.counts.values())
    if sent.accepted is False:
        return "refused" if counted >= numbers else "unknown"
    if sent.refusals or counted not in (0, numbers) or sent.total_sent not in (None, numbers):
        return "unknown"
    # Where only some were taken, nothing says which, so all of them are unknown.
    all_taken = counted == numbers and all(was_taken(status) for status in sent.counts)
    return "sent" if all_taken or sent.total_sent == numbers else "unknown"


def _status_of(messages: Sequence[SmsMessage], by_counts: Status, contradicted: Container[bool]) -> Status:
    """Return the status of a number; several messages for it have to agree."""
    verdicts = {was_taken(message.status) for message in messages}
    if len(verdicts) > 1:
        return "unknown"
    taken = next(iter(verdicts), None)
    if taken is None:
        return by_counts
    return "unknown" if taken in contradicted else "sent" if taken else "refused"


def _sms_outcome(
    row: Row,
    messages: Sequence[SmsMessage],
    status: Status,
    request_id: str | None,
    refusal: Exception | None,
) -> SmsOutcome:
    first = messages[0] if messages else None
    # The id of a message that was taken is worth more than the id of a rejected repetition.
    message = next((message for message in messages if was_taken(message.status)), first)
    word = message.status if message is not None else ""
    error: Exception | None = None
    if status == "refused":
        error = refusal or SendRefusedError(f"the text was {word or 'not sent'}", operation="/sms/send")
    elif status == "unknown":
        problem = "does not have this number" if message is None else "does not say whether this text was taken"
        error = ReplyError(f"the response {problem}", operation="/sms/send", status=200, request_id=request_id)
    return SmsOutcome(
        reference=row.reference,
        status=status,
        message_id=(message.message_id if message is not None else "") or None,
        sms_status=word or None,
        request_id=request_id,
        error=error,
    )
