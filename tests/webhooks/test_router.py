"""`Router`: which handlers an event is given to."""

import functools

import anyio
import pytest
from webhooks.stored import event_of

from smtp2go_async.errors import ArgumentTypeError, InvalidArgumentError
from smtp2go_async.webhooks.events import EVENT_CLASSES, Bounced, EmailEvent, Event, Opened, SmsEvent
from smtp2go_async.webhooks.router import Router

HARD = event_of(1, event="bounce", bounce="hard")
SOFT = event_of(2, event="bounce", bounce="soft")
OPEN = event_of(3, event="open")


def names(router, event):
    return [handler.__name__ for handler in router.handlers(event)]


def named(name):
    def handler(event):
        pass

    handler.__name__ = name
    return handler


@pytest.mark.parametrize(
    ("kind", "filters", "fitting"),
    [
        (Event, {}, [HARD, SOFT, OPEN]),
        (EmailEvent, {}, [HARD, SOFT, OPEN]),
        (SmsEvent, {}, []),
        (Bounced, {}, [HARD, SOFT]),
        ("bounce", {}, [HARD, SOFT]),
        ("open", {}, [OPEN]),
        (Bounced, {"bounce": "hard"}, [HARD]),
        (Bounced, {"bounce": {"hard", None}}, [HARD]),
        (Bounced, {"bounce": ["soft", "hard"]}, [HARD, SOFT]),
        (Bounced, {"bounce": "hard", "recipient": "joe@example.com"}, []),
        (Event, {"recipient": ("jane1@example.com", "jane3@example.com")}, [HARD, OPEN]),
        (Event, {"headers": {}}, [HARD, SOFT, OPEN]),
        (Event, {"source": "activity"}, []),
        (Event, {"attempt": 1}, [HARD, SOFT, OPEN]),
    ],
)
def test_an_event_goes_to_the_handlers_of_its_class_whose_filters_all_fit(kind, filters, fitting):
    router = Router()
    router.on(kind, **filters)(named("handler"))
    assert [event for event in (HARD, SOFT, OPEN) if router.handlers(event)] == fitting


@pytest.mark.parametrize("word", EVENT_CLASSES)
def test_each_word_of_the_provider_names_its_class(word):
    router = Router()
    router.on(word)(named("handler"))
    assert [entry.kind for entry in router] == [EVENT_CLASSES[word]]


def test_a_list_of_values_that_is_changed_later_changes_no_filter():
    router, values = Router(), ["hard"]
    router.on(Bounced, bounce=values)(named("handler"))
    values.append("soft")
    assert not router.handlers(SOFT)


def test_a_handler_that_fits_twice_is_given_an_event_once_and_stays_what_it_was():
    router, handler = Router(), named("handler")
    assert router.on(Event)(handler) is handler
    router.on(Bounced)(handler)
    assert router.handlers(HARD) == (handler,)
    assert repr(router) == "<Router with 2 handlers>"


# --- included routers ---------------------------------------------------------------------------------------------


def test_an_included_router_gets_events_for_handlers_that_it_is_given_later():
    outer, inner = Router(), Router()
    outer.on(Event)(named("first"))
    outer.include(inner)
    outer.on(Event)(named("last"))
    inner.on(Bounced)(named("inner"))
    assert names(outer, HARD) == ["first", "inner", "last"]
    assert names(inner, HARD) == ["inner"]


def test_no_router_can_include_itself_not_even_through_others():
    first, second, third = Router(), Router(), Router()
    first.include(second)
    second.include(third)
    for router in (first, third):
        with pytest.raises(InvalidArgumentError, match="^router: must be another router, which does not include"):
            router.include(router)
    with pytest.raises(InvalidArgumentError, match="^router: must be another router"):
        third.include(first)
    with pytest.raises(ArgumentTypeError, match="^router: must be a Router, not a function"):
        first.include(named("handler"))


def test_a_router_that_is_included_twice_gives_an_event_once():
    outer, inner = Router(), Router()
    inner.on(Event)(named("inner"))
    outer.include(inner)
    outer.include(inner)
    assert names(outer, HARD) == ["inner"]


# --- handlers of every kind ---------------------------------------------------------------------------------------


class Handlers:
    """Handlers of every kind; each says that it was called."""

    def __init__(self, called):
        self.called = called

    def plain_method(self, event):
        self.called.append("plain method")

    async def async_method(self, event):
        await anyio.sleep(0)
        self.called.append("async method")

    async def with_name(self, name, event):
        await anyio.sleep(0)
        self.called.append(name)

    def all(self):
        class Plain:
            def __call__(inner, event):
                self.called.append("plain object")

        class Async:
            async def __call__(inner, event):
                await anyio.sleep(0)
                self.called.append("async object")

        class Inherited(Async):
            pass

        return [
            self.plain_method,
            self.async_method,
            functools.partial(self.with_name, "partial"),
            functools.partial(functools.partial(Async())),
            lambda event: self.async_method(event),  # noqa: PLW0108 - it is no coroutine function
            lambda event: self.called.append("lambda"),
            Plain(),
            Async(),
            Inherited(),
        ]


