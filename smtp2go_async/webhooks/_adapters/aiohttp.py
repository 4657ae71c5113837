"""The receiver as a handler of aiohttp."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

    from ..receiver import Receiver


def make_handler(receiver: "Receiver") -> "Callable[[web.Request], Awaitable[web.StreamResponse]]":
    """Return a handler for a router of aiohttp."""
    from aiohttp import web

    async def handle(request: web.Request) -> web.Response:
        # As it came: the parsed URL is written anew.
        query = request.raw_path.partition("?")[2]
        answer = await receiver.receive(request.method, request.raw_headers, query, request.content.iter_any())
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    return handle
