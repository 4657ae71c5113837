"""Which handlers an event is given to, and how they are run."""

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from .._values.problems import invalid, mistyped, not_one_of, one_of, wrong_type
from ._handling import Handler, run_handlers
from .events import EVENT_CLASSES, Event

H = TypeVar("H", bound=Callable[..., object])


@attrs.frozen
class Registration:
    """A handler, with the events that it is for."""

    handler: Handler
    kind: type[Event]
    filters: Mapping[str, Any]

    def fits(self, event: Event) -> bool:
        """Return whether the handler is for this event."""
        if not isinstance(event, self.kind):
            return False
        return all(_is(getattr(event, name, None), wanted) for name, wanted in self.filters.items())


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
        return f"<Router with {len([*self])} handlers>"

    def on(self, kind: type[Event] | str, /, **filters: object) -> Callable[[H], H]:
        """Register a handler: a function that takes an event, async or plain.

        A plain handler runs in a thread. Handlers of one event run side by side, and what they return is ignored. A
        handler that raises does not keep the others from running.

        Args:
            kind: A class of events: `Bounced`, `SmsEvent` for all events of texts, `Event` for all; or the provider's
                word for an event: ``bounce``.
            **filters: Attributes of the event and what they have to be: ``bounce="hard"``. A set or tuple holds several
                values, of which one is enough.

        Raises:
            InvalidArgumentError: There is no such event, or the attribute can't have that value.
            ArgumentTypeError: The kind is neither a class of events nor a word, or no such event has that attribute.
        """
        wanted = _class_of(kind)
        for name, value in filters.items():
            _check_filter(wanted, name, value)

        def register(handler: H) -> H:
            if not callable(handler):
                raise wrong_type("handler", "a function that takes an event", handler)
            self._entries.append(Registration(handler, wanted, dict(filters)))
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

    async def dispatch(self, event: Event) -> None:
        """Give an event to its handlers, and return when all of them have ended.

        Raises:
            Exception: What a handler raised; an `ExceptionGroup` if several did.
        """
        if not isinstance(event, Event):
            raise wrong_type("event", "an event", event)
        await run_handlers(self.handlers(event), event)

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


def _is(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, (set, frozenset, tuple)) else value == wanted


def _class_of(kind: object) -> type[Event]:
    if isinstance(kind, str):
        if kind not in EVENT_CLASSES:
            raise not_one_of("kind", EVENT_CLASSES, kind)
        return EVENT_CLASSES[kind]
    if isinstance(kind, type) and issubclass(kind, Event):
        return kind
    raise wrong_type("kind", "a class of events or the name of an event", kind)


def _check_filter(kind: type[Event], name: str, wanted: object) -> None:
    """Refuse a filter that could never be true."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cast(Any, kind))
    names = [field.name for field in fields]
    if name not in names:
        raise mistyped(name, f"must be {one_of(names, name)}: {kind.__name__} has no such attribute")
    possible = _literals(get_type_hints(kind).get(name))
    for value in wanted if isinstance(wanted, (set, frozenset, tuple)) else (wanted,):
        if possible and value not in (*possible, None):
            raise not_one_of(name, possible, str(value))


def _literals(annotation: object) -> tuple[str, ...]:
    """Return the only values that an attribute can have, if its type names them."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return tuple(value for part in get_args(annotation) for value in _literals(part))
    return ()
