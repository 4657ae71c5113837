"""Send to many: any number of e-mails or texts, many calls at a time, with a journal from which a run goes on.

| method      | call                                                    | effect |
|-------------|---------------------------------------------------------|--------|
| `send`      | POST /email/send or /email/batch, as often as needed    | ONCE   |
| `stream`    | the same, an outcome at a time                          | ONCE   |
| `send_sms`  | POST /sms/send, for 100 numbers each                    | ONCE   |
| `reconcile` | POST /activity/search, or POST /sms/view-sent           | READ   |
"""

import inspect
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Final, Literal, TypeVar

from anyio import to_thread

from .._runtime.caller_thread import is_exit, run_in_caller_thread
from .._values.checks import check_count, check_not_blank
from .._values.problems import mistyped, wrong_type
from ..endpoints._group import EndpointGroup
from ..endpoints.sms import check_sender
from ..errors import JournalError, Smtp2goError
from ._plan import MAX_BATCH_SIZE
from ._run.channels import BatchSends, SingleSends, SmsSends
from ._run.list_rows import EmailSource, ListSource, NumberSource, email_row, number_row
from ._run.run import Run
from ._run.session import JournalLike, OpenJournal, RunSession
from ._run.signals import ending_on_signals
from ._run.tally import OnOutcome
from .journal import Journal
from .outcome import BulkReport, Outcome, ReconcileReport
from .progress import Progress
from .reconcile import settle
from .stream import OutcomeStream

DEFAULT_BATCH_SIZE = 500
"""E-mails in a call of ``/email/batch``: half of what the API takes."""

DEFAULT_CONCURRENCY: Final[Mapping[str, int]] = {"send": 20, "batch": 4}
"""Calls at a time. The calls of a batch are large, and each that is under way is in memory."""

_ENVELOPE_BYTES = 100
"""The bytes of a batch's body around its e-mails, the key among them."""

S = TypeVar("S", bound=ListSource)


