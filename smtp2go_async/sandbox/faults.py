"""Failures that were asked for: which calls they meet and what happens to those. No I/O."""

import json
import math
import re
import threading
from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, frozen

LostReply = bool | Literal["before"]

# What the sandbox says for a status when it was given no body. The codes are SMTP2GO's; which of them comes with a 5xx
# is not published, only that a wrong key was answered with 500 and API_EXCEPTION.
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
    """What happens to a call instead of, or before, its proper answer."""

    status: int | None
    body: bytes | None
    content_type: str
    headers: tuple[tuple[str, str], ...]
    delay: float
    lost_reply: LostReply
    path: str | None

    @property
    def carries_out(self) -> bool:
        """Tell whether the call is carried out all the same."""
        return self.status is None and self.lost_reply != "before"


@define(eq=False)
class _Planned:
    fault: Fault
    remaining: int


class Faults:
    """The failures that wait for their calls. May be used from several threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: list[_Planned] = []

    def plan(
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
        """Let the next calls fail; `Sandbox.fail_next` has the arguments.

        Raises:
            ValueError: The arguments contradict each other or ask for nothing.
        """
        if not _is_whole(count) or count < 1:
            raise ValueError("count must be a whole number of at least 1")
        if status is not None and not (_is_whole(status) and 200 <= status <= 599):
            raise ValueError("status must be an HTTP status from 200 to 599")
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay < math.inf:
            raise ValueError("delay must be a number of seconds, not negative")
        if lost_reply not in (True, False, "before"):
            raise ValueError("lost_reply must be True, False or 'before'")
        if path is not None and not isinstance(path, str):
            raise ValueError("path must be a string such as '/email/send'")
        if status is None and not delay and not lost_reply:
            raise ValueError("nothing to do: pass status, delay or lost_reply")
        if status is None and (body is not None or headers):
            raise ValueError("body and headers need a status")
        if status is not None and lost_reply:
            raise ValueError("a lost reply has no status")
        if status in _BODYLESS and body is not None:
            raise ValueError(f"a reply with status {status} has no body")
        content, content_type = _encoded(body)
        fault = Fault(
            status=status,
            body=b"" if status in _BODYLESS else content,
            content_type=content_type,
            headers=_checked_headers(headers or {}),
            delay=float(delay),
            lost_reply=lost_reply,
            path=None if path is None else _short(path),
        )
        with self._lock:
            self._planned.append(_Planned(fault, count))

    def take(self, path: str) -> Fault | None:
        """Give the failure that a call meets, if one waits for it."""
        with self._lock:
            for planned in self._planned:
                if planned.fault.path in {None, _short(path)}:
                    planned.remaining -= 1
                    if not planned.remaining:
                        self._planned.remove(planned)
                    return planned.fault
        return None

    def clear(self) -> None:
        """Forget all failures that wait."""
        with self._lock:
            self._planned.clear()


def default_error(status: int) -> dict[str, str]:
    """Make what stands under ``data`` in a planned failure without a body."""
    code, text = _ERRORS.get(status, ("API_EXCEPTION", f"The sandbox was told to answer with status {status}"))
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
        raise ValueError(f"body cannot be written as JSON: {error}") from error


def _checked_headers(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if not isinstance(headers, Mapping):
        raise ValueError("headers must be a mapping of names to values")  # noqa: TRY004 - ValueError for all arguments
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _FRAMING:
            raise ValueError(f"not a header that can be set: {name!r}")
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            raise ValueError(f"not a value that the header {name} can have")
    return tuple(headers.items())
