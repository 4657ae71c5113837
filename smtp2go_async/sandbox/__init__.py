"""SMTP2GO on your own machine, for tests: the provider has no test environment.

    async with Sandbox() as sandbox:            # or: with Sandbox() as sandbox
        ...                                     # a client with base_url=sandbox.base_url, api_key=sandbox.api_key
        assert sandbox.sent[0].subject == "Hello"

It serves ``/v3/email/*`` and ``/v3/sms/*`` on a real port with the provider's rules, and sends nothing anywhere.
As a program of its own: ``python -m smtp2go_async.sandbox``. Needs ``pip install 'smtp2go-async[sandbox]'``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

for _needed in ("starlette", "uvicorn"):
    if find_spec(_needed) is None:
        raise ImportError("The sandbox needs Starlette and uvicorn: pip install 'smtp2go-async[sandbox]'", name=_needed)

from ._server import ServerThread
from .account import SANDBOX_KEY, Account, utc_now
from .app import MAX_EMAIL_BYTES, MAX_OTHER_BYTES, create_app
from .faults import Faults, LostReply
from .records import ReceivedRequest, ReceivedSms, ScheduledEmail, SentAttachment, SentEmail, SentSms

__all__ = [
    "ReceivedRequest",
    "ReceivedSms",
    "Sandbox",
    "ScheduledEmail",
    "SentAttachment",
    "SentEmail",
    "SentSms",
]


class Sandbox:
    """A local SMTP2GO with one account, serving from ``with`` or ``async with`` on; on asyncio, trio or neither.

    What arrived can still be read after the end.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        api_key: The only key it knows; a fixed one when left out.
        max_email_bytes: Largest body of ``/v3/email*``.
        max_other_bytes: Largest body of all other calls.
        clock: Gives the time, aware; for tests of schedules and periods.

    Raises:
        ValueError: The key has not the form of a key, or there is no such port.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        max_email_bytes: int = MAX_EMAIL_BYTES,
        max_other_bytes: int = MAX_OTHER_BYTES,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError("a port is a number from 0 to 65535")
        self._host = host
        self._port = port
        self._account = Account(api_key=SANDBOX_KEY if api_key is None else api_key, clock=clock)
        self._faults = Faults()
        self._app = create_app(
            self._account, self._faults, max_email_bytes=max_email_bytes, max_other_bytes=max_other_bytes
        )
        self._server: ServerThread | None = None

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("this sandbox is running already")
        server = ServerThread(self._app, self._host, self._port)
        server.start()
        self._server = server
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    # Start and end take milliseconds, so they wait where they are and touch no event loop.
    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        """Give the address for a client, such as ``http://127.0.0.1:54321/v3``."""
        if self._server is None:
            raise RuntimeError("this sandbox is not running; enter it with 'with' or 'async with'")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}/v3"

    @property
    def api_key(self) -> str:
        """Give the key that a client needs."""
        return self._account.api_key

    @property
    def sent(self) -> tuple[SentEmail, ...]:
        """Give the e-mails that would have gone out, in order of arrival; scheduled ones once their time has come."""
        return self._account.sent

    @property
    def scheduled(self) -> tuple[ScheduledEmail, ...]:
        """Give the e-mails whose time has not come and that were not removed."""
        return self._account.scheduled

    @property
    def sms(self) -> tuple[SentSms, ...]:
        """Give the texts that would have gone out, one per number."""
        return self._account.sms

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Give the API calls that came in, whatever became of them."""
        return self._account.requests

    def fail_next(
        self,
        count: int = 1,
        *,
        status: int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
        lost_reply: LostReply = False,
        path: str | None = None,
    ) -> None:
        """Let the next API calls fail. Failures that were asked for earlier come first.

        Args:
            count: How many calls.
            status: Answer with this status and do not carry out the call.
            body: Body of that answer: a dict or list as JSON, a string or bytes as they are; an error in the
                provider's form when left out.
            headers: Headers of that answer.
            delay: Seconds to hold back the answer. Without a status the call is carried out at once and answered late.
            lost_reply: Carry out the call, then close the connection without an answer; ``"before"`` closes it without
                carrying out the call.
            path: Only calls of this path, such as ``/email/send``.

        Raises:
            ValueError: The arguments contradict each other or ask for nothing.
        """
        self._faults.plan(
            count, status=status, body=body, headers=headers, delay=delay, lost_reply=lost_reply, path=path
        )

    def refuse_address(self, address: str) -> None:
        """Refuse e-mails that have this recipient, besides those whose address begins with ``refused``."""
        self._account.refuse_address(address)

    def refuse_sender(self, sender: str) -> None:
        """Refuse e-mails from this address or domain, besides those from ``unverified.example``."""
        self._account.refuse_sender(sender)

    def receive_sms(self, source: str, destination: str, content: str) -> ReceivedSms:
        """Let a text arrive at a number of the account, for ``/sms/view-received``."""
        return self._account.receive_sms(source, destination, content)

    def clear(self) -> None:
        """Forget what arrived, failures that wait and added refusals."""
        self._account.clear()
        self._faults.clear()
