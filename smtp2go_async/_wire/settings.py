"""The settings of a client: checked a single time, with everything that can be prepared for all its calls."""

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import attrs

from .. import __version__
from .._masking import shown_half_made
from .._runtime.loading import loading
from .._values.checks import check_line, check_mapping, check_number, check_text
from .._values.problems import invalid, not_one_of, within, wrong_type
from ..pacing import Pacer
from ..retry import RetryPolicy
from .body import encode
from .codec import STANDARD, Codec, with_orjson

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
REGION_VARIABLE = "SMTP2GO_REGION"
BASE_URL_VARIABLE = "SMTP2GO_BASE_URL"
SANDBOX_KEY = "api-" + "SANDBOX0" * 4
"""The default key of a sandbox. It is public, so it may be seen on any network."""
TIMEOUT = 30.0
"""Seconds; a send that is not fast-accepted waits for the provider's own SMTP conversation."""
MAX_EMAIL_BYTES = 50_000_000
"""The whole body of an ``/email`` call (the provider's changelog of 2026-06-11; older pages say 10 MB)."""
MAX_OTHER_BYTES = 1_000_000
"""The whole body of any other call (the same entry)."""

_KEY = re.compile(r"api-[A-Za-z0-9]{32}")


def check_key(value: object) -> str:
    """Return the key; ``None`` takes it from the environment.

    Raises:
        ValueError: There is no key, or it is not ``api-`` and 32 letters or digits. The message never has the key.
        TypeError: The key is not text.
    """
    source = "api_key"
    if value is None:
        source, value = _of(KEY_VARIABLE), os.environ.get(KEY_VARIABLE)
        if not value:
            raise invalid("api_key", f"must be given, or {KEY_VARIABLE} be set in the environment")
    value = check_text(value, "api_key")
    if not _KEY.fullmatch(value):
        raise invalid(source, f"must be 'api-' and 32 letters or digits{_wrapping(value)}")
    return value


def check_base_url(
    region: str | None, base_url: object, *, api_key: str | None = None, allow_http: bool = False
) -> str:
    """Return the API's address: from the arguments, else from the environment, else the address of the nearest region.

    Raises:
        ValueError: An unknown region, both a region and a base URL, an address where the API can't be, or plain http to
            another machine, unless that is allowed or the key is the sandbox's. The environment is checked likewise.
        TypeError: The base URL is not text.
    """
    region_name, url_name = "region", "base_url"
    if region is None and base_url is None:
        # An empty variable counts as not set, because an env file for containers can't unset a variable.
        region, base_url = os.environ.get(REGION_VARIABLE) or None, os.environ.get(BASE_URL_VARIABLE) or None
        region_name, url_name = _of(REGION_VARIABLE), _of(BASE_URL_VARIABLE)
        if region is not None and base_url is not None:
            raise invalid(url_name, f"must not be set together with {REGION_VARIABLE}; use one of them")
    if base_url is None:
        return BASE_URLS[_check_region("global" if region is None else region, region_name)]
    if region not in (None, "global"):
        raise invalid("base_url", "must not be given together with a region; use one of them")
    checked = _check_url(check_text(base_url, "base_url"), url_name)
    if not (allow_http or api_key == SANDBOX_KEY or _is_private(checked)):
        raise invalid(
            url_name,
            "must be https, not plain http, which would show the key to the network; only loopback may be plain, or "
            "any host with the sandbox's own key or with allow_http=True",
        )
    return checked


def _of(variable: str) -> str:
    return f"{variable} in the environment"


def _wrapping(value: str) -> str:
    """Return a hint about quotation marks or white space around a value: some programs keep those of an env file."""
    if value != value.strip():
        return "; there is white space around it"
    return "; there are quotation marks around it" if value[:1] in ("'", '"') or value[-1:] in ("'", '"') else ""


def _check_region(value: object, name: str) -> str:
    text = check_text(value, name)
    if text in BASE_URLS:
        return text
    raise not_one_of(name, BASE_URLS, text)


def _check_url(value: str, name: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise invalid(name, f"must be a URL; {error}{_wrapping(value)}") from error
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\x00-\x20\x7f]", value):
        hint = _wrapping(value) or ("; https:// is missing before it" if _BARE_HOST.match(value) else "")
        raise invalid(name, f"must be an address like https://eu-api.smtp2go.com/v3{hint}")
    if parts.username is not None or "?" in value or "#" in value:
        raise invalid(name, "must not hold a user name, a query or a fragment")
    path = parts.path.rstrip("/")
    if _PATH_OF_A_CALL.search(path):
        raise invalid(name, "must end in /v3, since the path of the call is added to it")
    # A name that is written in full, with a point at its end, is the same host.
    host = host.removesuffix(".")
    if host == "smtp2go.com" or host.endswith(".smtp2go.com"):
        if path != "/v3":
            raise invalid(name, f"must end in /v3, as in https://{host}/v3, which is where the API is")
        if parts.scheme == "http":
            raise invalid(name, "must be https, not plain http, which would show the key to the network")
    return value.rstrip("/")


