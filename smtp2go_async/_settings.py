"""What a client was told, checked once, with everything that can be prepared for all its calls."""

import os
import re
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import attrs

from . import __version__
from ._body import encode
from ._checks import about, need_line, need_mapping, need_number, need_text, with_article
from ._json import STANDARD, Codec, with_orjson
from ._loading import loading
from ._masking import shown_half_made
from .pacing import Pacer
from .retry import RetryPolicy

Region = Literal["global", "us", "eu", "au"]
Auth = Literal["header", "bearer", "body"]
TransportName = Literal["httpx", "fast"]

BASE_URLS: Final[Mapping[str, str]] = {
    "global": "https://api.smtp2go.com/v3",
    "us": "https://us-api.smtp2go.com/v3",
    "eu": "https://eu-api.smtp2go.com/v3",
    "au": "https://au-api.smtp2go.com/v3",
}
KEY_VARIABLE = "SMTP2GO_API_KEY"
TIMEOUT = 30.0
"""Seconds; a send that is not fast-accepted waits for the provider's own SMTP conversation."""
MAX_EMAIL_BYTES = 50_000_000
"""The whole body of an ``/email`` call (the provider's changelog of 2026-06-11; older pages say 10 MB)."""
MAX_OTHER_BYTES = 1_000_000
"""The whole body of any other call (the same entry)."""

_KEY = re.compile(r"api-[A-Za-z0-9]{32}")


def check_key(value: object) -> str:
    """Return the key, from the environment when there is none.

    Raises:
        ValueError: There is none, or it is not ``api-`` and 32 letters or digits. The key is not in the message.
        TypeError: It is not text.
    """
    source = "api_key"
    if value is None:
        source, value = f"{KEY_VARIABLE} in the environment", os.environ.get(KEY_VARIABLE)
        if not value:
            raise ValueError(f"api_key: none is given, and {KEY_VARIABLE} is not set in the environment")
    value = need_text(value, "api_key")
    if not _KEY.fullmatch(value):
        hint = "; there is white space around it" if value != value.strip() else ""
        raise ValueError(f"{source}: 'api-' and 32 letters or digits are needed{hint}")
    return value


def check_base_url(region: str, base_url: object) -> str:
    """Return where the API is, without a slash at the end.

    Raises:
        ValueError: Unknown region, a region and a base URL at once, or plain http to another machine.
    """
    if base_url is None:
        if need_text(region, "region") not in BASE_URLS:
            raise ValueError(f"region: {region[:50]!r} is none of {', '.join(BASE_URLS)}")
        return BASE_URLS[region]
    if need_text(region, "region") != "global":
        raise ValueError("base_url: is given together with a region; use one of them")
    base_url = need_text(base_url, "base_url")
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"base_url: {error}") from error
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\x00-\x20\x7f]", base_url):
        raise ValueError("base_url: an address like https://eu-api.smtp2go.com/v3 is needed")
    if parts.username is not None or "?" in base_url or "#" in base_url:
        raise ValueError("base_url: can't hold a user name, a query or a fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("base_url: plain http would show the key to the network; only loopback may be plain")
    return base_url.rstrip("/")


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def check_timeout(value: float | None) -> float | None:
    """Return the timeout in seconds; ``None`` waits for ever."""
    if value is None:
        return None
    seconds = value if type(value) is float else float(need_number(value, "timeout"))
    if not seconds > 0:
        raise ValueError(f"timeout: must be more than 0 seconds, or None for no limit, not {value}")
    return seconds


def check_retry(value: RetryPolicy) -> RetryPolicy:
    """Return the policy if it is one."""
    if not isinstance(value, RetryPolicy):
        raise TypeError(f"retry: must be a RetryPolicy, not {with_article(value)}")
    return value


def check_pacer(value: Pacer) -> Pacer:
    """Return the pacer if it is one."""
    if not isinstance(value, Pacer):
        raise TypeError(f"pacer: must be a Pacer, not {with_article(value)}")
    return value


def check_transport(value: str, http_client: object) -> str:
    """Return the transport's name.

    Raises:
        ValueError: Another name, or a client of the caller's beside ``"fast"``.
    """
    if need_text(value, "transport") not in ("httpx", "fast"):
        raise ValueError(f"transport: {value[:50]!r} is none of httpx, fast")
    if value == "fast" and http_client is not None:
        raise ValueError("transport: 'fast' makes connections of its own; it can't be used with an http_client")
    return value


def fast_json() -> Codec:
    """Return the JSON of ``transport="fast"``, when all of the extra is installed.

    Raises:
        ImportError: It is not.
    """
    try:
        with loading:
            import pyreqwest  # noqa: F401

            return with_orjson()
    except ImportError as error:
        raise ImportError(
            f"transport: 'fast' needs {error.name}, which is not installed: pip install 'smtp2go-async[fast]'",
            name=error.name,
        ) from error


def check_subaccount(value: str | None) -> str | None:
    """Return the id of the subaccount."""
    if value is None:
        return None
    if not need_line(value, "subaccount_id").strip():
        raise ValueError("subaccount_id: is empty; leave it out to act for the account itself")
    return value


def check_extra_body(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return fields to add to every body, copied so that later changes don't reach them.

    Raises:
        ValueError: A value that has no form in JSON, though its type has one: NaN, half a character.
        TypeError: No mapping, a name that is no text, or a value whose type has no form in JSON.
    """
    fields = need_mapping(value, "extra_body")
    try:
        encode(fields)
    except (TypeError, ValueError) as error:
        raise about("extra_body", error) from error
    return fields


@shown_half_made
@attrs.frozen(kw_only=True)
class Settings:
    """Everything that decides how a call is made; `with_options` makes a copy with some of it changed."""

    api_key: str = attrs.field(repr=False)
    base_url: str
    auth: Auth = "header"
    subaccount_id: str | None = None
    timeout: float | None = TIMEOUT
    timeout_given: bool = False
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    max_email_bytes: int = MAX_EMAIL_BYTES
    raise_on_refused: bool = True
    extra_body: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    json: Codec = attrs.field(default=STANDARD, repr=False)
    headers: tuple[tuple[str, str], ...] = attrs.field(init=False, repr=False)
    """The headers of every call, the key among them where it goes into one."""

    def __attrs_post_init__(self) -> None:
        if need_text(self.auth, "auth") not in ("header", "bearer", "body"):
            raise ValueError(f"auth: {self.auth[:50]!r} is none of header, bearer, body")
        headers = [
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Content-Type", "application/json"),
            ("User-Agent", f"smtp2go-async/{__version__}"),
            ("X-Smtp2go-Api", "smtp2go-async"),
            ("X-Smtp2go-Api-Version", __version__),
        ]
        if self.auth == "header":
            headers.append(("X-Smtp2go-Api-Key", self.api_key))
        elif self.auth == "bearer":
            headers.append(("Authorization", f"Bearer {self.api_key}"))
        object.__setattr__(self, "headers", tuple(headers))
