"""Rows made from the items of the caller's list: e-mails or telephone numbers."""

from collections.abc import AsyncIterable, Iterable
from typing import Protocol, cast

from ..._values.numbers import normal_number
from ..._values.problems import mistyped, wrong_type
from ...errors import InvalidArgumentError
from ...message import Email
from .._plan import MAX_REFERENCE_LENGTH, Row, check_reference, recipients_of
from .._seen import Seen
from ..outcome import Outcome, SmsOutcome

EmailItem = Email | tuple[str, Email] | Outcome
"""An outcome stands for a row that is not sent, as `EmailFile` finds them."""
EmailSource = Iterable[EmailItem] | AsyncIterable[EmailItem]
NumberSource = Iterable[str] | AsyncIterable[str]

ListItem = EmailItem | str
"""An item of either list, before it is checked: the caller may have put anything there."""
ListSource = EmailSource | NumberSource


class MakeRow(Protocol):
    """Makes a row of an item of the list; ``number`` counts from 1."""

    def __call__(self, item: ListItem, number: int, seen: Seen) -> Row | Outcome:
        """Return the row, or an outcome for an item that can't be sent."""
        ...


class DuplicateError(InvalidArgumentError):
    """A reference, or a number, that came before in the same list."""


def is_bad_row(outcome: Outcome) -> bool:
    """Whether a row can't be sent at all. A duplicate is not bad: the journal has the first row of its reference."""
    return outcome.status == "failed" and not isinstance(outcome.error, DuplicateError)


def number_row(item: ListItem, number: int, seen: Seen) -> Row | Outcome:
    """Make the row of a telephone number, which is its own reference."""
    try:
        normal = normal_number(item, f"destinations, row {number:,}")
    except (TypeError, ValueError) as error:
        # The number is the reference, so that the caller finds it in the list.
        return SmsOutcome(reference=_item_text(item), status="failed", error=error)
    if not seen.add(normal):
        # Not `failed`, as for e-mails: the number gets its text, by the row before.
        return SmsOutcome(
            reference=normal,
            status="skipped",
            error=DuplicateError(f"destinations, row {number:,}: the same number came before in this list"),
        )
    return Row(normal, recipients=(normal,))


def email_row(item: ListItem, number: int, seen: Seen) -> Row | Outcome:
    """Make the row of an e-mail; without a reference it goes by its number."""
    reference: object = None
    if isinstance(item, tuple):
        if len(item) != 2:
            raise mistyped(_place(number), f"must be a pair (reference, Email), not a tuple of {len(item):,}")
        reference, item = item
        check_reference(reference, _place, number)
    if isinstance(item, Outcome):
        # An `EmailFile` without checks gives these for its bad rows.
        return item
    if not isinstance(item, Email):
        raise wrong_type(_place(number), "an Email or (reference, Email)", item)
    name = str(number) if reference is None else cast("str", reference)
    # A given reference can equal the number of another row. In the journal both would share a row, and after a
    # crash the outcome of the first would be taken for that of the second.
    if not seen.add(name):
        return Outcome(
            reference=name,
            status="failed",
            error=DuplicateError(
                f"{_place(number)}: its reference came before in this list, and nothing is sent twice"
            ),
        )
    return Row(name, item, recipients_of(item))


def _place(number: int) -> str:
    return f"emails, row {number:,}"


def _item_text(item: object) -> str:
    try:
        return str(item)[:MAX_REFERENCE_LENGTH]
    except Exception:
        # Python writes no integers of over 4,300 digits, and no lists that are nested a thousand deep.
        return type(item).__name__
