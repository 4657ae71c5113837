"""What a test lets happen: what becomes of e-mails and texts, and what becomes of webhooks."""

from .account import Account
from .notify.queue import Notification
from .records import RecordedEvent, RecordedSmsEvent, SentEmail, StoredReply, StoredSms


class Steering:
    """The methods of `Sandbox` with which a test or a person decides what happens next.

    Each of them takes an e-mail of `Sandbox.sent` or its id, and a recipient of it, which can be left out if there is
    only one. What happens is found by ``/activity/search``, counts in statistics, suppresses the recipient where it
    does at the provider, and is reported to webhooks.
    """

    _account: Account

    def set_outcome(self, recipient: str, outcome: str) -> None:
        """Decide what becomes of all e-mails to an address or a domain from now on.

        Args:
            recipient: An address, or a domain such as ``example.org``.
            outcome: ``deliver``, or a name of the table of addresses, such as ``bounce``.

        Raises:
            ValueError: There is no such outcome, or the recipient is neither an address nor a domain.
        """
        self._account.set_outcome(recipient, outcome)

    def deliver(self, email: SentEmail | str, recipient: str | None = None) -> None:
        """Let an e-mail arrive, such as one that is delayed.

        Raises:
            ValueError: There is no such e-mail, or no such recipient of it. So it is for all that can happen.
        """
        self._account.happen(email, "delivered", recipient)

    def bounce(self, email: SentEmail | str, recipient: str | None = None, *, hard: bool = True) -> None:
        """Let an e-mail bounce: for good, which suppresses the recipient, or for now."""
        self._account.happen(email, "hard-bounced" if hard else "soft-bounced", recipient)

    def open(self, email: SentEmail | str, recipient: str | None = None) -> None:
        """Let a recipient open an e-mail; any number of times."""
        self._account.happen(email, "opened", recipient)

    def click(self, email: SentEmail | str, url: str, recipient: str | None = None) -> None:
        """Let a recipient click a link; any number of times.

        Args:
            email: The e-mail.
            url: The address that the link leads to. It need not stand in the e-mail.
            recipient: The recipient.
        """
        self._account.happen(email, "clicked", recipient, url)

    def complain(self, email: SentEmail | str, recipient: str | None = None) -> None:
        """Let a recipient report an e-mail as spam, which suppresses the recipient."""
        self._account.happen(email, "spam", recipient)

    def unsubscribe(self, email: SentEmail | str, recipient: str | None = None) -> None:
        """Let a recipient unsubscribe, which suppresses the recipient."""
        self._account.happen(email, "unsubscribed", recipient)

    def resubscribe(self, email: SentEmail | str, recipient: str | None = None) -> None:
        """Let a recipient subscribe again, which ends the suppression for having unsubscribed."""
        self._account.happen(email, "resubscribed", recipient)

    def reject(self, email: SentEmail | str, recipient: str | None = None, *, reason: str = "") -> None:
        """Let an e-mail be rejected, with the reason that the event then has."""
        self._account.happen(email, "rejected", recipient, reason)

    def events(self, email: SentEmail | str) -> tuple[RecordedEvent, ...]:
        """Return what happened to an e-mail, in the order of time."""
        self._account.release_due()
        return tuple(self._account.activity.of_email(email if isinstance(email, str) else email.email_id))

    def receive_sms(self, source: str, destination: str, content: str) -> StoredReply:
        """Let a text arrive at a number of the account, for ``/sms/view-received``."""
        return self._account.receive_sms(source, destination, content)

    def reply_sms(self, text: StoredSms | str, content: str) -> StoredReply:
        """Let the recipient of a text answer it; ``STOP`` lets the number opt out, and later texts are rejected.

        Args:
            text: A text of `Sandbox.sms`, or its id.
            content: The answer.

        Raises:
            ValueError: There is no such text. So it is for all that can happen to a text.
        """
        return self._account.texts.reply(self._text(text), content, self._account.now())

    def sms_delivered(self, text: StoredSms | str) -> None:
        """Let a text arrive."""
        self._sms_happen(text, "delivered")

    def sms_failed(self, text: StoredSms | str) -> None:
        """Let a text fail on its way."""
        self._sms_happen(text, "failed")

    def sms_rejected(self, text: StoredSms | str) -> None:
        """Let a text be rejected."""
        self._sms_happen(text, "rejected")

    def sms_opt_out(self, text: StoredSms | str) -> None:
        """Let the number of a text opt out; later texts to it are rejected."""
        self._sms_happen(text, "opt-out")

    def sms_events(self, text: StoredSms | str) -> tuple[RecordedSmsEvent, ...]:
        """Return what happened to a text, in the order of time."""
        return tuple(self._account.texts.events_of(text if isinstance(text, str) else text.message_id))

    @property
    def notifications(self) -> tuple[Notification, ...]:
        """Return the events on their way to webhooks, and the newest thousand that arrived or were given up."""
        return self._account.notifications.all

    @property
    def failed_notifications(self) -> tuple[Notification, ...]:
        """Return the events that a webhook did not take at its last try; most of them will be tried again."""
        return self._account.notifications.failed

    def retry_notification(self, notification: Notification | int) -> None:
        """Send a failed event at once, whether it waits for its next try or was given up.

        Raises:
            ValueError: The event did not fail.
        """
        self._account.notifications.retry(_number(notification), self._account.now())

    def cancel_notification(self, notification: Notification | int) -> None:
        """Let a failed event have no more tries.

        Raises:
            ValueError: The event did not fail.
        """
        self._account.notifications.cancel(_number(notification))

    def wait_for_webhooks(self, timeout: float = 5.0) -> None:
        """Wait until every event that is due was sent to its webhooks: taken, or failed and waiting for another try.

        This blocks the thread. If the receiver runs on the event loop of this thread, call it in another one:
        ``await anyio.to_thread.run_sync(sandbox.wait_for_webhooks)``.

        Args:
            timeout: Seconds, in real time.

        Raises:
            TimeoutError: Events are still being sent.
        """
        self._account.release_due()
        notifications = self._account.notifications
        notifications.wake()
        left = notifications.wait(self._account.now, timeout)
        if left:
            raise TimeoutError(f"{left} events were not sent to their webhooks within {timeout:g} seconds")

    def _text(self, text: StoredSms | str) -> StoredSms:
        return self._account.texts.find(text) if isinstance(text, str) else text

    def _sms_happen(self, text: StoredSms | str, kind: str) -> None:
        self._account.texts.happen(self._text(text), kind, self._account.now())


def _number(notification: Notification | int) -> int:
    return notification if isinstance(notification, int) else notification.number
