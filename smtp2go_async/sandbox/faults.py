"""Planned failures: which calls they meet, and what happens to those calls. No I/O."""

import json
import math
import random
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from attrs import define, frozen

LostReply = bool | Literal["before"]

# The error that goes with a status when no body was given. The codes are SMTP2GO's. The provider has not published
# which code comes with a 5xx; a wrong key was seen to be answered with 500 and API_EXCEPTION.
_ERRORS = {
    401: ("INVALID_IN_PAYLOAD", "The API Key passed is not valid"),
    403: ("INVALID_IN_PAYLOAD", "The API Key passed is not valid"),
    429: ("REQ_LIMIT_EXCEEDED", "This endpoint is rate limited to 1 request every 60 seconds"),
}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
_BODYLESS = frozenset({204, 304})


@frozen(kw_only=True)
class Fault:
    """What happens to a call instead of its proper response, or before it."""

    status: int | None
    body: bytes | None
    content_type: str
    headers: tuple[tuple[str, str], ...]
    delay: float
    lost_reply: LostReply
    carry_out: bool
    path: str | None

    @property
    def carries_out(self) -> bool:
        """Return whether the call is carried out nevertheless."""
        return self.carry_out or (self.status is None and self.lost_reply != "before")


@define(eq=False)
class _Planned:
    fault: Fault
    remaining: int


