"""SMTP2GO on your own machine, for tests: the provider has no test environment.

    async with Sandbox() as sandbox:            # or: with Sandbox() as sandbox
        ...                                     # a client with base_url=sandbox.base_url, api_key=sandbox.api_key
        assert sandbox.sent[0].subject == "Hello"

It serves ``/v3/email/*``, ``/v3/sms/*`` and ``/v3/activity/search`` on a real port with the provider's rules, and sends
nothing anywhere.
As a program of its own: ``python -m smtp2go_async.sandbox``. Needs ``pip install 'smtp2go-async[sandbox]'``.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

for _needed in ("starlette", "uvicorn"):
    if find_spec(_needed) is None:
        raise ImportError("The sandbox needs Starlette and uvicorn: pip install 'smtp2go-async[sandbox]'", name=_needed)

from .._wire.settings import SANDBOX_KEY
from ._server import ServerThread
from .account import KEPT_REQUESTS, Account, utc_now
from .activity import ACTIVITY_PER_MINUTE
from .app import MAX_EMAIL_BYTES, MAX_OTHER_BYTES, create_app
from .counting import count
from .faults import Faults, LostReply
from .guard import checked_hosts
from .records import ReceivedRequest, SentAttachment, SentEmail, StoredReply, StoredSchedule, StoredSms

__all__ = [
    "ReceivedRequest",
    "Sandbox",
    "SentAttachment",
    "SentEmail",
    "StoredReply",
    "StoredSchedule",
    "StoredSms",
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
        allowed_hosts: Names or addresses under which the addresses beside the API (``/sandbox/...``) may be used from
            other machines, too, as ``["sandbox"]`` for ``http://sandbox:8025`` in another container. They have no key:
            whoever can reach the port can then see what arrived. The API itself may be used under any name.
        clock: Gives the time, aware; for tests of schedules, periods and limits.
        activity_lag: Seconds until ``/activity/search`` finds what was sent; about 120 at the provider.
        activity_per_minute: Calls of ``/activity/search`` that are answered in a minute, more get 429; all when `None`.
        keep_requests: How many of the newest calls `requests` gives; all when `None`. E-mails and texts are all kept.
        chaos: Share of the calls that fail, drawn at random; see `chaos`.
        seed: Draws other calls for chaos; the same ones for the same seed.

    Raises:
        ValueError: The key has not the form of a key, there is no such port, a number is out of range, or an allowed
            host is no name or address.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        max_email_bytes: int = MAX_EMAIL_BYTES,
        max_other_bytes: int = MAX_OTHER_BYTES,
        allowed_hosts: Iterable[str] = (),
        clock: Callable[[], datetime] = utc_now,
        activity_lag: float = 0.0,
        activity_per_minute: int | None = ACTIVITY_PER_MINUTE,
        keep_requests: int | None = KEPT_REQUESTS,
        chaos: float = 0.0,
        seed: int = 0,
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError("a port is a number from 0 to 65535")
        self._host = host
        self._port = port
        self._account = Account(
            api_key=SANDBOX_KEY if api_key is None else api_key,
            clock=clock,
            activity_lag=activity_lag,
            activity_per_minute=activity_per_minute,
            keep_requests=keep_requests,
        )
        self._faults = Faults(chaos, seed=seed)
        self._app = create_app(
            self._account,
            self._faults,
            max_email_bytes=max_email_bytes,
            max_other_bytes=max_other_bytes,
            host=host,
            allowed_hosts=checked_hosts(allowed_hosts),
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
    def scheduled(self) -> tuple[StoredSchedule, ...]:
        """Give the e-mails whose time has not come and that were not removed."""
        return self._account.scheduled

    @property
    def sms(self) -> tuple[StoredSms, ...]:
        """Give the texts that would have gone out, one per number."""
        return self._account.sms

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Give the API calls that came in, whatever became of them; the newest ``keep_requests``."""
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
        carry_out: bool = False,
        path: str | None = None,
    ) -> None:
        """Let the next API calls fail. Failures that were asked for earlier come first.

        Args:
            count: How many calls.
            status: Answer with this status and do not carry out the call, unless ``carry_out`` says so.
            body: Body of that answer: a dict or list as JSON, a string or bytes as they are; an error in the
                provider's form when left out.
            headers: Headers of that answer.
            delay: Seconds to hold back the answer. Without a status the call is carried out at once and answered late.
            lost_reply: Carry out the call, then close the connection without an answer; ``"before"`` closes it without
                carrying out the call.
            carry_out: Carry out the call, then answer with the status all the same.
            path: Only calls of this path, such as ``/email/send``.

        Raises:
            ValueError: The arguments contradict each other or ask for nothing.
        """
        self._faults.plan(
            count,
            status=status,
            body=body,
            headers=headers,
            delay=delay,
            lost_reply=lost_reply,
            carry_out=carry_out,
            path=path,
        )

    def chaos(self, share: float, *, seed: int = 0, kinds: Iterable[str] | None = None) -> None:
        """Let a share of the API calls fail from now on, each in a way that is drawn at random.

        Which calls in order of arrival fail, and how, depends on nothing but the arguments. Failures that were asked
        for by `fail_next` come first, and for those calls nothing is drawn. The kinds are

        - ``lost``: carried out, then the connection is closed without an answer
        - ``closed``: the connection is closed and nothing is carried out
        - ``error``: 500, 502, 503 or 504, and nothing is carried out
        - ``error_after``: the same answers, but the call is carried out
        - ``garbled``: carried out, and answered with 200 and something that is no JSON
        - ``slow``: carried out, and answered 0.1 to 1 second late
        - ``limited``: 429 with ``Retry-After: 1``, and nothing is carried out
        - ``refused``: 400, and nothing is carried out

        Args:
            share: From 0, none of the calls, to 1, all of them.
            seed: Draws other calls and kinds.
            kinds: Those to draw from; all but ``refused`` when left out, since no repeating helps against that.

        Raises:
            ValueError: No such share, seed or kind.
        """
        self._faults.chaos(share, seed=seed, kinds=kinds)

    def counts(self, by: str | None = None, *, header: str | None = None) -> dict[str, int]:
        """Count what was accepted, to see what arrived just once, by one of these and not by both.

        E-mails count whether they went out or wait for their time.

        Args:
            by: ``subject`` or ``recipient`` of e-mails, ``destination`` of texts, or ``path`` of the calls that came.
            header: Name of a custom header of e-mails.

        Raises:
            ValueError: Nothing is counted by that.
        """
        return count(self._account, by, header=header)

    def check_no_address(self, address: str) -> None:
        """Refuse e-mails that have this recipient, besides those whose address begins with ``refused``."""
        self._account.check_no_address(address)

    def check_no_sender(self, sender: str) -> None:
        """Refuse e-mails from this address or domain, besides those from ``unverified.example``."""
        self._account.check_no_sender(sender)

    def receive_sms(self, source: str, destination: str, content: str) -> StoredReply:
        """Let a text arrive at a number of the account, for ``/sms/view-received``."""
        return self._account.receive_sms(source, destination, content)

    def clear(self) -> None:
        """Forget what arrived, failures that wait and added refusals; chaos is again as when the sandbox was made."""
        self._account.clear()
        self._faults.clear()
