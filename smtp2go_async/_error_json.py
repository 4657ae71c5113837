"""The text of an error, and what goes through JSON of it beside its class."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ._masking import mask_text

if TYPE_CHECKING:
    from .errors import Smtp2goError

MAX_TEXT_LENGTH = 2000
"""Characters of the provider's message that an error's text shows; `ApiError.message` has all of it."""

Details = Mapping[str, Any] | None
"""What the args of an error have after its text."""

OWN_ARGS: Any = vars(BaseException)["args"]
"""Where an exception keeps what it was made with."""

_NONE = type(None)

_FIELDS: Mapping[str, tuple[type, ...]] = {
    "operation": (str, _NONE),
    "carried_out": (bool, _NONE),
    "status": (int,),
    "code": (str, _NONE),
    "request_id": (str, _NONE),
    "field_errors": (dict,),
    "retry_after": (int, float, _NONE),
    "failures": (list, tuple),
    "final": (bool,),
    "items": (int,),
}
"""The attributes that go through JSON, of the errors that have them, and the types that they have there."""


def shown(text: object) -> str:
    """Return what an error's text shows of what the provider said."""
    # Masked before it is cut: of half an address the half that is left would not be known for one.
    masked = mask_text(str(text))
    return masked if len(masked) <= MAX_TEXT_LENGTH else f"{masked[:MAX_TEXT_LENGTH]}..."


def named_request(request_id: str | None) -> tuple[str, ...]:
    """Return what an error's text says of the id that SMTP2GO's support asks for."""
    return (f"(request {str(request_id)[:MAX_TEXT_LENGTH]})",) if request_id else ()


def told(error: "Smtp2goError", mask: Callable[[str], str]) -> dict[str, Any]:
    """Return what an error says, ready for JSON."""
    found: dict[str, Any] = {"message": mask(getattr(error, "message", error._text))}
    found |= {name: getattr(error, name) for name in _FIELDS if hasattr(error, name)}
    if "failures" in found:
        found["failures"] = [mask(str(one)) for one in found["failures"]]
    if "field_errors" in found:
        pairs = found["field_errors"].items()
        found["field_errors"] = {mask(str(name)): mask(str(problem)) for name, problem in pairs}
    if notes := getattr(error, "__notes__", ()):
        found["notes"] = [mask(str(one)) for one in notes]
    return found


def details_of(error: "Smtp2goError") -> dict[str, Any]:
    """Return of `told` what a new error of that class would not have, masked."""
    found = told(error, mask_text)
    new = {"message": found["message"], "carried_out": type(error).carried_out, "status": 0, "final": False, "items": 0}
    return {name: value for name, value in found.items() if value != new.get(name) and value not in ([], {})}


def take(error: "Smtp2goError", given: Mapping[str, Any] | None) -> None:
    """Put on a new error what `told` made of one; what its class does not have is left out.

    Raises:
        TypeError: Something has another type than `told` gives it.
    """
    if given is None:
        return
    _need_object(given, "details")
    for name, kinds in _FIELDS.items():
        if name not in given or not hasattr(error, name):
            continue
        value = given[name]
        if type(value) not in kinds:
            raise TypeError(f"{name}: an error can't have a {type(value).__name__} there")
        if name == "failures":
            value = tuple(_texts(value, name))
        elif name == "field_errors":
            value = dict(zip(_texts(value, name), _texts(value.values(), name), strict=True))
        if value != getattr(error, name):
            setattr(error, name, value)
    for note in _texts(given.get("notes", ()), "notes"):
        error.add_note(note)


def message_of(data: Mapping[str, Any]) -> str:
    """Return the message of what `told` made.

    Raises:
        TypeError: It is no object, or its message is no text.
    """
    _need_object(data, "data")
    (message,) = _texts([data.get("message", "")], "message")
    return message


def _need_object(value: object, argument: str) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"{argument}: an object is needed, not a {type(value).__name__}")


def _texts(values: Any, name: str) -> list[str]:
    found = list(values)
    for one in found:
        if not isinstance(one, str):
            raise TypeError(f"{name}: holds a {type(one).__name__} where text is needed")
    return found
