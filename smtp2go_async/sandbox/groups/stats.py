"""Statistics of a sandbox account, counted from the log of its events when they are asked for. No sockets."""

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import define, field

from ..activity import ActivityLog
from ..activity_filters import read_date
from ..call import Call, Operations
from ..records import RecordedEvent, SentEmail

CYCLE_MAX: Final = 10_000
"""E-mails of a month of the plan; the sandbox refuses no e-mail for it."""
DAYS: Final = 30

_SECOND: Final = timedelta(seconds=1)
_GROUPS: Final[Mapping[str, Callable[[SentEmail], str]]] = {
    "email_address": lambda email: email.sender,
    "username": lambda email: email.username,
    "domain": lambda email: email.sender.rpartition("@")[2],
    "subaccount": lambda email: email.subaccount or "Master account",
}
# The counts of /stats/email_history, and the events that each of them counts.
_COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "bounces": ("hard-bounced", "soft-bounced"),
    "clicks": ("clicked",),
    "opens": ("opened",),
    "rejects": ("rejected",),
    "spam": ("spam",),
    "unsubscribes": ("unsubscribed",),
}
_PERCENTS: Final[Mapping[str, str]] = {
    "bounce_percent": "bounces",
    "open_percent": "opens",
    "reject_percent": "rejects",
    "spam_percent": "spam",
    "unsubscribe_percent": "unsubscribes",
}
_EXTRA: Final[Mapping[str, Mapping[str, Any]]] = {
    "domain": {"domain_verified": True},
    "username": {"description": ""},
}


@define
class _Row:
    """What is counted of a sender, a user, a domain or a subaccount."""

    kinds: Counter[str] = field(factory=Counter)
    emails: dict[str, SentEmail] = field(factory=dict)
    """The e-mails by their ids, in the order of time."""


class StatsCalls:
    """The calls about statistics.

    Args:
        log: The events of the account.
        release: Lets happen what waits for its time.
    """

    def __init__(self, log: ActivityLog, release: Callable[[], None]) -> None:
        self._log = log
        self._release = release

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/stats/email_bounces": lambda call: _bounces(self._month(call)),
            "/stats/email_cycle": self._cycle,
            "/stats/email_history": self._history,
            "/stats/email_spam": lambda call: _spam(self._month(call)),
            "/stats/email_summary": self._summary,
            "/stats/email_unsubs": lambda call: _unsubs(self._month(call)),
        }

    def clear(self) -> None:
        """Forget nothing: all is counted anew each time."""

    def _events(self, call: Call, start: datetime, end: datetime) -> Iterable[RecordedEvent]:
        self._release()
        events: Iterable[RecordedEvent] = self._log.between(start, end)
        if call.subaccount:
            events = [event for event in events if event.email.subaccount == call.subaccount]
        return events

    def _month(self, call: Call) -> Counter[str]:
        """Count the events of the last 30 days by their kinds, of all users or of one."""
        username = call.fields.text("username")
        events = self._events(call, call.now - timedelta(days=DAYS), call.now + _SECOND)
        return Counter(event.kind for event in events if username in {None, "", event.email.username})

    def _cycle(self, call: Call) -> dict[str, Any]:
        now = call.now.astimezone(UTC)
        start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        end = start.replace(day=calendar.monthrange(now.year, now.month)[1])
        kinds = Counter(event.kind for event in self._events(call, start, now + _SECOND))
        # A rejected e-mail counts as well, and each recipient is an e-mail.
        used = kinds["processed"] + kinds["rejected"]
        return {
            "cycle_start": str(start),
            "cycle_end": str(end),
            "cycle_used": used,
            "cycle_remaining": max(CYCLE_MAX - used, 0),
            "cycle_max": CYCLE_MAX,
        }

    def _summary(self, call: Call) -> dict[str, Any]:
        kinds = self._month(call)
        bounces, spam, unsubs = _bounces(kinds), _spam(kinds), _unsubs(kinds)
        return {
            **self._cycle(call),
            "email_count": bounces["emails"],
            "hardbounces": bounces["hardbounces"],
            "softbounces": bounces["softbounces"],
            "bounce_percent": bounces["bounce_percent"],
            "spam_emails": spam["spams"],
            "spam_percent": spam["spam_percent"],
            "unsubscribes": unsubs["unsubscribes"],
            "unsubscribe_percent": unsubs["unsubscribe_percent"],
            "opens": kinds["opened"],
            "clicks": kinds["clicked"],
            "rejects": kinds["rejected"],
            # Both are deprecated, and the reference does not say how they divide the rejects.
            "bounce_rejects": kinds["rejected"],
            "spam_rejects": 0,
        }

    def _history(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        group_by = fields.text("group_by") or "email_address"
        fields.one_of("group_by", group_by, tuple(_GROUPS))
        today = call.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        start = read_date(fields, "start_date") or today - timedelta(days=DAYS)
        end = read_date(fields, "end_date") or call.now + _SECOND
        wanted = fields.words("subaccounts")
        rows: dict[str, _Row] = {}
        for event in self._events(call, start, end):
            email = event.email
            if wanted and email.subaccount not in wanted:
                continue
            row = rows.setdefault(_GROUPS[group_by](email), _Row())
            row.kinds[event.kind] += 1
            row.emails[email.email_id] = email
        total = sum((row.kinds for row in rows.values()), Counter[str]())
        percents = {f"{name}_total": value for name, value in _percents(total).items()}
        return {
            "count": len(rows),
            **percents,
            "history": [_shown(group_by, name, row) for name, row in rows.items()],
        }


def _shown(group_by: str, name: str, row: _Row) -> dict[str, Any]:
    emails: Sequence[SentEmail] = list(row.emails.values())
    size = sum(email.size for email in emails)
    return {
        group_by: name,
        **_EXTRA.get(group_by, {}),
        "lastip": emails[-1].client_ip,
        "used": _sent(row.kinds),
        "bytecount": size,
        "avgsize": round(size / len(emails), 2),
        **_counted(row.kinds),
        **_percents(row.kinds),
    }


def _sent(kinds: Counter[str]) -> int:
    return kinds["processed"] + kinds["rejected"]


def _counted(kinds: Counter[str]) -> dict[str, int]:
    return {name: sum(kinds[kind] for kind in counted) for name, counted in _COUNTS.items()}


def _percents(kinds: Counter[str]) -> dict[str, float]:
    counted = _counted(kinds)
    return {name: _share(counted[of], _sent(kinds)) for name, of in _PERCENTS.items()}


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _text(part: int, whole: int) -> str:
    # Strings in these calls, and numbers in the history.
    return f"{_share(part, whole):.2f}"


def _bounces(kinds: Counter[str]) -> dict[str, Any]:
    bounces = kinds["hard-bounced"] + kinds["soft-bounced"]
    return {
        "emails": kinds["processed"],
        "rejects": kinds["rejected"],
        "softbounces": kinds["soft-bounced"],
        "hardbounces": kinds["hard-bounced"],
        "bounce_percent": _text(bounces, kinds["processed"]),
    }


def _spam(kinds: Counter[str]) -> dict[str, Any]:
    return {
        "emails": kinds["processed"],
        "rejects": kinds["rejected"],
        "spams": kinds["spam"],
        "spam_percent": _text(kinds["spam"], kinds["processed"]),
    }


def _unsubs(kinds: Counter[str]) -> dict[str, Any]:
    return {
        "emails": kinds["processed"],
        "rejects": kinds["rejected"],
        "unsubscribes": kinds["unsubscribed"],
        "unsubscribe_percent": _text(kinds["unsubscribed"], kinds["processed"]),
    }
