"""What becomes of each recipient of an e-mail, and what follows from it. No sockets; the time is passed in.

`OUTCOMES` is the table of addresses: the part before the ``@``, or its beginning up to a ``+`` or a ``.``, decides. To
every other address an e-mail is processed and delivered at once.

All events go to one log, `ActivityLog`, and from there to whoever listens: the suppressions, and the webhooks.
"""

import heapq
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Final

from attrs import frozen

from .activity import ActivityLog
from .records import RecordedEvent, SentEmail


@frozen(kw_only=True)
class RecipientOutcome:
    """What becomes of a recipient."""

    kinds: tuple[str, ...]
    """The events in their order, in the words of ``/activity/search``."""
    detail: str = ""
    """The words of the recipient's server about a bounce, the reason of a rejection, or the link of a click."""
    delay: timedelta = timedelta()
    """How long after ``processed`` the other events happen."""
    shown: str
    """What happens, for the documentation."""


DELIVERED: Final = RecipientOutcome(kinds=("processed", "delivered"), shown="It is delivered at once.")

_DELAY: Final = timedelta(minutes=5)
_LINK: Final = "https://example.com/"
_HARD: Final = "550 5.1.1 The e-mail account does not exist"
_SOFT: Final = "452 4.2.2 The mailbox is full"
_REJECTED: Final = "The recipient was rejected by a rule of the sandbox"

OUTCOMES: Final[Mapping[str, RecipientOutcome]] = MappingProxyType(
    {
        "bounce": RecipientOutcome(
            kinds=("processed", "hard-bounced"),
            detail=_HARD,
            shown="It bounces for good, and the address is suppressed.",
        ),
        "softbounce": RecipientOutcome(
            kinds=("processed", "soft-bounced"), detail=_SOFT, shown="It bounces for now; nothing is suppressed."
        ),
        "complaint": RecipientOutcome(
            kinds=("processed", "delivered", "spam"),
            shown="It is delivered and reported as spam, and the address is suppressed.",
        ),
        "unsubscribe": RecipientOutcome(
            kinds=("processed", "delivered", "unsubscribed"),
            shown="It is delivered, and the recipient unsubscribes, so the address is suppressed.",
        ),
        "resubscribe": RecipientOutcome(
            kinds=("processed", "delivered", "unsubscribed", "resubscribed"),
            shown="It is delivered, and the recipient unsubscribes and subscribes again.",
        ),
        "open": RecipientOutcome(kinds=("processed", "delivered", "opened"), shown="It is delivered and opened."),
        "click": RecipientOutcome(
            kinds=("processed", "delivered", "opened", "clicked"),
            detail=_LINK,
            shown="It is delivered and opened, and a link in it is clicked.",
        ),
        "reject": RecipientOutcome(
            kinds=("rejected",), detail=_REJECTED, shown="The e-mail is taken, and dropped before it goes out."
        ),
        "delay": RecipientOutcome(
            kinds=("processed", "delivered"), delay=_DELAY, shown="It is delivered after 5 minutes."
        ),
    }
)
"""The table of addresses."""

_NAME: Final = re.compile(rf"({'|'.join(OUTCOMES)})[+.@]", re.IGNORECASE)
_WITH_DETAIL: Final = frozenset({"hard-bounced", "soft-bounced", "rejected", "clicked"})

Listener = Callable[[Sequence[RecordedEvent]], None]
"""Is given events of one moment, in their order."""

Blocking = Callable[[str, str], str | None]
"""Returns why nothing goes to an address from a subaccount, or `None`."""


class OutcomeRules:
    """Decides what becomes of recipients: by the rules of a test, or else by the table."""

    def __init__(self) -> None:
        self._rules: dict[str, RecipientOutcome] = {}

    def clear(self) -> None:
        """Forget the rules."""
        self._rules.clear()

    def set(self, recipient: str, outcome: str) -> None:
        """Let an outcome of the table, or ``"deliver"``, happen to an address or to a whole domain.

        Raises:
            ValueError: There is no such outcome, or the recipient is neither an address nor a domain.
        """
        if outcome != "deliver" and outcome not in OUTCOMES:
            raise ValueError(f"outcome: must be 'deliver' or one of {', '.join(OUTCOMES)}")
        if not recipient or recipient.startswith("@") or any(char.isspace() for char in recipient):
            raise ValueError("recipient: must be an address or a domain, such as 'example.org'")
        self._rules[recipient.lower()] = OUTCOMES.get(outcome, DELIVERED)

    def of(self, recipient: str) -> RecipientOutcome:
        """Return what becomes of a recipient."""
        if self._rules:
            address = recipient.lower()
            rule = self._rules.get(address) or self._rules.get(address.rpartition("@")[2])
            if rule is not None:
                return rule
        named = _NAME.match(recipient)
        return OUTCOMES[named[1].lower()] if named else DELIVERED


