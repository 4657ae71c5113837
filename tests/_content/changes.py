"""Changes of a file, and sending a body with a change in the middle."""

import contextlib
import os

import anyio

from smtp2go_async._content.blobs import CHUNK, FileChangedError

SIZE = 3 * CHUNK


def send(body, backend="asyncio", *, in_the_middle=lambda: None):
    """Send a body, doing something after its first chunk of a file; return how many bytes went out, and the error."""
    sent = []

    async def run():
        async with contextlib.aclosing(body.chunks()) as chunks:
            async for chunk in chunks:
                sent.append(chunk)
                if len(sent) == 2:
                    in_the_middle()

    error = None
    try:
        anyio.run(run, backend=backend)
    except FileChangedError as changed:
        error = changed
    return sum(map(len, sent)), error


def truncate(path):
    os.truncate(path, CHUNK + 1)


def empty(path):
    os.truncate(path, 0)


def append(path):
    with open(path, "ab") as file:
        file.write(b"y")


def rewrite(path):
    with open(path, "r+b") as file:
        file.seek(2 * CHUNK)
        file.write(b"y")
    os.utime(path, ns=(1, 1))
