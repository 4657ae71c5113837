"""What every result shares: `Reply` for an object, `ListReply` for an array, `EmptyReply` for a word or nothing."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

import attrs

from ._masking import shown_half_made
from ._model_class import MaskedAddress, model
from .period import CalendarPeriod

T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R", bound="Reply")


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
        return _to_dict(self, raw=raw)


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
        return _to_dict(self, raw=raw)


def stamp(reply: R, request_id: str | None, raw: object) -> R:
    """Put the request id and the whole response on a reply that was just made and is not shared yet."""
    object.__setattr__(reply, "request_id", request_id)
    object.__setattr__(reply, "raw", raw)
    return reply


def _to_dict(result: Any, *, raw: bool) -> dict[str, Any]:
    """Return the fields of a result under their names, ready for JSON."""
    found = _json_form(result)
    if raw:
        found["raw"] = result.raw.decode(errors="replace") if isinstance(result.raw, bytes) else result.raw
    assert isinstance(found, dict)
    return found


def _json_form(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, CalendarPeriod):
        return value.text
    if isinstance(value, Mapping):
        return {str(key): _json_form(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_json_form(item) for item in value]
    if attrs.has(type(value)):
        return {name: _json_form(getattr(value, name)) for name in attrs.fields_dict(type(value)) if name != "raw"}
    return value
