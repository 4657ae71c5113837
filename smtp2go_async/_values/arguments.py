"""The arguments of every call, checked against the annotations of its method before the method runs.

`EndpointGroup` has this done for all public methods, so a new call needs nothing but its annotations:

| annotation                    | accepted                                                    | what the method gets |
|-------------------------------|-------------------------------------------------------------|----------------------|
| ``str``, ``Literal[..] | str``| text of one line; with line breaks where `FREE_TEXT` has it  | a ``str``            |
| ``Sequence[str]``             | a sequence of such texts, none of them blank, or one alone  | a ``list``           |
| ``Literal[..]``               | one of the words                                            | as it is             |
| ``int``                       | a whole number of at most 64 bits; not a ``bool``           | an ``int``           |
| ``float``                     | a finite number; not a ``bool``                             | as it is             |
| ``bool``                      | ``True`` and ``False``                                      | as it is             |
| a `TypedDict`                 | a mapping with its keys, each checked as an argument is     | a ``dict``           |
| ``Mapping``                   | a mapping whose keys are texts                              | a ``dict``           |
| a class, ``datetime``         | an instance                                                 | as it is             |

``X | None`` takes ``None`` too; ``**options: Unpack[SomeTypedDict]`` is read key by key. A text that must be given, and
every ``subaccount_id``, can't be blank: an empty id would name nothing, or the master account. Arguments with another
annotation are not checked here, and a test lists them. Limits are the methods' own work.
"""

import collections.abc
import functools
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, Unpack, get_args, get_origin

from .._values.problems import mistyped, not_one_of, one_of, with_article, wrong_type
from .address import address_or_domain
from .checks import (
    check_bool,
    check_int,
    check_line,
    check_mapping,
    check_number,
    check_text,
    check_word,
    check_words,
)
from .signatures import describe, unexpected_argument

Check = Callable[[Any, str], Any]
"""Takes a value and its name in errors; returns the value that the method gets."""

M = TypeVar("M", bound=Callable[..., Any])

FREE_TEXT = frozenset(
    {
        "block_description",
        "content",
        "description",
        "feedback_html",
        "feedback_text",
        "headers",
        "html_body",
        "message",
        "text_body",
    }
)
"""Arguments whose text people write, or which quotes several lines: bodies, comments, and text to look for in headers.

All other texts name something (an id, a domain, an address, a password), and a control character in one would be a
mistake at best and a second line of a header or a log at worst. That no text holds half a surrogate pair is seen to
when it is encoded, by the name of its field.
"""

ADDRESSES = frozenset(
    {
        "allowed_recipients",
        "allowed_senders",
        "audit_email",
        "domain",
        "email",
        "email_address",
        "feedback_domain",
    }
)
"""Arguments that are an address or a domain, or a list of them.

They are written as an `Email` writes them: a domain that is suppressed or allowed in another form than the one that
e-mails go out with would be another domain.
"""


