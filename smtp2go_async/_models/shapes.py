"""Find what is documented in an answer of another shape.

The provider's own pages and real answers differ in this: an object where an array is documented and the other way
round, a list inside ``results`` or bare, one level of nesting more. What is looked for is known by its fields, so that
nothing is taken for something that it is not; where two things fit, neither is taken.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_origin

import attrs

from .model import Reply, field_keys

_DEEPEST = 3
"""Levels of nesting that are looked through."""

_WRAPPERS = ("data", "result", "results", "list", "items", "values")
"""Names that say nothing but that a list is in there; any other name can be what the list is about."""

_OF_AN_ERROR = frozenset({"error", "error_code", "field_validation_errors"})

_STAMPED = frozenset(("request_id", "raw"))


def _keys_of(kind: Any) -> frozenset[str]:
    return frozenset(key for one in _own_fields(kind) for key in field_keys(one))


keys_of: Callable[[Any], frozenset[str]] = functools.cache(_keys_of)
"""Returns the names that the fields of a model have in the API, in every spelling."""


def _own_fields(kind: type[Any]) -> "list[attrs.Attribute[Any]]":
    """Return the fields that are read from the answer, without those that every result has."""
    fields: Iterable[attrs.Attribute[Any]] = attrs.fields(kind)
    return [one for one in fields if not (issubclass(kind, Reply) and one.name in _STAMPED)]


def _list_in(kind: Any) -> tuple[str, Any] | None:
    own = _own_fields(kind)
    lists = [(field_keys(one)[0], get_args(one.type)[0]) for one in own if get_origin(one.type) is tuple]
    objects = [one for one in lists if attrs.has(one[1])]
    if objects:
        return objects[0] if len(objects) == 1 and not any(_is_model(one.type) for one in own) else None
    return lists[0] if lists and lists[0][0] == field_keys(own[0])[0] else None


list_in: Callable[[Any], tuple[str, Any] | None] = functools.cache(_list_in)
"""Returns the name of the list that a model is there for, and what its items are; ``None`` for any other model."""


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and attrs.has(kind)


def object_for(kind: Any, value: Any, depth: int = _DEEPEST) -> dict[str, Any] | None:
    """Return the object that holds the fields of a model; ``None`` when there is none, or more than one."""
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
            fit = isinstance(value, list) and all(isinstance(one, str) for one in items)
        elif fit := any(isinstance(one, dict) and keys_of(item) - _OF_AN_ERROR & one.keys() for one in items):
            fit = not any(_tells_of_an_error(item, one) for one in items)
        if fit:
            return {name: items}
    return _only(object_for(kind, one, depth - 1) for one in _inside(value)) if depth else None


def _same_again(kind: Any, value: dict[str, Any], listed: tuple[str, Any] | None) -> Any:
    """Return what stands in an object where the list is documented, if it is the documented object itself."""
    if listed is None or value.keys() & keys_of(kind) != {listed[0]}:
        return None
    inner = value[listed[0]]
    if isinstance(inner, list) and len(inner) == 1:
        inner = inner[0]
    return inner if isinstance(inner, dict) and listed[0] in inner else None


def _is_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def list_for(item: Any, value: Any, depth: int = _DEEPEST) -> list[Any] | None:
    """Return the list of what is documented, models or texts; ``None`` when there is none, or more than one."""
    if _is_model(item):
        if _tells_of_an_error(item, value):
            return None
        if isinstance(value, list) and (_some_fit(item, value) or not any(value)):
            return value
        if isinstance(value, dict) and value:
            if not keys_of(item).isdisjoint(value):
                return [value]
            if len(value) > 1 and all(isinstance(one, dict) and _some_fit(item, [one]) for one in value.values()):
                return list(value.values())
        if isinstance(value, list) and all(object_for(item, one) is not None for one in value):
            return value
        return _only(list_for(item, one, depth - 1) for one in _inside(value)) if depth else None
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
    """Return a map that came as one, as a list of several, or as a list of names with values.

    Raises:
        TypeError: It is something else.
    """
    if isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for one in value or ():
        if not isinstance(one, dict):
            raise TypeError(f"a {type(one).__name__} where an object is documented")
        name = one.get("header") or one.get("name")
        if isinstance(name, str) and len(one) == 2 and "value" in one:
            found[name] = one["value"] if name not in found else [found[name], one["value"]]
        else:
            found.update(one)
    return found


def innermost(value: Any) -> Any:
    """Return what an answer says that says one thing, out of the lists and objects that it stands in.

    In an object a message goes before anything else; one that says several things is returned as it is.
    """
    while isinstance(value, (dict, list)):
        if isinstance(value, list):
            found = value
        else:
            named = [value[name] for name in ("message", *_WRAPPERS) if isinstance(value.get(name), str)]
            found = [one for one in named if one][:1] or [one for name, one in value.items() if name != "request_id"]
        found = [one for one in found if holds_anything(one)]
        if len(found) != 1:
            return value if found else None
        value = found[0]
    return value


def word_in(value: Any) -> str | None:
    """Return as text what an answer says that is a word; an object with more in it as JSON, so that nothing is lost."""
    said = innermost(value)
    if said in (None, "") or isinstance(said, bool):
        return None
    try:
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    except RecursionError:
        return None


def text_in(content: bytes) -> str | None:
    """Return plain text that stands where a call documents no body; ``None`` for anything else.

    A page is no answer of this API, which speaks JSON: it is what a hotel's network, a filter or a maintenance site
    answers with 200, and then it is unknown whether the call got through. Half a JSON text may have been an error.
    """
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return None
    return None if text.startswith(("<", "{", "[")) or "\x00" in text else text


def holds_an_object(value: Any) -> bool:
    """Whether there is an object in it that says anything; a word, a number or a truth value is none."""
    # Not by recursion, here and below: an answer may be nested as deeply as Python can read.
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict) and any(holds_anything(part) for name, part in one.items() if name != "request_id"):
            return True
    return False


def is_flat(value: Any) -> bool:
    """Whether it is an object of words, numbers and truth values alone, of which none says that something failed."""
    return (
        isinstance(value, dict)
        and not any(isinstance(one, (dict, list)) for one in value.values())
        and not error_in(value)
        and innermost(value) is not False
    )


def holds_anything(value: Any) -> bool:
    """Whether it says anything, however deep inside."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, (dict, list)):
            left += one.values() if isinstance(one, dict) else one
        elif one is not None and one != "":
            return True
    return False


