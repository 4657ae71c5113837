"""Events to store, and a clock that a test sets."""

import json
from pathlib import Path

from smtp2go_async.webhooks.parse import parse

TESTS = Path(__file__).parents[1]
"""The folder in which the programs of tests find this file."""

NOON = 1_774_340_000.0
JSON = "application/json"


class Clock:
    """Shows the time that a test sets."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


def body_of(number=1, **fields):
    made = {
        "event": "delivered",
        "id": f"{number:032x}",
        "email_id": f"1abcde-{number}",
        "rcpt": f"jane{number}@example.com",
        "time": "2026-03-24T08:23:19Z",
        **fields,
    }
    return json.dumps({name: value for name, value in made.items() if value is not None}).encode()


def event_of(number=1, **fields):
    return parse(body_of(number, **fields), JSON)


def activity_of(number=1, **fields):
    import attrs

    return attrs.evolve(event_of(number, **{"id": f"a{number}", **fields}), source="activity")


def numbers_of(leases):
    return [int(lease.event.id, 16) for lease in leases]


def add_all(inbox, numbers):
    """Add events to a blocking inbox in a few transactions, since each transaction waits for the disk."""
    jobs = [inbox._jobs.add(event_of(number)) for number in numbers]
    for job in jobs[:-1]:
        inbox._core.writer.submit(job)
    assert inbox._write(jobs[-1])
    assert all(job.outcome() for job in jobs)


def end_all(inbox, *, as_dead=False):
    """Take all events that are due, and finish them or give them up."""
    while leases := inbox.take(1000, lease_seconds=60):
        for lease in leases:
            job = inbox._jobs.fail(lease, "broken", None) if as_dead else inbox._jobs.finish(lease)
            inbox._core.writer.submit(job)
