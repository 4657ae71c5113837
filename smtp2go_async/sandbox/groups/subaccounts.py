"""The subaccounts of a sandbox account, and which of them a call acts for. No sockets."""

import random
import string
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from ..account_key import AccountKey
from ..call import Call, Operations, refused
from ..pages import page_of
from ..rate_limit import RateLimit
from ..rules import Fields, parse_mailbox

SUBACCOUNTS_PER_HOUR = 50
"""Calls of ``/subaccount/add`` that are answered in an hour."""
LIMITS = tuple(
    thousands * 1000 for thousands in (2, 5, 10, 20, 30, 40, 50, 60, 80, 100, 250, 500, 1000, 2000, 3000, 5000, 10_000)
)
"""The e-mails per billing cycle that a subaccount can be given."""
MIN_LIMIT_WITH_IP = 100_000
STATES = ("all", "active", "closed", "suspended")

# The calls that can be made on behalf of a subaccount, by how their paths start.
_ON_BEHALF = (
    "/allowed_recipients/",
    "/allowed_senders/",
    "/api_keys/",
    "/archive/",
    "/domain/",
    "/ip_auth/",
    "/single_sender_emails/",
    "/sms/summary",
    "/sms/view-",
    "/suppression/",
    "/users/smtp/",
    "/webhook/",
)
_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 6


@frozen(kw_only=True)
class StoredSubaccount:
    """A subaccount. Its repr shows no address."""

    id: str
    name: str
    email: str = ""
    state: str = "Active"
    limit: int = 10_000
    dedicated_ip: bool = False
    archiving: bool = False
    enforce_2fa: bool = False
    sms_enabled: bool = False
    sms_limit: int = 1000
    ip_pool: int | None = None

    def __repr__(self) -> str:
        return f"<StoredSubaccount {self.id}>"


