"""What a refusal says about single rows of its call; no I/O here."""

import re
from collections.abc import Sequence
from typing import Final

from ...errors import ApiError, BadRequestError
from .._plan import Row

MAX_TAKEN_OUT: Final = 10
"""Refused calls for the rows of one after which its others are not tried; in a row over a run, all others are not.

The provider blocks an address after too many errors, and does not say how many. After twice as many in a row, the
client itself slows down (`_pacing.gate.MAX_REFUSALS_IN_A_ROW`).
"""

WITH_ITS_CALL: Final = "refused with its call"
"""What a journal keeps as ``detail`` of a row that was refused because another row of its call was wrong, or may have
been: the next run sends it, since the other one may be corrected by then."""

_PATH = re.compile(r"""[\w\[\]./$#'"-]+""", re.ASCII)
_STEP = re.compile(r"[\w-]+", re.ASCII)
_POSITION = re.compile("0|[1-9][0-9]{0,3}")
_ABOVE = frozenset({"body", "data", "json", "payload", "request", "root"})
"""What may stand before the first field of a body; any other name belongs to a row of which nobody knows which."""

# Only at the begin: further behind, a message may repeat what was in the field, which can look like a path as well.
_QUOTED = re.compile(
    r"""\W*(?:the\s+)?(?:field|property|parameter|element|item)\s+['"`]([^'"`\s]+)['"`]""", re.IGNORECASE
)
_BARE = re.compile(
    r"(?:the\s+)?(?:(?:field|property|parameter|element|item)\s+)?([\w\[\]./$#-]+)(?=[\s:]|$)", re.IGNORECASE
)


def is_of_the_schema(error: Exception) -> bool:
    """Tell whether the API's schema turned a call away, before anything of it was carried out."""
    return isinstance(error, BadRequestError) and (error.status, error.code, error.carried_out) == (
        400,
        "NON_VALIDATING_IN_PAYLOAD",
        False,
    )


def named_rows(error: Exception, field: str | None, count: int) -> list[int]:
    """Return the positions of those rows of a call that a refusal is about; none unless that is certain.

    Certain is a 400 for the schema, so that nothing was carried out, of which every part names a row: as
    ``emails[3].to[0]``, ``emails.3.to``, ``/emails/3/to`` or the like, where the API names a field or where the message
    about it begins.

    Args:
        error: What the call raised.
        field: The field of the request that has the rows, if they are in a list.
        count: How many there are.
    """
    if field is None or not is_of_the_schema(error):
        return []
    assert isinstance(error, ApiError)
    found: set[int] = set()
    for name, message in error.field_errors.items():
        position = _position(name, message, field)
        if position is None or position >= count:
            return []
        found.add(position)
    return sorted(found)


def _position(name: str, message: str, field: str) -> int | None:
    by_name = _position_in(name, field)
    in_message = _QUOTED.match(message) or _BARE.match(message)
    path = in_message[1] if in_message is not None else ""
    by_message = _position_in(path, field)
    if by_name is not None:
        return by_name if by_message in (None, by_name) else None
    # A name such as "to" is only a part of the path in the message; one that is not in there speaks of something else.
    return by_message if set(_STEP.findall(name)) <= set(_STEP.findall(path)) else None


def _position_in(path: str, field: str) -> int | None:
    if not _PATH.fullmatch(path):
        return None
    steps = _STEP.findall(path)
    if steps and steps[0].lower() in _ABOVE:
        del steps[0]
    if len(steps) < 2 or steps[0].lower() != field or not _POSITION.fullmatch(steps[1]):
        return None
    return int(steps[1])


def without_named(rows: list[Row], named: Sequence[int], *, apart: bool) -> list[list[Row]]:
    """Return the others of a call whose refusal names some rows, in the calls in which they are sent.

    Args:
        rows: Those of the call.
        named: Positions, in order; not all.
        apart: Whether to send what was before the first that is named in a call of its own. It is accepted, since the
            API names the first that is wrong. So where many are wrong, there are not many refusals in a row.
    """
    first = named[0] if apart else 0
    left = set(named)
    behind = [row for place, row in enumerate(rows) if place >= first and place not in left]
    return [part for part in (rows[:first], behind) if part]


def because_of_others(error: Exception) -> ApiError:
    """Make the error of a row that was refused only because another one of its call was wrong."""
    assert isinstance(error, ApiError)
    return BadRequestError(
        "its call was refused because of another row, so nothing of the call was carried out",
        operation=error.operation,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
