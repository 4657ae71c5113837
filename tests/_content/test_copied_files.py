"""Open files that have to be moved to be read, as compressed streams: copied once, and left as they were found."""

# ruff: noqa: SIM115 - each test enters what it opens

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

from smtp2go_async._content.blobs import CHUNK
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire.body import blob_from_thread, encode

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
@pytest.mark.parametrize("attempts", [1, 3])
def test_a_compressed_file_is_read_once_however_often_it_is_sent(kind, attempts, backend):
    below, file = COMPRESSED[kind]()
    with file:
        body = body_of(file)
    for _ in range(attempts):
        assert anyio.run(read, body, backend=backend) == CONTENT
    assert below.count < 1.2 * len(CONTENT)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_is_read_when_its_blob_is_made_and_never_again(kind):
    """Making the blob can be left to a thread; the body is encoded in the event loop."""
    below, file = COMPRESSED[kind]()
    with file:
        file.read(7)
        blob = blob_of(file, "name")
        before = below.count
        assert [encode({"fileblob": blob}).length for _ in range(2)] == [(len(CONTENT) - 7 + 2) // 3 * 4 + 15] * 2
        assert below.count == before


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_compressed_file_may_be_closed_once_it_is_attached(kind, backend):
    _, file = COMPRESSED[kind]()
    with file:
        body = body_of(file)
    assert anyio.run(read, body, backend=backend) == CONTENT


def test_a_file_that_was_copied_is_sent_as_it_was_then(backend):
    file = Counting(CONTENT)
    blob = blob_of(file, "name")
    file.seek(0, os.SEEK_END)
    file.write(b"more")
    assert anyio.run(read, encode({"fileblob": blob}), backend=backend) == CONTENT


@pytest.mark.parametrize("kind", [io.BytesIO, tempfile.SpooledTemporaryFile, tempfile.NamedTemporaryFile])
def test_a_temporary_file_can_be_filled_until_it_is_sent(kind):
    with kind() as file:
        blob = blob_of(file, "name")
        file.write(CONTENT)
        assert anyio.run(read, encode({"fileblob": blob})) == CONTENT


def test_a_spooled_file_can_move_to_the_disk_while_it_is_filled():
    with tempfile.SpooledTemporaryFile(CHUNK) as file:
        blob = blob_of(file, "name")
        file.write(CONTENT)
        assert not isinstance(file._file, io.BytesIO)
        assert anyio.run(read, encode({"fileblob": blob})) == CONTENT


def test_a_spooled_file_can_move_to_the_disk_while_it_is_sent(backend):
    with tempfile.SpooledTemporaryFile() as file:
        file.write(CONTENT)
        file.seek(0)
        body = body_of(file)
        assert anyio.run(lambda: read(body, after_each=file.rollover), backend=backend) == CONTENT


def test_a_compressed_file_behind_a_buffer_is_sent_uncompressed(tmp_path):
    """Both say that they have a descriptor, and its bytes are the compressed ones."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(CONTENT, 1))
    with io.BufferedReader(gzip.open(path)) as file:
        assert anyio.run(read, body_of(file)) == CONTENT


@pytest.mark.parametrize("kind", ["gzip", "bz2", "lzma"])
def test_a_compressed_file_that_is_cut_off_is_a_wrong_argument(kind):
    below, file = COMPRESSED[kind]()
    below.truncate(len(CONTENT) // 2)
    with file, pytest.raises(ValueError, match="must be a file that can be read, not the open file 'name': "):
        body_of(file)


def test_a_file_that_raises_an_error_of_its_own_is_a_wrong_argument_and_is_put_back():
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= CHUNK:
                raise RuntimeError("broken")
            return super().read(size)

    file = Broken(CONTENT)
    file.seek(7)
    with pytest.raises(ValueError, match="must be a file that can be read, not the open file 'name': broken"):
        body_of(file)
    assert file.tell() == 7


def test_the_same_content_is_sent_where_the_system_can_not_read_at_an_offset(tmp_path, monkeypatch, backend):
    """As on Windows; there the file is moved, and put back."""
    monkeypatch.delattr(os, "pread")
    (tmp_path / "a").write_bytes(CONTENT)
    with open(tmp_path / "a", "rb") as file:
        file.seek(5)
        bodies = [body_of(file), body_of(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(CONTENT, 1))))]
        for body, start in zip(bodies, (5, 0), strict=True):
            assert anyio.run(read, body, backend=backend) == CONTENT[start:]
        assert file.tell() == 5


# --- where it stands ---------------------------------------------------------------------------------------------


@pytest.fixture(params=["compressed", "real", "in memory", "named", "spooled"])
def file(request, tmp_path):
    """A file of each kind: read at offsets, or copied."""
    kind = request.param
    if kind == "compressed":
        opened = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(CONTENT, 1)))
    elif kind == "real":
        (tmp_path / "real").write_bytes(CONTENT)
        opened = open(tmp_path / "real", "rb")
    elif kind == "in memory":
        opened = io.BytesIO(CONTENT)
    else:
        opened = tempfile.NamedTemporaryFile() if kind == "named" else tempfile.SpooledTemporaryFile()
        opened.write(CONTENT)
        opened.seek(0)
    with opened:
        yield opened


def test_the_caller_may_move_the_file_while_it_is_sent_and_finds_it_there_afterwards(file, backend):
    body = body_of(file)
    assert anyio.run(lambda: read(body, after_each=lambda: file.seek(77)), backend=backend) == CONTENT
    assert file.tell() == 77


def test_a_file_that_is_attached_again_while_it_is_sent_starts_where_the_caller_has_it(file, backend):
    file.seek(5)
    first = body_of(file)
    again = []
    sent = anyio.run(lambda: read(first, after_each=lambda: again.append(body_of(file))), backend=backend)
    assert sent == CONTENT[5:]
    assert {body.length for body in again} == {first.length}
    assert anyio.run(read, again[3]) == CONTENT[5:]
    assert file.tell() == 5


def test_a_send_that_ends_does_not_disturb_another_of_the_same_file(file, backend):
    bodies = [body_of(file) for _ in range(2)]

    async def both():
        async with contextlib.aclosing(bodies[0].chunks()) as first:
            start = [await anext(first), await anext(first)]
            assert await read(bodies[1]) == CONTENT
            return b"".join(start) + b"".join([chunk async for chunk in first])

    whole = anyio.run(both, backend=backend)
    assert base64.b64decode(json.loads(whole)["fileblob"]) == CONTENT
    assert file.tell() == 0


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_send_that_is_abandoned_leaves_the_file_where_it_was(file, taken, backend):
    async def abandon():
        async with contextlib.aclosing(body.chunks()) as chunks:
            for _ in range(taken):
                await anext(chunks)

    file.seek(9)
    body = body_of(file)
    anyio.run(abandon, backend=backend)
    assert file.tell() == 9


def test_a_file_is_put_back_by_the_thread_that_still_copies_it_when_the_call_is_cancelled(backend):
    reading, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size=-1):
            if size > 1:
                reading.set()
                go_on.wait(60)
            return super().read(size)

    file = Slow(CONTENT)
    file.seek(9)

    async def until(done):
        with anyio.fail_after(20):
            while not done():
                await anyio.sleep(0.001)

    async def cancel():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(blob_from_thread, file, "name")
            await until(reading.is_set)
            tasks.cancel_scope.cancel()
        go_on.set()
        await until(lambda: file.tell() == 9)

    anyio.run(cancel, backend=backend)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_can_send_a_file_that_its_parent_is_sending(file, forked):
    blob = blob_of(file, "name")

    def whole():
        with blob.opened(len(CONTENT)) as chunks:
            return b"".join(chunks)

    with blob.opened(len(CONTENT)) as chunks:
        start = next(chunks)
        assert forked(lambda: whole() == CONTENT)()
        assert start + b"".join(chunks) == CONTENT
