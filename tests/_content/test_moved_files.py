"""Open files that can only be read by moving them, as compressed streams: quick in order, and left as they were found."""

# ruff: noqa: SIM115 - each test enters what it opens

import asyncio
import base64
import bz2
import contextlib
import gzip
import io
import json
import lzma
import os
import tempfile
import threading
import zipfile

import anyio
import pytest

from smtp2go_async._content import blobs as _blobs
from smtp2go_async._content.blobs import CHUNK, FileChangedError
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire import body as _body
from smtp2go_async._wire.body import encode

CONTENT = os.urandom(6 * CHUNK + 1)
"""Random, so that it is as long when it is compressed."""


class Counting(io.BytesIO):
    """Counts the bytes that are read of it."""

    count = 0

    def read(self, size=-1):
        part = super().read(size)
        self.count += len(part)
        return part


def zipped():
    file = Counting()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member", CONTENT)
    return file, zipfile.ZipFile(file).open("member")


def packed(module, kind):
    file = Counting(module.compress(CONTENT))
    return file, kind(file)


COMPRESSED = {
    "gzip": lambda: packed(gzip, lambda file: gzip.GzipFile(fileobj=file)),
    "bz2": lambda: packed(bz2, bz2.BZ2File),
    "lzma": lambda: packed(lzma, lzma.LZMAFile),
    "zip": zipped,
}


async def read(body, *, after_each=lambda: None):
    chunks = []
    async with contextlib.aclosing(body.chunks()) as reading:
        async for chunk in reading:
            chunks.append(chunk)
            after_each()
    return base64.b64decode(json.loads(b"".join(chunks))["fileblob"])


