"""What happens when a file changes, closes or disappears while it waits or is sent?

The announced length can't be kept then, so the request must not become whole: never a truncated mail.
"""

# ruff: noqa: SIM115 - the tests are about when a file is closed

import contextlib
import errno
import io
import os
import threading

import pytest
from _content.changes import SIZE, append, empty, rewrite, send, truncate

from smtp2go_async._content import blobs as _blobs
from smtp2go_async._content.blobs import CHUNK, MemoryBlob, PathBlob
from smtp2go_async._content.sources import blob_of
from smtp2go_async._masking import mask_text
from smtp2go_async._values.problems import with_article
from smtp2go_async._wire import body as _body
from smtp2go_async._wire.body import encode


def test_a_file_that_stays_as_it_is_is_sent_whole(path, backend):
    body = encode({"fileblob": PathBlob(str(path))})
    assert send(body, backend) == (body.length, None)


# --- a path ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [truncate, empty, append, os.unlink], ids=lambda one: one.__name__)
def test_a_path_whose_file_changes_before_it_is_sent_fails_before_anything_of_it_is_sent(path, change, backend):
    body = encode({"fileblob": PathBlob(str(path))})
    change(path)
    sent, error = send(body, backend)
    assert error is not None
    assert "file.bin" in str(error)
    assert sent == len('{"fileblob":"')


@pytest.mark.parametrize("change", [truncate, empty, append, rewrite], ids=lambda one: one.__name__)
def test_a_path_whose_file_changes_while_it_is_sent_never_becomes_a_whole_request(path, change, backend):
    body = encode({"fileblob": PathBlob(str(path))})
    sent, error = send(body, backend, in_the_middle=lambda: change(path))
    assert error is not None
    assert sent < body.length


def test_a_path_that_became_a_directory_fails(path):
    body = encode({"fileblob": PathBlob(str(path))})
    os.unlink(path)
    os.mkdir(path)
    assert send(body)[1] is not None


@pytest.mark.parametrize("become", [os.mkfifo, lambda path: os.symlink(os.devnull, path)], ids=["pipe", "device"])
def test_a_path_that_became_something_else_than_a_file_fails_at_once(path, become):
    empty(path)
    body = encode({"fileblob": PathBlob(str(path))})
    os.unlink(path)
    become(path)
    results = []
    sending = threading.Thread(target=lambda: results.append(send(body)), daemon=True)
    sending.start()
    sending.join(60)
    # Frees whoever waits for the other end.
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    assert "file.bin' is not an ordinary file any more" in str(results[0][1])


def test_sizes_stay_readable_where_telephone_numbers_are_masked(path):
    os.truncate(path, 12_345_678)
    body = encode({"fileblob": PathBlob(str(path))})
    os.truncate(path, 123_456_789)
    said = str(send(body)[1])
    assert said.endswith("file.bin' had 12,345,678 bytes when measured and now has 123,456,789")
    assert mask_text(said) == said


def test_a_file_that_was_removed_after_it_was_opened_is_sent_whole(path):
    body = encode({"fileblob": PathBlob(str(path))})
    assert send(body, in_the_middle=lambda: os.unlink(path)) == (body.length, None)


def test_an_empty_file_that_grows_before_it_is_sent_fails(path):
    empty(path)
    body = encode({"fileblob": PathBlob(str(path))})
    append(path)
    assert send(body)[1] is not None


def test_a_file_that_changed_can_be_sent_again_once_it_is_measured_again(path):
    blob = PathBlob(str(path))
    old = encode({"fileblob": blob})
    append(path)
    assert send(old)[1] is not None
    new = encode({"fileblob": blob})
    assert send(new) == (new.length, None)


def test_a_path_that_can_not_be_read_to_its_end_fails_as_one_that_changed(path, monkeypatch, backend):
    read_at = _blobs._read_at

    def fail_after_the_first(file, offset, size):
        if offset:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read_at(file, offset, size)

    monkeypatch.setattr(_blobs, "_read_at", fail_after_the_first)
    body = encode({"fileblob": PathBlob(str(path))})
    sent, error = send(body, backend)
    assert "file.bin' can't be read any more: Input/output error" in str(error)
    assert sent < body.length


# --- an open file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [truncate, empty, append], ids=lambda one: one.__name__)
def test_an_open_file_that_changes_size_before_it_is_sent_fails(path, change, backend):
    with open(path, "rb") as file:
        body = encode({"fileblob": blob_of(file, "file.bin")})
        change(path)
        sent, error = send(body, backend)
    assert "file.bin" in str(error)
    assert sent < body.length


@pytest.mark.parametrize("change", [truncate, empty, append, rewrite], ids=lambda one: one.__name__)
def test_an_open_file_that_changes_while_it_is_sent_never_becomes_a_whole_request(path, change, backend):
    with open(path, "rb") as file:
        body = encode({"fileblob": blob_of(file, "file.bin")})
        sent, error = send(body, backend, in_the_middle=lambda: change(path))
    assert error is not None
    assert sent < body.length