def error_in(value: Any, depth: int = _DEEPEST) -> bool:
    """Whether an object anywhere in it says that something went wrong."""
    if isinstance(value, dict):
        if any(value.get(name) for name in _OF_AN_ERROR):
            return True
        value = list(value.values())
    return isinstance(value, list) and depth > 0 and any(error_in(one, depth - 1) for one in value)


def is_lost(made: Any, value: Mapping[str, Any]) -> bool:
    """Whether what came says something, and nothing of it is in the model that was made of it."""
    # Most results say something at once, and nothing in a model is true by default.
    if any(one and one.__class__ is not tuple for one in vars(made).values()):
        return False
    blank = type(made)()
    own = _own_fields(type(made))
    if any(getattr(made, one.name) != getattr(blank, one.name) and not _blanks(getattr(made, one.name)) for one in own):
        return False
    defaults = {key: getattr(blank, one.name) for one in own for key in field_keys(one)}
    return holds_an_object({name: one for name, one in value.items() if one != defaults.get(name, _NOWHERE)})


def are_lost(made: tuple[Any, ...], values: list[Any]) -> bool:
    """Whether what came says something, and nothing of it is in the items that were made of it."""
    return holds_an_object(values) and _blanks(made)


def _blanks(items: Any) -> bool:
    return isinstance(items, tuple) and all(_is_model(type(one)) and one == type(one)() for one in items)


_NOWHERE = object()


def _some_fit(item: type[Any], values: list[Any]) -> bool:
    return any(isinstance(one, dict) and not keys_of(item).isdisjoint(one) for one in values)


def _inside(value: Any) -> list[Any]:
    """Return what may be what is looked for, one level further in."""
    if isinstance(value, dict):
        return [one for one in value.values() if _is_nested(one)]
    return value if _is_one(value) else []


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list)) and bool(value)


def _tells_of_an_error(kind: type[Any], value: Any) -> bool:
    """Whether an object says that something went wrong, in a field that the model does not have."""
    return isinstance(value, dict) and any(value.get(name) and name not in keys_of(kind) for name in _OF_AN_ERROR)


def _only(found: "Iterable[Any]") -> Any:
    fitting = [one for one in found if one is not None]
    return fitting[0] if len(fitting) == 1 else None
