"""Lists that come in pages, with a token that ends after a while: it stands for the list as it was found first.

`pages` has the plainer kind of token, which says where the next page starts. No I/O; the time is passed in.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from attrs import frozen

from .call import Call
from .rules import RequestError

TOKEN_LIFE = timedelta(seconds=300)  # of a token of 2016, whose content was published

_MAX_TOKENS = 1000

_Item = TypeVar("_Item")
_Asked = tuple[Mapping[str, Any], str]  # the fields of a search, and the subaccount that it is for


@frozen
class ListPart(Generic[_Item]):
    """A part of a list, the length of the whole list, and the token of the next part."""

    items: Sequence[_Item]
    total: int
    token: str | None


@frozen
class _Rest:
    """A list that was found, the search that found it, and how much of it was given out."""

    asked: _Asked
    found: Sequence[Any]
    offset: int
    expires: datetime


class Continuing:
    """The lists of a group of calls that have more pages. The caller holds the lock of the account."""

    def __init__(self) -> None:
        self._rests: dict[str, _Rest] = {}

    def clear(self) -> None:
        """Forget all lists."""
        self._rests.clear()

    def page(self, call: Call, find: Callable[[], Sequence[_Item]], limit: int) -> ListPart[_Item]:
        """Return the first page of what ``find`` finds, or the page that the token of a call stands for.

        Raises:
            RequestError: The token is unknown or too old, or the other fields differ from those of the first page.
        """
        asked = (call.fields.without("continue_token", "api_key"), call.subaccount)
        given = call.fields.text("continue_token")
        found, offset = self._rest(given, asked, call.now) if given else (find(), 0)
        end = offset + limit
        token = None
        if end < len(found):
            self._rests = {name: rest for name, rest in self._rests.items() if rest.expires > call.now}
            while len(self._rests) >= _MAX_TOKENS:
                del self._rests[next(iter(self._rests))]
            token = secrets.token_urlsafe(32)
            self._rests[token] = _Rest(asked, found, end, call.now + TOKEN_LIFE)
        return ListPart(found[offset:end], len(found), token)

    def _rest(self, given: str, asked: _Asked, now: datetime) -> tuple[Sequence[Any], int]:
        rest = self._rests.get(given)
        # The provider has not published how it refuses a token.
        if rest is None or rest.expires <= now:
            raise RequestError(400, "API_EXCEPTION", "The passed 'continue_token' has expired or was never given out")
        if rest.asked != asked:
            raise RequestError(400, "API_EXCEPTION", "The passed 'continue_token' belongs to another search")
        return rest.found, rest.offset
