"""Find the documented object or list in a response of another shape.

The provider's own pages and real responses differ: an object comes where an array is documented or the other way round,
a list comes inside ``results`` or bare, or nested a level deeper. The documented thing is recognised by its fields, so
that nothing is mistaken for it; where two things fit, neither is taken.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_origin

import attrs

from .._model_class import field_keys
from ..reply import Reply

_DEEPEST = 3
"""Levels of nesting that are looked through."""

_WRAPPERS = ("data", "result", "results", "list", "items", "values")
"""Names that only say that a list is inside; any other name can say what the list is about."""

_OF_AN_ERROR = frozenset({"error", "error_code", "field_validation_errors"})

_STAMPED = frozenset(("request_id", "raw"))


def _keys_of(kind: Any) -> frozenset[str]:
    return frozenset(key for field in _own_fields(kind) for key in field_keys(field))


keys_of: Callable[[Any], frozenset[str]] = functools.cache(_keys_of)
"""Return the names that the fields of a model have in the API, in every spelling."""


def _own_fields(kind: type[Any]) -> "list[attrs.Attribute[Any]]":
    """Return the fields that are read from the response, without the fields that every result has."""
    fields: Iterable[attrs.Attribute[Any]] = attrs.fields(kind)
    return [field for field in fields if not (issubclass(kind, Reply) and field.name in _STAMPED)]


def _list_in(kind: Any) -> tuple[str, Any] | None:
    own = _own_fields(kind)
    lists = [(field_keys(field)[0], get_args(field.type)[0]) for field in own if get_origin(field.type) is tuple]
    objects = [field for field in lists if attrs.has(field[1])]
    if objects:
        return objects[0] if len(objects) == 1 and not any(_is_model(field.type) for field in own) else None
    return lists[0] if lists and lists[0][0] == field_keys(own[0])[0] else None


list_in: Callable[[Any], tuple[str, Any] | None] = functools.cache(_list_in)
"""Return the name of the list that a model exists for and the type of its items; ``None`` for any other model."""


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and attrs.has(kind)


def object_for(kind: Any, value: Any, depth: int = _DEEPEST) -> dict[str, Any] | None:
    """Return the object that holds the fields of a model; ``None`` unless exactly a single object does."""
    if not value or _tells_of_an_error(kind, value):
        return None
    listed = list_in(kind)
    if isinstance(value, dict) and not keys_of(kind).isdisjoint(value):
        further = _same_again(kind, value, listed)
        return value if further is None else object_for(kind, further, depth - 1)
    if _is_one(value) and isinstance(value[0], dict) and not keys_of(kind).isdisjoint(value[0]):
        return object_for(kind, value[0], depth - 1)
    if listed is not None:
        name, item = listed
        items = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        if not attrs.has(item):
            fit = isinstance(value, list) and all(isinstance(part, str) for part in items)
        elif fit := any(isinstance(part, dict) and keys_of(item) - _OF_AN_ERROR & part.keys() for part in items):
            fit = not any(_tells_of_an_error(item, part) for part in items)
        if fit:
            return {name: items}
    return _only(object_for(kind, part, depth - 1) for part in _inside(value)) if depth else None


def _same_again(kind: Any, value: dict[str, Any], listed: tuple[str, Any] | None) -> Any:
    """Return the value in the place of the documented list, if that value is the documented object itself."""
    if listed is None or value.keys() & keys_of(kind) != {listed[0]}:
        return None
    inner = value[listed[0]]
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    return inner if isinstance(inner, dict) and listed[0] in inner else None


def _is_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def list_for(item: Any, value: Any, depth: int = _DEEPEST) -> list[Any] | None:
    """Return the list of the documented items, models or texts; ``None`` unless exactly a single list fits."""
    if _is_model(item):
        if _tells_of_an_error(item, value):
            return None
        if isinstance(value, list) and (_some_fit(item, value) or not any(value)):
            return value
        if isinstance(value, dict) and value:
            if not keys_of(item).isdisjoint(value):
                return [value]
            if len(value) > 1 and all(isinstance(part, dict) and _some_fit(item, [part]) for part in value.values()):
                return list(value.values())
        if isinstance(value, list) and all(object_for(item, part) is not None for part in value):
            return value
        return _only(list_for(item, part, depth - 1) for part in _inside(value)) if depth else None
    if isinstance(value, list):
        return list_for(item, value[0], depth - 1) if depth and _is_one(value) and _is_nested(value[0]) else value
    if isinstance(value, dict) and value:
        if all(name.isdigit() for name in value):
            return list(value.values())
        if value.keys() <= set(_WRAPPERS) and len(value) == 1 and depth:
            return list_for(item, next(iter(value.values())), depth - 1)
        return None
    return [value] if isinstance(value, str) and value else None


def map_for(value: Any) -> dict[str, Any]:
    """Return a map that came as an object, as a list of objects, or as a list of names with values.

    Raises:
        TypeError: The value has another shape.
    """
    if isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for entry in value or ():
        if not isinstance(entry, dict):
            raise TypeError(f"a {type(entry).__name__} where an object is documented")
        name = entry.get("header") or entry.get("name")
        if isinstance(name, str) and len(entry) == 2 and "value" in entry:
            found[name] = entry["value"] if name not in found else [found[name], entry["value"]]
        else:
            found.update(entry)
    return found


def innermost(value: Any) -> Any:
    """Return the only thing that a response says, taken out of the lists and objects around it.

    In an object a message goes before anything else. An object that says several things is returned as it is.
    """
    while isinstance(value, (dict, list)):
        if isinstance(value, list):
            found = value
        else:
            named = [value[name] for name in ("message", *_WRAPPERS) if isinstance(value.get(name), str)]
            found = [part for part in named if part][:1] or [
                part for name, part in value.items() if name != "request_id"
            ]
        found = [part for part in found if holds_anything(part)]
        if len(found) != 1:
            return value if found else None
        value = found[0]
    return value


def word_in(value: Any) -> str | None:
    """Return the word of a response as text; an object with more in it as JSON, so that nothing is lost."""
    said = innermost(value)
    if said in (None, "") or isinstance(said, bool):
        return None
    try:
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    except RecursionError:
        return None


def text_in(content: bytes) -> str | None:
    """Return plain text that came where a call documents no body; ``None`` for anything else.

    An HTML page is not from this API, which speaks JSON: a hotel's network, a filter or a maintenance site answers with
    a page and 200, and then it is unknown whether the call got through. Half a JSON text may have been an error.
    """
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return None
    return None if text.startswith(("<", "{", "[")) or "\x00" in text else text


def holds_an_object(value: Any) -> bool:
    """Whether a value contains an object that says anything; a word, a number or a truth value is not enough."""
    # No recursion here and below, because a response may be nested as deeply as Python can read.
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += part
        elif isinstance(part, dict) and any(
            holds_anything(inner) for name, inner in part.items() if name != "request_id"
        ):
            return True
    return False


def is_flat(value: Any) -> bool:
    """Whether a value is an object of only words, numbers and truth values, and none of them reports a failure."""
    return (
        isinstance(value, dict)
        and not any(isinstance(part, (dict, list)) for part in value.values())
        and not error_in(value)
        and innermost(value) is not False
    )


def holds_anything(value: Any) -> bool:
    """Whether a value says anything, however deep inside."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, (dict, list)):
            left += part.values() if isinstance(part, dict) else part
        elif part is not None and part != "":
            return True
    return False


