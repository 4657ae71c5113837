"""The ASGI application: the API under ``/v3``, and the pages under ``/sandbox`` that show what arrived."""

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import anyio
from attrs import frozen
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from .account import Account
from .bodies import ClientGoneError, TooLargeError, read_body, refusal, respond_early, too_large
from .control import control_routes
from .faults import Fault, Faults, default_error
from .guard import Guard
from .records import ReceivedRequest, parsed_json
from .rules import RequestError, masked_key, not_understood

API_PREFIX = "/v3"
MAX_EMAIL_BYTES = 50_000_000  # whole body of /v3/email*, enforced since 2026-06-11
MAX_OTHER_BYTES = 1_000_000  # whole body of all other calls, enforced since the same day
CLOSE_CONNECTION = "smtp2go_sandbox.close_connection"  # in the state of a scope, put there by the server


@frozen
class _Response:
    status: int
    content: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class WrongMethodError(RequestError):
    """A path was asked for with an HTTP method that it does not take."""

    def __init__(self, methods: tuple[str, ...]) -> None:
        super().__init__(405, "API_EXCEPTION", f"This API endpoint takes {' and '.join(methods)} requests only")
        self.methods = methods


def create_app(
    account: Account,
    faults: Faults,
    *,
    max_email_bytes: int = MAX_EMAIL_BYTES,
    max_other_bytes: int = MAX_OTHER_BYTES,
    host: str = "",
    allowed_hosts: Iterable[str] = (),
) -> Starlette:
    """Make the application that serves an account."""
    api = Api(account, faults, max_email_bytes=max_email_bytes, max_other_bytes=max_other_bytes)
    guard = Middleware(Guard, bound=host, allowed=allowed_hosts)
    app = Starlette(routes=[Mount(API_PREFIX, app=api), *control_routes(account, faults, guard)])
    app.router.redirect_slashes = False
    return app


class Api:
    """The calls under ``/v3``: reads a request, lets the account carry it out, or fails as planned."""

    def __init__(self, account: Account, faults: Faults, *, max_email_bytes: int, max_other_bytes: int) -> None:
        self._account = account
        self._faults = faults
        self._max_email_bytes = max_email_bytes
        self._max_other_bytes = max_other_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        headers = Headers(scope=scope)
        try:
            content = await read_body(receive, headers, self._limit(scope["path"]))
        except TooLargeError as error:
            self._note(scope, headers, b"", error.size, 413)
            await respond_early(413, refusal(too_large()), headers, receive, send)
            return
        except ClientGoneError:
            return
        fault = self._faults.take(scope["path"])
        planned = self._respond(fault, scope, headers, content)
        lost = fault is not None and bool(fault.lost_reply)
        self._note(scope, headers, content, len(content), None if lost else planned.status)
        if fault is not None and fault.delay and await _client_leaves_within(fault.delay, receive):
            return
        if lost:
            scope["state"][CLOSE_CONNECTION]()
            # This returns when the connection is down; if the application ended before, uvicorn would send a response.
            await receive()
            return
        response = Response(planned.content, planned.status, dict(planned.headers), planned.content_type)
        await response(scope, receive, send)

    def _limit(self, path: str) -> int:
        return self._max_email_bytes if path.startswith(f"{API_PREFIX}/email") else self._max_other_bytes

    def _respond(self, fault: Fault | None, scope: Scope, headers: Headers, content: bytes) -> _Response:
        if fault is None:
            return self._carry_out(scope, headers, parsed_json(content))
        if fault.carries_out:
            response = self._carry_out(scope, headers, parsed_json(content))
            if fault.status is None:
                return response
        return _planned_response(fault)

    def _carry_out(self, scope: Scope, headers: Headers, body: Any) -> _Response:
        request_id = str(uuid.uuid4())
        try:
            path = self._checked_path(scope)
            key = self._account.key_of(_given_key(headers, body))
            if not isinstance(body, dict) or not _says_json(headers):
                raise not_understood()
            client_ip = scope["client"][0] if scope.get("client") else ""
            reply = self._account.call(
                path, body, method=scope["method"], key=key, request_id=request_id, client_ip=client_ip
            )
        except RequestError as error:
            return _refused(request_id, error)
        return _Response(200, json.dumps(reply).encode())

    def _checked_path(self, scope: Scope) -> str:
        path: str = scope["path"].removeprefix(API_PREFIX)
        methods = self._account.methods_of(path)
        if not methods:
            raise RequestError(404, "API_EXCEPTION", "There is no such API endpoint in the sandbox")
        if scope["method"] not in methods:
            raise WrongMethodError(methods)
        return path

    def _note(self, scope: Scope, headers: Headers, content: bytes, size: int, status: int | None) -> None:
        self._account.note_request(
            ReceivedRequest(
                method=scope["method"],
                path=scope["path"],
                headers=_noted_headers(headers),
                content=content,
                size=size,
                status=status,
            )
        )


async def _client_leaves_within(delay: float, receive: Receive) -> bool:
    # After the body, receive() returns only when the connection is down: the client gave up, or the sandbox ends.
    with anyio.move_on_after(delay):
        await receive()
        return True
    return False


def _says_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _given_key(headers: Headers, body: Any) -> object:
    key = headers.get("x-smtp2go-api-key")
    if key is not None:
        return key
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return body.get("api_key") if isinstance(body, dict) else None


def _refused(request_id: str, error: RequestError) -> _Response:
    headers = (("Allow", ", ".join(error.methods)),) if isinstance(error, WrongMethodError) else ()
    return _Response(error.status, refusal(error, request_id), headers=headers)


def _planned_response(fault: Fault) -> _Response:
    status = fault.status or 200
    content = fault.body
    if content is None:
        content = json.dumps({"request_id": str(uuid.uuid4()), "data": default_error(status)}).encode()
    content_type, headers = fault.content_type, {}
    for name, value in fault.headers:
        if name.lower() == "content-type":
            content_type = value
        else:
            headers[name] = value
    return _Response(status, content, content_type, tuple(headers.items()))


def _noted_headers(headers: Headers) -> Mapping[str, str]:
    noted: dict[str, str] = {}
    for name, value in headers.items():
        shown = value
        if name == "x-smtp2go-api-key":
            shown = masked_key(value)
        elif name == "authorization":
            scheme, _, token = value.partition(" ")
            # Without a scheme the whole value may be the key.
            shown = f"{scheme} {masked_key(token.strip())}" if token else masked_key(value)
        noted[name] = f"{noted[name]}, {shown}" if name in noted else shown
    return noted
