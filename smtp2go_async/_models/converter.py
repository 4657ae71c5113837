"""Turn decoded JSON into models, loosely.

The API's responses are not clean: numbers come as strings, lists as lone values, ids as numbers, times in five formats.
`loose` reads all of that. A field that can't be read keeps its default, because an accepted send must not look failed
for a dirty field.
"""

import functools
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import attrs

from .._model_class import InOneText, field_keys
from .._runtime.loading import loading
from ..reply import Reply
from .prose import pieces, to_prose
from .scalars import SCALARS, Hook, to_str
from .shapes import keys_of, list_for, map_for, object_for

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")


def _fields(cls: type) -> "tuple[attrs.Attribute[Any], ...]":
    found: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return found


_STAMPED = frozenset(field.name for field in _fields(Reply))


@functools.cache
def loose() -> "Converter":
    """Return the converter that reads everything that can be read."""
    with loading:
        from cattrs import Converter  # here, because a client that has made no call does not need it

        converter = Converter(detailed_validation=False)
        for kind, hook in SCALARS.items():
            # Registered by type: cattrs asks predicates last, and its own hook for text would turn null into "None".
            converter.register_structure_hook(kind, hook)
        _register_shapes(converter)
        converter.register_structure_hook_factory(attrs.has, functools.partial(_loose_model, converter))
        return converter


def _is_annotated(annotation: object) -> bool:
    return get_origin(annotation) is Annotated


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if _is_annotated(annotation) else annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _is_open_set(annotation: Any) -> bool:
    """Whether this is ``Literal["known", ...] | str``: a set of words that the provider may add to."""
    if not _is_union(annotation):
        return False
    parts = [_bare(part) for part in get_args(annotation)]
    return str in parts and all(part is str or get_origin(part) is Literal for part in parts)


def _is_optional(annotation: Any) -> bool:
    return _is_union(annotation) and type(None) in get_args(annotation)


def _is_tuple(annotation: Any) -> bool:
    return get_origin(annotation) is tuple


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) in (dict, Mapping)


def _register_shapes(converter: "Converter") -> None:
    converter.register_structure_hook_factory(_is_optional, functools.partial(_optional, converter))
    converter.register_structure_hook_factory(_is_open_set, lambda _type: to_str)
    converter.register_structure_hook_factory(_is_tuple, functools.partial(_loose_tuple, converter))
    converter.register_structure_hook_factory(_is_mapping, functools.partial(_loose_mapping, converter))
    converter.register_structure_hook_factory(_is_annotated, functools.partial(_annotated, converter))


def _annotated(converter: "Converter", annotation: Any) -> Hook:
    for mark in get_args(annotation):
        if isinstance(mark, InOneText):
            return lambda value, _type: to_prose(value, mark.separator)
    return converter.get_structure_hook(_bare(annotation))


def _is_prose(annotation: Any) -> bool:
    return _is_annotated(annotation) and any(isinstance(mark, InOneText) for mark in get_args(annotation))


def _optional(converter: "Converter", annotation: Any) -> Hook:
    # A set of words that can be null is a union of three types, so without null it can still be a union.
    inner: Any = Union[tuple(part for part in get_args(annotation) if part is not type(None))]  # noqa: UP007
    read = converter.get_structure_hook(inner)

    def hook(value: Any, _type: object) -> Any:
        return None if value is None else read(value, inner)

    return hook


def _loose_tuple(converter: "Converter", annotation: Any) -> Hook:
    inner = get_args(annotation)[0]
    read = converter.get_structure_hook(inner)
    blank = inner if attrs.has(inner) else None
    prose = _is_prose(inner)

    def item(value: Any) -> Any:
        try:
            return read(value, inner)
        except Exception:
            # Results are matched to requests by their position, so an item that can't be read keeps its place.
            return blank() if blank is not None else _UNREADABLE

    def hook(value: Any, _type: object) -> Any:
        if value is None or value == "":
            return ()
        if not isinstance(value, list):
            value = pieces(value) if prose and isinstance(value, dict) else list_for(inner, value) or (value,)
        try:
            return tuple([read(item, inner) for item in value])
        except Exception:
            if len(value) == 1 and isinstance(value[0], list):
                return hook(value[0], _type)
            return tuple([found for found in map(item, value) if found is not _UNREADABLE])

    return hook