_BARE_HOST = re.compile(r"(?://)?[A-Za-z0-9.-]+(?::\d+)?(?:/|$)")
_PATH_OF_A_CALL = re.compile(r"/v3/[a-z_]+(?:/[a-z_-]+)+$")


def _is_private(base_url: str) -> bool:
    """Whether the network can't read a request to this address: it goes over https, or stays on this machine."""
    parts = urlsplit(base_url)
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme == "https" or host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # This includes names that only look like an address: 127.0.0.999 is looked up as a name.
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def check_timeout(value: float | None) -> float | None:
    """Return the timeout in seconds; ``None`` waits for ever."""
    if value is None:
        return None
    seconds = value if type(value) is float else float(check_number(value, "timeout"))
    if not seconds > 0:
        raise invalid("timeout", f"must be more than 0 seconds, or None for no limit, not {value}")
    return seconds


def check_retry(value: RetryPolicy) -> RetryPolicy:
    """Return the policy; any other value raises."""
    if not isinstance(value, RetryPolicy):
        raise wrong_type("retry", "a RetryPolicy", value)
    return value


def check_pacer(value: Pacer) -> Pacer:
    """Return the pacer; any other value raises."""
    if not isinstance(value, Pacer):
        raise wrong_type("pacer", "a Pacer", value)
    return value


def check_transport(value: str, http_client: object) -> str:
    """Return the transport's name.

    Raises:
        ValueError: The name is unknown, or ``"fast"`` is given together with a client of the caller's.
    """
    if check_text(value, "transport") not in (known := ("httpx", "fast")):
        raise not_one_of("transport", known, value)
    if value == "fast" and http_client is not None:
        raise invalid("transport", "must not be 'fast' with an http_client, since it makes connections of its own")
    return value


def fast_json() -> Codec:
    """Return the JSON codec of ``transport="fast"``.

    Raises:
        ImportError: The extra is not installed completely.
    """
    try:
        with loading:
            from importlib.util import find_spec

            # Found and not imported: only the room with the connections imports HTTP libraries.
            if find_spec("pyreqwest") is None:
                raise ModuleNotFoundError(name="pyreqwest")
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
    if not check_line(value, "subaccount_id").strip():
        raise invalid("subaccount_id", "must not be empty; leave it out to act for the account itself")
    return value


def check_extra_body(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return fields to add to every body, copied so that later changes don't reach them.

    Raises:
        ValueError: JSON has no form for a value, though it has for its type: NaN, half a character.
        TypeError: The value is not a mapping, a name is not text, or JSON has no form for the type of a value.
    """
    fields = check_mapping(value, "extra_body")
    try:
        encode(fields)
    except (TypeError, ValueError) as error:
        raise within("extra_body", error) from error
    return fields


@shown_half_made
@attrs.frozen(kw_only=True)
class Settings:
    """Everything that decides how a call is made; `with_options` makes a copy with some of it changed."""

    api_key: str = attrs.field(repr=False)
    base_url: str
    allow_http: bool = False
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
    """The headers of every call, including the key if it goes into a header."""

    def __attrs_post_init__(self) -> None:
        if check_text(self.auth, "auth") not in (known := ("header", "bearer", "body")):
            raise not_one_of("auth", known, self.auth)
        self._check_that_no_key_is_shown()
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

    def _check_that_no_key_is_shown(self) -> None:
        """Check again with each copy: a client for a sandbox in another container may get the real key."""
        if self.allow_http or _is_private(self.base_url):
            return
        if self.api_key != SANDBOX_KEY:
            raise invalid(
                "api_key",
                "must be the sandbox's own over this base_url, or be allowed by allow_http=True, since plain http "
                "would show it to the network",
            )
        self.refuse_to_show_a_key(self.extra_body, "extra_body")

    def refuse_to_show_a_key(self, fields: Mapping[str, Any], argument: str) -> None:
        """Refuse fields with a real key in them, where the network would see it."""
        if self.allow_http or _is_private(self.base_url):
            return
        if fields.get("api_key", SANDBOX_KEY) != SANDBOX_KEY:
            raise invalid(argument, "must not have an api_key in it, which plain http would show to the network")
