"""The receiver: a request of the provider in, an answer out, from any server and framework."""

import logging
import re
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

import attrs

from .._error_base import type_name
from .._values.checks import check_count, check_number
from .._values.problems import invalid, wrong_type
from .._values.signatures import name_arguments
from ..errors import ArgumentTypeError, WebhookError
from ._failures import count_of, is_exit, named, shown
from ._receive.answer import WebhookAnswer
from ._receive.head import Headers, Query, content_length, read_headers, read_method, read_query
from ._receive.refusals import LineLimit, RefusalError
from ._receive.work_options import WorkOptions
from .auth import WebhookAuth
from .events import Event
from .inbox import Inbox, check_inbox
from .parse import parse
from .router import Router

if TYPE_CHECKING:
    from ._adapters.asgi import AsgiApp
    from ._adapters.wsgi import WsgiApp
    from ._receive.blocking import SyncReceiver

_log = logging.getLogger("smtp2go_async.webhooks")

RETRY_AFTER_SECONDS: Final = 30
"""What an answer 503 asks for. The provider has a timetable of its own; a proxy may keep to this."""

_TYPE: Final = re.compile(r"(?:application|text)/json|.+\+json|application/x-www-form-urlencoded", re.IGNORECASE)
"""What `parse` reads; without a type it looks at the body."""


