"""The waiting client: the same calls as `AsyncClient`, made on an event loop in a thread of its own."""

import os
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._groups import SyncGroups
from ._masking import shown_half_made
from ._models.model import AnyReply
from ._operation import CallEffect
from ._sync._loop_thread import LoopThread
from ._wire.settings import MAX_EMAIL_BYTES, Auth, Region, TransportName
from .client import _UNSET, AsyncClient, _Unset
from .pacing import Pacer
from .retry import RetryPolicy

if TYPE_CHECKING:
    from ._http.transport import HttpxClient


async def _close(client: AsyncClient, http_client: "HttpxClient | None", process: int) -> None:
    await client.aclose()
    # In a forked child its connections are the parent's.
    if http_client is not None and os.getpid() == process:
        await http_client.aclose()


@shown_half_made
class SyncClient(SyncGroups):
    """The SMTP2GO API for code that does not await. Made once and shared, also among threads.

    It has the groups, methods, results and errors of `AsyncClient`. One daemon thread runs the event loop; it starts
    with the first call, and anew in a forked child. Works inside a running event loop too, which it then blocks: each
    line that does so gets a `Smtp2goWarning`, except at a prompt and in a notebook.

    Args:
        api_key: As for `AsyncClient`, and so is everything else.
        region: Where to connect.
        base_url: An address to use instead of a region's.
        allow_http: Whether plain http may go to another machine.
        subaccount_id: A subaccount to act for, in the calls where the API has it.
        auth: What carries the key.
        timeout: Seconds that each step of an attempt may take.
        retry: What is repeated.
        pacer: Share one among the clients of a process.
        max_connections: The most connections at a time, so the most calls from all threads at a time.
        max_email_bytes: The most that the body of an e-mail call may have.
        transport: ``"httpx"``, or ``"fast"`` for pyreqwest and orjson.
        http_client: Your own `httpx.AsyncClient` that nothing else uses. It is closed with this client: its connections
            belong to this client's event loop, where nobody else can close them.

    Example:
        with SyncClient() as client:
            client.email.send(sender="shop@example.com", to=["jane@example.com"], subject="Hello", text_body="Hi")
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        region: Region | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        subaccount_id: str | None = None,
        auth: Auth = "header",
        timeout: float | None | _Unset = _UNSET,
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
        self._thread = LoopThread(partial(_close, self._async, http_client, os.getpid()))

    def __repr__(self) -> str:
        return repr(self._async).replace("Async", "Sync", 1)

    @property
    def pacer(self) -> Pacer:
        """What holds calls back after a 429."""
        return self._async.pacer

    def with_options(
        self,
        *,
        api_key: str | _Unset = _UNSET,
        timeout: float | None | _Unset = _UNSET,
        retry: RetryPolicy | _Unset = _UNSET,
        subaccount_id: str | None | _Unset = _UNSET,
        extra_body: Mapping[str, Any] | _Unset = _UNSET,
        raise_on_refused: bool | _Unset = _UNSET,
    ) -> "SyncClient":
        """Return a copy with some settings changed, as `AsyncClient.with_options` does.

        It shares the connections, the thread, the pacer and the retry budget; closing either closes both.
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
        """Make a call that this version has no method for, as `AsyncClient.call` does.

        Args:
            method: ``"POST"`` nearly always.
            path: As in the API's reference, for example ``"/domain/view"``.
            body: Its fields.
            effect: What making it a second time does.
        """
        return self._thread.run(self._async.call, method, path, body, effect=effect)

    def close(self) -> None:
        """Close the connections and end the thread. Calls made later raise `NotSentError`."""
        self._thread.stop()

    def __enter__(self) -> "SyncClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
