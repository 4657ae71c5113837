"""What bodies with files cost while they are sent: memory and threads, for one and for many at once."""

import contextlib
import io
import threading
import tracemalloc

import anyio
import pytest

from smtp2go_async._content.blobs import CHUNK, MemoryBlob, PathBlob
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire import body as _body
from smtp2go_async._wire.body import encode

MANY = 100


@pytest.fixture
def path(tmp_path):
    """A file of 20 MB that takes no place on the disk."""
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(20_000_000)
    return path


async def send(body):
    async with contextlib.aclosing(body.chunks()) as chunks:
        async for _ in chunks:
            pass


async def begin(bodies):
    """Read each body to its first chunk of a file, as if it were waiting to be sent on."""
    async with contextlib.AsyncExitStack() as stack:
        async with anyio.create_task_group() as tasks:
            for body in bodies:
                chunks = await stack.enter_async_context(contextlib.aclosing(body.chunks()))
                await anext(chunks)
                tasks.start_soon(chunks.__anext__)


def most_memory_of(work, backend):
    """Return the most that Python held at a time; what is loaded and kept once does not count."""
    anyio.run(work, backend=backend)
    tracemalloc.start()
    try:
        anyio.run(work, backend=backend)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["path", "open file"])
def test_a_large_file_costs_no_memory(form, path, backend):
    with open(path, "rb") as file:
        body = encode({"fileblob": PathBlob(str(path)) if form == "path" else blob_of(file, "large")})
        assert most_memory_of(lambda: send(body), backend) < 2_000_000


@pytest.mark.parametrize("form", ["path", "open file"])
def test_the_same_file_with_many_mails_costs_no_memory(form, path, backend):
    with open(path, "r+b") as file:
        file.truncate(500_000)
        blob = PathBlob(str(path)) if form == "path" else blob_of(file, "large")
        body = encode({"emails": [{"attachments": [{"fileblob": blob}]} for _ in range(MANY)]})
        assert body.length > 60_000_000
        assert most_memory_of(lambda: send(body), backend) < 2_000_000


@pytest.mark.parametrize("form", ["path", "open file", "BytesIO", "bytes"])
def test_a_body_keeps_nothing_of_a_chunk_that_is_on_its_way(form, path, backend):
    """Else a hundred sends at once, most of which wait for the network, would take that a hundred times."""
    with open(path, "rb") as file:
        sources = {"path": path, "open file": file, "BytesIO": io.BytesIO(bytes(CHUNK + 1)), "bytes": bytes(CHUNK + 1)}
        blob = blob_of(sources[form], "x")
        bodies = [encode({"fileblob": blob}) for _ in range(MANY)]
        assert most_memory_of(lambda: begin(bodies), backend) < (_body._READERS + 2) * 3 * CHUNK


def test_many_bodies_are_read_in_a_few_threads_that_are_not_those_of_the_program(path, backend, monkeypatch):
    at_once, most, lock = 0, 0, threading.Lock()
    encoded = _body._next_encoded

    def counting(chunks):
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            return encoded(chunks)
        finally:
            with lock:
                at_once -= 1

    monkeypatch.setattr(_body, "_next_encoded", counting)
    bodies = [encode({"fileblob": PathBlob(str(path))}) for _ in range(MANY)]

    async def work():
        # A program that uses all its threads does not keep a file from being sent.
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        async with anyio.to_thread.current_default_thread_limiter():
            await begin(bodies)

    anyio.run(work, backend=backend)
    assert 1 <= most <= _body._READERS


def test_bytes_in_memory_are_sent_without_a_copy_of_all_of_them(backend):
    body = encode({"fileblob": MemoryBlob(bytes(20_000_000))})
    assert most_memory_of(lambda: send(body), backend) < 2_000_000