class Faults:
    """The planned failures that wait for their calls. May be used from several threads at once."""

    def __init__(self, chaos: float = 0.0, *, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []
        self._first_chaos = _Chaos(chaos, seed, MENDABLE)
        self._chaos = self._first_chaos.restarted()

    def chaos(self, share: float, *, seed: int = 0, kinds: Iterable[str] | None = None) -> None:
        """Let a share of all calls fail from now on; `Sandbox.chaos` has the arguments.

        Raises:
            ValueError: The share, the seed or a kind is invalid.
        """
        chaos = _Chaos(share, seed, MENDABLE if kinds is None else kinds)
        with self._lock:
            self._chaos = chaos

    def plan(
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
        """Let the next calls fail; `Sandbox.fail_next` has the arguments.

        Raises:
            ValueError: The arguments contradict each other or ask for nothing.
        """
        fault = _fault(
            status=status,
            body=body,
            headers=headers,
            delay=delay,
            lost_reply=lost_reply,
            carry_out=carry_out,
            path=path,
        )
        if not _is_whole(count) or count < 1:
            raise ValueError("count: must be a whole number, 1 or more")
        with self._lock:
            self._planned.append(_Planned(fault, count))

    def take(self, path: str) -> Fault | None:
        """Return the failure that a call meets, or `None`."""
        with self._lock:
            for planned in self._planned:
                if planned.fault.path in {None, _short(path)}:
                    planned.remaining -= 1
                    if not planned.remaining:
                        self._planned.remove(planned)
                    return planned.fault
            return self._chaos.draw()

    def clear(self) -> None:
        """Forget all planned failures, and restart chaos as it was first set."""
        with self._lock:
            self._planned.clear()
            self._chaos = self._first_chaos.restarted()


def _fault(
    *,
    status: int | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    delay: float = 0.0,
    lost_reply: LostReply = False,
    carry_out: bool = False,
    path: str | None = None,
) -> Fault:
    if status is not None and not (_is_whole(status) and 200 <= status <= 599):
        raise ValueError("status: must be an HTTP status from 200 to 599")
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay < math.inf:
        raise ValueError("delay: must be a number of seconds, 0 or more")
    if lost_reply not in (True, False, "before"):
        raise ValueError("lost_reply: must be True, False or 'before'")
    if path is not None and not isinstance(path, str):
        raise ValueError("path: must be a string such as '/email/send'")
    if status is None and not delay and not lost_reply:
        raise ValueError("pass status, delay or lost_reply; without them a call does not fail")
    if status is None and (body is not None or headers):
        raise ValueError("body, headers: need a status")
    if status is not None and lost_reply:
        raise ValueError("status: must be left out, since a lost reply has no status")
    if not isinstance(carry_out, bool):
        raise ValueError("carry_out: must be True or False")  # noqa: TRY004 - ValueError for all arguments
    if carry_out and status is None:
        raise ValueError("carry_out: needs a status; without a status a call is carried out anyway")
    if status in _BODYLESS and body is not None:
        raise ValueError(f"body: must be left out, since a response with status {status} has no body")
    content, content_type = _encoded(body)
    return Fault(
        status=status,
        body=b"" if status in _BODYLESS else content,
        content_type=content_type,
        headers=_checked_headers(headers or {}),
        delay=float(delay),
        lost_reply=lost_reply,
        carry_out=carry_out,
        path=None if path is None else _short(path),
    )


class _Chaos:
    """Draws which calls fail, and how. The same seed draws the same calls, counted in order of arrival."""

    def __init__(self, share: float, seed: int, kinds: Iterable[str]) -> None:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise ValueError("share: must be a number from 0 to 1")
        if not _is_whole(seed):
            raise ValueError("seed: must be a whole number")
        kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        unknown = [kind for kind in kinds if not isinstance(kind, str) or kind not in CHAOS]
        if unknown or not kinds:
            raise ValueError(f"kinds: must be some of {', '.join(CHAOS)}")
        self._share = share
        self._seed = seed
        self._kinds = kinds
        self._random = random.Random(seed)  # noqa: S311 - the same seed must draw the same numbers again

    def restarted(self) -> "_Chaos":
        return _Chaos(self._share, self._seed, self._kinds)

    def draw(self) -> Fault | None:
        """Return the failure of the next call, or `None`."""
        if self._random.random() >= self._share:
            return None
        return CHAOS[self._random.choice(self._kinds)](self._random)


def _server_error(draw: random.Random) -> int:
    return draw.choice((500, 502, 503, 504))


CHAOS: Mapping[str, Callable[[random.Random], Fault]] = {
    "lost": lambda _: _fault(lost_reply=True),
    "closed": lambda _: _fault(lost_reply="before"),
    "error": lambda draw: _fault(status=_server_error(draw)),
    "error_after": lambda draw: _fault(status=_server_error(draw), carry_out=True),
    "garbled": lambda _: _fault(status=200, body="<html>Bad gate", carry_out=True),
    "slow": lambda draw: _fault(delay=draw.uniform(0.1, 1.0)),
    "limited": lambda _: _fault(status=429, headers={"Retry-After": "1"}),
    "refused": lambda _: _fault(status=400),
}
"""The kinds of failures that `Sandbox.chaos` draws from."""

MENDABLE = tuple(kind for kind in CHAOS if kind != "refused")
"""The kinds after which sending again helps a client that knows what arrived."""


def default_error(status: int) -> dict[str, str]:
    """Return the value of ``data`` in a planned failure without a body."""
    code, text = _ERRORS.get(status, ("API_EXCEPTION", f"The sandbox was told to respond with status {status}"))
    return {"error_code": f"E_ApiResponseCodes.{code}", "error": text}


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _short(path: str) -> str:
    return path.strip("/").removeprefix("v3/")


def _encoded(body: Any) -> tuple[bytes | None, str]:
    if body is None:
        return None, "application/json"
    if isinstance(body, bytes | str):
        content = body.encode() if isinstance(body, str) else body
        return content, "text/html; charset=utf-8" if content.lstrip().startswith(b"<") else "text/plain; charset=utf-8"
    try:
        return json.dumps(body).encode(), "application/json"
    except (TypeError, ValueError) as error:
        raise ValueError(f"body: can't be written as JSON: {error}") from error


def _checked_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not isinstance(headers, Mapping):
        raise ValueError("headers: must be a mapping of names to values")  # noqa: TRY004 - ValueError for all arguments
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _FRAMING:
            raise ValueError(f"headers: {name!r} can't be set")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise ValueError(f"headers: the value of {name} must be printable ASCII")
    return tuple(headers.items())
