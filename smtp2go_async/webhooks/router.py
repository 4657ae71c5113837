"""Which handlers an event is given to, and how they are run."""

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Literal, Protocol, TypeVar, Union, cast, get_args, get_origin, get_type_hints, overload

import attrs

from .._values.checks import check_number
from .._values.problems import invalid, mistyped, not_one_of, shown_word, wrong_type
from ._failures import count_of
from ._handling import Handler, run_handlers
from .events import EVENT_CLASSES, Event

E = TypeVar("E", bound=Event)
H = TypeVar("H", bound=Callable[[Any], object])
R = TypeVar("R")


class Register(Protocol[E]):
    """What `Router.on` returns for a class: a decorator of functions that take an event of that class."""

    def __call__(self, handler: Callable[[E], R], /) -> Callable[[E], R]:
        """Register a handler, and return it."""
        ...


@attrs.frozen
class Registration:
    """A handler, with the events that it is for."""

    handler: Handler
    """Called with the event alone."""
    kind: type[Event]
    """The class of the events."""
    filters: Mapping[str, tuple[object, ...]]
    """Attributes of the event with the values that they may have."""

    def fits(self, event: Event) -> bool:
        """Return whether the handler is for this event."""
        if not isinstance(event, self.kind):
            return False
        # Compared by equality, since not every attribute of an event can be hashed.
        return all(getattr(event, name, None) in wanted for name, wanted in self.filters.items())


class Router:
    """Gives each event to the handlers that asked for it.

    Example:
        router = Router()

        @router.on(Bounced, bounce="hard")
        async def remove(event: Bounced) -> None:
            await addresses.remove(event.recipient)

        @router.on(Event)
        def note(event: Event) -> None:
            log.info("%s of %s", event.name, event.email_id)
    """

    def __init__(self) -> None:
        self._entries: list[Registration | Router] = []

    def __repr__(self) -> str:
        return f"<Router with {count_of([*self], 'handler')}>"

    @overload
    def on(self, kind: type[E], /, **filters: object) -> Register[E]: ...
    @overload
    def on(self, kind: str, /, **filters: object) -> Callable[[H], H]: ...

    def on(self, kind: type[Event] | str, /, **filters: object) -> Any:
        """Register a handler: a function that takes an event, async or plain.

        A plain handler runs in a thread. The handlers of an event run side by side, and what they return is ignored. A
        handler that raises does not keep the others from running. A handler that is registered twice for an event runs
        once.

        Args:
            kind: A class of events: `Bounced`, `SmsEvent` for all events of texts, `Event` for all; or the provider's
                word for an event: ``bounce``.
            **filters: Attributes of the event and what they have to be: ``bounce="hard"``. A set, tuple or list holds
                several values, of which a single one is enough. All filters have to fit. A filter is a value and not
                a function; for any other condition, write an ``if`` in the handler.

        Raises:
            InvalidArgumentError: There is no such event, or the attribute can't have that value.
            ArgumentTypeError: The kind is neither a class of events nor a word, no such event has that attribute, or
                the handler can't be called with an event alone.
        """
        wanted = _class_of(kind)
        values = {name: _filter_values(wanted, name, value) for name, value in filters.items()}

        def register(handler: H) -> H:
            self._entries.append(Registration(_checked_handler(handler), wanted, values))
            return handler

        return register

    def include(self, router: "Router") -> None:
        """Give events to the handlers of another router, too: those that it has now, and those that it will have.

        Raises:
            InvalidArgumentError: The other router is this one, or includes it.
            ArgumentTypeError: It is not a router.
        """
        if not isinstance(router, Router):
            raise wrong_type("router", "a Router", router)
        if router is self or self in router:
            raise invalid("router", "must be another router, which does not include this router itself")
        self._entries.append(router)

    def handlers(self, event: Event) -> tuple[Handler, ...]:
        """Return the handlers of an event, in the order of their registration; a handler is there once."""
        # By identity: a handler need not be hashable, and an equal one may be another.
        found = {id(entry.handler): entry.handler for entry in self if entry.fits(event)}
        return tuple(found.values())

    async def dispatch(self, event: Event, *, handler_seconds: float | None = None) -> None:
        """Give an event to its handlers, and return when all of them have ended.

        Args:
            event: The event.
            handler_seconds: How long each handler may take; ``None`` for as long as it likes. Then an async handler is
                cancelled, and a plain one goes on in its thread, and nothing waits for it.

        Raises:
            Exception: What a handler raised; an `ExceptionGroup` if several did.
            HandlerError: A handler took too long, or a plain one was not started, since too many go on already.
            InvalidArgumentError: The seconds are not more than 0.
            ArgumentTypeError: An argument has another type.
        """
        if not isinstance(event, Event):
            raise wrong_type("event", "an event", event)
        seconds = math.inf if handler_seconds is None else check_number(handler_seconds, "handler_seconds")
        if seconds <= 0:
            raise invalid("handler_seconds", f"must be more than 0, not {handler_seconds}")
        await run_handlers(self.handlers(event), event, seconds=seconds)

    def __iter__(self) -> Iterator[Registration]:
        """Iterate over the registered handlers, those of included routers among them, in their order."""
        for entry in self._entries:
            if isinstance(entry, Router):
                yield from entry
            else:
                yield entry

    def __contains__(self, router: object) -> bool:
        """Return whether this router includes another router, itself or through a third."""
        return any(entry is router or router in entry for entry in self._entries if isinstance(entry, Router))


