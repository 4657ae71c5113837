"""The base of every error of the library: a text for any log, and a form for pickle and for JSON."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from ._masking import mask_text, one_line

MAX_TEXT_LENGTH = 2000
"""Characters of the provider's message that an error's text shows; `ApiError.message` has all of it."""

HOME = "smtp2go_async.errors"
"""The module of the errors of this library; an error of a program has another."""

Details = Mapping[str, Any] | None
"""What the args of an error have after its text."""

_ARGS: Any = vars(BaseException)["args"]
"""The place where an exception keeps the arguments that it was made with."""

_NONE = type(None)

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "operation": (str, _NONE),
    "argument": (str, _NONE),
    "carried_out": (bool, _NONE),
    "status": (int,),
    "code": (str, _NONE),
    "request_id": (str, _NONE),
    "field_errors": (dict,),
    "retry_after": (int, float, _NONE),
    "failures": (list, tuple),
    "final": (bool,),
    "items": (int,),
    # The last, since the rule that it is compared with reads the others.
    "retryable": (bool,),
}
"""The attributes of errors that go through JSON, and the types that they have there."""


_KINDS: dict[str, "type[BaseError]"] = {}
"""The errors of this library by their names. This module raises two of them, and `errors` imports this module."""


class BaseError(Exception):
    """The base of `Smtp2goError`: its text, and its ways through pickle and JSON."""

    carried_out: bool | None
    operation: str | None

    def __init__(self, message: str = "", details: Details = None, *, operation: str | None = None) -> None:
        super().__init__(self._shown(message))
        self.operation = operation
        self._take(details)

    def _rule(self) -> bool:
        """Return whether the same call can succeed later, as far as the error itself says."""
        # Of a call that may have been carried out, only the client knows whether it can be made twice.
        return False

    if not TYPE_CHECKING:  # to a type checker a property can't stand where a variable was

        @property
        def args(self) -> tuple[Any, ...]:
            """The text, then an object with all other facts, also with attributes that were set on the error later."""
            more = self._details_for_args()
            return (self._text, more) if more else (self._text,)

        @args.setter
        def args(self, value: tuple[Any, ...]) -> None:
            _ARGS.__set__(self, value)

    def to_dict(self, *, masked: bool = True) -> dict[str, Any]:
        """Return the error as an object for JSON, from which `from_dict` makes the same error.

        Attributes that hold whole responses are left out: ``raw``, ``result``, ``last`` and ``report``. The kind of an
        error of your own is the class of this library that it is derived from.

        Args:
            masked: Mask keys, addresses and telephone numbers in everything that the provider said, as the error's text
                does. With ``False``, `ApiError.message`, ``field_errors`` and ``failures`` are there as they came.

        Example:
            >>> error = NotSentError("the connection was refused", operation="/email/send")
            >>> error.to_dict()["kind"], error.to_dict()["carried_out"], error.to_dict()["retryable"]
            ('NotSentError', False, True)
        """
        return {"kind": _public_kind(type(self)).__name__, **self._as_object(mask_text if masked else str)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make the error from which `to_dict` made an object. What a later version has added to it is left out.

        Raises:
            InvalidArgumentError: ``kind`` names no error of this library, or an error of another class than the class
                that this is called on.
            ArgumentTypeError: A value has another type than `to_dict` gives it.

        Example:
            >>> error = Smtp2goError.from_dict({"kind": "ApiError", "message": "no", "status": 400})
            >>> type(error).__name__, error.status, error.carried_out
            ('ApiError', 400, False)
        """
        (message,) = _texts([_object(data, "data").get("message", "")], "message")
        given = data.get("kind")
        named: Any = _KINDS.get(given) if isinstance(given, str) else None
        kind = cls if named is _public_kind(cls) else named
        if kind is None or not issubclass(kind, cls):
            problem = f"kind: must be the name of {with_article(cls)} of this library"
            raise _KINDS["InvalidArgumentError"](problem, {"argument": "kind"})
        made: Self = kind(message, data)
        return made

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__module__ == HOME:
            _KINDS[cls.__name__] = cls

    def __str__(self) -> str:
        text = self._text
        parts = [str(part) for part in (self.operation, *self._details()) if part]
        whole = f"{' '.join(parts)}: {text}" if parts and text else " ".join(parts) or text
        return self._written(" ".join(part for part in (whole, *self._more()) if part))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # The constructors take keywords, which the default way of pickling an exception would lose.
        return _restore, (type(self), _ARGS.__get__(self)), self.__dict__

    @property
    def _text(self) -> str:
        args = _ARGS.__get__(self)
        return str(args[0]) if args else ""

    def _shown(self, message: str) -> str:
        return shown(message)

    def _written(self, text: str) -> str:
        return one_line(text)

    def _details(self) -> Sequence[str]:
        return ()  # the parts of the text between the operation and the message

    def _more(self) -> Sequence[str]:
        return ()  # the parts of the text after the message

    def _as_object(self, mask: Callable[[str], str]) -> dict[str, Any]:
        """Return the facts of the error, ready for JSON."""
        found: dict[str, Any] = {"message": mask(getattr(self, "message", self._text))}
        found |= {name: getattr(self, name) for name in _FIELDS if hasattr(self, name)}
        if "failures" in found:
            found["failures"] = [mask(str(reason)) for reason in found["failures"]]
        if "field_errors" in found:
            pairs = found["field_errors"].items()
            found["field_errors"] = {mask(str(name)): mask(str(problem)) for name, problem in pairs}
        if notes := getattr(self, "__notes__", ()):
            found["notes"] = [mask(str(note)) for note in notes]
        return found

    def _details_for_args(self) -> dict[str, Any]:
        """Return the facts, masked, that a new error of this class would not have if made with the text alone."""
        found = self._as_object(mask_text)
        new = {
            "message": found["message"],
            "carried_out": type(self).carried_out,
            "retryable": self._rule(),
            "status": 0,
            "final": False,
            "items": 0,
        }
        return {name: value for name, value in found.items() if value != new.get(name) and value not in ([], {})}

    def _take(self, details: Details) -> None:
        """Set on a new error the facts that `_as_object` returned of another; values unknown to the class are left out.

        Raises:
            ArgumentTypeError: A value has another type than `_as_object` gives it.
        """
        if details is None:
            return
        given = _object(details, "details")
        for name, kinds in _FIELDS.items():
            if name not in given or not hasattr(self, name):
                continue
            value = given[name]
            if type(value) not in kinds:
                expected = " or ".join("None" if kind is _NONE else with_article(kind) for kind in kinds)
                raise _mistyped(name, expected, value)
            if name == "failures":
                value = tuple(_texts(value, name))
            elif name == "field_errors":
                value = dict(zip(_texts(value, name), _texts(value.values(), name), strict=True))
            if value != getattr(self, name):
                setattr(self, name, value)
        for note in _texts(given.get("notes", ()), "notes"):
            self.add_note(note)