def error_in(value: Any, depth: int = _DEEPEST) -> bool:
    """Whether an object anywhere in a value says that something went wrong."""
    if isinstance(value, dict):
        if any(value.get(name) for name in _OF_AN_ERROR):
            return True
        value = list(value.values())
    return isinstance(value, list) and depth > 0 and any(error_in(part, depth - 1) for part in value)


def is_lost(made: Any, value: Mapping[str, Any]) -> bool:
    """Whether the response says something, and nothing of that is in the model that was made of it."""
    # The quick way out for most results: no field of a model is true by default, so a true field was read.
    if any(part and part.__class__ is not tuple for part in vars(made).values()):
        return False
    blank = type(made)()
    own = _own_fields(type(made))
    if any(
        getattr(made, field.name) != getattr(blank, field.name) and not _blanks(getattr(made, field.name))
        for field in own
    ):
        return False
    defaults = {key: getattr(blank, field.name) for field in own for key in field_keys(field)}
    return holds_an_object({name: item for name, item in value.items() if item != defaults.get(name, _NOWHERE)})


def are_lost(made: tuple[Any, ...], values: list[Any]) -> bool:
    """Whether the response says something, and nothing of that is in the items that were made of it."""
    return holds_an_object(values) and _blanks(made)


def _blanks(items: Any) -> bool:
    return isinstance(items, tuple) and all(_is_model(type(part)) and part == type(part)() for part in items)


_NOWHERE = object()


def _some_fit(item: type[Any], values: list[Any]) -> bool:
    return any(isinstance(part, dict) and not keys_of(item).isdisjoint(part) for part in values)


def _inside(value: Any) -> list[Any]:
    """Return the candidates a level further in."""
    if isinstance(value, dict):
        return [part for part in value.values() if _is_nested(part)]
    return value if _is_one(value) else []


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list)) and bool(value)


def _tells_of_an_error(kind: type[Any], value: Any) -> bool:
    """Whether an object says that something went wrong, in a field that the model does not have."""
    return isinstance(value, dict) and any(value.get(name) and name not in keys_of(kind) for name in _OF_AN_ERROR)


def _only(found: "Iterable[Any]") -> Any:
    fitting = [part for part in found if part is not None]
    return fitting[0] if len(fitting) == 1 else None