def check_calls(group: type) -> None:
    """Have the arguments of a group's public methods checked."""
    for name, method in list(vars(group).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(group, name, _checked(method))


def _checked(method: M) -> M:
    arguments = Arguments(method)

    async def awaited(self: object, *args: Any, **named: Any) -> Any:
        return await method(self, *arguments.take(args, named), **named)

    def called(self: object, *args: Any, **named: Any) -> Any:
        return method(self, *arguments.take(args, named), **named)

    # The docstring and the types stay those of the method, and so does whether it is awaited; the signature names each
    # option.
    wrapper = functools.wraps(method)(awaited if inspect.iscoroutinefunction(method) else called)
    describe(wrapper, method)
    return typing.cast("M", wrapper)


class Arguments:
    """The checks of one method's arguments, made when it is called for the first time."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self._checks: dict[str, Check] | None = None
        self._optional: frozenset[str] = frozenset()
        self._truths: frozenset[str] = frozenset()
        self._lines: frozenset[str] = frozenset()
        self._places: tuple[str, ...] = ()

    @property
    def checks(self) -> Mapping[str, Check]:
        """The check of each argument, by its name."""
        return self._made() if self._checks is None else self._checks

    def take(self, args: tuple[Any, ...], named: dict[str, Any]) -> Sequence[Any]:
        """Return the positional arguments as the method gets them, and change the named ones to that.

        Raises:
            ValueError: One has a value that is not possible; the text begins with its name.
            TypeError: One is of another type, likewise; or there is no such argument.
        """
        checks = self._checks
        if checks is None:
            checks = self._made()
        optional = self._optional
        for name, value in named.items():
            # Most options are one of these two, and asking here costs half of asking their checks.
            if value is True or value is False:
                if name in self._truths:
                    continue
            elif type(value) is str and name in self._lines and value.isprintable():
                continue
            check = checks.get(name)
            if check is None:
                raise unexpected_argument(self._method.__qualname__, name, checks)
            if value is not None or name not in optional:
                named[name] = check(value, name)
        if not args:
            return args
        taken = []
        for name, value in zip(self._places, args):  # noqa: B905 - too many of them are the method's to refuse
            taken.append(value if value is None and name in optional else checks[name](value, name))
        return taken if len(taken) == len(args) else args

    def _made(self) -> dict[str, Check]:
        annotations: dict[str, tuple[Any, bool]] = {}
        places = []
        for parameter in list(inspect.signature(self._method).parameters.values())[1:]:
            if parameter.kind is parameter.VAR_KEYWORD:
                declared = _declared(get_args(parameter.annotation)[0])
                annotations.update((name, (kind, False)) for name, kind in declared)
                continue
            annotations[parameter.name] = (parameter.annotation, parameter.default is parameter.empty)
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                places.append(parameter.name)
        checks = {name: _check_of(kind, name, needed=needed) for name, (kind, needed) in annotations.items()}
        self._truths = frozenset(name for name, check in checks.items() if check is check_bool)
        self._lines = frozenset(name for name, check in checks.items() if check is check_line)
        # Every thread makes the same, so several may do it at the same time; the checks come last.
        self._optional = frozenset(name for name, (kind, _) in annotations.items() if NoneType in _parts(kind))
        self._places = tuple(places)
        self._checks = checks
        return checks


def _declared(options: Any) -> Iterator[tuple[str, Any]]:
    """List the keys of a `TypedDict` with their types."""
    yield from typing.get_type_hints(options).items()


def _parts(annotation: Any) -> list[Any]:
    """List the members of a union, and of unions within it."""
    origin = get_origin(annotation)
    if origin is Annotated or origin is Unpack:
        return _parts(get_args(annotation)[0])
    if origin is Union or origin is UnionType:
        return [part for member in get_args(annotation) for part in _parts(member)]
    return [annotation]


def _check_of(annotation: Any, name: str, *, needed: bool) -> Check:
    check = check_of(annotation, name, needed=needed)
    return functools.partial(_written_as_in_emails, check) if name in ADDRESSES else check


def _written_as_in_emails(check: Check, value: Any, name: str) -> Any:
    value = check(value, name)
    if isinstance(value, str):
        return address_or_domain(value, name)
    return [address_or_domain(text, f"{name}[{number}]") for number, text in enumerate(value)]


def check_of(annotation: Any, name: str, *, needed: bool = False) -> Check:
    """Make the check of an annotation; `unchecked` for an annotation that is not known here.

    Args:
        annotation: What the value may be. That it may be ``None`` is the caller's to know.
        name: The argument's, which tells whether a text may have several lines.
        needed: Whether the argument has no default, so that a blank text is none.
    """
    parts = [part for part in _parts(annotation) if part is not NoneType]
    # An open set of words: any text will do.
    kinds = [part for part in parts if not (str in parts and get_origin(part) is Literal)]
    match kinds:
        case [] | [typing.Any]:
            return unchecked
        case [only] if only in _SIMPLE:
            return _SIMPLE[only]
        case [only] if only is str:
            return _text(name, needed=needed)
        case [only] if get_origin(only) is Literal:
            return functools.partial(_need_one_of, get_args(only))
        case [only] if typing.is_typeddict(only):
            return functools.partial(_need_options, {key: check_of(kind, key) for key, kind in _declared(only)})
        case [only] if only is Mapping or get_origin(only) is collections.abc.Mapping:
            return check_mapping
    if any(map(_is_list_of_text, kinds)) and all(kind is str or _is_list_of_text(kind) for kind in kinds):
        return check_words
    if any(getattr(kind, "__module__", None) == "email.message" for kind in kinds):
        # A ready message: the method has better words for those of other libraries.
        return unchecked
    if all(isinstance(kind, type) and get_origin(kind) is None and kind not in _SIMPLE for kind in kinds):
        classes = tuple(kind for kind in kinds if kind is not str)
        return _instance(classes, _text(name, needed=needed) if str in kinds else None)
    return unchecked


def unchecked(value: Any, _name: str) -> Any:
    """Take anything: a value without a form in JSON is refused when it is encoded, by the name of its field."""
    return value


def _text(name: str, *, needed: bool) -> Check:
    if name in FREE_TEXT:
        return check_text
    return _need_name if needed or name == "subaccount_id" else check_line


def _need_name(value: Any, name: str) -> str:
    # What nearly all of them are comes first, without a call for each question.
    if type(value) is str and value.isprintable() and value and not value.isspace():
        return value
    return check_word(value, name)


def _is_list_of_text(annotation: Any) -> bool:
    if get_origin(annotation) is not collections.abc.Sequence:
        return False
    return all(part is str or get_origin(part) is Literal for part in _parts(get_args(annotation)[0]))


_SIMPLE: Mapping[Any, Check] = {int: check_int, float: check_number, bool: check_bool}


def _need_one_of(words: tuple[str, ...], value: object, name: str) -> str:
    word = check_text(value, name)
    if word not in words:
        raise not_one_of(name, words, word)
    return word


def _need_options(checks: Mapping[str, Check], value: object, name: str) -> dict[str, Any]:
    options = check_mapping(value, name)
    for key, given in options.items():
        check = checks.get(key)
        if check is None:
            raise mistyped(name, f"each key must be {one_of(checks, key)}")
        options[key] = check(given, f"{name}.{key}")
    return options


def _instance(classes: tuple[type, ...], text: Check | None) -> Check:
    *others, last = [*(["a str"] if text is not None else []), *map(with_article, classes)]
    possible = f"{', '.join(others)} or {last}" if others else last

    def check(value: object, name: str) -> object:
        kind = type(value)
        if text is not None and issubclass(kind, str):
            return text(value, name)
        if issubclass(kind, classes):
            return value
        raise wrong_type(name, possible, value)

    return check
