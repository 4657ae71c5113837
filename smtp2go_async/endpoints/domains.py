"""Manage sender domains and the DNS records that they need.

| method              | call                           | effect    |
|---------------------|--------------------------------|-----------|
| `add`               | POST /domain/add               | CONVERGES |
| `remove`            | POST /domain/remove            | CONVERGES |
| `returnpath`        | POST /domain/returnpath        | CONVERGES |
| `subaccount_access` | POST /domain/subaccount_access | CONVERGES |
| `tracking`          | POST /domain/tracking          | CONVERGES |
| `verify`            | POST /domain/verify            | CONVERGES |
| `view`              | POST /domain/view              | READ      |
"""

from collections.abc import Iterator, Sequence

import attrs

from .._masking import shown_half_made
from .._models.model import Reply, Url, model
from .._operation import CallEffect, Operation
from .._values.checks import check_word
from .._values.options import Options
from ._group import EndpointGroup


class SubaccountAccessOptions(Options, total=False):
    """Which subaccounts may send from a domain of the master account."""

    subaccounts: Sequence[str]
    """Their ids."""
    future_subaccounts: bool
    """Whether those that are added later may, too."""


@shown_half_made
@attrs.frozen
class DnsRecord:
    """A record to publish in the DNS of a sender domain."""

    type: str
    """``CNAME``, for all that the provider asks for."""
    host: str
    """The whole name, with the domain."""
    value: str
    """What it points to; empty when the answer did not say."""
    verified: bool | None
    """Whether the provider has found it."""


@model
class DomainDetails:
    """A domain, and what is known of its records for DKIM and the return path."""

    fulldomain: str = ""
    """The whole name; the next three are its parts."""
    subdomain: str | None = None
    domain: str = ""
    suffix: str = ""
    dkim_selector: str = ""
    dkim_verified: bool | None = None
    dkim_status: str = ""
    """What went wrong when the record was looked up; can have several lines."""
    dkim_value: str = ""
    """What the record points to; was seen to stay empty until it is found."""
    dkim_expected: str = ""
    """What it should point to; not documented, and seen in real answers."""
    rpath_selector: str = ""
    rpath_verified: bool | None = None
    rpath_status: str = ""
    rpath_value: str = ""
    rpath_expected: str = ""
    setup_link: Url = ""
    """A page that publishes the records by itself; ``unavailable`` in a list of several domains."""


@model
class Tracker:
    """The host that the links of tracked e-mails lead to."""

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
    """Whether the master account lends it to this subaccount."""

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
    """Sender domains."""

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
        """Add a domain; `SenderDomain.dns_records` of the answer are to be published next.

        ``POST /domain/add``

        Args:
            domain: The domain, which must be yours.
            tracking_subdomain: For links that are tracked, for example ``link``.
            returnpath_subdomain: For bounces, for example ``return``.
            auto_verify: Look for the records now; true when left out. They are looked for every 7 minutes anyway.
            requisition_ssl: Get a certificate for tracked links once verified; true when left out.
            subaccount_id: Act for this subaccount.
            subaccount_access: Which subaccounts may send from it; see `SubaccountAccessOptions`.
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

        ``POST /domain/remove``

        Args:
            domain: The whole name.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(REMOVE, {"domain": domain, "subaccount_id": subaccount_id})

    async def returnpath(
        self, domain: str, old_subdomain: str, new_subdomain: str, *, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Change the subdomain that bounces go to.

        ``POST /domain/returnpath``. The new one needs its record in the DNS: see the answer's `dns_records`.

        Args:
            domain: The whole name.
            old_subdomain: As it is.
            new_subdomain: As it shall be.
            subaccount_id: Act for this subaccount.
        """
        fields = {"domain": domain, "old_subdomain": old_subdomain, "new_subdomain": new_subdomain}
        return await self._call(RETURNPATH, {**fields, "subaccount_id": subaccount_id})

    async def subaccount_access(
        self, domain: str, subaccounts: Sequence[str], *, future_subaccounts: bool | None = None
    ) -> DomainAccess:
        """Say which subaccounts may send from a domain of the master account.

        ``POST /domain/subaccount_access``

        Args:
            domain: The whole name.
            subaccounts: Their ids; the list may be empty.
            future_subaccounts: Whether those that are added later may, too; false when left out.
        """
        fields = {"domain": domain, "subaccounts": subaccounts, "future_subaccounts": future_subaccounts}
        return await self._call(SUBACCOUNT_ACCESS, fields)

    async def tracking(
        self, domain: str, old_subdomain: str, new_subdomain: str, *, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Change the subdomain that tracked links lead to.

        ``POST /domain/tracking``. The new one needs its record in the DNS: see the answer's `dns_records`.

        Args:
            domain: The whole name.
            old_subdomain: As it is.
            new_subdomain: As it shall be.
            subaccount_id: Act for this subaccount.
        """
        fields = {"domain": domain, "old_subdomain": old_subdomain, "new_subdomain": new_subdomain}
        return await self._call(TRACKING, {**fields, "subaccount_id": subaccount_id})

    async def verify(
        self, domain: str, *, requisition_ssl: bool | None = None, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Look for a domain's records now, and not only in the round that comes every 7 minutes.

        ``POST /domain/verify``. That they are not found is no error: see ``verified`` of the answer's `dns_records`.

        Args:
            domain: The whole name.
            requisition_ssl: Get a certificate for tracked links once verified; true when left out.
            subaccount_id: Act for this subaccount.
        """
        fields = {"domain": domain, "requisition_ssl": requisition_ssl, "subaccount_id": subaccount_id}
        return await self._call(VERIFY, fields)

    async def view(self, *, domain: str | None = None, subaccount_id: str | None = None) -> SenderDomains:
        """List the sender domains.

        ``POST /domain/view``

        Args:
            domain: Only this one.
            subaccount_id: Act for this subaccount.
        """
        return await self._call(VIEW, {"domain": domain, "subaccount_id": subaccount_id})


def _records(domain: DomainDetails, trackers: Sequence[Tracker]) -> Iterator[DnsRecord]:
    # What is expected comes first: it was seen beside an empty value before the record is found.
    if domain.dkim_selector:
        host = f"{domain.dkim_selector}._domainkey.{domain.fulldomain}"
        yield DnsRecord("CNAME", host, domain.dkim_expected or domain.dkim_value, domain.dkim_verified)
    if domain.rpath_selector:
        host = f"{domain.rpath_selector}.{domain.fulldomain}"
        yield DnsRecord("CNAME", host, domain.rpath_expected or domain.rpath_value, domain.rpath_verified)
    for one in trackers:
        if one.fulldomain:
            yield DnsRecord("CNAME", one.fulldomain, one.cname_expected or one.cname_value, one.cname_verified)
