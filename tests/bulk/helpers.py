"""Lists to send, and a provider in memory that treats each call as a test says."""

import json
import sqlite3
from collections import Counter, deque
from contextlib import closing

import anyio
from faults.scripted import Time, answer

from smtp2go_async import AsyncClient, Email, OutcomeUnknownError, Pacer
from smtp2go_async._wire.response import Response
from smtp2go_async.bulk._journal.row_states import Settled
from smtp2go_async.bulk._plan import Row

KEY = "api-" + "A" * 32
LOST = OutcomeUnknownError("the connection was closed without an answer")
TURNED_AWAY = answer(429)
BAD_KEY = answer(401, {"error_code": "E_ApiResponseCodes.INVALID_IN_PAYLOAD", "error": "The API Key is not valid"})


def email(reference="r1", **more):
    return Email(
        **{
            "sender": "shop@example.com",
            "to": f"{reference}@example.com",
            "subject": reference,
            "text_body": "Hi",
            **more,
        }
    )


def emails(count, first=1):
    """Pairs of a reference and an e-mail; the reference is the subject, too."""
    return [(f"r{number}", email(f"r{number}")) for number in range(first, first + count)]


def numbers(count, first=0):
    return [f"+1202555{number:04}" for number in range(first, first + count)]


def claims(*references):
    return [Row(reference, recipients=(f"{reference}@example.com",)) for reference in references]


def settled_rows(state, *references):
    return [Settled(reference, state) for reference in references]


class SharedTime(Time):
    """A clock on which tasks that sleep at the same time do not wait for each other's sleep as well."""

    async def sleep(self, seconds):
        until = self.now + seconds
        self.slept.append(seconds)
        await anyio.sleep(0)
        self.now = max(self.now, until)


class Provider:
    """A transport that carries calls out in memory.

    ``turns`` has the results of the next calls, and ``otherwise`` is that of all later calls: ``None`` is a good
    response, a `Response` is returned as it is, an exception is raised, and a function gets the fields and returns any
    of these. Calls whose reply is lost are carried out.
    """

    def __init__(self):
        self.calls = []
        self.arrived = Counter()
        self.turns = deque()
        self.otherwise = None
        self.in_flight = self.most_in_flight = 0
        self.released = None
        self.takes = 0.0

    def then(self, *turns):
        self.turns.extend(turns)

    def hold(self):
        """Answer no call until `release`."""
        self.released = anyio.Event()

    def release(self):
        self.released.set()

    def next_round(self):
        """Answer the calls that are held, and hold the calls after them."""
        held = self.released
        self.hold()
        held.set()

    async def under_way(self, count):
        with anyio.fail_after(5):
            while self.in_flight < count:
                await anyio.sleep(0.001)

    async def send(self, request, depart):
        depart(writing=True)
        body = b"".join([chunk async for chunk in request.body.chunks()])
        fields = json.loads(body)
        path = request.operation
        self.calls.append((path, fields, len(body)))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await anyio.sleep(self.takes)
            if self.released is not None:
                await self.released.wait()
            return self._response(path, fields)
        finally:
            self.in_flight -= 1

    def _response(self, path, fields):
        turn = self.turns.popleft() if self.turns else self.otherwise
        turn = turn(fields) if callable(turn) else turn
        if turn is None or isinstance(turn, OutcomeUnknownError) or (isinstance(turn, Response) and turn.status == 200):
            self.arrived.update(arriving(path, fields))
        if isinstance(turn, Exception):
            raise type(turn)(*turn.args)
        return answer(data=good(path, fields)) if turn is None else turn

    async def aclose(self):
        pass


def arriving(path, fields):
    if path == "/sms/send":
        return fields["destination"]
    return [item["subject"] for item in fields.get("emails", [fields])]


def good(path, fields):
    """Return the data of a response in which the API took everything."""
    if path == "/sms/send":
        messages = [
            {"destination": number, "message_id": f"m{number}", "status": "queued"} for number in fields["destination"]
        ]
        return {"statuses": {"queued": len(messages)}, "total_sent": len(messages), "messages": messages}
    if path == "/email/batch":
        return [{"email_id": f"id-{item['subject']}"} for item in fields["emails"]]
    return {"succeeded": 1, "failed": 0, "failures": [], "email_id": f"id-{fields['subject']}"}


def client_of(provider, time=None, **options):
    """Return a client of a provider in memory; only sleeping moves its time."""
    time = SharedTime() if time is None else time
    client = AsyncClient(KEY, **{"pacer": Pacer(clock=time, draw=lambda: 0.0), **options})
    client._calls.transport, client._calls.clock, client._calls.sleep = provider, time, time.sleep
    return client


def states(path):
    """Read the states of a journal that is not open, and change nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        # A program that was killed leaves its last commits in the log.
        connection.execute("DELETE FROM log")
        found = dict(connection.execute("SELECT reference, state FROM rows ORDER BY number"))
        connection.execute("ROLLBACK")
        return found


def counted(path):
    return dict(Counter(states(path).values()))
