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
from functools import partial
from typing import Final, Literal

from anyio import to_thread

from .._runtime.caller_thread import is_exit, run_in_caller_thread
from .._values.checks import check_count, check_not_blank
from ..endpoints._group import EndpointGroup
from ..endpoints.sms import check_sender
from ..errors import JournalError
from ._plan import MAX_BATCH_SIZE
from ._run.channels import EachAlone, Texts, Together
from ._run.run import OnOutcome, Run
from ._run.session import Beginning, JournalLike, Opened
from ._run.signals import ending_on_signals
from ._run.source import Emails, Numbers, email_row, number_row
from .journal import Journal
from .outcome import BulkReport, Outcome, ReconcileReport
from .reconcile import settle
from .stream import OutcomeStream

BATCH = 500
"""E-mails in one call of ``/email/batch``, unless told otherwise: half of what the API takes."""

CALLS: Final[Mapping[str, int]] = {"send": 20, "batch": 4}
"""Calls at a time, unless told otherwise."""

_ENVELOPE = 100
"""Bytes of a batch's body around its e-mails, the key among them."""


class Bulk(EndpointGroup):
    """Many e-mails or texts."""

    async def send(
        self,
        emails: Emails,
        *,
        concurrency: int | None = None,
        via: Literal["send", "batch"] = "send",
        batch_size: int = BATCH,
        journal: JournalLike | None = None,
        resend_unknown: bool = False,
        resend_refused: bool = False,
        on_outcome: OnOutcome | None = None,
    ) -> BulkReport:
        """Send any number of e-mails; with a journal, the same run started again goes on where it was cut off.

        ``POST /email/send`` for each, or ``POST /email/batch``. The run begins gently, waits out cool-downs, and stops
        at once when no call can succeed. At Ctrl-C or SIGTERM it settles what is under way, and then ends the program
        as usual. No e-mail is sent twice: one whose outcome is unknown is not sent again unless you ask for it.

        Args:
            emails: `Email`s or pairs ``(reference, Email)``, from anything that can be iterated over, also with
                ``async for``, however long: only a few are in memory. An `EmailFile` is checked to its end first.
            concurrency: The most calls at a time; 20 when left out, or 4 with ``via="batch"``, whose calls are large.
            via: ``"send"`` has a verdict for each e-mail; ``"batch"`` has many in a call and is much faster, but what
                is refused later is seen only in the account's activity and in webhooks. One that the API turns away by
                its position is taken out of its call, and the others are sent.
            batch_size: The most e-mails in a batch, up to 1,000; fewer go where they would be too large together.
            journal: A `Journal`, or the path of one; made if it is not there.
            resend_unknown: Send e-mails again whose outcome was unknown in a run before. **This can send twice.**
            resend_refused: Try e-mails again that were refused or failed in a run before, and are as they were. Those
                that were corrected in the list are sent in any case.
            on_outcome: Called with each `Outcome` as it is settled, in any order.

        Raises:
            BulkStoppedError: The key, a permission, the plan or the network ended the run; its ``report`` says how far
                it came.
            JournalError: The journal can't be used, or belongs to another list.
            TypeError: A row is not an e-mail; those before it were sent.
            ValueError: A reference is empty, too long or holds control characters; those before it were sent.
        """
        again = _again(resend_unknown, resend_refused)
        beginning = self._emails(
            emails, concurrency=concurrency, via=via, batch_size=batch_size, journal=journal, again=again
        )
        return await _to_the_end(beginning, on_outcome)

    def stream(
        self,
        emails: Emails,
        *,
        concurrency: int | None = None,
        via: Literal["send", "batch"] = "send",
        batch_size: int = BATCH,
        journal: JournalLike | None = None,
        resend_unknown: bool = False,
        resend_refused: bool = False,
    ) -> OutcomeStream:
        """Send any number of e-mails and iterate over what became of each.

        As `send`. They are sent for about a second at a time, and then their outcomes given out: while your code has
        one, nothing is under way, so you can leave the loop at any time and nothing is lost. Left early, the journal
        stays open until the stream is closed, as a context manager or by its method, or collected.

        Args:
            emails: As for `send`.
            concurrency: The most calls at a time.
            via: ``"send"`` or ``"batch"``.
            batch_size: The most e-mails in a batch.
            journal: A `Journal`, or the path of one.
            resend_unknown: Send e-mails again whose outcome was unknown. **This can send twice.**
            resend_refused: Try e-mails again that were refused or failed.

        Raises:
            BulkStoppedError: The run can't go on; all outcomes came before.
            JournalError: The journal can't be used, or belongs to another list.
        """
        again = _again(resend_unknown, resend_refused)
        return OutcomeStream(
            self._emails(emails, concurrency=concurrency, via=via, batch_size=batch_size, journal=journal, again=again)
        )

    async def send_sms(
        self,
        destinations: Numbers,
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
            destinations: Numbers with their country code, written as for `Sms.send`; one that comes twice is skipped
                the second time. What is not one number for certain fails with the reason, and the others are sent.
            content: The text; over 160 characters it goes, and is paid for, as several units.
            sender: Number to send from, in E.164; the account's default when left out.
            concurrency: The most calls at a time.
            journal: A `Journal`, or the path of one. It is bound to this text.
            resend_unknown: Send again where the outcome was unknown. **This can send twice.**
            resend_refused: Try numbers again that were refused.
            on_outcome: Called with each `SmsOutcome` as it is settled.

        Raises:
            BulkStoppedError: The key, a permission, the plan or the network ended the run.
            JournalError: The journal can't be used, or belongs to other numbers or another text.
        """
        way = Texts(check_not_blank(content, "content"), check_sender(sender))
        beginning = Beginning(
            calls=self._calls,
            items=_need_list(destinations, "destinations"),
            make=number_row,
            way=lambda _opened: way,
            kind="sms",
            concurrency=check_count(concurrency, "concurrency"),
            journal=journal,
            again=_again(resend_unknown, resend_refused),
            content=content,
        )
        return await _to_the_end(beginning, on_outcome)

    async def reconcile(self, journal: JournalLike, *, wait: bool = True) -> ReconcileReport:
        """Find out what became of e-mails or texts whose outcome is unknown, and settle those that were sent.

        ``POST /activity/search`` (at most 60 calls a minute, of 1,000 events each), or ``POST /sms/view-sent``. What is
        not found stays unknown. Once it was looked for in time it was most likely not sent, and
        ``resend_unknown=True`` sends it. One with a schedule can't be found before its time.

        Args:
            journal: The journal of the run, or its path.
            wait: Wait until the newest of them could be found: the provider's activity lags by two minutes.
        """
        if journal is None:
            raise TypeError("journal: the journal of a run, or its path, is needed")
        if not isinstance(journal, Journal):
            journal = Journal(journal)
        await to_thread.run_sync(journal.check_file)
        async with Opened(journal):
            return await settle(self._calls, journal, wait=wait)

    def _emails(
        self,
        emails: Emails,
        *,
        concurrency: int | None,
        via: str,
        batch_size: int,
        journal: JournalLike | None,
        again: frozenset[str],
    ) -> Beginning:
        check_count(batch_size, "batch_size", most=MAX_BATCH_SIZE)
        room = self._calls.settings.max_email_bytes - _ENVELOPE
        return Beginning(
            calls=self._calls,
            items=_need_list(emails, "emails"),
            make=email_row,
            way=lambda opened: EachAlone(opened) if via == "send" else Together(opened, batch_size, room),
            kind="email",
            concurrency=check_count(CALLS[via] if concurrency is None else concurrency, "concurrency"),
            journal=journal,
            again=again,
        )


async def _to_the_end(beginning: Beginning, on_outcome: OnOutcome | None) -> BulkReport:
    if on_outcome is not None and (not callable(on_outcome) or inspect.iscoroutinefunction(on_outcome)):
        raise TypeError("on_outcome: a function that is called, and not awaited, is needed; `stream` can be awaited")
    run: Run | None = None
    try:
        async with beginning as run:
            if on_outcome is not None:
                run.told = partial(_tell, on_outcome)
            async with ending_on_signals(run.stop):
                await run.go()
            run.check()
            return run.report
    except JournalError as error:
        # Also one that is noticed when the journal is closed.
        if run is not None:
            error.add_note(f"smtp2go_async: until then: {run.report}")
        raise


async def _tell(on_outcome: OnOutcome, outcomes: Sequence[Outcome]) -> BaseException | None:
    return await run_in_caller_thread(partial(_tell_each, on_outcome, outcomes))


def _tell_each(on_outcome: OnOutcome, outcomes: Sequence[Outcome]) -> None:
    """Tell all of them, whatever it says to one: they are told once, and were sent."""
    first: BaseException | None = None
    for one in outcomes:
        try:
            returned = on_outcome(one)
            if inspect.iscoroutine(returned):
                returned.close()
                raise TypeError("on_outcome: returned a coroutine, which nobody awaits; `stream` can be awaited")
        except BaseException as error:
            if first is not None and is_exit(error):
                raise
            first = first or error
    try:
        if first is not None:
            raise first
    finally:
        # It knows this frame.
        del first


def _need_list(items: object, name: str) -> object:
    if isinstance(items, (str, bytes)) or not (hasattr(items, "__iter__") or hasattr(items, "__aiter__")):
        raise TypeError(f"{name}: a list is needed, or anything to iterate over, not a {type(items).__name__}")
    return items


def _again(unknown: bool, refused: bool) -> frozenset[str]:
    """Return the states of a journal's rows that are sent again."""
    states: Sequence[str] = ["unknown"] if unknown else []
    return frozenset(states).union({"refused", "failed"} if refused else ())
