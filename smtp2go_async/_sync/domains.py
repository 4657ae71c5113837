# Written by tools/make_sync.py from endpoints/domains.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.domains`."""

from collections.abc import Sequence

from ..endpoints.domains import DomainAccess, Domains, SenderDomains, SubaccountAccessOptions
from ._group import SyncGroup


class SyncDomains(SyncGroup[Domains]):
    """Sender domains (https://developers.smtp2go.com/reference/view-sender-domains)."""

    __slots__ = ()

    def add(
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
        return self._run(
            self._async.add,
            domain,
            tracking_subdomain=tracking_subdomain,
            returnpath_subdomain=returnpath_subdomain,
            auto_verify=auto_verify,
            requisition_ssl=requisition_ssl,
            subaccount_id=subaccount_id,
            subaccount_access=subaccount_access,
        )

    def remove(self, domain: str, *, subaccount_id: str | None = None) -> SenderDomains:
        """Remove a domain. Nothing can be sent from it any more.

        ``POST /domain/remove`` (https://developers.smtp2go.com/reference/remove-sender-domain)

        Args:
            domain: The whole name.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.remove, domain, subaccount_id=subaccount_id)

    def returnpath(
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
        return self._run(self._async.returnpath, domain, old_subdomain, new_subdomain, subaccount_id=subaccount_id)

    def subaccount_access(
        self, domain: str, subaccounts: Sequence[str], *, future_subaccounts: bool | None = None
    ) -> DomainAccess:
        """Set which subaccounts may send from a domain of the master account.

        ``POST /domain/subaccount_access`` (https://developers.smtp2go.com/reference/edit-subaccount-access)

        Args:
            domain: The whole name.
            subaccounts: The ids of the subaccounts; the list may be empty.
            future_subaccounts: True if subaccounts that are added later may send from it, too; false when left out.
        """
        return self._run(self._async.subaccount_access, domain, subaccounts, future_subaccounts=future_subaccounts)

    def tracking(
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
        return self._run(self._async.tracking, domain, old_subdomain, new_subdomain, subaccount_id=subaccount_id)

    def verify(
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
        return self._run(self._async.verify, domain, requisition_ssl=requisition_ssl, subaccount_id=subaccount_id)

    def view(self, *, domain: str | None = None, subaccount_id: str | None = None) -> SenderDomains:
        """List the sender domains.

        ``POST /domain/view`` (https://developers.smtp2go.com/reference/view-sender-domains)

        Args:
            domain: List nothing but this domain.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, domain=domain, subaccount_id=subaccount_id)
