"""Manage sender domains and the DNS records that they need."""

from collections.abc import Iterator, Sequence

import attrs

from .._masking import shown_half_made
from .._model_class import Url, model
from .._operation import Operation
from .._values.checks import check_word
from .._values.options import Options
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup


class SubaccountAccessOptions(Options, total=False):
    """Which subaccounts may send from a domain of the master account."""

    subaccounts: Sequence[str]
    """The ids of the subaccounts."""
    future_subaccounts: bool
    """True if subaccounts that are added later may send from it, too."""


@shown_half_made
@attrs.frozen
class DnsRecord:
    """A record to publish in the DNS of a sender domain."""

    type: str
    """``CNAME`` for every record that the provider asks for."""
    host: str
    """The whole name of the record, with the domain."""
    value: str
    """The name that it points to; empty if the answer did not say."""
    verified: bool | None
    """Whether the provider has found the record."""


@model
class DomainDetails:
    """A domain and the state of its records for DKIM and the return path."""

    fulldomain: str = ""
    """The whole name; the next three are its parts."""
    subdomain: str | None = None
    domain: str = ""
    suffix: str = ""
    dkim_selector: str = ""
    dkim_verified: bool | None = None
    dkim_status: str = ""
    """The reason why the record was not found; can have several lines."""
    dkim_value: str = ""
    """The name that the record points to; was seen to stay empty until the record is found."""
    dkim_expected: str = ""
    """The name that it should point to; not documented, but seen in real answers."""
    rpath_selector: str = ""
    rpath_verified: bool | None = None
    rpath_status: str = ""
    rpath_value: str = ""
    rpath_expected: str = ""
    setup_link: Url = ""
    """A page that publishes the records by itself; ``unavailable`` in a list of several domains."""


@model
class Tracker:
    """The host that links in tracked e-mails lead to."""

    fulldomain: str = ""
    subdomain: str | None = None
    domain: str = ""
    suffix: str = ""
    cname_verified: bool | None = None
    cname_status: str = ""
    cname_value: str = ""
    """As ``dkim_value``."""
    cname_expected: str = ""
    enabled: bool | None = None


@model
class SubaccountAccess:
    """Which subaccounts may send from a domain."""

    subaccounts: tuple[str, ...] = ()
    future_subaccounts: bool | None = None


@model
class SenderDomain:
    """A domain that may be sent from once its records are found."""

    domain: DomainDetails = attrs.field(factory=DomainDetails)
    trackers: tuple[Tracker, ...] = ()
    subaccount_access: SubaccountAccess | None = None
    from_master: bool | None = None
    """Whether the domain is the master account's, lent to this subaccount."""

    @property
    def dns_records(self) -> tuple[DnsRecord, ...]:
        """The records to publish: for DKIM, for the return path, and for each tracker."""
        return tuple(_records(self.domain, self.trackers))


@model
class SenderDomains(Reply):
    """Sender domains as they are after the call."""

    domains: tuple[SenderDomain, ...] = ()


@model
class DomainAccess(SubaccountAccess, Reply):
    """Which subaccounts may send from a domain, after the call."""

    domain: str = ""


