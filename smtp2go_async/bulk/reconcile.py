"""Settle what is unknown: ask the account what it did."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from anyio import to_thread

from .._calls import Calls
from .._values.numbers import digits_of
from ..endpoints.activity import Activity
from ..endpoints.sms import Sms
from ..errors import JournalError
from ..retry import RetryPolicy
from ._journal.schema import JournalRow, Settled
from ._plan import HEADER, tokens_of
from ._run.channels import content_hash
from .journal import Journal
from .outcome import ReconcileReport

LAG = 130.0
"""Seconds after which what was carried out can be found; the provider speaks of two minutes."""

_BEFORE = 120.0
"""Seconds before a claim from which to search: two clocks need not agree."""
_AFTER = 900.0
"""Seconds after a claim up to which to search: a call can take long, and a batch is worked off in the background."""

_NEVER_SET = 7 * 86_400.0
"""Seconds since 1970; a clock that was never set begins at 0."""

_EVENTS = ("processed", "delivered", "soft-bounced", "hard-bounced", "rejected")
"""What comes soon after an e-mail was taken; of openings there can be any number."""


async def settle(calls: Calls, journal: Journal, *, wait: bool) -> ReconcileReport:
    """Search for all rows that are unknown, and settle those that are found.

    Raises:
        JournalError: The clock was wrong when some of them were claimed, so that they can't be searched for; the others
            are settled.
    """
    if journal.kind is None:
        raise JournalError(f"journal: {journal.path!r} is empty: no run was begun with it")
    rows = await to_thread.run_sync(lambda: list(journal.rows("unknown", "claimed")))
    if not rows:
        return ReconcileReport()
    if wait:
        newest = max(row.settled or row.claimed for row in rows)
        missing = newest + LAG - journal.now()
        if missing > 0:
            await calls.sleep(min(missing, LAG))
    # A search is refused for a minute when there were too many, and what was found before then would be for nothing.
    patient = calls.evolve(retry=RetryPolicy.patient())
    search = _texts if journal.kind == "sms" else _emails
    found: dict[str, Settled] = {}
    now = journal.now()
    dated = [row for row in rows if _NEVER_SET < row.claimed <= now + _BEFORE]
    for start, end, group in _windows(dated, now):
        here = await search(patient, journal, start, end, group)
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
    """Group rows that were claimed near each other, so that no search goes through what lies between."""
    ordered = sorted(rows, key=lambda row: row.claimed)
    groups: list[list[JournalRow]] = []
    for row in ordered:
        if groups and row.claimed - groups[-1][-1].claimed < _BEFORE + _AFTER:
            groups[-1].append(row)
        else:
            groups.append([row])
    for group in groups:
        start = group[0].claimed - _BEFORE
        end = max(min(now, max(row.settled or row.claimed for row in group) + _AFTER), start + 1.0) + 1.0
        yield dt.datetime.fromtimestamp(int(start), dt.UTC), dt.datetime.fromtimestamp(int(end) + 1, dt.UTC), group


async def _emails(
    calls: Calls, journal: Journal, start: dt.datetime, end: dt.datetime, rows: Sequence[JournalRow]
) -> Mapping[str, Settled]:
    """Find e-mails by the header that each carries."""
    references = [row.reference for row in rows]
    wanted = dict(zip(tokens_of(journal.id, references), references, strict=True))
    found: dict[str, Settled] = {}
    # Not only the latest of each e-mail: an opening next week is not of this time, and would hide what was before.
    events = Activity(calls).search_all(start_date=start, end_date=end, event_types=_EVENTS, custom_headers=[HEADER])
    async for event in events:
        headers = {name.lower(): value for name, value in (event.custom_headers or {}).items()}
        reference = wanted.get(str(headers.get(HEADER.lower(), "")).strip())
        if reference is not None:
            found[reference] = Settled(reference, "sent", event.email_id or None)
            if len(found) == len(wanted):
                break
    return found


async def _texts(
    calls: Calls, journal: Journal, start: dt.datetime, end: dt.datetime, rows: Sequence[JournalRow]
) -> Mapping[str, Settled]:
    """Find texts by their number and what they say."""
    wanted = {row.reference for row in rows}
    page = await Sms(calls).view_sent(start_date=start, end_date=end)
    found: dict[str, Settled] = {}
    for one in page.messages:
        number = f"+{digits_of(one.destination_address)}"
        if number in wanted and journal.content == content_hash(journal, one.content):
            found[number] = Settled(number, "sent", one.id or None, detail=one.status or None)
    return found