def body_of(file):
    return encode({"fileblob": blob_of(file, "name")})


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_is_read_once_to_measure_it_and_once_to_send_it(kind, backend):
    below, file = COMPRESSED[kind]()
    with file:
        assert anyio.run(read, body_of(file), backend=backend) == CONTENT
    assert below.count < 2.3 * len(CONTENT)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_is_measured_when_its_blob_is_made_and_never_again(kind):
    """Where that is can be a thread; the body is encoded in the event loop."""
    below, file = COMPRESSED[kind]()
    with file:
        file.read(7)
        blob = blob_of(file, "name")
        before = below.count
        assert [encode({"fileblob": blob}).length for _ in range(2)] == [(len(CONTENT) - 7 + 2) // 3 * 4 + 15] * 2
        assert below.count == before


def test_a_file_that_grew_since_it_was_measured_fails_as_one_that_changed(backend):
    file = Counting(CONTENT)
    blob = blob_of(file, "name")
    file.seek(0, os.SEEK_END)
    file.write(b"more")
    with pytest.raises(FileChangedError, match=r"had 1,179,649 bytes when measured and now has 1,179,653"):
        anyio.run(read, encode({"fileblob": blob}), backend=backend)


@pytest.mark.parametrize("kind", [io.BytesIO, tempfile.SpooledTemporaryFile, tempfile.NamedTemporaryFile])
def test_a_temporary_file_can_be_filled_until_it_is_sent(kind):
    with kind() as file:
        blob = blob_of(file, "name")
        file.write(CONTENT)
        file.flush()
        assert anyio.run(read, encode({"fileblob": blob})) == CONTENT


@pytest.mark.parametrize("kind", COMPRESSED)
def test_each_further_attempt_reads_a_compressed_file_once(kind):
    below, file = COMPRESSED[kind]()
    with file:
        body = body_of(file)
        before = below.count
        for _ in range(3):
            assert anyio.run(read, body) == CONTENT
    assert below.count - before < 3.3 * len(CONTENT)


def test_a_compressed_file_behind_a_buffer_is_sent_as_what_it_reads_as(tmp_path):
    """Both say that they have a descriptor, and its bytes are the compressed ones."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(CONTENT, 1))
    with io.BufferedReader(gzip.open(path)) as file:
        assert anyio.run(read, body_of(file)) == CONTENT


@pytest.mark.parametrize("kind", ["gzip", "bz2", "lzma"])
def test_a_compressed_file_that_is_cut_off_is_a_wrong_argument(kind):
    below, file = COMPRESSED[kind]()
    below.truncate(len(CONTENT) // 2)
    with file, pytest.raises(ValueError, match="the open file 'name' can't be read: "):
        body_of(file)


def test_a_file_that_raises_something_of_its_own_while_it_is_sent_fails_as_one_that_changed(backend):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= CHUNK:
                raise RuntimeError("broken")
            return super().read(size)

    body = body_of(Broken(CONTENT))
    with pytest.raises(FileChangedError, match="the open file 'name' can't be read any more: broken"):
        anyio.run(read, body, backend=backend)


# --- where it stands ---------------------------------------------------------------------------------------------


@pytest.fixture
def file():
    with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(CONTENT, 1))) as file:
        yield file


def test_the_caller_may_move_the_file_while_it_is_sent_and_finds_it_there_afterwards(file, backend):
    body = body_of(file)
    assert anyio.run(lambda: read(body, after_each=lambda: file.seek(77)), backend=backend) == CONTENT
    assert file.tell() == 77


def test_a_file_that_is_attached_again_while_it_is_sent_begins_where_the_caller_has_it(file, backend):
    file.seek(5)
    first = body_of(file)
    again = []
    sent = anyio.run(lambda: read(first, after_each=lambda: again.append(body_of(file))), backend=backend)
    assert sent == CONTENT[5:]
    assert {one.length for one in again} == {first.length}
    assert anyio.run(read, again[3]) == CONTENT[5:]
    assert file.tell() == 5


def test_a_send_that_ends_does_not_disturb_another_of_the_same_file(file, backend):
    bodies = [body_of(file) for _ in range(2)]

    async def both():
        async with contextlib.aclosing(bodies[0].chunks()) as first:
            begun = [await anext(first), await anext(first)]
            assert await read(bodies[1]) == CONTENT
            return b"".join(begun) + b"".join([chunk async for chunk in first])

    whole = anyio.run(both, backend=backend)
    assert base64.b64decode(json.loads(whole)["fileblob"]) == CONTENT
    assert file.tell() == 0


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_file_is_put_back_when_the_send_is_abandoned(file, taken, backend):
    async def abandon():
        async with contextlib.aclosing(body.chunks()) as chunks:
            for _ in range(taken):
                await anext(chunks)

    file.seek(9)
    body = body_of(file)
    anyio.run(abandon, backend=backend)
    assert file.tell() == 9


def test_a_file_that_the_caller_has_moved_is_not_put_back(file, backend):
    async def abandon():
        async with contextlib.aclosing(body.chunks()) as chunks:
            for _ in range(3):
                await anext(chunks)
            file.seek(77)

    body = body_of(file)
    anyio.run(abandon, backend=backend)
    assert file.tell() == 77


@pytest.mark.parametrize("how", ["asyncio", "anyio", "trio"])
def test_a_file_is_put_back_by_the_thread_that_still_reads_it_when_a_task_is_cancelled(how, monkeypatch):
    reading, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size=-1):
            if size > 1:
                reading.set()
                go_on.wait(60)
            return super().read(size)

    file = Slow(CONTENT)
    file.seek(9)
    body = body_of(file)
    # Kept, so that it is not the collector who ends it.
    kept = []
    encoded = _body._next_encoded
    monkeypatch.setattr(_body, "_next_encoded", lambda chunks: kept.append(chunks) or encoded(chunks))

    async def until(done):
        with anyio.fail_after(20):
            while not done():
                await anyio.sleep(0.001)

    async def cancel_a_task():
        task = asyncio.create_task(read(body))
        await until(reading.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def cancel_a_scope():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, body)
            await until(reading.is_set)
            tasks.cancel_scope.cancel()

    async def cancel():
        await (cancel_a_task if how == "asyncio" else cancel_a_scope)()
        assert _blobs._moved._files
        go_on.set()
        await until(lambda: file.tell() == 9 and not _blobs._moved._files)

    anyio.run(cancel, backend="trio" if how == "trio" else "asyncio")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_child_that_is_forked_while_a_thread_moves_a_file_can_send_its_own(forked):
    # The lock is held at that moment, by a thread that does not exist in the child.
    with _blobs._moved._lock:
        result = forked(lambda: anyio.run(read, body_of(io.BytesIO(b"abc"))).decode())
    assert result() == "abc"
