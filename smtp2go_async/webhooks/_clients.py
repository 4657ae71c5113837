"""Refuse a blocking client where an async one is needed, and the other way round."""

from inspect import iscoroutinefunction

from .._values.problems import wrong_type

ASYNC, BLOCKING = "an AsyncClient", "a SyncClient"


def check_client(client: object, *, is_async: bool, twin: str) -> None:
    """Refuse a client of the other kind, whose methods have the same names.

    Args:
        client: The client.
        is_async: Whether its methods have to be awaited.
        twin: The function that takes the other kind.

    Raises:
        ArgumentTypeError: It is of the other kind, or no client.
    """
    call = getattr(client, "call", None)
    if not callable(call) or isinstance(client, type):
        raise wrong_type("client", ASYNC if is_async else BLOCKING, client)
    if iscoroutinefunction(call) is not is_async:
        raise wrong_type("client", ASYNC if is_async else BLOCKING, client, f"; {twin} takes the other kind")
