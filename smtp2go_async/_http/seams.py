"""The two seams below a client: the transport that it sends through, and the connections that a transport uses.

Both take a request and return its response, and differ in how long they live. `Transport` lives as long as the client,
in every event loop and process that uses the client. `LoopConnections` are sockets, which belong to the event loop
that opened them: `OwnTransport` makes new ones when the loop or the process changes.
"""

from typing import Protocol

from .._wire.request import Request
from .._wire.response import Response


class Depart(Protocol):
    """Asks the pacer at the moment of leaving whether a call may still leave, and raises if it may not."""

    def __call__(self, *, writing: bool = False) -> None:
        """Ask; ``writing`` says that the first byte is written next."""
        ...


class Transport(Protocol):
    """How a client sends requests. It exists so that a client need not know whose connections are used.

    `OwnTransport` has connections of this package, `BorrowedTransport` uses the caller's `httpx.AsyncClient`.
    """

    async def send(self, request: Request, depart: Depart) -> Response:
        """Send a request, once.

        Args:
            request: The request.
            depart: Called at the moment of leaving, perhaps twice. If it raises, nothing was sent, and its error is
                raised here.

        Raises:
            TransportError: No usable response came; the type says whether the request may have been carried out.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class LoopConnections(Protocol):
    """The connections of an event loop in a process. A seam of its own, since a `Transport` outlives its loops.

    `HttpxConnections` is the default, `FastConnections` the extra ``[fast]``.
    """

    async def exchange(self, request: Request, depart: Depart) -> Response:
        """Send a request and read its response.

        Args:
            request: The request.
            depart: Called just before the first byte is written; its error is raised here.
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
