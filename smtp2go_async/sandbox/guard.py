"""Keep websites away from the pages under ``/sandbox``, which need no key: only the owner of the machine may use them.

A page of any website can make the browser call this machine. The browser marks a call from another site with ``Origin``
and ``Sec-Fetch-Site``. A website whose own name points at this machine (DNS rebinding) is not another site to the
browser, but ``Host`` has its name.
"""

import ipaddress
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .bodies import ClientGoneError, TooLargeError, read_body, refusal, respond_early, too_large

MAX_CONTROL_BYTES = 1_000_000

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:\d*)?", re.ASCII)


class Guard:
    """Lets a request through, with its body read, or responds with 403 or 413.

    Args:
        app: The application behind the guard.
        bound: The host that the sandbox listens on.
        allowed: Host names and addresses under which it may be reached from other machines, too.
    """

    def __init__(self, app: ASGIApp, *, bound: str = "", allowed: Iterable[str] = ()) -> None:
        self._app = app
        self._bound = _normal(bound)
        self._allowed = frozenset(map(_normal, allowed))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        headers = Headers(scope=scope)
        problem = self._problem(scope, headers)
        if problem is not None:
            await respond_early(403, json.dumps({"error": problem}).encode(), headers, receive, send)
            return
        try:
            content = await read_body(receive, headers, MAX_CONTROL_BYTES)
        except TooLargeError:
            await respond_early(413, refusal(too_large()), headers, receive, send)
            return
        except ClientGoneError:
            return
        messages = [{"type": "http.request", "body": content, "more_body": False}]

        async def replayed() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replayed, send)

    def _problem(self, scope: Scope, headers: Headers) -> str | None:
        given = headers.getlist("host")
        found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        if found is None:
            return "the Host header must name exactly one host"
        host = _normal(found["host"])
        if host not in self._allowed:
            if not _is_loopback((scope.get("client") or ("",))[0]):
                return "the request must come from this machine, or have a Host header that --allow-host allows"
            if host != self._bound and not _is_this_machine(host):
                return "the Host header must have a name of this machine, or a name that --allow-host allows"
        # "none" means that the address was typed in.
        foreign = any(site not in {"same-origin", "none"} for site in headers.getlist("sec-fetch-site"))
        if foreign or any(not _is_same(origin, given[0]) for origin in headers.getlist("origin")):
            return "a page of another site may not ask"
        return None


def checked_hosts(hosts: Iterable[str], name: str = "allowed_hosts") -> tuple[str, ...]:
    """Return hosts that may be allowed; ``name`` is what the argument is called.

    Raises:
        ValueError: A host is neither a name nor an address; a port is not part of it.
        TypeError: The hosts are not a list of strings.
    """
    if isinstance(hosts, str):
        raise TypeError(f"{name}: must be a list of names, such as [{hosts!r}]")
    checked = tuple(hosts)
    for index, host in enumerate(checked):
        if not isinstance(host, str):
            raise TypeError(f"{name}[{index}]: must be a str, not {type(host).__name__}")
        if not _NAME.fullmatch(host) and _address(host) is None:
            raise ValueError(f"{name}[{index}]: must be a name or an address, without a scheme and a port")
    return checked


def _normal(host: str) -> str:
    address = _address(host)
    return host.lower().rstrip(".") if address is None else str(address)


def _address(host: str) -> Any:
    try:
        found = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_loopback(client: str) -> bool:
    address = _address(client)
    return address is not None and bool(address.is_loopback)


def _is_this_machine(host: str) -> bool:
    # By RFC 6761 localhost and all names under it stay on the machine.
    return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)


def _is_same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower()
