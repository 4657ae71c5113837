"""A body with files in it: are its bytes the JSON that was meant, whatever the files come from?"""

# ruff: noqa: SIM115 - each test enters what SOURCES opens

import base64
import bz2
import contextlib
import functools
import gzip
import io
import json
import os
import tarfile
import tempfile
import threading
import zipfile

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async._content import blobs as _blobs
from smtp2go_async._content.blobs import CHUNK, FileBlob, MemoryBlob, PathBlob
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire import body as _body
from smtp2go_async._wire.body import encode

SIZES = [0, 1, 2, 3, 4, 64 * 1024, CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK + 2, 2 * CHUNK - 1, 2 * CHUNK + 1]


@functools.cache
def pattern(size):
    """Bytes that differ from chunk to chunk, so that one read twice or left out is seen."""
    return (b"".join(number.to_bytes(5, "big") for number in range(size // 5 + 1)))[:size]


async def chunks_of(body):
    return [chunk async for chunk in body.chunks()]


def read(body, backend="asyncio"):
    whole = b"".join(anyio.run(chunks_of, body, backend=backend))
    assert len(whole) == body.length
    return whole


def base64_of(content):
    return base64.b64encode(content).decode()


class OnlyReads:
    """A file by its methods alone, as frameworks pass uploads."""

    def __init__(self, content):
        self._file = io.BytesIO(content)
        self.read = self._file.read


class OnlySeeks(OnlyReads):
    def __init__(self, content):
        super().__init__(content)
        self.seek, self.tell, self.seekable = self._file.seek, self._file.tell, self._file.seekable


class Dribbling(io.RawIOBase):
    """A raw file that gives a few bytes at a time."""

    def __init__(self, content):
        self._file = io.BytesIO(content)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        return self._file.seek(offset, whence)

    def tell(self):
        return self._file.tell()

    def readinto(self, buffer):
        part = self._file.read(min(len(buffer), 50_000))
        buffer[: len(part)] = part
        return len(part)


@contextlib.contextmanager
def pipe(content):
    reading, writing = os.pipe()

    def fill():
        with os.fdopen(writing, "wb") as file:
            file.write(content)

    filler = threading.Thread(target=fill)
    filler.start()
    with os.fdopen(reading, "rb") as file:
        yield file
    filler.join()


@contextlib.contextmanager
def in_a_tar(path, content):
    """A member of an archive that is read as a stream; asked whether it can be rewound, it fails."""
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("member")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    with tarfile.open(path, "r|") as archive, archive.extractfile(archive.next()) as file:
        yield file


@contextlib.contextmanager
def in_a_zip(path, content):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("member", content)
    with zipfile.ZipFile(path) as archive, archive.open("member") as file:
        yield file


def compressed(path, content):
    path.write_bytes(content)
    return path


@contextlib.contextmanager
def written(file, content):
    """A file that the caller has just written and not closed."""
    with file:
        file.write(content)
        file.seek(0)
        yield file


SOURCES = {
    "bytes": lambda path, content: contextlib.nullcontext(content),
    "bytearray": lambda path, content: contextlib.nullcontext(bytearray(content)),
    "memoryview": lambda path, content: contextlib.nullcontext(memoryview(content)),
    "path as text": lambda path, content: contextlib.nullcontext(str(path)),
    "path": lambda path, content: contextlib.nullcontext(path),
    "open file": lambda path, content: open(path, "rb"),
    "open file, unbuffered": lambda path, content: open(path, "rb", buffering=0),
    "open file, for reading and writing": lambda path, content: open(path, "r+b"),
    "BytesIO": lambda path, content: io.BytesIO(content),
    "temporary file": lambda path, content: written(tempfile.TemporaryFile(), content),
    "named temporary file": lambda path, content: written(tempfile.NamedTemporaryFile(), content),
    "spooled file in memory": lambda path, content: written(tempfile.SpooledTemporaryFile(10**9), content),
    "spooled file on disk": lambda path, content: written(tempfile.SpooledTemporaryFile(1), content),
    "gzip": lambda path, content: gzip.open(compressed(path, gzip.compress(content, 1))),
    "bz2": lambda path, content: bz2.open(compressed(path, bz2.compress(content, 1))),
    "zip member": lambda path, content: in_a_zip(path.with_suffix(".zip"), content),
    "tar member": lambda path, content: in_a_tar(path.with_suffix(".tar"), content),
    "pipe": lambda path, content: pipe(content),
    "object that only reads": lambda path, content: contextlib.nullcontext(OnlyReads(content)),
    "object that reads and seeks": lambda path, content: contextlib.nullcontext(OnlySeeks(content)),
    "raw file that dribbles": lambda path, content: Dribbling(content),
}


@pytest.fixture
def source(tmp_path):
    """Give a function that opens the same content in one of the ways above."""

    def make(kind, content):
        path = tmp_path / "content.bin"
        path.write_bytes(content)
        return SOURCES[kind](path, content)

    return make


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_source_is_sent_as_the_base64_of_its_bytes(kind, source, backend):
    content = pattern(CHUNK + 4)
    with source(kind, content) as opened:
        body = encode({"fileblob": blob_of(opened, "content")})
        assert read(body, backend) == b'{"fileblob":"' + base64.b64encode(content) + b'"}'


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_source_can_be_sent_again_from_its_start(kind, source):
    with source(kind, pattern(CHUNK + 4)) as opened:
        body = encode({"fileblob": blob_of(opened, "content")})
        assert read(body) == read(body) == read(body, "trio")


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_source_may_be_empty(kind, source, backend):
    with source(kind, b"") as opened:
        assert read(encode({"fileblob": blob_of(opened, "content")}), backend) == b'{"fileblob":""}'


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["bytes", "path", "open file", "BytesIO"])
def test_sizes_around_the_ends_of_chunks(kind, size, source):
    content = pattern(size)
    with source(kind, content) as opened:
        body = encode({"before": 1, "fileblob": blob_of(opened, "content"), "after": [2]})
        assert json.loads(read(body)) == {"before": 1, "fileblob": base64_of(content), "after": [2]}


@pytest.mark.parametrize("kind", ["open file", "open file, unbuffered", "BytesIO", "gzip", "spooled file on disk"])
def test_an_open_file_is_sent_from_where_it_stands(kind, source, backend):
    content = pattern(CHUNK + 100)
    with source(kind, content) as opened:
        opened.read(77)
        body = encode({"fileblob": blob_of(opened, "content")})
        assert json.loads(read(body, backend)) == {"fileblob": base64_of(content[77:])}
        assert json.loads(read(body, backend)) == {"fileblob": base64_of(content[77:])}


@pytest.mark.parametrize("kind", ["open file", "BytesIO", "gzip"])
def test_moving_the_open_file_later_does_not_matter(kind, source):
    content = pattern(1000)
    with source(kind, content) as opened:
        blob = blob_of(opened, "content")
        opened.seek(500)
        assert json.loads(read(encode({"fileblob": blob}))) == {"fileblob": base64_of(content)}


@pytest.mark.parametrize("kind", ["open file", "BytesIO", "gzip", "zip member", "spooled file on disk"])
def test_an_open_file_stands_where_it_stood_and_can_be_attached_again(kind, source):
    content = pattern(CHUNK + 100)
    with source(kind, content) as opened:
        opened.read(7)
        for _ in range(2):
            body = encode({"fileblob": blob_of(opened, "content")})
            assert opened.tell() == 7
            assert json.loads(read(body)) == {"fileblob": base64_of(content[7:])}
            assert opened.tell() == 7


def test_bytes_in_the_buffer_of_the_callers_file_are_sent(tmp_path):
    with open(tmp_path / "new", "w+b") as file:
        file.write(b"written")
        file.seek(0)
        assert json.loads(read(encode({"fileblob": blob_of(file, "new")}))) == {"fileblob": base64_of(b"written")}
    with open(tmp_path / "new", "w+b") as file:
        blob = blob_of(file, "new")
        file.write(b"later")
        file.flush()
        assert json.loads(read(encode({"fileblob": blob}))) == {"fileblob": base64_of(b"later")}


# --- several files -----------------------------------------------------------------------------------------------


def test_a_batch_with_many_files_of_every_kind(tmp_path, backend):
    contents = [pattern(size) for size in (0, 1, CHUNK + 1, 70_000, 5)]
    (tmp_path / "large").write_bytes(contents[2])
    with open(tmp_path / "large", "rb") as file:
        blobs = [MemoryBlob(b""), MemoryBlob(contents[1]), PathBlob(str(tmp_path / "large")), MemoryBlob(contents[3])]
        blobs.append(blob_of(io.BytesIO(contents[4]), "x"))
        emails = [{"subject": str(n), "attachments": [{"fileblob": blob}]} for n, blob in enumerate(blobs)]
        emails.append({"inlines": [{"fileblob": blob_of(file, "large")}, {"fileblob": blobs[1]}]})
        whole = json.loads(read(encode({"emails": emails}), backend))["emails"]
    assert [one["attachments"][0]["fileblob"] for one in whole[:5]] == [base64_of(one) for one in contents]
    assert [one["fileblob"] for one in whole[5]["inlines"]] == [base64_of(contents[2]), base64_of(contents[1])]


@pytest.mark.parametrize("kind", ["open file", "BytesIO", "gzip", "spooled file on disk"])
def test_the_same_open_file_can_go_with_two_sends_at_once(kind, source, backend):
    content = pattern(3 * CHUNK + 1)
    found = []

    async def send(body):
        found.append(b"".join(await chunks_of(body)))

    async def both():
        async with anyio.create_task_group() as group:
            for body in bodies:
                group.start_soon(send, body)

    with source(kind, content) as opened:
        bodies = [encode({"fileblob": blob_of(opened, "content")}) for _ in range(4)]
        anyio.run(both, backend=backend)
    assert set(found) == {b'{"fileblob":"' + base64.b64encode(content) + b'"}'}
    assert len(found) == 4


# --- how it is sent ----------------------------------------------------------------------------------------------


def test_a_small_body_is_one_piece():
    body = encode({"fileblob": MemoryBlob(b"abc"), "b": 1})
    assert body.content == b'{"fileblob":"YWJj","b":1}'
    assert body.length == len(body.content)


def test_a_body_without_files_is_one_piece_however_large():
    assert encode({"html_body": "x" * 1_000_000}).content is not None


def test_a_body_with_a_file_or_much_in_memory_is_sent_in_pieces(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert encode({"fileblob": PathBlob(str(tmp_path / "a"))}).content is None
    assert encode({"fileblob": MemoryBlob(b"x" * 64 * 1024)}).content is None


def test_no_piece_of_a_file_is_larger_than_a_chunk_in_base64(tmp_path):
    (tmp_path / "a").write_bytes(pattern(3 * CHUNK))
    body = encode({"a": PathBlob(str(tmp_path / "a")), "b": MemoryBlob(pattern(2 * CHUNK))})
    assert max(map(len, anyio.run(chunks_of, body))) == CHUNK // 3 * 4


def test_text_that_looks_like_json_stays_text():
    fields = {"a": '"', "b": "\\", "c": "\x00", "d": "é\U0001f600", "fileblob": MemoryBlob(b"abc"), 'e"': "{}"}
    assert json.loads(read(encode(fields))) == {**fields, "fileblob": "YWJj"}


def test_the_bytes_are_not_in_the_repr_of_a_blob():
    assert "secret" not in repr(MemoryBlob(b"secret"))
    assert "secret" not in repr(encode({"fileblob": MemoryBlob(b"secret" * 20_000)}).pieces[1])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    # Bytes stand for a file.
    | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def replaced(value, replace):
    if isinstance(value, bytes):
        return replace(value)
    if isinstance(value, list):
        return [replaced(one, replace) for one in value]
    if isinstance(value, dict):
        return {name: replaced(one, replace) for name, one in value.items()}
    return value


@examples(50)
@given(fields=st.dictionaries(st.text(), json_values, max_size=4), small=st.sampled_from([0, 100, 64 * 1024]))
def test_any_json_with_files_anywhere_equals_that_of_the_standard_library(fields, small):
    makers = [MemoryBlob, lambda content: FileBlob(io.BytesIO(content), 0, "x")]
    with pytest.MonkeyPatch.context() as patch:
        # Chunks of 12 bytes bring the ends of chunks within reach.
        patch.setattr(_blobs, "CHUNK", 12)
        patch.setattr(_body, "_SMALL", small)
        for make in makers:
            body = encode(replaced(fields, make))
            assert json.loads(read(body)) == json.loads(json.dumps(replaced(fields, base64_of)))
