"""The suppressions of a sandbox account: addresses and domains to which nothing is sent. No sockets.

Hard bounces, complaints and unsubscriptions add to them. An e-mail to a suppressed recipient is accepted, and rejected
for this recipient, with the reason in the activity and in the webhooks, as the provider's reference describes it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from attrs import frozen

from ..call import Call, Operations
from ..pages import page_of
from ..records import RecordedEvent
from ..rules import Fields, parse_mailbox, read_period

TYPES: Final = ("manual", "spam", "unsubscribe", "bounce", "compliance")
PAGE_SIZE: Final = 1000
"""Results of a page; the provider has not published how many it has."""

_ADDED_BY: Final[Mapping[str, str]] = {"hard-bounced": "bounce", "spam": "spam", "unsubscribed": "unsubscribe"}
_REASONS: Final[Mapping[str, str]] = {
    "manual": "The recipient is suppressed by the account",
    "spam": "The recipient previously complained about an email",
    "unsubscribe": "The recipient previously unsubscribed",
    "bounce": "The recipient previously bounced",
    "compliance": "The recipient is suppressed for compliance",
}
_SORTS: Final = ("asc", "desc")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.IGNORECASE)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@frozen(kw_only=True)
class StoredSuppression:
    """An address or a domain to which nothing is sent, for one reason."""

    address: str
    reason: str
    description: str = ""
    subject: str | None = None
    added_at: datetime


class SuppressionCalls:
    """The suppressions of each subaccount, and the calls about them. The caller holds the lock of the account."""

    def __init__(self) -> None:
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/suppression/add": self._add,
            "/suppression/remove": self._remove,
            "/suppression/view": self._view,
        }

    def clear(self) -> None:
        """Forget all suppressions."""
        # By subaccount, then by address or domain, then by reason.
        self._kept: dict[str, dict[str, dict[str, StoredSuppression]]] = {}

    def all(self, subaccount: str = "") -> Sequence[StoredSuppression]:
        """Return the suppressions of a subaccount, or those of the master account."""
        return [item for reasons in self._kept.get(subaccount, {}).values() for item in reasons.values()]

    def blocking(self, address: str, subaccount: str) -> str | None:
        """Return why nothing goes to an address, in the words of a rejection, or `None`."""
        kept = self._kept.get(subaccount)
        if not kept:
            return None
        address = address.lower()
        reasons = kept.get(address) or kept.get(address.rpartition("@")[2])
        return _REASONS[next(iter(reasons))] if reasons else None

    def note(self, events: Sequence[RecordedEvent]) -> None:
        """Add and remove what events ask for."""
        for event in events:
            reason = _ADDED_BY.get(event.kind)
            if reason is not None:
                self._put(
                    event.email.subaccount,
                    StoredSuppression(
                        address=event.recipient.lower(),
                        reason=reason,
                        description=event.detail,
                        subject=event.email.subject,
                        added_at=event.moment,
                    ),
                )
            elif event.kind == "resubscribed":
                self._take(event.email.subaccount, event.recipient.lower(), "unsubscribe")

    def _put(self, subaccount: str, item: StoredSuppression) -> None:
        self._kept.setdefault(subaccount, {}).setdefault(item.address, {}).setdefault(item.reason, item)

    def _take(self, subaccount: str, address: str, reason: str) -> bool:
        kept = self._kept.get(subaccount, {})
        reasons = kept.get(address, {})
        found = reasons.pop(reason, None) is not None
        if found and not reasons:
            del kept[address]
        return found

    def _add(self, call: Call) -> dict[str, Any]:
        address = _address(call.fields)
        description = call.fields.text("block_description") or ""
        self._put(
            call.subaccount,
            StoredSuppression(address=address, reason="manual", description=description, added_at=call.now),
        )
        return {"added": True, "block_description": description, "email_address": address}

    def _remove(self, call: Call) -> dict[str, Any]:
        address = _address(call.fields)
        reasons = call.fields.words("reasons")
        if not reasons:
            call.fields.fail("reasons", "is required and must have at least 1 item")
        for index, reason in enumerate(reasons):
            call.fields.one_of(f"reasons[{index}]", reason, TYPES)
        return {
            "suppressions": [
                {
                    "email_address": address,
                    "reason": reason,
                    "removed": self._take(call.subaccount, address, reason),
                }
                for reason in reasons
            ]
        }

    def _view(self, call: Call) -> dict[str, Any]:
        wanted = _Wanted.read(call.fields)
        is_falling = call.fields.text("sort") == "desc"
        if "sort" in call.fields:
            call.fields.one_of("sort", call.fields.text("sort") or "", _SORTS)

        found = [item for item in self.all(call.subaccount) if wanted.has(item)]
        found.sort(key=lambda item: item.added_at, reverse=is_falling)
        items, token = page_of(found, call.fields, PAGE_SIZE)
        return {
            "continue_token": token or None,
            "results": [_shown(item) for item in items],
            "total_results": len(found),
        }


@frozen(kw_only=True)
class _Wanted:
    """The filters of ``/suppression/view``."""

    start: datetime
    end: datetime | None
    address: str
    types: frozenset[str]
    reasons: tuple[str, ...]
    recipients: tuple[str, ...]
    is_fuzzy: bool
    wildcard: str

    @classmethod
    def read(cls, fields: Fields) -> "_Wanted":
        # The reference has the defaults of the two dates the wrong way round, so all suppressions are shown without.
        start, end = read_period(fields, _LONG_AGO)
        types = [*_both(fields, "suppression_type", "suppression_types")]
        for kind in types:
            fields.one_of("suppression_types", kind, TYPES)
        return cls(
            start=start,
            end=end,
            address=(fields.text("email_address") or "").lower(),
            types=frozenset(types),
            reasons=tuple(_both(fields, "reason", "reasons")),
            recipients=tuple(_both(fields, "recipient", "recipients")),
            is_fuzzy=fields.flag("fuzzy"),
            wildcard=(fields.text("wildcard") or "").lower(),
        )

    def has(self, item: StoredSuppression) -> bool:
        reasons = (item.reason, item.description.lower())
        return (
            self.start <= item.added_at
            and (self.end is None or item.added_at < self.end)
            and self.address in ("", item.address)
            and (not self.types or item.reason in self.types)
            and (not self.reasons or any(self._matches(wanted, reasons) for wanted in self.reasons))
            and (not self.recipients or any(self._matches(wanted, (item.address,)) for wanted in self.recipients))
            and (not self.wildcard or fnmatchcase(item.address, self._pattern()))
        )

    def _matches(self, wanted: str, texts: Sequence[str]) -> bool:
        return any(wanted in text if self.is_fuzzy else wanted == text for text in texts)

    def _pattern(self) -> str:
        return self.wildcard if "*" in self.wildcard else f"*{self.wildcard}*"


def _both(fields: Fields, single: str, several: str) -> list[str]:
    one = fields.text(single)
    return [text.lower() for text in ([one] if one else []) + fields.words(several)]


def _address(fields: Fields) -> str:
    given = fields.required("email_address", fields.text("email_address")).strip().lower()
    mailbox = parse_mailbox(given)
    if (mailbox is None or mailbox.address != given) and not _DOMAIN.fullmatch(given):
        fields.fail("email_address", "was expecting an email address or a domain")
    return given


def _shown(item: StoredSuppression) -> dict[str, Any]:
    return {
        "email_address": item.address,
        "reason": item.reason,
        "block_description": item.description,
        "complaint": "abuse" if item.reason == "spam" else "",
        "subject": item.subject,
        "timestamp": item.added_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
    }
