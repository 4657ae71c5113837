"""The classes of results: `Reply` for an object, `ListReply` for an array, `EmptyReply` for a word or nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_origin, overload

import attrs

from .._masking import repr_masked, repr_personal, repr_secret, repr_url, shown_half_made

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R", bound="Reply")


@attrs.frozen
class _ShownAs:
    """Marks a type whose values are shown in a repr by a function of their own."""

    repr: Callable[[object], str]


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


@model
class Reply:
    """The base of every result that is an object."""

    request_id: str | None = None
    """The id of the call, which SMTP2GO's support asks for."""
    raw: Any = attrs.field(default=None, repr=False, eq=False)
    """The whole response as decoded JSON, with every field that this version does not know."""

    def to_dict(self, *, raw: bool = False) -> dict[str, Any]:
        """Return the fields as an object for JSON: times as ISO 8601, lengths of time as the API wrote them.

        The object is data and not a text for a log: it has the keys, passwords and addresses that reprs hide.

        Args:
            raw: Add the whole response as ``raw``.

        Example:
            >>> EmptyReply(message="removed", request_id="r-1").to_dict()
            {'request_id': 'r-1', 'message': 'removed'}
        """
        from .plain import result_to_dict  # here, because most programs need none of it

        return result_to_dict(self, raw=raw)


@model
class SendReply(Reply):
    """A result of a send: it says whether anything was accepted."""

    @property
    def accepted(self) -> bool | None:
        """Whether the provider took the message; ``None`` when the response doesn't say."""
        return None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing was accepted, in the provider's words."""
        return ()


@model
class EmptyReply(Reply):
    """The result of a call whose response is a word or nothing."""

    message: MaskedAddress | None = None
    """The provider's word, if there was any; it can name an address."""


@model
class AnyReply(Reply):
    """The result of a call that this version has no model for."""

    data: Any = None
    """The ``data`` of the response, or the whole response where it has none, as decoded JSON."""


@shown_half_made
@attrs.frozen
class ListReply(Sequence[T_co]):
    """A result that is an array; use it as a sequence."""

    items: tuple[T_co, ...] = ()
    request_id: str | None = attrs.field(default=None, kw_only=True)
    """The id of the call, which SMTP2GO's support asks for."""
    raw: Any = attrs.field(default=None, repr=False, eq=False, kw_only=True)
    """The whole response as decoded JSON, with every field that this version does not know."""

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | Sequence[T_co]:
        return self.items[index]

    def to_dict(self, *, raw: bool = False) -> dict[str, Any]:
        """Return the ``items`` and the ``request_id`` as an object for JSON; see `Reply.to_dict`.

        The object is data and not a text for a log: it has the keys, passwords and addresses that reprs hide.

        Args:
            raw: Add the whole response as ``raw``.

        Example:
            >>> ListReply(("/email/send",), request_id="r-1").to_dict()
            {'items': ['/email/send'], 'request_id': 'r-1'}
        """
        from .plain import result_to_dict  # here, because most programs need none of it

        return result_to_dict(self, raw=raw)


def stamp(reply: R, request_id: str | None, raw: object) -> R:
    """Put the request id and the whole response on a reply that was just made and is not shared yet."""
    object.__setattr__(reply, "request_id", request_id)
    object.__setattr__(reply, "raw", raw)
    return reply


def field_keys(field: "attrs.Attribute[Any]") -> Sequence[str]:
    """Return the names that a field has in the API, with the documented name first."""
    metadata: Mapping[str, Sequence[str]] = field.metadata
    return metadata.get("keys") or (field.name,)
