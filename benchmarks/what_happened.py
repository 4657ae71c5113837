"""Make every fault happen to a call of each effect, and print the requests that arrived and the caller's outcome, as a
table.

    python benchmarks/what_happened.py [--write]        # --write puts it into docs/what-happened.md

Each cell says how many whole requests the server got, and the outcome that the caller saw, when the fault strikes the
first time only and when it strikes every time. The client's clock runs faster, so that a cool-down does not take a
minute.
"""

import argparse
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from server import Fault, FaultServer, Say  # noqa: E402

from smtp2go_async import AsyncClient, Pacer, RetryPolicy, Smtp2goError  # noqa: E402

PAGE = ROOT / "docs" / "what-happened.md"
KEY = "api-" + "0" * 32
FASTER = 10_000.0
HELD = (Fault.NONE, Fault.HOLD, Fault.HOLD_BEFORE_BODY)
STALLS = (Fault.STALL, Fault.STALL_BEFORE_READING, Fault.STALL_IN_ANSWER)
STALL_SECONDS = 0.5
"""When the client gives up. Connecting has the same limit, so it is long enough for a busy machine to connect in."""

HANDSHAKE = (Fault.PLAIN_TO_TLS, Fault.CLOSE_IN_HANDSHAKE, Fault.UNTRUSTED)
REFUSED = "refuses the connection"
ANSWERS = {
    "answers 400": Say(400, b'{"data": {"error": "No", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}}'),
    "answers 401": Say(401, b""),
    "answers 404": Say(404, b""),
    "answers 429": Say(429, b""),
    "answers 429 with Retry-After": Say(429, b"", {"Retry-After": "20"}),
    "answers 500": Say(500, b""),
    "answers 500 about the key": Say(
        500,
        b'{"data": {"error": "An API User matching the passed \'api_key\' was not found", '
        b'"error_code": "E_ApiResponseCodes.API_EXCEPTION"}}',
    ),
    "answers 503": Say(503, b""),
    "answers 200 with HTML": Say(200, b"<html>Hello</html>"),
    "answers 200 with nothing": Say(200, b""),
    "answers 302": Say(302, b"", {"Location": "/elsewhere"}),
}
CALLS: dict[str, Callable[[AsyncClient], Awaitable[object]]] = {
    "ONCE: `email.send`": lambda client: client.email.send(
        "shop@example.com", "jane@example.com", subject="Hello", text_body="Hello"
    ),
    "CONVERGES: `email.remove_scheduled`": lambda client: client.email.remove_scheduled("1"),
    "READ: `sms.summary`": lambda client: client.sms.summary(),
}


def _rows() -> dict[str, Fault | Say | None]:
    faults = {fault.value[0]: fault for fault in Fault if fault not in HELD}
    return {REFUSED: None, **faults, **ANSWERS}


async def _tell(server: FaultServer, url: str, call: Callable[[AsyncClient], Awaitable[object]], seconds: float) -> str:
    """Make the call; return how many requests arrived, and the caller's outcome."""
    before = len(server.arrived)
    patient = RetryPolicy(attempts=4, max_elapsed=1e9, first_wait=0.5, max_wait=8.0)
    async with AsyncClient(KEY, base_url=url, timeout=seconds, retry=patient) as client:
        client._calls.pacer = Pacer(clock=lambda: time.monotonic() * FASTER)
        client._calls.clock = lambda: time.monotonic() * FASTER
        client._calls.sleep = lambda seconds: anyio.sleep(seconds / FASTER)
        try:
            await call(client)
        except Smtp2goError as error:
            told = f"{type(error).__name__}, {error.carried_out}"
        else:
            told = "done"
    return f"{len(server.arrived) - before}: {told}"


async def _try(fault: Fault | Say | None, call: Callable[[AsyncClient], Awaitable[object]], *, every_time: bool) -> str:
    """Let the fault strike the first time or every time, and return what became of the call."""
    with FaultServer() as server:
        url = server.tls_url if fault in HANDSHAKE else server.url
        if fault is None:
            url = server.refusing_url
        elif every_time or fault in HANDSHAKE:
            server.otherwise = fault
        else:
            server.then(fault)
        return await _tell(server, url, call, STALL_SECONDS if fault in STALLS else 30.0)


async def table() -> str:
    """Make all the calls, and return the table."""
    rows = _rows()
    found: dict[tuple[str, str, bool], str] = {}

    async def fill(title: str, name: str, every_time: bool) -> None:
        found[title, name, every_time] = await _try(rows[title], CALLS[name], every_time=every_time)

    places = [(title, name, every_time) for title in rows for name in CALLS for every_time in (False, True)]
    # Calls that are given up wait together, and with nothing beside them that keeps the machine busy.
    async with anyio.create_task_group() as tasks:
        for place in places:
            if rows[place[0]] in STALLS:
                tasks.start_soon(fill, *place)
    for place in places:
        if place not in found:
            await fill(*place)
    lines = [
        "| the server | " + " | ".join(CALLS) + " |",
        "|---" * (len(CALLS) + 1) + "|",
    ]
    for title in rows:
        cells = ["<br>".join(dict.fromkeys(found[title, name, every] for every in (False, True))) for name in CALLS]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the table into docs/what-happened.md")
    write = parser.parse_args().write
    found = anyio.run(table)
    if not write:
        print(found)
        return
    text = PAGE.read_text(encoding="utf-8")
    head, mark, _ = text.partition("<!-- table -->\n")
    PAGE.write_text(head + mark + found, encoding="utf-8")


if __name__ == "__main__":
    main()
