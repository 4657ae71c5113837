"""Iterate over all items of a search, however many pages they come on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeVar

from ._model_class import model
from ._operation import Operation
from ._values.checks import check_count
from .errors import (
    ApiError,
    AuthenticationError,
    PagingError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from .reply import Reply

T = TypeVar("T")
P = TypeVar("P", bound="Page")

_MAX_EMPTY_PAGES = 10
"""Empty pages in a row after which a server that always promises another page is not believed any more."""

Step = Callable[[str | None], Awaitable[tuple[Sequence[T], str | None]]]
"""Fetches the page of a token (``None`` for the first), and returns its items and the token of the next page."""


@model
class Page(Reply):
    """One page of a search."""

    continue_token: str | None = None
    """Gets the next page, with all the other arguments as they were; it expires after minutes. ``None`` on the last
    page, or empty: the API sends null in some calls and an empty text in others."""


class Paged(AsyncIterator[T], Generic[T]):
    """Iterates over the items, fetching each page when it is needed."""

    def __init__(self, operation: Operation[object], step: Step[T], max_items: int | None) -> None:
        if max_items is not None:
            check_count(max_items, "max_items")
        self._operation = operation
        self._step = step
        self._left = max_items
        self._token: str | None = None
        self._seen_tokens: set[str] = set()
        self._ended = False
        self._problem = ""
        self._count = 0
        self._last: T | None = None
        self._ready: Iterator[T] = iter(())

    def __aiter__(self) -> "Paged[T]":
        return self

    async def __anext__(self) -> T:
        for item in self._ready:
            return item
        self._ready = iter(await self.next_page())
        for item in self._ready:
            return item
        raise StopAsyncIteration

    async def next_page(self) -> Sequence[T]:
        """Fetch the next items, a page of them at a time; none at the end.

        Raises:
            PagingError: The token of a page is not accepted any more, or the server goes round in circles.
        """
        empty = 0
        while not self._ended:
            if self._problem:
                raise self._error(self._problem)
            items = await self._fetch()
            if items:
                self._count += len(items)
                self._last = items[-1]
                return items
            empty += 1
            if empty == _MAX_EMPTY_PAGES:
                raise self._error(f"{empty} pages in a row were empty, and each promised another")
        return ()

    async def _fetch(self) -> Sequence[T]:
        try:
            items, following = await self._step(self._token)
        except (AuthenticationError, PermissionDeniedError, RateLimitError, ServerError):
            raise
        except ApiError as error:
            if self._token is None:
                raise
            # No code of its own is documented for this; tokens have been seen to live for 300 seconds.
            raise self._error("the token of the next page is not accepted, it may have expired") from error
        if self._left is not None:
            items = items[: self._left]
            self._left -= len(items)
        if following is None or self._left == 0:
            self._ended = True
        elif following in self._seen_tokens:
            # The items of this page are good, so they come first.
            self._problem = "the server leads back to a page that came before"
        else:
            self._seen_tokens.add(following)
        self._token = following
        return items

    def _error(self, problem: str) -> PagingError:
        self._ended = True
        return PagingError(
            f"{problem}; {self._count} items came before",
            operation=self._operation.path,
            items=self._count,
            last=self._last,
        )


class SyncPaged(Iterator[T]):
    """Iterates over an asynchronous search, a page at a time: a hop between threads costs more than an item.

    A class and not a generator, since a generator ends at the first error and this can go on after it.
    """

    def __init__(self, next_page: Callable[[], Sequence[T]]) -> None:
        self._next_page = next_page
        self._ready: Iterator[T] = iter(())

    def __next__(self) -> T:
        for item in self._ready:
            return item
        self._ready = iter(self._next_page())
        return next(self._ready)


def all_of(
    operation: Operation[object],
    fetch: Callable[[str | None], Awaitable[P]],
    items: Callable[[P], Sequence[T]],
    max_items: int | None,
) -> Paged[T]:
    """Iterate over a search whose pages name the next page by ``continue_token``."""

    async def step(token: str | None) -> tuple[Sequence[T], str | None]:
        page = await fetch(token)
        return items(page), page.continue_token or None

    return Paged(operation, step, max_items)