def test_an_empty_open_file_that_grows_before_it_is_sent_fails(path):
    empty(path)
    with open(path, "rb") as file:
        body = encode({"fileblob": blob_of(file, "file.bin")})
        append(path)
        assert send(body)[1] is not None


@pytest.mark.parametrize("make", [lambda path: open(path, "rb"), lambda path: io.BytesIO(b"x" * SIZE)])
def test_a_file_that_was_closed_before_it_is_sent_fails_as_one_that_changed(path, make, backend):
    with make(path) as file:
        body = encode({"fileblob": blob_of(file, "file.bin")})
    sent, error = send(body, backend)
    assert "file.bin" in str(error)
    assert sent == len('{"fileblob":"')


@pytest.mark.parametrize("make", [lambda path: open(path, "rb"), lambda path: io.BytesIO(b"x" * SIZE)])
def test_a_file_that_is_closed_while_it_is_sent_fails_as_one_that_changed(path, make):
    file = make(path)
    body = encode({"fileblob": blob_of(file, "file.bin")})
    sent, error = send(body, in_the_middle=file.close)
    assert error is not None
    assert sent < body.length


def test_a_file_that_is_closed_when_the_last_of_it_was_read_fails_as_one_that_changed(path, monkeypatch):
    read_at = _blobs._read_at

    def read_and_close(source, offset, size):
        chunk = read_at(source, offset, size)
        if offset + size == SIZE:
            file.close()
        return chunk

    monkeypatch.setattr(_blobs, "_read_at", read_and_close)
    with open(path, "rb") as file:
        assert send(encode({"fileblob": blob_of(file, "file.bin")}))[1] is not None


def test_a_file_that_is_closed_before_it_is_measured_is_a_wrong_argument(path):
    with open(path, "rb") as file:
        blob = blob_of(file, "file.bin")
    with pytest.raises(ValueError, match=r"must be an open file, not a closed one \(.*file\.bin"):
        encode({"fileblob": blob})


@pytest.mark.parametrize("change", ["truncate", "write"])
def test_a_file_in_memory_that_changes_size_while_it_is_sent_never_becomes_a_whole_request(change, backend):
    file = io.BytesIO(b"x" * SIZE)
    body = encode({"fileblob": blob_of(file, "memory")})

    def act():
        file.seek(0, os.SEEK_END)
        file.truncate(CHUNK + 1) if change == "truncate" else file.write(b"y")

    sent, error = send(body, backend, in_the_middle=act)
    assert error is not None
    assert sent < body.length


def test_a_path_that_vanishes_before_it_is_measured_is_a_wrong_argument(path):
    blob = PathBlob(str(path))
    os.unlink(path)
    with pytest.raises(ValueError, match=r"file\.bin.*No such file"):
        encode({"fileblob": blob})


# --- files that do not read as they should -----------------------------------------------------------------------


class Odd(io.BytesIO):
    """Returns something else than was asked for, and nothing at its end."""

    def __init__(self, *parts):
        super().__init__()
        self._parts = [*parts, b""]

    def read(self, size=-1):
        return self._parts.pop(0) if size else b""


@pytest.mark.parametrize("parts", [["text"], [b"first", "text"], [5]], ids=["text", "text later", "a number"])
def test_a_file_that_gives_something_else_than_bytes_is_a_wrong_argument(parts):
    problem = f"it must give bytes, not {with_article(parts[-1])}"
    with pytest.raises(ValueError, match=f"^must be a file that can be read, not the open file 'odd': {problem}$"):
        blob_of(Odd(*parts), "odd")


def test_a_file_that_has_nothing_to_give_yet_is_a_wrong_argument():
    with pytest.raises(ValueError, match=r"^must be a file that blocks until its end, not the open file 'odd'"):
        blob_of(Odd(b"first", None), "odd")


@pytest.mark.parametrize(
    "parts", [[b"x" * 5 * CHUNK], [b"x", b"x" * 2 * CHUNK, b"xx"]], ids=["at once", "little by little"]
)
def test_a_file_may_give_more_or_less_than_it_is_asked_for(parts, backend):
    blob = blob_of(Odd(*parts), "odd")
    assert blob.measure() == sum(map(len, parts))
    body = encode({"fileblob": blob})
    assert send(body, backend) == (body.length, None)


def test_a_file_may_give_bytearrays(backend):
    body = encode({"fileblob": blob_of(Odd(*[bytearray(b"x" * CHUNK)] * 3), "odd")})
    assert send(body, backend) == (body.length, None)


@pytest.mark.parametrize("kind", [MemoryBlob, PathBlob])
@pytest.mark.parametrize("parts", [[], [b"abc"], [b"abc", b"abcd"], [b"abcdefghij"]], ids=repr)
def test_a_body_whose_parts_do_not_have_the_announced_length_fails_and_ends(kind, parts, monkeypatch, backend):
    blob = kind("abcdef")
    body = _body.Body((b'"', _body._Encoded(blob, 6), b'"'), 10)
    monkeypatch.setattr(kind, "opened", lambda blob, size: contextlib.nullcontext(iter(parts)))
    sent, error = send(body, backend)
    assert str(error) == "a file gave more or fewer bytes than were measured"
    assert sent < body.length
