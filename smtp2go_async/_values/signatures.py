"""The signature and the docstring of a method with every option by its name and meaning, made when it is looked at.

A method that takes ``**options: Unpack[SomeOptions]`` is written short. `inspect.signature`, `help` and IPython show
its signature and its docstring with all keys of ``SomeOptions``. Neither is made when a module is imported or a call is
made: a server that never asks for a docstring never pays for it.
"""

import functools
import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Any, TypeVar

from .._runtime.loading import loading
from ..errors import ArgumentTypeError
from .options import key_texts
from .problems import shown_word

C = TypeVar("C", bound=type)

WIDTH = 120
"""Characters of a line of a docstring."""

_BUNDLE = re.compile(r"^(?P<indent> *)\*\*\w+:.*\n(?:(?P=indent) +.*\n)*", re.MULTILINE)
"""The entry of ``**options`` in a docstring, with the lines that continue it."""


def describe(wrapper: Callable[..., Any], method: Callable[..., Any]) -> None:
    """Let a wrapper show the options of the method that it calls."""
    bundle = bundle_of(method)
    if bundle is None:
        return
    wrapper.__wrapped__ = _Described(method)  # type: ignore[attr-defined]
    written = {name: kind for name, kind in method.__annotations__.items() if typing.get_args(kind) != (bundle,)}
    # Libraries that check or fill in arguments (pydantic, for one) look up each parameter of the signature in here.
    wrapper.__annotations__ = written | bundle.__annotations__
    if method.__doc__ is not None:
        wrapper.__doc__ = _Docstring(method)


def name_arguments(method: Callable[..., Any], shown: str | None = None) -> Callable[..., Any]:
    """Wrap a method so that a misspelt argument is refused with the name that is nearest to it.

    Args:
        method: The method.
        shown: The name of the method in that error; its own name if left out.
    """
    names = argument_names(method)
    if shown is not None:
        # Python's own errors, about a missing argument for example, name the method by this.
        method.__qualname__ = shown

    def refuse_others(named: dict[str, Any]) -> None:
        if not names.issuperset(named):
            wrong = next(name for name in named if name not in names)
            raise unexpected_argument(method.__qualname__, wrong, names)

    async def awaited(self: object, *args: Any, **named: Any) -> Any:
        refuse_others(named)
        return await method(self, *args, **named)

    def called(self: object, *args: Any, **named: Any) -> Any:
        refuse_others(named)
        return method(self, *args, **named)

    wrapper = functools.wraps(method)(awaited if inspect.iscoroutinefunction(method) else called)
    describe(wrapper, method)
    return wrapper


def name_arguments_of_options(cls: C) -> C:
    """Do the same for ``with_options`` and ``call`` of a client, which can have them from a private class above it."""
    for name in ("with_options", "call"):
        setattr(cls, name, name_arguments(getattr(cls, name), f"{cls.__qualname__}.{name}"))
    return cls


def name_arguments_of_class(cls: C) -> C:
    """Do the same for the keyword arguments that a class is made with."""
    method = cls.__init__  # type: ignore[misc]
    names = argument_names(method)
    # Not the method's own name: a class can have the method from a private class above it.
    called = f"{cls.__qualname__}.__init__"

    @functools.wraps(method)
    def made(self: object, *args: Any, **named: Any) -> None:
        try:
            method(self, *args, **named)
        except TypeError:
            # Looked for only after an error: an `Email` is often made a million times.
            if names.issuperset(named):
                raise
            raise unexpected_argument(called, next(name for name in named if name not in names), names) from None

    cls.__init__ = made  # type: ignore[misc]
    return cls


def unexpected_argument(method: str, name: str, names: Iterable[str]) -> ArgumentTypeError:
    """Make the error of an argument that does not exist, as Python words it, with the nearest that does."""
    with loading:
        import difflib

    # The names can be data: the first row of a CSV file without a head, for example.
    shown = shown_word(name)
    near = difflib.get_close_matches(shown, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    problem = f"{method}() got an unexpected keyword argument {shown!r}{hint}"
    return ArgumentTypeError(problem, argument=shown)


def argument_names(method: Callable[..., Any]) -> frozenset[str]:
    """Return the names of a method's arguments but the first, with the keys of its options."""
    code = method.__code__
    names = frozenset(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
    bundle = bundle_of(method)
    return names if bundle is None else names | bundle.__required_keys__ | bundle.__optional_keys__


def bundle_of(method: Callable[..., Any]) -> Any:
    """Return the `TypedDict` of a method's ``**options``, or ``None``."""
    code = method.__code__
    if not code.co_flags & inspect.CO_VARKEYWORDS:
        return None
    given = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
    found = typing.get_args(method.__annotations__.get(code.co_varnames[given]))
    return found[0] if found and typing.is_typeddict(found[0]) else None


class _Described:
    """Stands between a wrapper and its method, where `inspect.signature` finds the signature with all options."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.__wrapped__ = method

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        written = inspect.signature(self.__wrapped__)
        bundle = bundle_of(self.__wrapped__)
        keys = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=_default(kind), annotation=kind)
            for key, kind in typing.get_type_hints(bundle, include_extras=True).items()
        ]
        return written.replace(parameters=[*list(written.parameters.values())[:-1], *keys])


def _default(annotation: Any) -> Any:
    # An option that is None is not sent, as if it had been left out.
    return None if annotation is Any or NoneType in typing.get_args(annotation) else ...


class _Docstring(str):
    """The docstring of a method, which names every option when a method of `str` is called on it.

    A function's ``__doc__`` can't be a property, so the text itself has to wait. Code that reads the characters without
    asking, as a regular expression does, finds the docstring as it is written.
    """

    __slots__ = ("__dict__",)

    def __new__(cls, method: Callable[..., Any]) -> "_Docstring":
        self = super().__new__(cls, method.__doc__)
        self._method = method
        return self

    _method: Callable[..., Any]

    @functools.cached_property
    def whole(self) -> str:
        """The text with an entry for each option."""
        written = self._method.__doc__ or ""
        bundle = bundle_of(self._method)
        texts = key_texts(bundle)

        def entries(found: re.Match[str]) -> str:
            indent = found["indent"]
            return "".join(
                textwrap.fill(
                    f"{key}: {texts.get(key, f'See `{bundle.__name__}`.')}",
                    WIDTH,
                    initial_indent=indent,
                    subsequent_indent=f"{indent}    ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )
                + "\n"
                for key in typing.get_type_hints(bundle)
            )

        return _BUNDLE.sub(entries, written, count=1)

    def __reduce_ex__(self, _protocol: object) -> tuple[type, tuple[str]]:
        return str, (self.whole,)


def _asked_of_the_whole(name: str) -> Callable[..., Any]:
    def method(self: _Docstring, *args: Any, **named: Any) -> Any:
        return getattr(self.whole, name)(*[_whole(value) for value in args], **named)

    return method


def _whole(value: Any) -> Any:
    return value.whole if isinstance(value, _Docstring) else value


_OF_EVERY_OBJECT = {*vars(object), "__new__", "__getattribute__", "__getnewargs__"} - {
    "__eq__", "__ge__", "__gt__", "__hash__", "__le__", "__lt__", "__ne__", "__repr__", "__str__", "__format__"
}  # fmt: skip

for _name in vars(str).keys() - _OF_EVERY_OBJECT:
    setattr(_Docstring, _name, _asked_of_the_whole(_name))