def test_handlers_of_every_kind_are_run(backend):
    called = []
    handlers = Handlers(called).all()
    router = Router()
    for handler in handlers:
        router.on(Opened)(handler)
    anyio.run(router.dispatch, OPEN, backend=backend)
    assert sorted(called) == sorted(
        ["plain method", "async method", "partial", "async object", "async method", "lambda", "plain object"]
        + ["async object"] * 2
    )


def a_generator(event):
    yield


async def an_async_generator(event):
    yield


class CalledGenerator:
    def __call__(self, event):
        yield


def of_two(event, other):
    pass


def by_name(*, event):
    pass


class NoEvent:
    def method(self, event):
        pass

    def __call__(self):
        pass


TAKES_NONE = "handler: must be a function that can be called with the event alone"


@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (lambda: None, TAKES_NONE),
        (of_two, TAKES_NONE),
        (by_name, TAKES_NONE),
        (NoEvent.method, TAKES_NONE),
        (NoEvent(), TAKES_NONE),
        (functools.partial(of_two, 1, 2), TAKES_NONE),
        (None, "handler: must be a function that takes an event, not None"),
        (Opened, "handler: must be a function that takes an event, not a class"),
        (a_generator, "handler: must be a function that returns, not a generator"),
        (an_async_generator, "handler: must be a function that returns, not a generator"),
        (functools.partial(a_generator), "handler: must be a function that returns, not a generator"),
        (CalledGenerator(), "handler: must be a function that returns, not a generator"),
    ],
)
def test_what_could_handle_no_event_is_refused(handler, text):
    with pytest.raises(ArgumentTypeError, match=f"^{text}"):
        Router().on(Event)(handler)


# --- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "filters", "error", "text"),
    [
        ("bounced", {}, InvalidArgumentError, r"kind: must be one of .*not 'bounced'; did you mean 'bounce'\?"),
        (int, {}, ArgumentTypeError, "kind: must be a class of events or the name of an event"),
        (None, {}, ArgumentTypeError, "kind: must be a class of events or the name of an event, not None"),
        (
            Bounced,
            {"bounce": "hrd"},
            InvalidArgumentError,
            r"bounce: must be one of 'hard', 'soft', not 'hrd'; did you",
        ),
        (Bounced, {"bounce": {"hard", "x"}}, InvalidArgumentError, "bounce: must be one of 'hard', 'soft', not 'x'"),
        (Bounced, {"bounce": ()}, InvalidArgumentError, "bounce: must have a value, or several in a set"),
        (Event, {"source": "mail"}, InvalidArgumentError, "source: must be one of 'webhook', 'activity', not 'mail'"),
        (
            Bounced,
            {"bonce": "hard"},
            ArgumentTypeError,
            r"bonce: Bounced has no such attribute; did you mean 'bounce'\?",
        ),
        (
            Event,
            {"bounce": "hard"},
            ArgumentTypeError,
            "bounce: Event has no such attribute; .*Its attributes are atte",
        ),
        (Event, {"jane@example.com": 1}, ArgumentTypeError, r"\*\*\*@example.com: Event has no such"),
    ],
)
def test_a_filter_that_could_never_fit_is_an_error(kind, filters, error, text):
    with pytest.raises(error, match=f"^{text}"):
        Router().on(kind, **filters)


@pytest.mark.parametrize("event", [None, {"event": "open"}, b"{}"])
def test_only_an_event_can_be_dispatched(event):
    with pytest.raises(ArgumentTypeError, match="^event: must be an event, not "):
        anyio.run(Router().dispatch, event)


def test_a_handler_whose_arguments_are_not_known_is_accepted():
    class Hidden:
        __signature__ = "not known"

        def __call__(self, *values):
            pass

    for handler in (dict.fromkeys, Hidden(), min):
        Router().on(Event)(handler)


def test_the_decorator_without_its_event_says_how_it_is_written():
    with pytest.raises(ArgumentTypeError, match=r"^kind: must be .*, as in @router\.on\(Bounced\), not a function$"):

        @Router().on
        def handle(event):
            pass


@pytest.mark.parametrize("seconds", [0, -1])
def test_handlers_can_not_be_given_no_time(seconds):
    async def main():
        await Router().dispatch(HARD, handler_seconds=seconds)

    with pytest.raises(InvalidArgumentError, match=f"^handler_seconds: must be more than 0, not {seconds}$"):
        anyio.run(main)


def test_a_function_as_a_filter_is_refused_since_it_would_never_be_equal():
    with pytest.raises(ArgumentTypeError, match=r"^email_id: must be a value, .*conditions are for the handler"):
        Router().on(Event, email_id=lambda value: value is not None)
