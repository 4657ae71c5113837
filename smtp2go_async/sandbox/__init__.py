"""SMTP2GO on your own machine, for tests: the provider has no test environment.

    async with Sandbox() as sandbox:            # or: with Sandbox() as sandbox
        ...                                     # a client with base_url=sandbox.base_url, api_key=sandbox.api_key
        assert sandbox.sent[0].subject == "Hello"

The sandbox serves the API on a real port with the provider's rules. It sends no e-mail and no text anywhere, and calls
the webhooks that are set up on this machine. ``python -m smtp2go_async.sandbox`` runs it as a program of its own. It
needs ``pip install 'smtp2go-async[sandbox]'``.
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
from .dns import CnameRecord
from .faults import Faults, LostReply
from .guard import checked_hosts
from .notify.queue import Notification, Try
from .notify.sender import WebhookSender
from .notify.worker import NotifyWorker
from .records import (
    ReceivedRequest,
    RecordedEvent,
    RecordedSmsEvent,
    SentAttachment,
    SentEmail,
    StoredReply,
    StoredSchedule,
    StoredSms,
)
from .steering import Steering
from .webhooks import MAX_WEBHOOKS, StoredWebhook

__all__ = [
    "CnameRecord",
    "Notification",
    "ReceivedRequest",
    "RecordedEvent",
    "RecordedSmsEvent",
    "Sandbox",
    "SentAttachment",
    "SentEmail",
    "StoredReply",
    "StoredSchedule",
    "StoredSms",
    "StoredWebhook",
    "Try",
]


class Sandbox(Steering):
    """A local SMTP2GO with one account. It serves inside ``with`` or ``async with``, on asyncio, trio or neither.

    E-mails, texts and requests can still be read after the block has ended.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        api_key: The key that the account starts with, which may make every call; a fixed key when left out.
        max_email_bytes: Largest body of ``/v3/email*``.
        max_other_bytes: Largest body of all other calls.
        allowed_hosts: Host names or addresses under which ``/sandbox/...`` may be used from other machines, too:
            ``["sandbox"]``, for example, for ``http://sandbox:8025`` in another container. Those pages need no key:
            every machine that reaches the port can then read them. The API itself may be used under any name.
        clock: Returns the time, aware; for tests of schedules, periods and limits.
        activity_lag: Seconds until ``/activity/search`` finds a sent e-mail; about 120 at the provider.
        activity_per_minute: Calls of ``/activity/search`` that are answered in a minute, more get 429; all when `None`.
        keep_requests: How many of the newest calls `requests` returns; all when `None`. E-mails and texts are all kept.
        require_verified_senders: Refuse each e-mail whose sender is neither at a verified domain nor a verified single
            sender; the provider does so. When `False`, only senders at ``unverified.example`` are refused.
        max_webhooks: How many webhooks the account can have: 10 on a paid plan, 1 on a free plan.
        allow_webhooks_to: Host names or addresses of webhooks that are called beside those of this machine
            (``localhost``, ``127.0.0.1``, ``::1``); a webhook anywhere else is not called.
        time_factor: How many times faster than at the provider a failed webhook is tried again.
        chaos: Share of the calls that fail, drawn at random; see `chaos`.
        seed: Decides which calls fail under chaos; the same seed draws the same calls.

    Raises:
        ValueError: The key does not have the form of a key, a number is out of range, or an allowed host is neither a
            name nor an address.
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
        max_webhooks: int = MAX_WEBHOOKS,
        require_verified_senders: bool = False,
        allow_webhooks_to: Iterable[str] = (),
        time_factor: float = 1.0,
        chaos: float = 0.0,
        seed: int = 0,
    ) -> None:
        if not 0 <= port <= 65535:
            raise ValueError(f"port: must be from 0 to 65535, not {port}")
        self._host = host
        self._port = port
        self._account = Account(
            api_key=SANDBOX_KEY if api_key is None else api_key,
            clock=clock,
            activity_lag=activity_lag,
            activity_per_minute=activity_per_minute,
            keep_requests=keep_requests,
            max_webhooks=max_webhooks,
            require_verified_senders=require_verified_senders,
            time_factor=time_factor,
        )
        sender = WebhookSender(checked_hosts(allow_webhooks_to, "allow_webhooks_to"))
        self._worker = NotifyWorker(self._account.notifications, sender, clock, self._account.release_due)
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
            raise RuntimeError("this sandbox is already running")
        server = ServerThread(self._app, self._host, self._port, job=self._worker.run)
        server.start()
        self._server = server
        self._account.archive.home = self.base_url.removesuffix("/v3")
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    # Start and end take milliseconds, so blocking the event loop that long does no harm.
    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        """Return the address for a client, such as ``http://127.0.0.1:54321/v3``."""
        if self._server is None:
            raise RuntimeError("this sandbox is not running; enter it with 'with' or 'async with'")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}/v3"

    @property
    def api_key(self) -> str:
        """Return the key that the account started with. It may make every call, unless a call has changed that."""
        return self._account.api_key

    @property
    def sent(self) -> tuple[SentEmail, ...]:
        """Return the e-mails that would have gone out, in order of arrival; scheduled ones once their time has come."""
        return self._account.sent

    @property
    def scheduled(self) -> tuple[StoredSchedule, ...]:
        """Return the e-mails that wait for their scheduled time and were not removed."""
        return self._account.scheduled

    @property
    def sms(self) -> tuple[StoredSms, ...]:
        """Return the texts that would have gone out, a text for each number."""
        return self._account.sms

    @property
    def webhooks(self) -> tuple[StoredWebhook, ...]:
        """Return the webhooks that are set up, in the order in which they were added."""
        return self._account.webhooks

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """Return the newest ``keep_requests`` API calls that came in, with every outcome."""
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
        """Let the next API calls fail, after the failures that were planned earlier.

        Args:
            count: How many calls.
            status: Respond with this status and do not carry out the call, unless ``carry_out`` is `True`.
            body: Body of that response: a dict or list as JSON, a string or bytes as they are; an error in the
                provider's form when left out.
            headers: Headers of that response.
            delay: Seconds to hold back the response. Without a status the call is carried out at once.
            lost_reply: Carry out the call, then close the connection without a response; ``"before"`` closes it
                without carrying out the call.
            carry_out: Carry out the call, and respond with the status nevertheless.
            path: Only calls of this path fail, such as ``/email/send``.

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

        The arguments alone decide which calls fail, in order of arrival, and how. Failures that were planned by
        `fail_next` come first, and for their calls nothing is drawn. The kinds are

        - ``lost``: carried out, then the connection is closed without a response
        - ``closed``: the connection is closed and nothing is carried out
        - ``error``: 500, 502, 503 or 504, and nothing is carried out
        - ``error_after``: the same responses, but the call is carried out
        - ``garbled``: carried out, and answered with 200 and a body that is not JSON
        - ``slow``: carried out, and answered 0.1 to 1 second late
        - ``limited``: 429 with ``Retry-After: 1``, and nothing is carried out
        - ``refused``: 400, and nothing is carried out

        Args:
            share: From 0, where no call fails, to 1, where every call fails.
            seed: Another seed draws other calls and kinds.
            kinds: The kinds to draw from; all but ``refused`` when left out, since repeating does not help against it.

        Raises:
            ValueError: The share, the seed or a kind is invalid.
        """
        self._faults.chaos(share, seed=seed, kinds=kinds)

    def counts(self, by: str | None = None, *, header: str | None = None) -> dict[str, int]:
        """Count accepted e-mails, texts or calls, to see which of them arrived exactly once.

        Pass ``by`` or ``header``, and not both. Scheduled e-mails count before their time, too.

        Args:
            by: ``subject`` or ``recipient`` of e-mails, ``destination`` of texts, or ``path`` of calls.
            header: Name of a custom header of e-mails.

        Raises:
            ValueError: The arguments name nothing that can be counted.
        """
        return count(self._account, by, header=header)

    def refuse_address(self, address: str) -> None:
        """Refuse e-mails to this recipient, too; recipients that start with ``refused`` are always refused."""
        self._account.emails.refuse_address(address)

    def refuse_sender(self, sender: str) -> None:
        """Refuse e-mails from this address or domain, too; ``unverified.example`` is always refused."""
        self._account.emails.refuse_sender(sender)

    def publish_dns(self, domain: str) -> tuple[CnameRecord, ...]:
        """Publish all DNS records that a sender domain needs, so that its next verification succeeds.

        The domain is verified by ``/domain/verify``, or by itself within 7 minutes, and not by this method. A record
        that changes later, since the domain got another subdomain for tracking or for the return path, needs another
        call.

        Args:
            domain: A domain that was added with ``/domain/add``, by the account or by a subaccount.

        Returns:
            The records that were published.

        Raises:
            ValueError: The domain was not added.
        """
        return self._account.publish_dns(domain)

    def verify_single_sender(self, address: str) -> None:
        """Let the owner of an address agree that the account sends from it, as with the link of the provider's e-mail.

        Args:
            address: An address that was added with ``/single_sender_emails/add``.

        Raises:
            ValueError: The address was not added.
        """
        self._account.verify_single_sender(address)

    def add_ip_auth(self, ip_address: str, description: str = "", *, subaccount_id: str = "") -> None:
        """Add an IP authentication, which the calls of ``/ip_auth`` show, change and remove; none of them adds one.

        Args:
            ip_address: An IPv4 or IPv6 address.
            description: A note.
            subaccount_id: The subaccount that it belongs to; the master account when left out.

        Raises:
            ValueError: The address is not an IP address, or there is no such subaccount.
        """
        self._account.add_ip_auth(ip_address, description, subaccount_id)

    def add_ip_pool(self, name: str, ip_addresses: Iterable[str]) -> int:
        """Give the account a pool of dedicated IP addresses, for ``/dedicated_ips/view`` and ``ip_pool``.

        Args:
            name: The name of the pool.
            ip_addresses: IPv4 or IPv6 addresses. Nothing goes out from them.

        Returns:
            The id of the pool, which ``ip_pool`` of other calls takes.

        Raises:
            ValueError: An address is not an IP address.
        """
        return self._account.add_ip_pool(name, tuple(ip_addresses))

    def disable_ip_allow_lists(self) -> None:
        """Disable all IP allow lists, for a test that has locked itself out; their addresses are kept."""
        self._account.disable_ip_allow_lists()

    def clear(self) -> None:
        """Forget all that came in and was set up, planned failures and added refusals; restart chaos as first set."""
        self._account.clear()
        self._faults.clear()