def _public_kind(cls: type[BaseError]) -> type[BaseError]:
    """Return the class of this library that a class is, or is derived from."""
    return next(kind for kind in cls.__mro__ if kind.__module__ == HOME)


def _restore(kind: type[BaseError], args: tuple[Any, ...]) -> BaseError:
    error = kind.__new__(kind)
    error.args = args
    return error


def shown(text: object) -> str:
    """Return the part of the provider's text that an error's text shows."""
    # Masked before it is cut: half an address would not be recognised as an address.
    masked = mask_text(str(text))
    return masked if len(masked) <= MAX_TEXT_LENGTH else f"{masked[:MAX_TEXT_LENGTH]}..."


def named_request(request_id: str | None) -> tuple[str, ...]:
    """Return the words of an error's text for the id that SMTP2GO's support asks for."""
    return (f"(request {str(request_id)[:MAX_TEXT_LENGTH]})",) if request_id else ()


_VOWEL = re.compile(r"(?i)[aeio]|up|un(?!i)|http")


def with_article(value: object) -> str:
    """Name a type, or the type of a value, for the end of an error: ``a str``, ``an int``, ``None``."""
    if value is None:
        return "None"
    name = value.__name__ if isinstance(value, type) else type_name(value)
    return f"{'an' if _VOWEL.match(name) else 'a'} {name}"


def type_name(value: object) -> str:
    """Return the name of a value's type, with its module unless it is one of Python's own or of this package."""
    kind = type(value)
    if kind.__module__ == "builtins" or kind.__module__.startswith("smtp2go_async."):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _mistyped(argument: str, expected: str, value: object) -> "BaseError":
    problem = f"{argument}: must be {expected}, not {with_article(value)}"
    return _KINDS["ArgumentTypeError"](problem, {"argument": argument})


def _object(value: object, argument: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _mistyped(argument, "an object", value)
    return value


def _texts(values: Any, argument: str) -> list[str]:
    if not isinstance(values, Iterable):
        raise _mistyped(argument, "a list", values)
    found = list(values)
    for text in found:
        if not isinstance(text, str):
            raise _mistyped(argument, "text", text)
    return found
