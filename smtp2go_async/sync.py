"""The synchronous client: the same calls as `AsyncClient`, made on an event loop in a thread of its own."""

from types import TracebackType
from typing import Self

from ._masking import shown_half_made
from ._sync.client import SyncClientBase
from ._values.signatures import name_arguments_of_class, name_arguments_of_options
from .pacing import Pacer


@name_arguments_of_class
@name_arguments_of_options
@shown_half_made
class SyncClient(SyncClientBase):
    """The SMTP2GO API for code that does not await. Make it once and share it, also among threads.

    It has the groups, methods, results and errors of `AsyncClient`. One daemon thread runs the event loop; it starts
    with the first call, and anew in a forked child. Works inside a running event loop too, which it then blocks: each
    line that does so gets a `Smtp2goWarning`, except at a prompt and in a notebook.

    Args:
        api_key: The key. `AsyncClient` describes this and all other arguments in full.
        region: Where to connect.
        base_url: An address to use instead of a region's.
        allow_http: Whether plain http may go to another machine.
        subaccount_id: A subaccount to act for, in the calls where the API has it.
        auth: What carries the key.
        timeout: Seconds that each step of an attempt may take.
        retry: Which failed calls are repeated, and how often.
        pacer: Share the same pacer among the clients of a process.
        max_connections: The most connections at a time, so the most calls from all threads at a time.
        max_email_bytes: The most that the body of an e-mail call may have.
        transport: ``"httpx"``, or ``"fast"`` for pyreqwest and orjson.
        http_client: Your own `httpx.AsyncClient` that nothing else uses. It is closed with this client: its connections
            belong to this client's event loop, where no other code can close them.

    Example:
        with SyncClient() as client:
            client.email.send(sender="shop@example.com", to=["jane@example.com"], subject="Hello", text_body="Hi")
    """

    def __repr__(self) -> str:
        return repr(self._async).replace("Async", "Sync", 1)

    @property
    def pacer(self) -> Pacer:
        """The `Pacer` that holds calls back after a 429."""
        return self._async.pacer

    def close(self) -> None:
        """Close the connections and end the thread. Calls made later raise `NotSentError`."""
        self._thread.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
