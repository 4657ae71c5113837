"""The fault server with a mix of all faults, as a process of its own.

    python tests/faults/mixed.py SEED SHARE

Prints its port. For each line that it reads it prints what has arrived, as JSON: for each reference how many whole requests
were carried out, and how many were turned away. Ends with its standard input.
"""

import json
import random
import sys
from collections import defaultdict

from server import Connect, Fault, FaultServer, Head, Say, Whole


def said(code: str, error: str) -> bytes:
    """Make the body of an error, as the API writes it."""
    return json.dumps({"data": {"error": error, "error_code": f"E_ApiResponseCodes.{code}"}}).encode()


ON_CONNECT = (Fault.CLOSE_AT_ONCE, Fault.STALL_BEFORE_READING)
# Those of a handshake need TLS, and those that hold need a test that releases them.
ON_REQUEST = (
    *(one for one in Fault if one.reads in (Head, Whole) and one.name not in ("NONE", "HOLD", "HOLD_BEFORE_BODY")),
    Say(400, b'{"data": {"error": "No such template", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}}'),
    Say(429, b"<html>Too many requests</html>"),
    Say(429, b"", {"Retry-After": "20"}),
    Say(500, b""),
    Say(503, b'{"data": {"error": "Try later"}}'),
    Say(200, b"<html>Hello</html>"),
    Say(302, b"", {"Location": "/elsewhere"}),
    # Words that speak of a limit, of the input or of the key, with a status that says nothing about the send.
    Say(500, b'{"data": {"error": "stored; the webhook was rate limited"}}', {"Retry-After": "0.2"}),
    Say(500, said("REQ_LIMIT_EXCEEDED", "This endpoint is rate limited to 1 request every 60 seconds")),
    Say(504, said("NON_VALIDATING_IN_PAYLOAD", "the gateway gave up")),
    Say(500, said("API_EXCEPTION", "timeout; api key cache not found")),
    Say(503, said("INVALID_IN_PAYLOAD", "This API Key is malformed")),
    # The one 5xx that is known to be a refusal, and a refusal that quotes its input.
    Say(500, said("API_EXCEPTION", "An API User matching the passed 'api_key' was not found"), refuses=True),
    Say(400, said("API_EXCEPTION", "subject 'You are rate limited' is not allowed")),
    # Answers that contradict themselves; all of them were sends.
    Say(200, b'{"data": {"succeeded": 1, "failed": 0, "email_id": "1a", "error": "note"}}'),
    Say(200, b'{"error": "note", "data": {"succeeded": 1, "email_id": "1a"}}'),
    Say(200, b'{"data": {"failed": 1, "email_id": "1abc"}}'),
    Say(200, b'{"data": {"email_id": "1a"}, "data": {"error": "no"}}'),
    # A refusal with a success status.
    Say(200, b'{"data": {"succeeded": 0, "failed": 1, "failures": ["no"], "email_id": ""}}', refuses=True),
)


class Mix:
    """Draws a fault for a share of all requests, and none for the others."""

    def __init__(self, seed: int, share: float) -> None:
        self._random = random.Random(seed)
        self._share = share
        self.drawn: dict[str, int] = defaultdict(int)

    def __call__(self, reads: str) -> Fault | Say | None:
        if self._random.random() >= self._share:
            return None
        fault = self._random.choice(ON_CONNECT if reads is Connect else ON_REQUEST)
        self.drawn[fault.name if isinstance(fault, Fault) else f"answer {fault.status}"] += 1
        return fault


def main() -> None:
    mix = Mix(int(sys.argv[1]), float(sys.argv[2]))
    with FaultServer() as server:
        server.draw = mix
        print(server.port, flush=True)
        for _ in sys.stdin:
            counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
            for one in list(server.arrived):
                counts[one.json.get("subject", "")][one.turned_away] += 1
            print(json.dumps({"counts": counts, "drawn": mix.drawn, "connections": server.connections}), flush=True)


if __name__ == "__main__":
    main()
