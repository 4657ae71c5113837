"""Which rows of a call a refusal names, and how the others are sent; no I/O here."""

import re
from collections.abc import Sequence
from typing import Final

from ...errors import ApiError, BadRequestError
from .._plan import Row

MAX_TAKEN_OUT: Final = 10
"""How many refused calls the rows of a call may cost; after that its other rows are not tried. After as many refusals
in a row over the whole run, no call is tried again without its named rows.

The provider blocks an address after too many errors, and does not say how many. After twice as many in a row, the
client itself slows down (`_pacing.gate.MAX_REFUSALS_IN_A_ROW`).
"""

WITH_ITS_CALL: Final = "refused with its call"
"""What a journal keeps as ``detail`` of a row that was refused because another row of its call was wrong, or may have
been wrong. The next run sends it, since the other row may be corrected by then."""

_PATH = re.compile(r"""[\w\[\]./$#'"-]+""", re.ASCII)
_STEP = re.compile(r"[\w-]+", re.ASCII)
_POSITION = re.compile("0|[1-9][0-9]{0,3}")
_ABOVE = frozenset({"body", "data", "json", "payload", "request", "root"})
"""Names that may stand before the first field of a body. After any other name, the position may be that of another list
in the body."""

# Only where a message starts: further on it may repeat the value of the field, which can look like a path as well.
_QUOTED = re.compile(
    r"""\W*(?:the\s+)?(?:field|property|parameter|element|item)\s+['"`]([^'"`\s]+)['"`]""", re.IGNORECASE
)
_BARE = re.compile(
    r"(?:the\s+)?(?:(?:field|property|parameter|element|item)\s+)?([\w\[\]./$#-]+)(?=[\s:]|$)", re.IGNORECASE
)


def is_schema_error(error: Exception) -> bool:
    """Whether the API's schema refused a call, before anything of it was carried out."""
    return isinstance(error, BadRequestError) and (error.status, error.code, error.carried_out) == (
        400,
        "NON_VALIDATING_IN_PAYLOAD",
        False,
    )


def named_rows(error: Exception, field: str | None, count: int) -> list[int]:
    """Return the positions of the rows of a call that a refusal is about; none unless that is certain.

    It is certain for a 400 for the schema, after which nothing was carried out, if every part of it names a row: as
    ``emails[3].to[0]``, ``emails.3.to``, ``/emails/3/to`` or the like, as the name of a field or at the start of the
    message about it.

    Args:
        error: What the call raised.
        field: The field of the request that holds a list of rows, or ``None``.
        count: How many rows there are.
    """
    if field is None or not is_schema_error(error):
        return []
    assert isinstance(error, ApiError)
    found: set[int] = set()
    for name, message in error.field_errors.items():
        position = _position(name, message, field)
        # If a single part is about something else, the call without the named rows would be refused again.
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
        # Two different positions: which of them is wrong is not certain.
        return by_name if by_message in (None, by_name) else None
    # A name such as "to" is a part of the path in the message. A name that is not in there is about something else.
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


def without_named(rows: list[Row], named: Sequence[int], *, split: bool) -> list[list[Row]]:
    """Return the other rows of a call whose refusal names some, grouped into the calls in which they are sent.

    Args:
        rows: All rows of the refused call.
        named: The positions of some of them, in order.
        split: Whether the rows before the first named row get a call of their own.
    """
    # The API names the first wrong row, so the rows before it are accepted. A call for them alone keeps many wrong rows
    # from being many refusals in a row.
    first = named[0] if split else 0
    left_out = set(named)
    others = [row for position, row in enumerate(rows) if position >= first and position not in left_out]
    return [part for part in (rows[:first], others) if part]


def because_of_others(error: Exception) -> ApiError:
    """Make the error of a row that was refused only because another row of its call was wrong."""
    assert isinstance(error, ApiError)
    return BadRequestError(
        "its call was refused because of another row, so nothing of the call was carried out",
        operation=error.operation,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