ADD = Operation("/domain/add", SenderDomains, effect=CallEffect.CONVERGES, takes_subaccount=True)
REMOVE = Operation("/domain/remove", SenderDomains, effect=CallEffect.CONVERGES, takes_subaccount=True)
RETURNPATH = Operation("/domain/returnpath", SenderDomains, effect=CallEffect.CONVERGES, takes_subaccount=True)
SUBACCOUNT_ACCESS = Operation("/domain/subaccount_access", DomainAccess, effect=CallEffect.CONVERGES)
TRACKING = Operation("/domain/tracking", SenderDomains, effect=CallEffect.CONVERGES, takes_subaccount=True)
VERIFY = Operation("/domain/verify", SenderDomains, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/domain/view", SenderDomains, effect=CallEffect.READ, takes_subaccount=True)


class Domains(EndpointGroup):
    """Sender domains (https://developers.smtp2go.com/reference/view-sender-domains)."""

    async def add(
        self,
        domain: str,
        *,
        tracking_subdomain: str | None = None,
        returnpath_subdomain: str | None = None,
        auto_verify: bool | None = None,
        requisition_ssl: bool | None = None,
        subaccount_id: str | None = None,
        subaccount_access: SubaccountAccessOptions | None = None,
    ) -> SenderDomains:
        """Add a domain. Publish the `SenderDomain.dns_records` of the answer next.

        ``POST /domain/add`` (https://developers.smtp2go.com/reference/add-sender-domain)

        Args:
            domain: The domain, for example ``example.com``; it must be yours.
            tracking_subdomain: The subdomain of tracked links, for example ``link``.
            returnpath_subdomain: The subdomain that bounces return to, for example ``return``.
            auto_verify: Look for the records now; true when left out. The provider looks every 7 minutes in any case.
            requisition_ssl: Get a certificate for tracked links once verified; true when left out.
            subaccount_id: The subaccount to act for.
            subaccount_access: The subaccounts that may send from it; see `SubaccountAccessOptions`.
        """
        subdomains = {"tracking_subdomain": tracking_subdomain, "returnpath_subdomain": returnpath_subdomain}
        for name, subdomain in subdomains.items():
            if subdomain is not None:
                check_word(subdomain, name)
        fields = {"auto_verify": auto_verify, "requisition_ssl": requisition_ssl, "subaccount_id": subaccount_id}
        access = {"subaccount_access": subaccount_access}
        return await self._call(ADD, {"domain": domain, **subdomains, **fields, **access})

    async def remove(self, domain: str, *, subaccount_id: str | None = None) -> SenderDomains:
        """Remove a domain. Nothing can be sent from it any more.

        ``POST /domain/remove`` (https://developers.smtp2go.com/reference/remove-sender-domain)

        Args:
            domain: The whole name.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(REMOVE, {"domain": domain, "subaccount_id": subaccount_id})

    async def returnpath(
        self, domain: str, old_subdomain: str, new_subdomain: str, *, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Change the subdomain that bounces return to.

        ``POST /domain/returnpath`` (https://developers.smtp2go.com/reference/edit-return-path-domain). The new
        subdomain needs a DNS record: see the answer's `dns_records`.

        Args:
            domain: The whole name.
            old_subdomain: The present subdomain.
            new_subdomain: The new subdomain.
            subaccount_id: The subaccount to act for.
        """
        fields = {"domain": domain, "old_subdomain": old_subdomain, "new_subdomain": new_subdomain}
        return await self._call(RETURNPATH, {**fields, "subaccount_id": subaccount_id})

    async def subaccount_access(
        self, domain: str, subaccounts: Sequence[str], *, future_subaccounts: bool | None = None
    ) -> DomainAccess:
        """Set which subaccounts may send from a domain of the master account.

        ``POST /domain/subaccount_access`` (https://developers.smtp2go.com/reference/edit-subaccount-access)

        Args:
            domain: The whole name.
            subaccounts: The ids of the subaccounts; the list may be empty.
            future_subaccounts: True if subaccounts that are added later may send from it, too; false when left out.
        """
        fields = {"domain": domain, "subaccounts": subaccounts, "future_subaccounts": future_subaccounts}
        return await self._call(SUBACCOUNT_ACCESS, fields)

    async def tracking(
        self, domain: str, old_subdomain: str, new_subdomain: str, *, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Change the subdomain that tracked links lead to.

        ``POST /domain/tracking`` (https://developers.smtp2go.com/reference/edit-tracking-domain). The new subdomain
        needs a DNS record: see the answer's `dns_records`.

        Args:
            domain: The whole name.
            old_subdomain: The present subdomain.
            new_subdomain: The new subdomain.
            subaccount_id: The subaccount to act for.
        """
        fields = {"domain": domain, "old_subdomain": old_subdomain, "new_subdomain": new_subdomain}
        return await self._call(TRACKING, {**fields, "subaccount_id": subaccount_id})

    async def verify(
        self, domain: str, *, requisition_ssl: bool | None = None, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Look for a domain's DNS records now, without waiting for the round that comes every 7 minutes.

        ``POST /domain/verify`` (https://developers.smtp2go.com/reference/verify-a-sender-domain). Records that are not
        found are no error: see ``verified`` in the answer's `dns_records`.

        Args:
            domain: The whole name.
            requisition_ssl: Get a certificate for tracked links once verified; true when left out.
            subaccount_id: The subaccount to act for.
        """
        fields = {"domain": domain, "requisition_ssl": requisition_ssl, "subaccount_id": subaccount_id}
        return await self._call(VERIFY, fields)

    async def view(self, *, domain: str | None = None, subaccount_id: str | None = None) -> SenderDomains:
        """List the sender domains.

        ``POST /domain/view`` (https://developers.smtp2go.com/reference/view-sender-domains)

        Args:
            domain: List nothing but this domain.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"domain": domain, "subaccount_id": subaccount_id})


def _records(domain: DomainDetails, trackers: Sequence[Tracker]) -> Iterator[DnsRecord]:
    # The expected name comes first: until a record is found, its value was seen to be empty beside it.
    if domain.dkim_selector:
        host = f"{domain.dkim_selector}._domainkey.{domain.fulldomain}"
        yield DnsRecord("CNAME", host, domain.dkim_expected or domain.dkim_value, domain.dkim_verified)
    if domain.rpath_selector:
        host = f"{domain.rpath_selector}.{domain.fulldomain}"
        yield DnsRecord("CNAME", host, domain.rpath_expected or domain.rpath_value, domain.rpath_verified)
    for tracker in trackers:
        if tracker.fulldomain:
            value = tracker.cname_expected or tracker.cname_value
            yield DnsRecord("CNAME", tracker.fulldomain, value, tracker.cname_verified)
