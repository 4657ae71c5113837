"""A plain server in a process of its own: it reads a request, counts it and answers with one fixed reply.

It does as little as possible, so that a benchmark measures the client.
"""

import asyncio
import contextlib
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
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(REPLY), REPLY)


class _Plain(asyncio.Protocol):
    """Finds the end of each request by its Content-Length, and answers."""

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._left > len(data):
            self._left -= len(data)
            return
        if self._left:
            self._transport.write(ANSWER)
            data, self._left = data[self._left :], 0
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            have = len(self._buffer) - end - 4
            if have < length:
                self._left, self._buffer = length - have, b""
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(ANSWER)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Plain, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    # Ends with the benchmark that started it: its standard input closes then.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextlib.contextmanager
def plain_server() -> Iterator[str]:
    """Run the server, and give its base URL."""
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v3"
        finally:
            assert process.stdin is not None
            process.stdin.close()


if __name__ == "__main__":
    asyncio.run(_serve())
