"""Files that can't be rewound: read once, to their end, and kept for as long as somebody may send them."""

# ruff: noqa: SIM115 - the tests are about when a file is closed

import base64
import contextlib
import gc
import io
import json
import os
import select
import socket
import tempfile
import threading

import anyio
import pytest
from anyio import to_thread

from smtp2go_async._content import sources as _contents
from smtp2go_async._content.blobs import CHUNK, FileBlob, MemoryBlob
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire.body import blob_from_thread, encode

MOST_IN_MEMORY = 1024 * 1024
LARGE = os.urandom(MOST_IN_MEMORY + 3 * CHUNK)


async def read(body):
    return base64.b64decode(json.loads(b"".join([chunk async for chunk in body.chunks()]))["fileblob"])


@contextlib.contextmanager
def piped(content, **options):
    """Give a pipe that another thread fills and closes."""
    reading, writing = os.pipe()

    def fill():
        with os.fdopen(writing, "wb") as file:
            file.write(content)

    filler = threading.Thread(target=fill)
    filler.start()
    with os.fdopen(reading, "rb", **options) as file:
        yield file
    filler.join()


@contextlib.contextmanager
def waiting():
    """Give a pipe whose writer writes nothing, and does not go."""
    reading, writing = os.pipe()
    file = os.fdopen(reading, "rb")
    try:
        yield file
    finally:
        os.close(writing)
        file.close()


@pytest.fixture
def copies(monkeypatch):
    """The temporary files that were made."""
    made = []
    temporary = tempfile.TemporaryFile

    def spy(*args, **options):
        made.append(temporary(*args, **options))
        return made[-1]

    monkeypatch.setattr(_contents.tempfile, "TemporaryFile", spy)
    return made


class OnlyReads:
    """Gives these parts, one at a time; an error is raised."""

    def __init__(self, *parts):
        self._parts = [*parts, b""]

    def read(self, size=-1):
        if size == 0:
            return b""
        part = self._parts.pop(0)
        if isinstance(part, Exception):
            raise part
        return part


# --- where it is kept --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, MOST_IN_MEMORY])
def test_the_content_of_a_pipe_up_to_one_mb_is_kept_in_memory(size, copies):
    with piped(LARGE[:size]) as file:
        assert blob_of(file, "pipe") == MemoryBlob(LARGE[:size])
    assert not copies


@pytest.mark.parametrize("options", [{}, {"buffering": 0}], ids=["buffered", "raw"])
def test_the_content_of_a_pipe_beyond_one_mb_is_kept_in_a_file(options, copies, backend):
    with piped(LARGE, **options) as file:
        blob = blob_of(file, "pipe")
    assert isinstance(blob, FileBlob)
    assert len(copies) == 1
    assert anyio.run(read, encode({"fileblob": blob}), backend=backend) == LARGE


def test_the_part_of_a_pipe_that_the_caller_has_read_is_not_sent():
    with piped(LARGE) as file:
        # All that came with it is in the buffer of the file by now.
        assert file.read(7) == LARGE[:7]
        assert anyio.run(read, encode({"fileblob": blob_of(file, "pipe")})) == LARGE[7:]


def test_a_socket_is_read_to_its_end():
    near, far = socket.socketpair()

    def fill():
        with far:
            far.sendall(LARGE)

    filler = threading.Thread(target=fill)
    filler.start()
    with near, near.makefile("rb") as file:
        assert anyio.run(read, encode({"fileblob": blob_of(file, "socket")})) == LARGE
    filler.join()


def test_a_pipe_is_read_where_the_system_can_not_tell_whether_it_has_something(monkeypatch):
    monkeypatch.delattr(select, "poll")
    with piped(LARGE) as file:
        assert anyio.run(read, encode({"fileblob": blob_of(file, "pipe")})) == LARGE


@pytest.mark.skipif(not hasattr(os, "pread"), reason="files are moved to be read")
def test_the_copy_of_a_pipe_is_not_moved_because_a_forked_child_would_move_that_of_its_parent(copies):
    with piped(LARGE) as file:
        blob = blob_of(file, "pipe")
    stands = set()
    with blob.opened(len(LARGE)) as chunks:
        for _ in chunks:
            stands.add(os.lseek(copies[0].fileno(), 0, os.SEEK_CUR))
    assert len(stands) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_that_sends_the_copy_of_a_pipe_does_not_disturb_its_parent_that_is_sending_it(forked):
    with piped(LARGE) as file:
        blob = blob_of(file, "pipe")

    def whole():
        with blob.opened(len(LARGE)) as chunks:
            return b"".join(chunks)

    with blob.opened(len(LARGE)) as chunks:
        begun = next(chunks)
        assert forked(lambda: whole() == LARGE)()
        assert begun + b"".join(chunks) == LARGE


