# Written by tools/make_sync.py from client.py: change that file, then run `nox -s sync`.
"""The methods of `SyncClient` that have the signatures of `AsyncClient`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from .._values.unset import UNSET, Unset
from .._wire.settings import MAX_EMAIL_BYTES, Auth, Region, TransportName
from ..client import AsyncClient
from ..pacing import Pacer
from ..reply import AnyReply
from ..retry import CallEffect, RetryPolicy
from ._group import thread_for
from .groups import SyncGroups

if TYPE_CHECKING:
    from .._http.transport import HttpxClient
else:
    HttpxClient = Any


class SyncClientBase(SyncGroups):
    """Makes the calls of an `AsyncClient` in the thread of its event loop."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        region: Region | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        subaccount_id: str | None = None,
        auth: Auth = "header",
        timeout: float | None | Unset = UNSET,
        retry: RetryPolicy | None = None,
        pacer: Pacer | None = None,
        max_connections: int = 100,
        max_email_bytes: int = MAX_EMAIL_BYTES,
        transport: TransportName = "httpx",
        http_client: "HttpxClient | None" = None,
    ) -> None:
        self._async = AsyncClient(
            api_key,
            region=region,
            base_url=base_url,
            allow_http=allow_http,
            subaccount_id=subaccount_id,
            auth=auth,
            timeout=timeout,
            retry=retry,
            pacer=pacer,
            max_connections=max_connections,
            max_email_bytes=max_email_bytes,
            transport=transport,
            http_client=http_client,
        )
        self._thread = thread_for(self._async, http_client)

    def with_options(
        self,
        *,
        api_key: str | Unset = UNSET,
        timeout: float | None | Unset = UNSET,
        retry: RetryPolicy | Unset = UNSET,
        subaccount_id: str | None | Unset = UNSET,
        extra_body: Mapping[str, Any] | Unset = UNSET,
        raise_on_refused: bool | Unset = UNSET,
    ) -> Self:
        """Return a copy with some settings changed; it shares the connections, the pacer and the retry budget.

        Closing the copy or the original closes both.

        Args:
            api_key: Another key.
            timeout: Seconds for each step of an attempt.
            retry: Another policy, for example ``RetryPolicy.none()``.
            subaccount_id: A subaccount to act for.
            extra_body: Fields to add to every request body, for fields that the API has and this version does not.
            raise_on_refused: ``False`` returns the result of a send that was refused instead of raising.
        """
        copy = object.__new__(type(self))
        copy._thread = self._thread
        copy._async = self._async.with_options(
            api_key=api_key,
            timeout=timeout,
            retry=retry,
            subaccount_id=subaccount_id,
            extra_body=extra_body,
            raise_on_refused=raise_on_refused,
        )
        return copy

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, effect: CallEffect) -> AnyReply:
        """Make a call for which this version has no method, with the same checks, errors, repeats and pacing.

        Args:
            method: ``"POST"`` nearly always; ``"PATCH"`` for a few calls.
            path: As in the API's reference, for example ``"/domain/view"``.
            body: Its fields; those that are ``None`` are left out.
            effect: What making the call a second time does. It decides what is repeated, so there is no default:
                `CallEffect.READ` changes nothing, `CONVERGES` ends in the same state, `ONCE` does two things.

        Example:
            client.call("POST", "/domain/view", {"domain": "example.com"}, effect=CallEffect.READ)
        """
        return self._thread.run(self._async.call, method, path, body, effect=effect)
