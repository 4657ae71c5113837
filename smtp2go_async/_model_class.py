"""How a class of results is declared: `model` makes it, and the types of its fields say what its repr hides."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_origin

import attrs

from ._masking import repr_masked, repr_personal, repr_secret, repr_url, shown_half_made

T = TypeVar("T")


@attrs.frozen(repr=False)
class _ShownAs:
    """Marks a type whose values are shown in a repr by a function of their own."""

    repr: Callable[[object], str]

    def __repr__(self) -> str:
        # `help` shows it with every field.
        return self.repr.__name__.removeprefix("repr_")


@attrs.frozen
class InOneText:
    """Marks text that can come as a list or an object as well; it is joined, so that nothing of it is lost."""

    separator: str


Joined = Annotated[str, InOneText(", ")]
"""Text that can come as a list, for example the values of a header that occurs more than once."""

MaskedAddress = Annotated[str, _ShownAs(repr_masked), InOneText(", ")]
"""Text with e-mail addresses or telephone numbers; masked in reprs."""

Secret = Annotated[str, _ShownAs(repr_secret)]
"""A key or password; never shown in reprs."""

PersonalText = Annotated[str, _ShownAs(repr_personal), InOneText("\n")]
"""Text that a person wrote to another; reprs show only its length."""


@attrs.frozen
class SentAsText:
    """Marks a number that the API documents as text."""


Percent = Annotated[float, SentAsText()]
"""A percentage: a number here, documented as text (``"7.33"``) in some responses and as a number in others."""


Url = Annotated[str, _ShownAs(repr_url)]
"""A URL that can hold credentials or a token; reprs show its host."""


def named(*keys: str) -> dict[str, tuple[str, ...]]:
    """Return the metadata of a field whose name in the API differs from ours: every spelling that has been seen."""
    return {"keys": keys}


def _markers(annotation: object) -> Iterator[_ShownAs]:
    if get_origin(annotation) is Annotated:
        yield from (mark for mark in get_args(annotation) if isinstance(mark, _ShownAs))
    for part in get_args(annotation):
        yield from _markers(part)


def _show_by_marker(_cls: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    shown = []
    for field in fields:
        mark = next(_markers(field.type), None)
        shown.append(field.evolve(repr=mark.repr) if mark is not None and field.repr is True else field)
    return shown


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def model(cls: type[T]) -> type[T]:
    """Make a frozen class with keyword-only fields; fields of a marked type are masked in its repr.

    A module with models must not postpone its annotations: the marks are read from the types. The classes have no
    slots, because an instance is filled quicker through its ``__dict__``, and a page of activity has a thousand.
    """
    return shown_half_made(attrs.frozen(cls, kw_only=True, slots=False, field_transformer=_show_by_marker))


def field_keys(field: "attrs.Attribute[Any]") -> Sequence[str]:
    """Return the names that a field has in the API, with the documented name first."""
    metadata: Mapping[str, Sequence[str]] = field.metadata
    return metadata.get("keys") or (field.name,)