# --- when it is closed -------------------------------------------------------------------------------------------


def test_the_copy_of_a_pipe_is_closed_with_its_last_reference(copies):
    with piped(LARGE) as file:
        blob = blob_of(file, "pipe")
    body = encode({"fileblob": blob})
    assert anyio.run(read, body) == LARGE
    assert not copies[0].closed
    del blob, body
    gc.collect()
    assert copies[0].closed


def test_the_copy_is_closed_when_the_rest_can_not_be_read(copies):
    with pytest.raises(ValueError, match="^must be a file that can be read, not the open file 'pipe': gone$"):
        blob_of(OnlyReads(LARGE, OSError("gone")), "pipe")
    assert [copy.closed for copy in copies] == [True]


@pytest.mark.parametrize("part", ["text", 5, object()])
def test_a_file_that_gives_anything_but_bytes_is_refused(part):
    text = (
        f"must be a file that can be read, not the open file 'pipe': it must give bytes, not an? {type(part).__name__}"
    )
    with pytest.raises(ValueError, match=f"^{text}$"):
        blob_of(OnlyReads(b"first", part), "pipe")


# --- in a thread -------------------------------------------------------------------------------------------------


def test_the_event_loop_goes_on_while_a_pipe_is_read(backend):
    """What writes into it may even be a task of the same one."""
    reading, writing = os.pipe()

    async def write():
        with os.fdopen(writing, "wb", buffering=0) as file:
            for number in range(20):
                file.write(b"%d," % number)
                await anyio.lowlevel.checkpoint()

    async def both():
        with os.fdopen(reading, "rb") as file, anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(write)
                return await blob_from_thread(file, "pipe")

    blob = anyio.run(both, backend=backend)
    assert blob == MemoryBlob(b"".join(b"%d," % number for number in range(20)))


def test_a_pipe_is_read_even_if_all_threads_of_the_program_write_into_it(backend):
    async def work():
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        async with anyio.to_thread.current_default_thread_limiter():
            with anyio.fail_after(20), piped(b"abc") as file:
                return await blob_from_thread(file, "pipe")

    assert anyio.run(work, backend=backend) == MemoryBlob(b"abc")


def test_a_call_that_gives_a_pipe_up_does_not_wait_for_it_and_can_close_it(monkeypatch, backend):
    monkeypatch.setattr(_contents, "_POLL_MILLISECONDS", 1)

    async def give_up(file):
        with anyio.move_on_after(0.02) as scope:
            await blob_from_thread(file, "pipe")
        assert scope.cancelled_caught
        # In a thread, as it would hold the event loop for ever if the other one were still reading.
        with anyio.fail_after(20):
            await to_thread.run_sync(file.close, abandon_on_cancel=True)

    with waiting() as file:
        anyio.run(give_up, file, backend=backend)


def test_a_pipe_that_never_ends_is_not_read_on_when_it_was_given_up(copies, backend):
    class Endless(OnlyReads):
        count = 0

        def read(self, size=-1):
            if size == 0:
                return b""
            self.count += 1
            if self.count == 20:
                at_work.set()
                go_on.wait(60)
            return bytes(CHUNK)

    at_work, go_on = threading.Event(), threading.Event()
    file = Endless()

    async def give_up():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(blob_from_thread, file, "pipe")
            while not at_work.is_set():
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        go_on.set()
        with anyio.fail_after(20):
            while not copies[0].closed:
                await anyio.lowlevel.checkpoint()

    anyio.run(give_up, backend=backend)
    assert file.count == 20


@pytest.mark.parametrize("late", ["small", "large"])
def test_a_blob_that_comes_too_late_is_closed(late, copies, backend):
    content = LARGE if late == "large" else b"abc"
    at_work, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    class Slow(OnlyReads):
        def read(self, size=-1):
            part = super().read(size)
            if size and not part:
                # At its end, after which nobody looks whether it was given up.
                at_work.set()
                go_on.wait(60)
                ended.set()
            return part

    async def give_up():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(blob_from_thread, Slow(content), "pipe")
            while not at_work.is_set():
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        assert not ended.is_set()
        go_on.set()
        with anyio.fail_after(20):
            while not ended.is_set() or not all(copy.closed for copy in copies):
                await anyio.lowlevel.checkpoint()

    anyio.run(give_up, backend=backend)
    assert len(copies) == (late == "large")


def test_the_error_for_a_wrong_file_comes_out_of_the_thread(backend):
    with pytest.raises(TypeError, match="must be a file in binary mode .*'notes', which is in text mode"):
        anyio.run(blob_from_thread, io.StringIO("x"), "notes", backend=backend)