class SubaccountCalls:
    """The subaccounts of an account.

    Args:
        used: Returns how many e-mails a subaccount has sent.
        pools: The pools of dedicated IP addresses by their ids.
    """

    def __init__(self, used: Callable[[str], int], pools: Mapping[int, object]) -> None:
        self._used = used
        self._pools = pools
        self._limit = RateLimit(SUBACCOUNTS_PER_HOUR, 3600)
        self.on_add: list[Callable[[str], None]] = []
        """Called with the id of each subaccount that is added."""
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/subaccount/add": self._add,
            "/subaccount/edit": self._edit,
            "/subaccount/close": self._close,
            "/subaccount/reopen": self._reopen,
            "/subaccounts/search": self._search,
        }

    def clear(self) -> None:
        """Forget all subaccounts."""
        self._accounts: dict[str, StoredSubaccount] = {}
        self._limit.clear()
        # The same calls get the same ids after each clear, and reading a test's failure twice is easier then.
        self._random = random.Random(0)  # noqa: S311 - ids are no secrets

    def has(self, wanted: str) -> bool:
        """Return whether there is a subaccount with this id."""
        return wanted in self._accounts

    def acting(self, path: str, fields: Fields, key: AccountKey) -> str:
        """Return the id of the subaccount that a call acts for, empty for the master account.

        A key of a subaccount acts for that one alone. The provider has not published how it refuses others.
        """
        wanted = (fields.text("subaccount_id") or "") if "subaccount_id" in fields and _takes(path) else ""
        acting = wanted or key.subaccount
        if not acting:
            return ""
        account = self._accounts.get(acting)
        if account is None or (key.subaccount and acting != key.subaccount):
            raise refused("No subaccount was found with the passed 'subaccount_id'")
        if account.state != "Active":
            raise refused("The subaccount is closed")
        return acting

    def _add(self, call: Call) -> dict[str, Any]:
        self._limit.count(call.now)
        _only_for_the_master(call)
        name = call.fields.required("fullname", call.fields.line("fullname"))
        email = call.fields.text("subaccount_email") or ""
        if email and parse_mailbox(email) is None:
            call.fields.fail("subaccount_email", "was expecting a valid e-mail address")
        account = StoredSubaccount(id=self._new_id(), name=name, email=email)
        account = self._changed(account, call.fields)
        self._accounts[account.id] = account
        for told in self.on_add:
            told(account.id)
        return self._shown(account)

    def _edit(self, call: Call) -> dict[str, Any]:
        account = self._named(call)
        if "fullname" in call.fields:
            name = call.fields.required("fullname", call.fields.line("fullname"))
            account = evolve(account, name=name)
        account = self._changed(account, call.fields)
        self._accounts[account.id] = account
        return self._shown(account)

    def _close(self, call: Call) -> str:
        account = self._named(call)
        if account.state == "Closed":
            raise refused("The subaccount is closed already")
        self._accounts[account.id] = evolve(account, state="Closed")
        return f"Successfully closed subaccount {account.email or account.name}"

    def _reopen(self, call: Call) -> str:
        account = self._named(call)
        if account.state != "Closed":
            raise refused("The subaccount is not closed")
        self._accounts[account.id] = evolve(account, state="Active")
        # The schema has an object here, the example a text.
        return f"Successfully reopened subaccount {account.email or account.name}"

    def _search(self, call: Call) -> dict[str, Any]:
        fields = call.fields
        _only_for_the_master(call)
        terms = fields.words("search_terms")
        fuzzy = fields.flag("fuzzy_search") if "fuzzy_search" in fields else True
        states = fields.text("states") or "all"
        fields.one_of("states", states, STATES)
        direction = fields.text("sort_direction") or "asc"
        fields.one_of("sort_direction", direction, ("asc", "desc"))
        size = fields.whole("page_size", lowest=1) or 100
        found = sorted(
            (
                account
                for account in self._accounts.values()
                if states in ("all", account.state.lower()) and _matches(account, terms, fuzzy)
            ),
            # Names can be the same, and a page must start where the last one ended.
            key=lambda account: (account.name, account.id),
            reverse=direction == "desc",
        )
        page, following = page_of(found, fields, size)
        return {
            "subaccounts": [{**self._shown(account), "email": account.email} for account in page],
            "total_count": len(found),
            "continue_token": following,
        }

    def _changed(self, account: StoredSubaccount, fields: Fields) -> StoredSubaccount:
        changes: dict[str, Any] = {}
        if "limit" in fields:
            changes["limit"] = fields.whole("limit")
            if changes["limit"] not in LIMITS:
                fields.fail("limit", f"was expecting one of {', '.join(map(str, LIMITS))}")
        if "sms_limit" in fields:
            changes["sms_limit"] = fields.whole("sms_limit", lowest=0)
        if "ip_pool" in fields:
            changes["ip_pool"] = fields.whole("ip_pool")
            if changes["ip_pool"] not in self._pools:
                fields.fail("ip_pool", "was expecting the id of an IP pool of the account")
        for field, name in (
            ("dedicated_ip", "dedicated_ip"),
            ("archiving", "archiving"),
            ("enforce_2fa", "enforce_2fa"),
            ("enable_sms", "sms_enabled"),
        ):
            if field in fields:
                changes[name] = fields.flag(field)
        changed = evolve(account, **changes)
        if changed.dedicated_ip and changed.limit <= MIN_LIMIT_WITH_IP:
            raise refused(f"A dedicated IP is only available with a limit above {MIN_LIMIT_WITH_IP}")
        return changed

    def _named(self, call: Call) -> StoredSubaccount:
        wanted = call.fields.required("id", call.fields.text("id"))
        email = call.fields.text("email") or ""
        _only_for_the_master(call)
        account = self._accounts.get(wanted)
        if account is None or (email and email.lower() != account.email.lower()):
            raise refused("No subaccount was found with the passed 'id'")
        return account

    def _new_id(self) -> str:
        while True:
            new = "".join(self._random.choices(_ALPHABET, k=_ID_LENGTH))
            if new not in self._accounts:
                return new

    def _shown(self, account: StoredSubaccount) -> dict[str, Any]:
        used = self._used(account.id)
        return {
            "name": account.name,
            "id": account.id,
            "plan_size": account.limit,
            "plan_used": used,
            "plan_remaining": max(0, account.limit - used),
            "state": account.state,
            "dedicated_ip": account.dedicated_ip,
            "archiving": account.archiving,
            "enforce_2fa": account.enforce_2fa,
            "sms_enabled": account.sms_enabled,
            "sms_limit": account.sms_limit,
        }


def _takes(path: str) -> bool:
    # The calls about permissions and about access are of the key, and of the master account.
    return path.startswith(_ON_BEHALF) and path not in ("/api_keys/permissions", "/domain/subaccount_access")


def _only_for_the_master(call: Call) -> None:
    if call.subaccount:
        raise refused("A subaccount cannot have subaccounts")


def _matches(account: StoredSubaccount, terms: list[str], fuzzy: bool) -> bool:
    values = (account.name, account.email, account.id)
    if not terms:
        return True
    if fuzzy:
        return any(term.lower() in value.lower() for term in terms for value in values)
    return any(term in values for term in terms)
