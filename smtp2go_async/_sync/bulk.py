# Written by tools/make_sync.py from bulk/sender.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.bulk.sender`."""

from typing import Literal

from ..bulk._run.list_rows import EmailSource, NumberSource
from ..bulk._run.session import JournalLike
from ..bulk._run.tally import OnOutcome
from ..bulk.outcome import BulkReport, ReconcileReport
from ..bulk.sender import DEFAULT_BATCH_SIZE, Bulk
from ..bulk.stream import SyncOutcomeStream
from ._group import SyncSettlingGroup


class SyncBulk(SyncSettlingGroup[Bulk]):
    """Many e-mails or texts."""

    __slots__ = ()

    def send(
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
        return self._run(
            self._async.send,
            emails,
            concurrency=concurrency,
            via=via,
            batch_size=batch_size,
            journal=journal,
            resend_unknown=resend_unknown,
            resend_refused=resend_refused,
            on_outcome=on_outcome,
        )

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
    ) -> SyncOutcomeStream:
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
        return self._stream(
            self._async.stream,
            emails,
            concurrency=concurrency,
            via=via,
            batch_size=batch_size,
            journal=journal,
            resend_unknown=resend_unknown,
            resend_refused=resend_refused,
        )

    def send_sms(
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
        return self._run(
            self._async.send_sms,
            destinations,
            content,
            sender=sender,
            concurrency=concurrency,
            journal=journal,
            resend_unknown=resend_unknown,
            resend_refused=resend_refused,
            on_outcome=on_outcome,
        )

    def reconcile(self, journal: JournalLike, *, wait: bool = True) -> ReconcileReport:
        """Search for e-mails or texts whose outcome is unknown, and settle those that were sent.

        ``POST /activity/search`` (at most 60 calls a minute, of 1,000 events each), or ``POST /sms/view-sent``. A row
        that is not found stays unknown. If it was searched for late enough, it was most likely not sent, and
        ``resend_unknown=True`` sends it. An e-mail with a schedule can't be found before its time.

        Args:
            journal: The journal of the run, or its path.
            wait: Wait until the newest row could be found: the provider's activity lags by two minutes.
        """
        return self._run(self._async.reconcile, journal, wait=wait)
