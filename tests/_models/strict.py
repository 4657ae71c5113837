"""A converter that reads what is documented and nothing else, for the tests of the contract."""

import datetime as dt
import functools
from typing import Any, get_args

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from smtp2go_async._model_class import SentAsText, field_keys
from smtp2go_async._models.converter import (
    _STAMPED,
    _bare,
    _fields,
    _is_annotated,
    _is_open_set,
    _is_optional,
    _is_tuple,
    _optional,
)
from smtp2go_async._models.scalars import SCALARS, Hook
from smtp2go_async.period import CalendarPeriod
from smtp2go_async.reply import Reply


@functools.cache
def strict() -> Converter:
    """Return the converter for the contract tests: it refuses what is not documented."""
    converter = Converter(detailed_validation=False, forbid_extra_keys=True)
    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, _only(kind))
    for documented in (dt.datetime, CalendarPeriod):
        converter.register_structure_hook(documented, SCALARS[documented])
    converter.register_structure_hook_factory(_is_optional, functools.partial(_optional, converter))
    converter.register_structure_hook_factory(_is_open_set, lambda _type: _only(str))
    converter.register_structure_hook_factory(_is_sent_as_text, lambda annotation: SCALARS[_bare(annotation)])
    converter.register_structure_hook_factory(_is_tuple, functools.partial(_strict_tuple, converter))
    converter.register_structure_hook_factory(attrs.has, functools.partial(_strict_model, converter))
    return converter


def _only(kind: type) -> Hook:
    def hook(value: Any, _type: object) -> Any:
        # JSON has one kind of number, so a whole number may stand in place of a fraction; a truth value is never a number.
        if type(value) is kind or (kind is float and type(value) is int):
            return value
        raise TypeError(f"a {type(value).__name__} where a {kind.__name__} is documented")

    return hook


def _strict_tuple(converter: Converter, annotation: Any) -> Hook:
    inner = get_args(annotation)[0]
    read = converter.get_structure_hook(inner)

    def hook(value: Any, _type: object) -> Any:
        # cattrs would take a text apart into its letters.
        return tuple([read(item, inner) for item in _only(list)(value, list)])

    return hook


def _is_sent_as_text(annotation: Any) -> bool:
    return _is_annotated(annotation) and any(isinstance(mark, SentAsText) for mark in get_args(annotation))


def _strict_model(converter: Converter, cls: type[Any]) -> Hook:
    """Let cattrs write the function for a model, with the API's names and without what `stamp` puts on."""
    overrides = {}
    for field in _fields(cls):
        if issubclass(cls, Reply) and field.name in _STAMPED:
            overrides[field.name] = override(omit=True)
        elif (key := field_keys(field)[0]) != field.name:
            overrides[field.name] = override(rename=key)
    make: Any = make_dict_structure_fn
    generated: Hook = make(
        cls,
        converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=False,
        _cattrs_use_linecache=False,
        **overrides,
    )
    return generated
