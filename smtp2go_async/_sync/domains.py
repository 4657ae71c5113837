# Written by tools/make_sync.py from endpoints/domains.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.domains`."""

from collections.abc import Sequence

from ..endpoints.domains import DomainAccess, Domains, SenderDomains, SubaccountAccessOptions
from ._group import SyncGroup


class SyncDomains(SyncGroup[Domains]):
    """Sender domains."""

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

        ``POST /domain/remove``

        Args:
            domain: The whole name.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.remove, domain, subaccount_id=subaccount_id)

    def returnpath(
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
        return self._run(self._async.returnpath, domain, old_subdomain, new_subdomain, subaccount_id=subaccount_id)

    def subaccount_access(
        self, domain: str, subaccounts: Sequence[str], *, future_subaccounts: bool | None = None
    ) -> DomainAccess:
        """Say which subaccounts may send from a domain of the master account.

        ``POST /domain/subaccount_access``

        Args:
            domain: The whole name.
            subaccounts: Their ids; the list may be empty.
            future_subaccounts: Whether those that are added later may, too; false when left out.
        """
        return self._run(self._async.subaccount_access, domain, subaccounts, future_subaccounts=future_subaccounts)

    def tracking(
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
        return self._run(self._async.tracking, domain, old_subdomain, new_subdomain, subaccount_id=subaccount_id)

    def verify(
        self, domain: str, *, requisition_ssl: bool | None = None, subaccount_id: str | None = None
    ) -> SenderDomains:
        """Look for a domain's records now, and not only in the round that comes every 7 minutes.

        ``POST /domain/verify``. That they are not found is no error: see ``verified`` of the answer's `dns_records`.

        Args:
            domain: The whole name.
            requisition_ssl: Get a certificate for tracked links once verified; true when left out.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.verify, domain, requisition_ssl=requisition_ssl, subaccount_id=subaccount_id)

    def view(self, *, domain: str | None = None, subaccount_id: str | None = None) -> SenderDomains:
        """List the sender domains.

        ``POST /domain/view``

        Args:
            domain: Only this one.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, domain=domain, subaccount_id=subaccount_id)
