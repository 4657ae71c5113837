"""Settle unknown rows by asking the account what it did."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from anyio import to_thread

from .._calls import Calls
from .._values.numbers import digits_of
from ..endpoints.activity import Activity
from ..endpoints.sms import Sms
from ..errors import JournalError
from ..retry import RetryPolicy
from ._journal.hashes import tokens_of
from ._journal.row_states import JournalRow, Settled
from ._plan import TOKEN_HEADER
from ._run.channels import content_hash
from .journal import Journal
from .outcome import ReconcileReport

MAX_ACTIVITY_LAG_SECONDS = 130.0
"""Seconds after which a call that was carried out can be found; the provider speaks of two minutes."""

_SECONDS_BEFORE_CLAIM = 120.0
"""How long before a claim a search starts: the clocks of both sides need not agree."""
_SECONDS_AFTER_CLAIM = 900.0
"""How long after a claim a search ends: a call can take long, and a batch is processed in the background."""

_MIN_CLOCK_TIME = 7 * 86_400.0
"""Seconds since 1970; a clock that was never set starts at 0."""

_EARLY_EVENTS = ("processed", "delivered", "soft-bounced", "hard-bounced", "rejected")
"""Events that come soon after an e-mail was accepted. Of later events, as openings, there can be any number."""


async def settle(calls: Calls, journal: Journal, *, wait: bool) -> ReconcileReport:
    """Search for all unknown rows, and settle the rows that are found.

    Raises:
        JournalError: The clock was wrong when some rows were claimed, so that they can't be searched for. The other
            rows are settled.
    """
    if journal.kind is None:
        raise JournalError(f"journal: {journal.path!r} is empty: no run was started with it")
    rows = await to_thread.run_sync(lambda: list(journal.rows("unknown", "claimed")))
    if not rows:
        return ReconcileReport()
    if wait:
        newest = max(row.settled or row.claimed for row in rows)
        missing = newest + MAX_ACTIVITY_LAG_SECONDS - journal.now()
        if missing > 0:
            await calls.sleep(min(missing, MAX_ACTIVITY_LAG_SECONDS))
    # After too many searches, the API refuses more for a minute. Without patience, what was found until then would be
    # found for nothing.
    patient = calls.evolve(retry=RetryPolicy.patient())
    search = _search_texts if journal.kind == "sms" else _search_emails
    found: dict[str, Settled] = {}
    now = journal.now()
    dated = [row for row in rows if _MIN_CLOCK_TIME < row.claimed <= now + _SECONDS_BEFORE_CLAIM]
    for start, end, group in _windows(dated, now):
        here = await search(patient, journal, start, end, group)
        # After each search, so that an error of a later search loses nothing.
        await to_thread.run_sync(journal.commit, (), list(here.values()))
        found.update(here)
    if len(dated) < len(rows):
        raise JournalError(
            f"journal: {journal.path!r} has unknown rows ({len(rows) - len(dated):,}) that were claimed in 1970 or in "
            "the future, by the clock of this machine. They can't be searched for by their time. Set the clock if it "
            "is wrong now; if it was wrong then, look for them in the account's activity before you send them again. "
            f"Of the others, {len(found):,} were found and settled"
        )
    left = tuple(row.reference for row in rows if row.reference not in found)
    return ReconcileReport(settled=len(found), unknown=len(left), references=left)


def _windows(rows: Sequence[JournalRow], now: float) -> Iterable[tuple[dt.datetime, dt.datetime, list[JournalRow]]]:
    """Group rows that were claimed near each other, so that no search reads the events between two groups."""
    ordered = sorted(rows, key=lambda row: row.claimed)
    groups: list[list[JournalRow]] = []
    for row in ordered:
        if groups and row.claimed - groups[-1][-1].claimed < _SECONDS_BEFORE_CLAIM + _SECONDS_AFTER_CLAIM:
            groups[-1].append(row)
        else:
            groups.append([row])
    for group in groups:
        start = group[0].claimed - _SECONDS_BEFORE_CLAIM
        end = max(min(now, max(row.settled or row.claimed for row in group) + _SECONDS_AFTER_CLAIM), start + 1.0) + 1.0
        yield dt.datetime.fromtimestamp(int(start), dt.UTC), dt.datetime.fromtimestamp(int(end) + 1, dt.UTC), group


async def _search_emails(
    calls: Calls, journal: Journal, start: dt.datetime, end: dt.datetime, rows: Sequence[JournalRow]
) -> Mapping[str, Settled]:
    """Find e-mails by the token in their headers."""
    references = [row.reference for row in rows]
    wanted = dict(zip(tokens_of(journal.id, references), references, strict=True))
    found: dict[str, Settled] = {}
    # All events and not only the latest of each e-mail: an opening next week is outside of this time, and would hide
    # the events within it.
    events = Activity(calls).search_all(
        start_date=start, end_date=end, event_types=_EARLY_EVENTS, custom_headers=[TOKEN_HEADER]
    )
    async for event in events:
        headers = {name.lower(): value for name, value in (event.custom_headers or {}).items()}
        reference = wanted.get(str(headers.get(TOKEN_HEADER.lower(), "")).strip())
        if reference is not None:
            found[reference] = Settled(reference, "sent", event.email_id or None)
            if len(found) == len(wanted):
                break
    return found


async def _search_texts(
    calls: Calls, journal: Journal, start: dt.datetime, end: dt.datetime, rows: Sequence[JournalRow]
) -> Mapping[str, Settled]:
    """Find texts by their number and content."""
    wanted = {row.reference for row in rows}
    page = await Sms(calls).view_sent(start_date=start, end_date=end)
    found: dict[str, Settled] = {}
    for message in page.messages:
        number = f"+{digits_of(message.destination_address)}"
        if number in wanted and journal.content == content_hash(journal, message.content):
            found[number] = Settled(number, "sent", message.id or None, detail=message.status or None)
    return found