class Receiver:
    """Receives the provider's requests and gives their events to the handlers of a router.

    Use one of its apps (`asgi`, `wsgi`, `aiohttp`, `django`) in your framework, or call `receive` yourself.

    Without an inbox the handlers run within the request. The provider waits 10 seconds for the answer; if a handler
    raises (500) or takes too long (503), the provider sends the event again later: up to 35 times in 48 hours.

    With an inbox the answer is 200 as soon as the event is stored, and `work` gives it to the handlers. If it can't be
    stored, the answer is 503, and the provider sends it again.

    Args:
        router: The handlers.
        auth: The secret that the provider sends along: `BearerAuth`, `BasicAuth`, `HeaderAuth`, `QueryToken`, or a list
            of them, of which one is enough. Requests are not signed, so with ``None`` anybody who knows the URL can
            make events up.
        inbox: Where events are stored: a `SqliteInbox`, or an object of your own with the methods of `Inbox`. Not its
            blocking form (`SqliteInbox.sync`): `Receiver.sync` uses the same inbox.
        max_bytes: The longest body that is read; a longer one is answered with 413. Events are some kilobytes long.
        handler_seconds: How long the handlers of an event, or the inbox, may take within a request.

    Raises:
        ValueError: A number is out of its range, or the list of secrets is empty.
        TypeError: An argument has another type.

    Example:
        >>> router = Router()
        >>> receiver = Receiver(router, auth=BearerAuth("a long random text"))
        >>> receiver
        <Receiver with 0 handlers, BearerAuth, no inbox>
    """

    def __init__(
        self,
        router: Router,
        *,
        auth: WebhookAuth | Sequence[WebhookAuth] | None,
        inbox: Inbox | None = None,
        max_bytes: int = 1_048_576,
        handler_seconds: float = 8.0,
    ) -> None:
        if not isinstance(router, Router):
            raise wrong_type("router", "a Router", router)
        if inbox is not None:
            check_inbox(inbox)
        self._router = router
        self._auths = _checked_auth(auth)
        self._inbox = inbox
        self._max_bytes = check_count(max_bytes, "max_bytes")
        self._handler_seconds = check_number(handler_seconds, "handler_seconds")
        if self._handler_seconds <= 0:
            raise invalid("handler_seconds", f"must be more than 0, not {handler_seconds}")
        challenges = dict.fromkeys(str(getattr(auth, "challenge", "")) for auth in self._auths or ())
        self._challenge = ", ".join(filter(None, challenges))
        self._lines = LineLimit()

    def __repr__(self) -> str:
        auth = " or ".join(map(type_name, self._auths)) if self._auths is not None else "no auth"
        inbox = "no inbox" if self._inbox is None else type_name(self._inbox)
        return f"<Receiver with {count_of([*self._router], 'handler')}, {auth}, {inbox}>"

    @property
    def sync(self) -> "SyncReceiver":
        """The same methods for code that does not await: ``receiver.sync.receive(...)``, ``receiver.sync.work()``."""
        from ._receive.blocking import SyncReceiver

        return SyncReceiver(repr(self), self.receive, self.work)

    @cached_property
    def asgi(self) -> "AsgiApp":
        """An ASGI app for any path: of Starlette, FastAPI and Litestar, or alone under uvicorn."""
        from ._adapters.asgi import AsgiApp

        return AsgiApp(self.receive)

    @cached_property
    def wsgi(self) -> "WsgiApp":
        """A WSGI app for any path: mounted in Flask, or alone under gunicorn or waitress.

        Gunicorn takes no dotted name: write ``app = receiver.wsgi`` in a module, and start it as ``module:app``.
        """
        from ._adapters.wsgi import WsgiApp

        return WsgiApp(self.sync.receive)

    @cached_property
    def aiohttp(self) -> Callable[[Any], Any]:
        """A handler for aiohttp: ``app.router.add_post("/webhooks/smtp2go", receiver.aiohttp)``."""
        from ._adapters.aiohttp import make_handler

        return make_handler(self.receive)

    @cached_property
    def django(self) -> Callable[..., Any]:
        """A view for Django: ``path("webhooks/smtp2go", receiver.django)``.

        It needs no CSRF token and no login, and works under ASGI and WSGI.
        """
        from ._adapters.django import make_view

        return make_view(self.receive)

    @name_arguments
    async def work(self, **options: Unpack[WorkOptions]) -> None:
        """Give the stored events to the handlers, until this is cancelled.

        Any number of workers and processes can do so at a time. An event is done when all its handlers have returned.
        If one raises or takes too long, all of them are run again later, so a handler must stand being told of an event
        twice; `Event.attempt` then is more than 1. So it is after a crash, too. The order of events is not promised.
        An event that no handler is for is done at once.

        A failed try is written to the logger ``smtp2go_async.webhooks`` as ``INFO``, which Python does not show unless
        logging is set up, and an event that is dead as ``WARNING``; both with the error, and without a traceback.

        Cancelled, it cancels the handlers, and their events wait for the next worker; that was a try.

        Args:
            **options: See `WorkOptions`.

        Raises:
            InvalidArgumentError: The receiver has no inbox, or a number is not possible.
            ArgumentTypeError: A value has another type.
        """
        if self._inbox is None:
            raise invalid("inbox", "must be given to the Receiver; without an inbox handlers run within the requests")
        from ._work import work

        await work(self._inbox, self._router, **options)

    async def receive(
        self, method: str, headers: Headers, query: Query, body: bytes | AsyncIterable[bytes]
    ) -> WebhookAnswer:
        """Answer a request.

        If this is cancelled after the body was read, the event is stored (or handled) all the same, before this ends.

        Args:
            method: ``POST``; any other is answered with 405.
            headers: A mapping or pairs of names and values, of text or bytes, in any letter case.
            query: What the URL has after its ``?``: as it came, or as a mapping.
            body: The body, or its parts. They are read only after all the rest was accepted, and only as far as
                ``max_bytes``.

        Returns:
            The answer to send (`status`, `headers`, `body`): 200 if the event is stored, or its handlers have returned.
            Nothing that the request holds makes this raise, or answer with a 5xx.

        Raises:
            TypeError: An argument is of another type, such as a body of text.
        """
        verb = read_method(method)
        found, raw_query = read_headers(headers), read_query(query)
        try:
            length = self._check_head(verb, found, raw_query)
            content = await self._read(body, length)
            event = self._parse(content, found.get("content-type"))
        except RefusalError as refusal:
            return self._refuse(refusal, verb)
        # Late, so that the receiver can be made where no event loop is installed.
        from ._receive.shield import run_shielded

        return await run_shielded(lambda: self._take(event))

    def _check_head(self, method: str, headers: Mapping[str, str], query: str) -> int | None:
        """Refuse what can be refused without the body, and return how long the body is said to be."""
        if method != "POST":
            raise RefusalError(405, "only POST is possible")
        if not self._is_accepted(headers, query):
            raise RefusalError(401, "not authorized")
        length = content_length(headers)
        if length is not None and length > self._max_bytes:
            raise self._too_long()
        if headers.get("content-encoding", "").strip(" \t").lower() not in ("", "identity"):
            raise RefusalError(415, "the body must not be compressed")
        media_type = headers.get("content-type", "").partition(";")[0].strip(" \t")
        if media_type and not _TYPE.fullmatch(media_type):
            raise RefusalError(415, "the body must be JSON or a form")
        return length

    def _is_accepted(self, headers: Mapping[str, str], query: str) -> bool:
        if self._auths is None:
            return True
        accepted = False
        for auth in self._auths:
            try:
                # Each is asked, so that the time does not tell which of them accepted.
                accepted |= auth.accepts(headers, query) is True
            except Exception as error:
                # In doubt the request stays outside. The text of the error could hold the secret.
                self._log(logging.ERROR, "accepts", f"{type_name(auth)}.accepts raised {type_name(error)}, 401")
        return accepted

    async def _read(self, body: bytes | AsyncIterable[bytes], length: int | None) -> bytes:
        content = bytearray()
        if isinstance(body, (bytes, bytearray, memoryview)):
            content += body
            if len(content) > self._max_bytes:
                raise self._too_long()
        elif hasattr(body, "__aiter__"):
            await self._read_parts(body, content)
        else:
            raise wrong_type("body", "bytes or an async iterable of bytes", body)
        if not content:
            raise RefusalError(400, "the request has no body")
        # A body that was cut off can look whole, if it is a form.
        if length is not None and length != len(content):
            raise RefusalError(400, "the body is not as long as Content-Length says")
        return bytes(content)

    async def _read_parts(self, body: AsyncIterable[bytes], content: bytearray) -> None:
        parts = aiter(body)
        try:
            async for part in parts:
                if not isinstance(part, (bytes, bytearray, memoryview)):
                    raise wrong_type("body", "bytes or an async iterable of bytes", part)
                if len(content) + len(part) > self._max_bytes:
                    raise self._too_long()
                content += part
        except (RefusalError, ArgumentTypeError):
            raise
        except Exception:
            # Each server has an error of its own for a sender that went away.
            raise RefusalError(400, "the body ended early") from None
        finally:
            # A generator that was not read to its end is closed here and not by the garbage collector. If it can't be
            # closed, that says nothing of what was read.
            close = getattr(parts, "aclose", None)
            if close is not None:
                with suppress(Exception):
                    await close()

    def _parse(self, content: bytes, content_type: str | None) -> Event:
        try:
            return parse(content, content_type)
        except WebhookError as error:
            raise RefusalError(400, str(error)) from None
        except Exception as error:
            # Sent again it would end like this again, so that a 5xx would only repeat it.
            self._log(logging.ERROR, "parse", f"an event could not be read: {shown(error)}, 400")
            raise RefusalError(400, "the event can't be read") from None

    async def _take(self, event: Event) -> WebhookAnswer:
        """Store the event or run its handlers, and return the answer."""
        import anyio

        with anyio.move_on_after(self._handler_seconds):
            return await (self._dispatch(event) if self._inbox is None else self._store(self._inbox, event))
        doing = "handlers" if self._inbox is None else "inbox"
        return self._fail(503, "too slow", f"the {doing} took more than {self._handler_seconds:g} s", event)

    async def _store(self, inbox: Inbox, event: Event) -> WebhookAnswer:
        try:
            is_new = await inbox.add(event)
        except (Exception, BaseExceptionGroup) as error:
            if is_exit(error):
                raise
            return self._fail(503, "not stored", f"the inbox raised {shown(error)}", event)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: %s, 200", named(event), "stored" if is_new else "was stored before")
        return _answer(200, "stored")

    async def _dispatch(self, event: Event) -> WebhookAnswer:
        try:
            await self._router.dispatch(event)
        except (Exception, BaseExceptionGroup) as error:
            if is_exit(error):
                raise
            return self._fail(500, "not handled", f"a handler raised {shown(error)}", event)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s: handled, 200", named(event))
        return _answer(200, "handled")

    def _fail(self, status: int, text: str, problem: str, event: Event) -> WebhookAnswer:
        self._log(logging.ERROR, status, f"{named(event)}: {problem}, {status}")
        return _answer(status, text, {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {})

    def _refuse(self, refusal: RefusalError, method: str) -> WebhookAnswer:
        self._log(logging.WARNING, refusal.status, f"a request was refused: {refusal.reason}, {refusal.status}")
        more = {}
        if refusal.status == 401 and self._challenge:
            more["WWW-Authenticate"] = self._challenge
        if refusal.status == 405:
            more["Allow"] = "POST"
        answer = _answer(refusal.status, refusal.reason, more)
        if method != "HEAD":
            return answer
        # Some servers send the body of any answer. The length stays: it is that of the answer to GET.
        return attrs.evolve(answer, body=b"")

    def _log(self, level: int, kind: object, text: str) -> None:
        left_out = self._lines.take(kind)
        if left_out is not None:
            more = f" ({left_out:,} such lines before it were left out)" if left_out else ""
            _log.log(level, "%s%s", text, more)

    def _too_long(self) -> RefusalError:
        return RefusalError(413, f"the body must be {self._max_bytes:,} bytes or less")


def _checked_auth(auth: object) -> tuple[WebhookAuth, ...] | None:
    if auth is None:
        return None
    several = isinstance(auth, (list, tuple))
    found: tuple[Any, ...] = tuple(cast("Sequence[Any]", auth)) if several else (auth,)
    if not found:
        raise invalid("auth", "must not be empty; with None every request is accepted")
    for number, item in enumerate(found):
        place = f"auth[{number}]" if several else "auth"
        if isinstance(item, type) or not isinstance(item, WebhookAuth):
            raise wrong_type(
                place, "BearerAuth(token) or another kind of secret, or None to accept every request", item
            )
        if iscoroutinefunction(item.accepts):
            raise invalid(place, "must have a plain method accepts, not an async one")
    return found


def _answer(status: int, text: str, more: Mapping[str, str] | None = None) -> WebhookAnswer:
    body = f"{text}\n".encode("utf-8", "replace")
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        **(more or {}),
    }
    return WebhookAnswer(status, headers, body)