def _loose_mapping(converter: "Converter", annotation: Any) -> Hook:
    key_type, value_type = get_args(annotation)
    read_key, read = converter.get_structure_hook(key_type), converter.get_structure_hook(value_type)

    def hook(value: Any, _type: object) -> dict[Any, Any]:
        found = {}
        for key, item in map_for(value).items():
            try:
                found[read_key(key, key_type)] = read(item, value_type)
            except Exception:  # noqa: S112 - an unreadable count must not take the readable ones with it; raw has it
                continue
        return found

    return hook


_UNREADABLE = object()


def _loose_model(converter: "Converter", cls: type[T]) -> Hook:
    """Make the function that reads a model: every field has a default, and keeps it when its value can't be read.

    The function goes once over the decoded object, straight into the instance. The function that cattrs makes and the
    constructor take twice as long for a page of events, because most of the fields that an event can have are absent.
    """
    texts: dict[str, str] = {}
    readers: dict[str, Hook] = {}
    others: dict[str, tuple[str, Hook, Any]] = {}
    for field in _fields(cls):
        if field.default is attrs.NOTHING:
            raise TypeError(f"{cls.__name__}.{field.name} needs a default: a response may come without it")
        if not (issubclass(cls, Reply) and field.name in _STAMPED):
            kind: Any = field.type
            read = converter.get_structure_hook(kind)
            if read is to_str or _is_prose(kind):
                texts[field_keys(field)[0]] = field.name
                readers[field_keys(field)[0]] = read
            else:
                others[field_keys(field)[0]] = (field.name, read, kind)
    blank = cls().__dict__
    made_anew = [
        (field.name, type(value)) for field in _fields(cls) if isinstance(value := blank[field.name], (dict, list))
    ]
    spellings = _spellings(cls)
    known = keys_of(cls)
    new: Any = cls.__new__
    texts_get, put = texts.get, object.__setattr__

    def hook(value: Any, _type: object) -> T:
        if value.__class__ is not dict or known.isdisjoint(value):
            value = _found_in(value, cls)
        if spellings:
            value = _respelled(value, spellings)
        made: T = new(cls)
        fields = blank.copy()
        # A frozen class refuses `setattr`. Copying the defaults is quicker than filling a new dict.
        put(made, "__dict__", fields)
        for name, kind in made_anew:
            fields[name] = kind()
        for key, found in value.items():
            try:
                text = texts_get(key)
                if text is not None:
                    fields[text] = found if found.__class__ is str else readers[key](found, str)
                elif found is not None and key in others:
                    name, read, kind = others[key]
                    fields[name] = read(found, kind)
            except Exception:  # noqa: S112 - the field keeps its default, and raw has the value
                continue
        return made

    return hook


def _found_in(value: Any, cls: type[Any]) -> dict[str, Any]:
    found = object_for(cls, value)
    if found is not None:
        return found
    if isinstance(value, dict):
        return value
    raise TypeError(f"a {type(value).__name__} where an object is documented")


def _spellings(cls: type[Any]) -> Sequence[tuple[str, Sequence[str]]]:
    """List the fields that have been seen under several names: the documented name, then the others."""
    return [(keys[0], keys[1:]) for keys in map(field_keys, _fields(cls)) if len(keys) > 1]


def _respelled(value: dict[str, Any], spellings: Sequence[tuple[str, Sequence[str]]]) -> dict[str, Any]:
    value = dict(value)
    for documented, others in spellings:
        for other in others:
            if value.get(documented) is None and other in value:
                value[documented] = value[other]
    return value
