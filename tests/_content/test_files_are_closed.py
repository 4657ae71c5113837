"""A file that a body opened is closed however the send ends, and a caller's file stays open."""

import asyncio
import contextlib
import threading

import anyio
import pytest
from _content.changes import SIZE, append, send, truncate

from smtp2go_async._content import blobs as _blobs
from smtp2go_async._content.blobs import MemoryBlob, PathBlob
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire import body as _body
from smtp2go_async._wire.body import encode


def test_a_file_is_closed_when_it_was_sent(path, opened, backend):
    send(encode({"fileblob": PathBlob(str(path))}), backend)
    assert [file.closed for file in opened] == [True]


@pytest.mark.parametrize("change", [truncate, append], ids=lambda one: one.__name__)
def test_a_file_is_closed_when_it_changed(path, opened, change, backend):
    send(encode({"fileblob": PathBlob(str(path))}), backend, in_the_middle=lambda: change(path))
    assert [file.closed for file in opened] == [True]


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_file_is_closed_when_the_send_is_abandoned(path, opened, taken, backend):
    async def abandon():
        chunks = encode({"a": PathBlob(str(path)), "b": PathBlob(str(path))}).chunks()
        for _ in range(taken):
            await anext(chunks)
        await chunks.aclose()

    anyio.run(abandon, backend=backend)
    assert [file.closed for file in opened] == [True] * (taken > 1)


def test_a_file_is_closed_when_the_send_is_cancelled(path, opened, backend):
    async def cancel():
        with anyio.CancelScope() as scope:
            async with contextlib.aclosing(encode({"fileblob": PathBlob(str(path))}).chunks()) as chunks:
                async for _ in chunks:
                    if opened:
                        scope.cancel()

    anyio.run(cancel, backend=backend)
    assert [file.closed for file in opened] == [True]


def test_a_file_is_closed_when_an_asyncio_task_is_cancelled_while_it_is_being_opened(path, opened, monkeypatch):
    """Unlike anyio's own cancelling, asyncio's does not wait for the thread."""
    opening, go_on, done = threading.Event(), threading.Event(), threading.Event()
    spy = _blobs.open

    def slow(*args, **options):
        opening.set()
        go_on.wait()
        try:
            return spy(*args, **options)
        finally:
            done.set()

    monkeypatch.setattr(_blobs, "open", slow)
    # Kept, so that it is not the collector who closes it.
    kept = []
    encoded = _body._next_encoded
    monkeypatch.setattr(_body, "_next_encoded", lambda chunks: kept.append(chunks) or encoded(chunks))
    body = encode({"fileblob": PathBlob(str(path))})

    async def read():
        async with contextlib.aclosing(body.chunks()) as chunks:
            async for _ in chunks:
                pass

    async def cancel():
        task = asyncio.create_task(read())
        while not opening.is_set():
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(10):
            await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        while not done.is_set():
            await asyncio.sleep(0)
        # The thread goes on for a moment after it has opened the file.
        async with asyncio.timeout(5):
            while not opened[0].closed:
                await asyncio.sleep(0)

    asyncio.run(cancel())
    assert [file.closed for file in opened] == [True]


def test_a_cancelled_call_does_not_wait_for_a_file_that_is_slow_to_open_and_the_file_is_closed(
    path, opened, monkeypatch, backend
):
    opening, go_on, done = threading.Event(), threading.Event(), threading.Event()
    spy = _blobs.open

    def slow(*args, **options):
        opening.set()
        go_on.wait(60)
        done.set()
        return spy(*args, **options)

    monkeypatch.setattr(_blobs, "open", slow)
    # Kept, so that it is not the collector who closes it.
    kept = []
    encoded = _body._next_encoded
    monkeypatch.setattr(_body, "_next_encoded", lambda chunks: kept.append(chunks) or encoded(chunks))
    body = encode({"fileblob": PathBlob(str(path))})

    async def read():
        async with contextlib.aclosing(body.chunks()) as chunks:
            async for _ in chunks:
                pass

    async def cancel():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            while not opening.is_set():
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        assert not done.is_set()
        go_on.set()
        with anyio.fail_after(20):
            while not opened or not opened[0].closed:
                await anyio.lowlevel.checkpoint()

    anyio.run(cancel, backend=backend)


def test_a_callers_file_stays_open(path):
    with open(path, "rb") as file:
        send(encode({"fileblob": blob_of(file, "file.bin")}))
        assert not file.closed


def test_bytes_in_memory_are_read_without_threads(monkeypatch):
    monkeypatch.setattr(anyio.to_thread, "run_sync", None)
    body = encode({"fileblob": MemoryBlob(b"x" * SIZE)})
    assert send(body) == (body.length, None)
