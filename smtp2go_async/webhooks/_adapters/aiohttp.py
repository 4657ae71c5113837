"""The receiver as a handler of aiohttp."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from .._receive.answer import AnswerRequest


def make_handler(receive: AnswerRequest) -> Callable[[Any], Awaitable[Any]]:
    """Return a handler for a router of aiohttp."""
    # By its name, so that type checkers do not need aiohttp.
    web = import_module("aiohttp.web")

    async def handle(request: Any) -> Any:
        # As it came: the parsed URL is written anew.
        query = request.raw_path.partition("?")[2]
        answer = await receive(request.method, request.raw_headers, query, request.content.iter_any())
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    return handle
