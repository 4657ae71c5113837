"""The sender domains of a sandbox account, and the DNS records that verify them. No sockets and no look-ups."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, frozen

from ..call import Call, Operations, refused
from ..dns import DKIM_TARGET, RETURN_TARGET, TRACK_TARGET, CnameRecord, DnsZone, number_of, parts_of
from ..rules import Fields, parse_mailbox

DEFAULT_TRACKING = "link"
VERIFIED_EVERY = timedelta(minutes=7)
"""How often the provider looks at the records of a domain by itself."""

_SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@frozen(kw_only=True)
class StoredDomain:
    """A domain that e-mails are sent from, its records, and what the last look at them said."""

    name: str
    returnpath: str
    tracking: str
    checked_at: datetime
    statuses: tuple[str, str, str] = ("", "", "")
    verified: tuple[bool, bool, bool] = (False, False, False)
    """Of the records for DKIM, for the return path and for tracking."""
    subaccounts: tuple[str, ...] = ()
    future_subaccounts: bool = False

    @property
    def dkim_selector(self) -> str:
        """Return the label before ``_domainkey``."""
        return f"s{number_of(self.name)}"

    @property
    def records(self) -> tuple[CnameRecord, CnameRecord, CnameRecord]:
        """Return the records for DKIM, for the return path and for tracking."""
        return (
            CnameRecord(f"{self.dkim_selector}._domainkey.{self.name}", DKIM_TARGET),
            CnameRecord(f"{self.returnpath}.{self.name}", RETURN_TARGET),
            CnameRecord(f"{self.tracking}.{self.name}", TRACK_TARGET),
        )

    @property
    def may_send(self) -> bool:
        """Return whether e-mails may go out from this domain; the record for tracking does not matter for that."""
        return self.verified[0] and self.verified[1]


class DomainCalls:
    """The sender domains of an account and of its subaccounts.

    Args:
        is_subaccount: Returns whether the account has a subaccount with this id.
    """

    def __init__(self, is_subaccount: Callable[[str], bool]) -> None:
        self._is_subaccount = is_subaccount
        self._zone = DnsZone()
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/domain/add": self._add,
            "/domain/remove": self._remove,
            "/domain/returnpath": lambda call: self._rename(call, "returnpath"),
            "/domain/tracking": lambda call: self._rename(call, "tracking"),
            "/domain/subaccount_access": self._set_access,
            "/domain/verify": self._verify,
            "/domain/view": self._view,
        }

    def clear(self) -> None:
        """Forget all domains, and all records that were published."""
        self._domains: defaultdict[str, dict[str, StoredDomain]] = defaultdict(dict)
        self._zone.clear()

    def publish(self, name: str) -> tuple[CnameRecord, ...]:
        """Publish the records that a domain needs now, and return them."""
        lowered = name.lower()
        records = {
            record: None for owned in self._domains.values() if lowered in owned for record in owned[lowered].records
        }
        if not records:
            raise ValueError("domain: must have been added before its records can be published")
        for record in records:
            self._zone.publish(record)
        return tuple(records)

    def may_send(self, name: str, subaccount: str, now: datetime) -> bool:
        """Return whether a verified domain, of the account or granted by the master account, covers a sender."""
        return any(self._looked_at(owner, domain, now).may_send for owner, domain in self._usable(subaccount, name))

    def subaccount_added(self, subaccount: str) -> None:
        """Give a new subaccount the domains of the master account that future subaccounts may use."""
        for domain in [domain for domain in self._domains[""].values() if domain.future_subaccounts]:
            self._keep("", evolve(domain, subaccounts=(*domain.subaccounts, subaccount)))

    def _add(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        name = _domain(fields)
        access = fields.mapping("subaccount_access") or {}
        subaccounts, future = self._access(Fields(access, "subaccount_access."))
        domain = StoredDomain(
            name=name,
            returnpath=_subdomain(fields, "returnpath_subdomain") or f"em{number_of(name)}",
            tracking=_subdomain(fields, "tracking_subdomain") or DEFAULT_TRACKING,
            checked_at=call.now,
            subaccounts=subaccounts,
            future_subaccounts=future,
        )
        at_once = fields.flag("auto_verify") if "auto_verify" in fields else True
        fields.flag("requisition_ssl")
        if name in self._domains[call.subaccount]:
            raise refused("The passed 'domain' has been added already")
        self._keep(call.subaccount, domain)
        return _shown([self._checked(call.subaccount, domain, call.now) if at_once else domain])

    def _remove(self, call: Call) -> dict[str, Any]:
        domain = self._named(call)
        del self._domains[call.subaccount][domain.name]
        # In the provider's example nothing is left to show of the domain.
        return _shown([])

    def _rename(self, call: Call, kind: str) -> dict[str, Any]:
        """Change the subdomain for tracking or for the return path; its record must be published and verified anew."""
        domain = self._named(call)
        old, new = (_subdomain(call.fields, name, required=True) for name in ("old_subdomain", "new_subdomain"))
        if old != getattr(domain, kind):
            raise refused(f"The passed 'old_subdomain' is not the {kind} subdomain of the domain")
        domain = evolve(domain, tracking=new) if kind == "tracking" else evolve(domain, returnpath=new)
        self._keep(call.subaccount, domain)
        return _shown([self._checked(call.subaccount, domain, call.now)])

    def _set_access(self, call: Call) -> dict[str, Any]:
        domain = self._named(call)
        if "subaccounts" not in call.fields:
            call.fields.fail("subaccounts", "is required")
        subaccounts, future = self._access(call.fields)
        self._keep(call.subaccount, evolve(domain, subaccounts=subaccounts, future_subaccounts=future))
        return {"domain": domain.name, "subaccounts": list(subaccounts), "future_subaccounts": future}

    def _verify(self, call: Call) -> dict[str, Any]:
        call.fields.flag("requisition_ssl")
        return _shown([self._checked(call.subaccount, self._named(call), call.now)])

    def _view(self, call: Call) -> dict[str, Any]:
        wanted = (call.fields.text("domain") or "").lower()
        shown = [
            (owner, self._looked_at(owner, domain, call.now)) for owner, domain in self._usable(call.subaccount, wanted)
        ]
        domains = [_item(domain) | ({"from_master": not owner} if call.subaccount else {}) for owner, domain in shown]
        return {"domains": domains}

    def _usable(self, subaccount: str, name: str) -> list[tuple[str, StoredDomain]]:
        """Return the domains of an account and those that the master account shares with it, each with its owner."""
        own = [(subaccount, domain) for domain in self._domains[subaccount].values()]
        if subaccount:
            own += [("", domain) for domain in self._domains[""].values() if subaccount in domain.subaccounts]
        return [(owner, domain) for owner, domain in own if name in ("", domain.name)]

    def _looked_at(self, owner: str, domain: StoredDomain, now: datetime) -> StoredDomain:
        """Return a domain, after the look at its records that the provider would have had by now."""
        if all(domain.verified) or now - domain.checked_at < VERIFIED_EVERY:
            return domain
        return self._checked(owner, domain, now)

    def _checked(self, owner: str, domain: StoredDomain, now: datetime) -> StoredDomain:
        dkim, returnpath, tracking = (self._zone.status_of(record) for record in domain.records)
        domain = evolve(
            domain,
            checked_at=now,
            statuses=(dkim, returnpath, tracking),
            verified=(not dkim, not returnpath, not tracking),
        )
        self._keep(owner, domain)
        return domain

    def _keep(self, owner: str, domain: StoredDomain) -> None:
        self._domains[owner][domain.name] = domain

    def _named(self, call: Call) -> StoredDomain:
        domain = self._domains[call.subaccount].get(_domain(call.fields))
        if domain is None:
            raise refused("No sender domain was found with the passed 'domain'")
        return domain

    def _access(self, fields: Fields) -> tuple[tuple[str, ...], bool]:
        subaccounts = tuple(dict.fromkeys(fields.words("subaccounts")))
        if not all(map(self._is_subaccount, subaccounts)):
            raise refused("No subaccount was found with one of the passed 'subaccounts'")
        return subaccounts, fields.flag("future_subaccounts")


def _domain(fields: Fields) -> str:
    name = fields.required("domain", fields.text("domain")).lower()
    if "." not in name or parse_mailbox(f"name@{name}") is None:
        fields.fail("domain", "was expecting a domain name")
    return name


def _subdomain(fields: Fields, name: str, *, required: bool = False) -> str:
    value = (fields.text(name) or "").lower()
    if required or value:
        fields.required(name, value)
        if not all(_SUBDOMAIN.fullmatch(label) for label in value.split(".")):
            fields.fail(name, "was expecting a subdomain such as 'link'")
    return value


def _shown(domains: list[StoredDomain]) -> dict[str, Any]:
    return {"domains": [_item(domain) for domain in domains]}


def _item(domain: StoredDomain) -> dict[str, Any]:
    parts = parts_of(domain.name)
    dkim, returnpath, tracking = domain.verified
    return {
        "domain": {
            "fulldomain": domain.name,
            "subdomain": parts.subdomain,
            "domain": parts.domain,
            "suffix": parts.suffix,
            "dkim_selector": domain.dkim_selector,
            "dkim_verified": dkim,
            "dkim_status": domain.statuses[0],
            # As seen live, the value is empty until it was found in the DNS, and two more fields say what is expected.
            "dkim_value": DKIM_TARGET if dkim else "",
            "dkim_expected": DKIM_TARGET,
            "rpath_selector": domain.returnpath,
            "rpath_verified": returnpath,
            "rpath_status": domain.statuses[1],
            "rpath_value": RETURN_TARGET if returnpath else "",
            "rpath_expected": RETURN_TARGET,
            "setup_link": "unavailable",
        },
        "trackers": [
            {
                "fulldomain": domain.records[2].name,
                "subdomain": domain.tracking,
                "domain": parts.domain,
                "suffix": parts.suffix,
                "cname_verified": tracking,
                "cname_status": domain.statuses[2],
                "cname_value": TRACK_TARGET if tracking else "",
                # Not seen, but without it no reply would say what to publish.
                "cname_expected": TRACK_TARGET,
                "enabled": tracking,
            }
        ],
        "subaccount_access": {
            "subaccounts": list(domain.subaccounts),
            "future_subaccounts": domain.future_subaccounts,
        },
    }