class Deliveries:
    """Lets happen to e-mails what their recipients stand for. The caller holds the lock of the account.

    Args:
        log: Where all events are noted.
        blocking: Asks the suppressions.
        listeners: Are given all events, in this order.
    """

    def __init__(self, log: ActivityLog, blocking: Blocking, listeners: Sequence[Listener]) -> None:
        self._log = log
        self._blocking = blocking
        self._listeners = listeners
        self.rules: OutcomeRules = OutcomeRules()
        self._numbers = count()
        self.clear()

    def clear(self) -> None:
        """Forget the rules, all events, and the events that are still to come."""
        self.rules.clear()
        self._log.clear()
        # The number keeps events of one moment in their order; events themselves cannot be compared.
        self._coming: list[tuple[datetime, int, RecordedEvent]] = []

    def delivered(self, email: SentEmail, moment: datetime) -> bool:
        """Send an e-mail on its way, and return whether it went out to any recipient."""
        processed: list[RecordedEvent] = []
        following: list[RecordedEvent] = []
        for recipient in email.recipients:
            outcome = self._outcome_of(email, recipient)
            if outcome.kinds[0] == "processed":
                processed.append(RecordedEvent(moment, "processed", email, recipient))
            if outcome is DELIVERED:
                following.append(RecordedEvent(moment, "delivered", email, recipient))
                continue
            for kind in outcome.kinds:
                if kind == "processed":
                    continue
                detail = outcome.detail if kind in _WITH_DETAIL else ""
                event = RecordedEvent(moment + outcome.delay, kind, email, recipient, detail)
                if outcome.delay:
                    heapq.heappush(self._coming, (event.moment, next(self._numbers), event))
                else:
                    following.append(event)
        self._note([*processed, *following])
        return bool(processed)

    def rejected(self, email: SentEmail, moment: datetime, reason: str) -> None:
        """Note that an e-mail was dropped after it had been accepted."""
        self._note([RecordedEvent(moment, "rejected", email, recipient, reason) for recipient in email.recipients])

    def happen(self, email: SentEmail, kind: str, recipient: str | None, moment: datetime, detail: str = "") -> None:
        """Let an event happen to a recipient; events that were still to come for this recipient do not happen.

        Raises:
            ValueError: The e-mail has no such recipient, or has several and none was named.
        """
        found = _recipient_of(email, recipient)
        if self._coming:
            kept = [
                item for item in self._coming if (item[2].email.email_id, item[2].recipient) != (email.email_id, found)
            ]
            heapq.heapify(kept)
            self._coming = kept
        if not detail:
            detail = {"hard-bounced": _HARD, "soft-bounced": _SOFT, "rejected": _REJECTED, "clicked": _LINK}.get(
                kind, ""
            )
        self._note([RecordedEvent(moment, kind, email, found, detail)])

    def release(self, now: datetime) -> None:
        """Let all events happen whose time has come."""
        while self._coming and self._coming[0][0] <= now:
            self._note([heapq.heappop(self._coming)[2]])

    def _outcome_of(self, email: SentEmail, recipient: str) -> RecipientOutcome:
        reason = self._blocking(recipient, email.subaccount)
        if reason is not None:
            return RecipientOutcome(kinds=("rejected",), detail=reason, shown="")
        return self.rules.of(recipient)

    def _note(self, events: Sequence[RecordedEvent]) -> None:
        self._log.note(events)
        for listener in self._listeners:
            listener(events)


def _recipient_of(email: SentEmail, recipient: str | None) -> str:
    if recipient is None:
        if len(email.recipients) != 1:
            raise ValueError("recipient: must be named, since the e-mail has several")
        return email.recipients[0]
    for address in email.recipients:
        if address.lower() == recipient.lower():
            return address
    raise ValueError("recipient: is not among the recipients of the e-mail")