def _class_of(kind: object) -> type[Event]:
    if isinstance(kind, str):
        if kind not in EVENT_CLASSES:
            raise not_one_of("kind", EVENT_CLASSES, kind)
        return EVENT_CLASSES[kind]
    if isinstance(kind, type) and issubclass(kind, Event):
        return kind
    hint = ", as in @router.on(Bounced)" if inspect.isroutine(kind) else ""
    raise wrong_type("kind", f"a class of events or the name of an event{hint}", kind)


def _checked_handler(handler: object) -> Handler:
    """Return a handler, if calling it can do anything."""
    if not callable(handler):
        raise wrong_type("handler", "a function that takes an event", handler)
    if isinstance(handler, type):
        raise mistyped("handler", "must be a function that takes an event, not a class")
    inner: object = handler
    while isinstance(inner, functools.partial):
        inner = inner.func
    for function in (inner, getattr(type(inner), "__call__", None)):  # noqa: B004
        # Calling it would only make a generator, and none of its lines would run.
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise mistyped("handler", "must be a function that returns, not a generator: it must not hold `yield`")
    if not _takes_an_event(handler):
        raise mistyped("handler", "must be a function that can be called with the event alone")
    return handler


def _takes_an_event(handler: Callable[..., object]) -> bool:
    """Whether a handler can be called with an event, as far as Python knows; if it can't, every event would fail."""
    try:
        signature = inspect.signature(handler)
    except Exception:
        # Some functions that are written in C do not say what they take, and of others Python 3.14 reads the
        # annotations here, which may be names that only a type checker has.
        return True
    try:
        signature.bind(None)
    except TypeError:
        return False
    return True


def _filter_values(kind: type[Event], name: str, wanted: object) -> tuple[object, ...]:
    """Return the values that an attribute may have, and refuse a filter that could never be true."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cast(Any, kind))
    names = sorted(field.name for field in fields)
    if name not in names:
        raise mistyped(shown_word(name), _no_attribute(kind, shown_word(name), names))
    values = (
        tuple(cast("tuple[object, ...]", wanted)) if isinstance(wanted, (set, frozenset, tuple, list)) else (wanted,)
    )
    if not values:
        raise invalid(name, "must have a value, or several in a set; without any, no event would fit")
    for value in values:
        if inspect.isroutine(value):
            raise wrong_type(name, "a value, or several in a set; conditions are for the handler", value)
    possible = _literals(get_type_hints(kind).get(name))
    for value in values:
        if possible and value not in (*possible, None):
            raise not_one_of(name, possible, str(value))
    return values


def _no_attribute(kind: type[Event], given: str, names: list[str]) -> str:
    # The nearest first, since an event has some twenty attributes.
    from difflib import get_close_matches

    near = get_close_matches(given.lower(), names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return f"{kind.__name__} has no such attribute{hint} Its attributes are {', '.join(names)}"


def _literals(annotation: object) -> tuple[str, ...]:
    """Return the only values that an attribute can have, if its type names them."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return tuple(value for part in get_args(annotation) for value in _literals(part))
    return ()