class Bulk(EndpointGroup):
    """Many e-mails or texts."""

    async def send(
        self,
        emails: EmailSource,
        *,
        concurrency: int | None = None,
        via: Literal["send", "batch"] = "send",
        batch_size: int = DEFAULT_BATCH_SIZE,
        journal: JournalLike | None = None,
        resend_unknown: bool = False,
        resend_refused: bool = False,
        on_outcome: OnOutcome | None = None,
    ) -> BulkReport:
        """Send any number of e-mails; with a journal, the same run started again goes on where it was cut off.

        ``POST /email/send`` for each, or ``POST /email/batch``. The run begins gently, waits out cool-downs, and stops
        at once when no call can succeed. At Ctrl-C or SIGTERM it settles the calls under way, and then ends the program
        as usual. No e-mail is sent twice: if its outcome is unknown, it is not sent again unless you ask for it.

        Args:
            emails: `Email`s or pairs ``(reference, Email)``, from anything that can be iterated over, also with
                ``async for``, however long: only a few are in memory. An `EmailFile` is checked to its end first.
            concurrency: The most calls at a time; 20 when left out, or 4 with ``via="batch"``, whose calls are large.
            via: ``"send"`` has a verdict for each e-mail; ``"batch"`` has many in a call and is much faster, but
                refusals after the call are seen only in the account's activity and in webhooks. If the API refuses a
                call and names an e-mail by its position, that e-mail is taken out and the others are sent.
            batch_size: The most e-mails in a batch, up to 1,000; fewer go where they would be too large together.
            journal: A `Journal`, or its path; the file is made if it is missing.
            resend_unknown: Send e-mails again whose outcome was unknown in a run before. **This can send twice.**
            resend_refused: Try e-mails again that were refused or failed in a run before, and are as they were.
                E-mails that were corrected in the list are sent in any case.
            on_outcome: Called with each `Outcome` as it is settled, in any order. Not an async function; that a plain
                one returns a coroutine is noticed when it is called, so after the first e-mail was sent.

        Raises:
            BulkStoppedError: The key, a permission, the plan or the network ended the run; its ``report`` says how far
                it came.
            JournalError: The journal can't be used, or belongs to another list.
            TypeError: A row is not an e-mail; the rows before it were sent.
            ValueError: A reference is empty, too long or holds control characters; the rows before it were sent.
        """
        again = _again(resend_unknown, resend_refused)
        session = self._email_session(
            emails, concurrency=concurrency, via=via, batch_size=batch_size, journal=journal, again=again
        )
        return await self._run_to_end(session, on_outcome)

    def stream(
        self,
        emails: EmailSource,
        *,
        concurrency: int | None = None,
        via: Literal["send", "batch"] = "send",
        batch_size: int = DEFAULT_BATCH_SIZE,
        journal: JournalLike | None = None,
        resend_unknown: bool = False,
        resend_refused: bool = False,
    ) -> OutcomeStream:
        """Send any number of e-mails and iterate over their outcomes.

        As `send`. E-mails are sent for about a second at a time, and then their outcomes are given out. While your code
        looks at an outcome no call is under way, so you can leave the loop at any time and nothing is lost. The journal
        then stays open until the stream is closed (as a context manager or by its method), or collected.

        Args:
            emails: As for `send`.
            concurrency: The most calls at a time.
            via: ``"send"`` or ``"batch"``.
            batch_size: The most e-mails in a batch.
            journal: A `Journal`, or its path.
            resend_unknown: Send e-mails again whose outcome was unknown. **This can send twice.**
            resend_refused: Try e-mails again that were refused or failed.

        Raises:
            BulkStoppedError: The run can't go on; all outcomes came before.
            JournalError: The journal can't be used, or belongs to another list.
        """
        again = _again(resend_unknown, resend_refused)
        session = self._email_session(
            emails, concurrency=concurrency, via=via, batch_size=batch_size, journal=journal, again=again
        )
        return OutcomeStream(session)

    async def send_sms(
        self,
        destinations: NumberSource,
        content: str,
        *,
        sender: str | None = None,
        concurrency: int = 5,
        journal: JournalLike | None = None,
        resend_unknown: bool = False,
        resend_refused: bool = False,
        on_outcome: OnOutcome | None = None,
    ) -> BulkReport:
        """Send one text to any number of numbers, each once.

        ``POST /sms/send``, for 100 numbers each.

        Args:
            destinations: Numbers with their country code, written as for `Sms.send`. A number that comes twice is
                skipped the second time. A row that is not certainly one number fails with the reason, and the others
                are sent.
            content: The text; over 160 characters it goes, and is paid for, as several units.
            sender: Number to send from, in E.164; the account's default when left out.
            concurrency: The most calls at a time.
            journal: A `Journal`, or its path. It is bound to this text.
            resend_unknown: Send again where the outcome was unknown. **This can send twice.**
            resend_refused: Try numbers again that were refused.
            on_outcome: Called with each `SmsOutcome` as it is settled; as for `send`.

        Raises:
            BulkStoppedError: The key, a permission, the plan or the network ended the run.
            JournalError: The journal can't be used, or belongs to other numbers or another text.
        """
        channel = SmsSends(check_not_blank(content, "content"), check_sender(sender))
        session = RunSession(
            calls=self._calls,
            items=_check_list(destinations, "destinations"),
            make=number_row,
            channel=lambda _journal: channel,
            kind="sms",
            concurrency=check_count(concurrency, "concurrency"),
            journal=journal,
            again=_again(resend_unknown, resend_refused),
            content=content,
        )
        return await self._run_to_end(session, on_outcome)

    async def reconcile(self, journal: JournalLike, *, wait: bool = True) -> ReconcileReport:
        """Search for e-mails or texts whose outcome is unknown, and settle those that were sent.

        ``POST /activity/search`` (at most 60 calls a minute, of 1,000 events each), or ``POST /sms/view-sent``. A row
        that is not found stays unknown. If it was searched for late enough, it was most likely not sent, and
        ``resend_unknown=True`` sends it. An e-mail with a schedule can't be found before its time.

        Args:
            journal: The journal of the run, or its path.
            wait: Wait until the newest row could be found: the provider's activity lags by two minutes.
        """
        if journal is None:
            raise wrong_type("journal", "the journal of a run or its path", journal)
        if not isinstance(journal, Journal):
            journal = Journal(journal)
        await to_thread.run_sync(journal.check_file)
        async with OpenJournal(journal):
            return await settle(self._calls, journal, wait=wait)

    def _email_session(
        self,
        emails: EmailSource,
        *,
        concurrency: int | None,
        via: str,
        batch_size: int,
        journal: JournalLike | None,
        again: frozenset[str],
    ) -> RunSession:
        check_count(batch_size, "batch_size", most=MAX_BATCH_SIZE)
        room = self._calls.settings.max_email_bytes - _ENVELOPE_BYTES
        return RunSession(
            calls=self._calls,
            items=_check_list(emails, "emails"),
            make=email_row,
            channel=lambda journal: SingleSends(journal) if via == "send" else BatchSends(journal, batch_size, room),
            kind="email",
            concurrency=check_count(DEFAULT_CONCURRENCY[via] if concurrency is None else concurrency, "concurrency"),
            journal=journal,
            again=again,
        )

    async def _run_to_end(self, session: RunSession, on_outcome: OnOutcome | None) -> BulkReport:
        notify = None if on_outcome is None else partial(_notify, _check_callback(on_outcome))
        watching = on_outcome.watching(self._calls.pacer) if isinstance(on_outcome, Progress) else nullcontext()
        run: Run | None = None
        try:
            async with session as run:
                with watching:
                    async with ending_on_signals(run.stop):
                        await run.go(notify=notify)
                run.check()
                return run.report
        except Smtp2goError as error:
            # Also an error that is noticed when the journal is closed.
            if run is not None:
                run.correct(error)
            if run is not None and isinstance(error, JournalError):
                error.add_note(f"smtp2go_async: until then: {run.report}")
            raise


