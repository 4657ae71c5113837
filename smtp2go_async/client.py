"""The asynchronous client: it checks its options, and has the groups of calls."""

import concurrent.futures.thread  # noqa: F401 - asyncio imports it in the middle of a call, when no fork waits
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ._calls import Calls
from ._groups import AsyncGroups
from ._masking import shown_half_made
from ._operation import Operation
from ._runtime.loading import loading
from ._values.checks import check_bool, check_count, check_mapping
from ._values.problems import within, wrong_type
from ._values.signatures import name_arguments_of_class, name_arguments_of_options
from ._values.unset import UNSET, Unset
from ._wire import settings
from ._wire.codec import STANDARD
from ._wire.request import build_request
from ._wire.settings import MAX_EMAIL_BYTES, TIMEOUT, Auth, Region, Settings, TransportName
from .pacing import Pacer
from .reply import AnyReply
from .retry import CallEffect, RetryPolicy

if TYPE_CHECKING:
    from ._http.seams import Transport
    from ._http.transport import HttpxClient
else:
    # Programs that read the types of the arguments at run time find this one, too, and httpx is not imported for it.
    HttpxClient = Any


@name_arguments_of_class
@name_arguments_of_options
@shown_half_made
class AsyncClient(AsyncGroups):
    """The SMTP2GO API, awaited. Make it once and share it: it keeps its connections.

    Works on asyncio and on trio. Close it with ``async with`` or `aclose`.

    Args:
        api_key: ``api-`` and 32 letters or digits; from the environment variable ``SMTP2GO_API_KEY`` when left out.
        region: Where to connect: ``"global"`` (the nearest), ``"us"``, ``"eu"`` or ``"au"``. When neither this nor
            ``base_url`` is given, ``SMTP2GO_REGION`` or ``SMTP2GO_BASE_URL`` in the environment decides, and without
            them it is ``"global"``.
        base_url: An address to use instead of a region's, for example a sandbox's, with its ``/v3``.
        allow_http: Whether plain http may go to another machine, where the network sees the key and the e-mails. It
            always may to loopback, and with the fixed key of a sandbox.
        subaccount_id: A subaccount to act for, in the calls where the API has that field. It has none for sending
            (`email`, `sms.send`): use a key of the subaccount there.
        auth: What carries the key: the header ``X-Smtp2go-Api-Key``, ``"bearer"``, or the ``"body"``.
        timeout: Seconds that each step of an attempt may take (connecting at most 10, sending, waiting for the
            response); ``None`` for no limit.
        retry: Which failed calls are repeated; see `RetryPolicy`. A send is never repeated after it may have been
            carried out.
        pacer: Share the same pacer among the clients of a process, since the provider blocks addresses, not keys.
        max_connections: The most connections at a time; further calls wait until a connection is free.
        max_email_bytes: The most that the body of an e-mail call may have, attachments in base64 included.
        transport: ``"httpx"``, or ``"fast"`` for pyreqwest and orjson (``pip install 'smtp2go-async[fast]'``): several
            times the calls per second, with the same results and errors. On trio and in forked children it is httpx.
        http_client: Your own `httpx.AsyncClient`, with its hooks; not closed here. Its timeouts apply unless
            ``timeout`` is given; ``max_connections`` does not.

    Raises:
        ValueError: An argument is wrong; nothing is ever sent to find that out.

    Example:
        async with AsyncClient() as client:
            result = await client.email.send(
                sender="shop@example.com", to=["jane@example.com"], subject="Hello", text_body="Hi"
            )
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
        timeout: float | None | Unset = UNSET,
        retry: RetryPolicy | None = None,
        pacer: Pacer | None = None,
        max_connections: int = 100,
        max_email_bytes: int = MAX_EMAIL_BYTES,
        transport: TransportName = "httpx",
        http_client: "HttpxClient | None" = None,
    ) -> None:
        check_count(max_connections, "max_connections")
        fast = settings.check_transport(transport, http_client) == "fast"
        key = settings.check_key(api_key)
        check_bool(allow_http, "allow_http")
        made = Settings(
            api_key=key,
            base_url=settings.check_base_url(region, base_url, api_key=key, allow_http=allow_http),
            allow_http=allow_http,
            auth=auth,
            subaccount_id=settings.check_subaccount(subaccount_id),
            timeout=TIMEOUT if isinstance(timeout, Unset) else settings.check_timeout(timeout),
            timeout_given=not isinstance(timeout, Unset),
            retry=settings.check_retry(retry) if retry is not None else RetryPolicy(),
            max_email_bytes=check_count(max_email_bytes, "max_email_bytes"),
            json=settings.fast_json() if fast else STANDARD,
        )
        self._calls = Calls(
            made,
            settings.check_pacer(pacer) if pacer is not None else Pacer(),
            _transport_for(http_client, made, max_connections, fast=fast),
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._calls.settings.base_url}>"

    @property
    def pacer(self) -> Pacer:
        """The `Pacer` that holds calls back after a 429."""
        return self._calls.pacer

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
        changes: dict[str, Any] = {}
        if not isinstance(api_key, Unset):
            changes["api_key"] = settings.check_key(api_key)
        if not isinstance(timeout, Unset):
            changes.update(timeout=settings.check_timeout(timeout), timeout_given=True)
        if not isinstance(retry, Unset):
            changes["retry"] = settings.check_retry(retry)
        if not isinstance(subaccount_id, Unset):
            changes["subaccount_id"] = settings.check_subaccount(subaccount_id)
        if not isinstance(extra_body, Unset):
            changes["extra_body"] = settings.check_extra_body(extra_body)
        if not isinstance(raise_on_refused, Unset):
            changes["raise_on_refused"] = check_bool(raise_on_refused, "raise_on_refused")
        copy = object.__new__(type(self))
        # The groups are cached in the same place without an underscore, and make calls with the original settings.
        copy.__dict__.update((name, value) for name, value in self.__dict__.items() if name.startswith("_"))
        copy._calls = self._calls.evolve(**changes)
        return copy

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, effect: CallEffect
    ) -> AnyReply:
        """Make a call for which this version has no method, with the same checks, errors, repeats and pacing.

        Args:
            method: ``"POST"`` nearly always; ``"PATCH"`` for a few calls.
            path: As in the API's reference, for example ``"/domain/view"``.
            body: Its fields; those that are ``None`` are left out.
            effect: What making the call a second time does. It decides what is repeated, so there is no default:
                `CallEffect.READ` changes nothing, `CONVERGES` ends in the same state, `ONCE` does two things.

        Example:
            await client.call("POST", "/domain/view", {"domain": "example.com"}, effect=CallEffect.READ)
        """
        operation = Operation(path, AnyReply, effect=effect, method=method)
        fields = {} if body is None else check_mapping(body, "body")
        if "api_key" in fields:
            self._calls.settings.refuse_to_show_a_key(fields, "body")
        try:
            request = build_request(operation, fields, self._calls.settings)
        except (TypeError, ValueError) as error:
            # The text starts with the name of a field, and the argument is the body.
            raise within("body", error) from error
        return await self._calls.make(operation, request)

    async def aclose(self) -> None:
        """Close the connections. Calls made later raise `NotSentError`."""
        await self._calls.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _transport_for(
    http_client: "HttpxClient | None", settings: Settings, max_connections: int, *, fast: bool
) -> "Transport":
    with loading:
        from ._http.connections import HttpxConnections
        from ._http.transport import BorrowedTransport, HttpxClient, OwnTransport

    if http_client is not None:
        if not isinstance(http_client, HttpxClient):
            raise wrong_type("http_client", "an httpx.AsyncClient", http_client)
        return BorrowedTransport(http_client)
    if not fast:
        return OwnTransport(partial(HttpxConnections, settings.base_url), max_connections)
    with loading:
        from ._http.fast import connect

    return OwnTransport(partial(connect, settings.base_url), max_connections)
