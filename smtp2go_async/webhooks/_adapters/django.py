"""The receiver as a view of Django."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from .._receive.answer import AnswerRequest
from .wsgi import PART_BYTES, environ_body, environ_headers


def make_view(receive: AnswerRequest) -> Callable[..., Awaitable[Any]]:
    """Return an async view, which Django runs under ASGI and WSGI."""
    # By its name, since Django has no types.
    http = import_module("django.http")

    async def view(request: Any, *_: object, **__: object) -> Any:
        query = request.META.get("QUERY_STRING", "")
        answer = await receive(request.method, environ_headers(request.META), query, _body(request))
        return http.HttpResponse(answer.body, status=answer.status, headers=answer.headers)

    # Set here and not by Django's decorators: before Django 5.0 csrf_exempt makes a plain function of an async view,
    # and login_not_required came with 5.1.
    view.csrf_exempt = True  # type: ignore[attr-defined]
    view.login_required = False  # type: ignore[attr-defined]
    return view


async def _body(request: Any) -> AsyncIterator[bytes]:
    environ: Mapping[str, Any] | None = getattr(request, "environ", None)
    if environ is not None and not environ.get("CONTENT_LENGTH"):
        # Under WSGI Django takes a body without a length for empty.
        for part in environ_body(environ):
            yield part
        return
    # Not `request.body`, which ends at a limit of Django's own. Under ASGI Django has received the whole body by now.
    while part := request.read(PART_BYTES):
        yield part
