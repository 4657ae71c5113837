"""A request out: the fields of a call become its address, headers and body. The only I/O is measuring files."""

from collections.abc import Mapping
from typing import Any

import attrs

from .._operation import Operation
from .body import Body, encode
from .settings import MAX_OTHER_BYTES, Settings


@attrs.frozen
class Request:
    """A request ready to be sent, any number of times."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    body: Body = attrs.field(repr=False)
    timeout: float | None
    timeout_given: bool
    """Whether the caller chose the timeout; if not, a caller's own `httpx.AsyncClient` uses its own timeout."""
    operation: str
    fields: Mapping[str, Any] = attrs.field(factory=dict, repr=False, eq=False)
    """The fields that the body was made of, so that an error which quotes them is not taken at its word."""


def build_request(operation: Operation[Any], fields: Mapping[str, Any], settings: Settings) -> Request:
    """Make the request of a call. Fields that are ``None`` are not sent: no request field of the API takes null.

    Raises:
        ValueError: The body is over the limit, or something in it can't be sent.
        TypeError: Something in it has no form in JSON.
    """
    body = {name: value for name, value in fields.items() if value is not None}
    if operation.takes_subaccount and settings.subaccount_id is not None:
        body.setdefault("subaccount_id", settings.subaccount_id)
    if settings.extra_body:
        body.update(settings.extra_body)
    if settings.auth == "body" or operation.key_in_body:
        body["api_key"] = settings.api_key
    encoded = encode(body, settings.json.dumps)
    if encoded.length > (settings.max_email_bytes if operation.is_email else MAX_OTHER_BYTES):
        raise _too_large(operation, body, encoded.length, settings)
    return Request(
        operation.method,
        settings.base_url + operation.path,
        settings.headers,
        encoded,
        settings.timeout,
        settings.timeout_given,
        operation.path,
        body,
    )


def _too_large(operation: Operation[Any], body: Mapping[str, Any], length: int, settings: Settings) -> ValueError:
    # The limit holds for all fields together, so the error names the largest field.
    largest = max(body, key=lambda name: encode({name: body[name]}, settings.json.dumps).length)
    limit = f"the limit is {MAX_OTHER_BYTES:,}"
    if operation.is_email:
        limit = f"with attachments in base64; the limit max_email_bytes is {settings.max_email_bytes:,}"
    return ValueError(f"{largest}: is too large: the whole body of {operation.path} has {length:,} bytes, {limit}")
