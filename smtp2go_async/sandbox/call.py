"""What a group of calls is given of each request, and what a group is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from attrs import frozen

from .account_key import AccountKey
from .rules import Fields, RequestError

Operations = Mapping[str, Callable[["Call"], Any]]
"""The operations of a group by their path; a PATCH has its method and a space before the path."""


@frozen
class Call:
    """A request whose key and body were understood."""

    fields: Fields
    request_id: str
    client_ip: str
    now: datetime
    key: AccountKey
    """The key that the request came with."""
    subaccount: str
    """Id of the subaccount that the call acts for; empty for the master account."""


class Group(Protocol):
    """Calls that belong together, and what they have added so far.

    The account runs one operation at a time, so a group needs no lock against its own operations.
    """

    def operations(self) -> Operations:
        """Return what answers each operation: it returns the ``data`` of the reply, or raises `RequestError`."""
        ...

    def clear(self) -> None:
        """Forget all that was added, as if the account were new."""
        ...


def operation_name(method: str, path: str) -> str:
    """Return the name of an operation in `Operations`."""
    return path if method == "POST" else f"{method} {path}"


def refused(sentence: str) -> RequestError:
    """Return the error for a request that is well formed and cannot be carried out."""
    return RequestError(400, "API_EXCEPTION", sentence)
