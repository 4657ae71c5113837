"""A plain server in a process of its own: it reads requests and gives each the reply of the API that its path is of.

It does as little as possible, so that a benchmark measures the client.
"""

import argparse
import asyncio
import contextlib
import functools
import json
import subprocess
import sys
from collections.abc import Iterator

REPLY = json.dumps(
    {
        "request_id": "aa253464-0bd0-467a-b24b-6159dcd7be60",
        "data": {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1u0SwL-B9zBpi9ffUq-JAB2"},
    }
).encode()


def _answer(content: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


_MESSAGE_ID = "X-Message-Id: 6a5f1c2e4b3d\r\n"
_POSTMARK = {
    "To": "jane@example.com",
    "SubmittedAt": "2026-02-12T05:54:00.0000000Z",
    "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
    "ErrorCode": 0,
    "Message": "OK",
}
SMTP2GO = _answer(REPLY)
# By path, as in the real APIs; every other path is an SMTP2GO call.
ANSWERS = {
    b"/emails": _answer(b'{"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}'),
    b"/v3/example.com/messages": _answer(b'{"id": "<20260212.1@example.com>", "message": "Queued. Thank you."}'),
    b"/v3/mail/send": _answer(b"", "202 Accepted", _MESSAGE_ID),
    b"/email": _answer(json.dumps(_POSTMARK).encode()),
    b"/v1/email": _answer(b"", "202 Accepted", _MESSAGE_ID),
    b"/v1/bulk-email": _answer(b'{"message": "queued", "bulk_email_id": "614470d1588b866d0454f3e2"}', "202 Accepted"),
}
# What stands once in each e-mail of a batch, to count them by.
BATCHES = {b"/v3/email/batch": b'"sender":', b"/emails/batch": b'"from":', b"/email/batch": b'"From":'}


@functools.cache
def _batch_answer(path: bytes, count: int) -> bytes:
    """Return the response to a batch call, with an item for each e-mail."""
    if path == b"/email/batch":
        return _answer(json.dumps([_POSTMARK] * count).encode())
    if path == b"/emails/batch":
        return _answer(json.dumps({"data": [{"id": f"49a3999c-{number:04}"} for number in range(count)]}).encode())
    items = [{"email_id": f"1u0SwL-{number:04}-JAB2"} for number in range(count)]
    return _answer(json.dumps({"request_id": "aa253464-0bd0-467a-b24b-6159dcd7be60", "data": items}).encode())


class _Plain(asyncio.Protocol):
    """Finds the end of each request by its Content-Length or its last chunk, and answers.

    A body is thrown away as it comes, unless its e-mails must be counted.
    """

    def __init__(self, latency: float = 0.0) -> None:
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._left = 0
        self._path = b""
        self._chunked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._left:
            if self._left > len(data):
                self._left -= len(data)
                return
            data, self._left = data[self._left :], 0
            if not self._chunked:
                self._reply(b"")
        self._buffer = self._buffer + data if self._buffer else data
        while self._buffer and not self._left:
            if not (self._next_chunk() if self._chunked else self._next_request()):
                return

    def _next_request(self) -> bool:
        """Take a request from the buffer, and return whether it was whole."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._buffer[:end].lower()
        self._path = self._buffer[5 : self._buffer.index(b" ", 5)]  # after "POST "
        _, found, rest = head.partition(b"content-length:")
        if not found:
            self._chunked = True
            self._buffer = self._buffer[end + 4 :]
            return True
        length = int(rest.split(b"\r\n", 1)[0])
        missing = length - (len(self._buffer) - end - 4)
        if missing <= 0:
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._reply(body)
        elif self._path not in BATCHES:
            self._left, self._buffer = missing, b""
        return missing <= 0

    def _next_chunk(self) -> bool:
        """Take a chunk from the buffer, and return whether it was whole."""
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        size = int(self._buffer[:end], 16)
        whole = end + 2 + size + 2
        if size == 0 and len(self._buffer) >= whole:
            self._chunked, self._buffer = False, self._buffer[whole:]
            self._reply(b"")
        elif len(self._buffer) >= whole:
            self._buffer = self._buffer[whole:]
        elif size:
            self._left, self._buffer = whole - len(self._buffer), b""
        else:
            return False
        return True

    def _reply(self, body: bytes) -> None:
        mark = BATCHES.get(self._path)
        answer = _batch_answer(self._path, body.count(mark)) if mark else ANSWERS.get(self._path, SMTP2GO)
        if self._latency:
            self._loop.call_later(self._latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def _serve(latency: float) -> None:
    # A thousand connections are more than some systems allow at first; Windows has no such limit and no such module.
    with contextlib.suppress(ImportError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Plain(latency), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the benchmark that started it: its standard input closes then.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextlib.contextmanager
def running_server(latency: float = 0.0) -> Iterator[str]:
    """Run the server, each reply delayed by ``latency`` seconds, and give its address without a path."""
    command = [sys.executable, __file__, "--latency", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            assert process.stdin is not None
            process.stdin.close()


@contextlib.contextmanager
def plain_server() -> Iterator[str]:
    """Run the server, and give its base URL."""
    with running_server() as address:
        yield f"{address}/v3"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--latency", type=float, default=0.0)
    asyncio.run(_serve(parser.parse_args().latency))