async def _notify(on_outcome: OnOutcome, outcomes: Sequence[Outcome]) -> BaseException | None:
    return await run_in_caller_thread(partial(_notify_each, on_outcome, outcomes))


def _notify_each(on_outcome: OnOutcome, outcomes: Sequence[Outcome]) -> None:
    """Call the function for each outcome, even after it raised an error: each is passed on once, and was sent."""
    first: BaseException | None = None
    for outcome in outcomes:
        try:
            returned = on_outcome(outcome)
            if inspect.iscoroutine(returned):
                # A lambda around an async function. Closed, since an unawaited coroutine is also a warning.
                returned.close()
                raise mistyped("on_outcome", "must not return a coroutine, which nothing awaits; use bulk.stream()")
        except BaseException as error:
            # A second Ctrl-C does not wait for the remaining outcomes.
            if first is not None and is_exit(error):
                raise
            first = first or error
    try:
        if first is not None:
            raise first
    finally:
        # Break the cycle: the traceback of the error holds this frame.
        del first


def _check_callback(on_outcome: OnOutcome) -> OnOutcome:
    if not callable(on_outcome):
        raise wrong_type("on_outcome", "a plain function", on_outcome)
    # What it returns can't be known before it is called; these are known by their definitions.
    for function in (on_outcome, type(on_outcome).__call__):
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise mistyped("on_outcome", "must be a plain function, not an async one; use bulk.stream() to await")
        if inspect.isgeneratorfunction(function):
            raise mistyped(
                "on_outcome", "must be a plain function, not a generator function, which does nothing when called"
            )
    return on_outcome


def _check_list(items: S, name: str) -> S:
    # A single address or number is a text, and would be taken for a list of its characters.
    if isinstance(items, (str, bytes)) or not (hasattr(items, "__iter__") or hasattr(items, "__aiter__")):
        hint = "; EmailFile reads the rows of a file" if name == "emails" and isinstance(items, str) else ""
        raise wrong_type(name, "a list or another iterable", items, hint)
    return items


def _again(unknown: bool, refused: bool) -> frozenset[str]:
    """Return the states of a journal's rows that are sent again."""
    states: Sequence[str] = ["unknown"] if unknown else []
    return frozenset(states).union({"refused", "failed"} if refused else ())
