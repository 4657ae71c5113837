"""What can be given as the content of a file, and what is refused at once?"""

import io
import os
import pathlib

import pytest

from smtp2go_async._content.blobs import FileChangedError
from smtp2go_async._content.sources import blob_of
from smtp2go_async._values.problems import with_article


def test_a_path_is_looked_at_when_it_is_given(tmp_path):
    with pytest.raises(ValueError, match="nowhere.*No such file"):
        blob_of(tmp_path / "nowhere", "x")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(ValueError, match="^must be a file, not the directory "):
        blob_of(tmp_path, "x")


def test_a_named_pipe_is_refused_because_its_size_can_not_be_known(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ValueError, match="^must be an ordinary file, not "):
        blob_of(tmp_path / "fifo", "x")


def test_a_device_is_refused():
    with pytest.raises(ValueError, match="^must be an ordinary file, not "):
        blob_of(pathlib.Path(os.devnull), "x")


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="no /proc")
@pytest.mark.parametrize("form", ["path", "open file"])
def test_a_file_of_the_system_that_says_it_is_empty_and_is_not_is_never_sent_as_nothing(form):
    with open("/proc/self/status", "rb") as file:
        blob = blob_of(file if form == "open file" else "/proc/self/status", "status")
        with pytest.raises(FileChangedError, match="had no bytes when measured and now has some"):
            with blob.opened(blob.measure()) as chunks:
                list(chunks)


def test_a_pipe_that_does_not_block_and_has_not_ended_is_refused_instead_of_cut_off():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, b"the beginning")
    with os.fdopen(reading, "rb", buffering=0) as file, os.fdopen(writing, "wb"):
        with pytest.raises(ValueError, match="must be a file that blocks until its end, not the open file 'pipe'"):
            blob_of(file, "pipe")


@pytest.mark.parametrize("text_file", [io.StringIO("x"), io.StringIO("")])
def test_a_file_in_text_mode_is_refused(text_file):
    with pytest.raises(TypeError, match="text mode"):
        blob_of(text_file, "notes.txt")


def test_an_open_text_file_is_refused(tmp_path):
    (tmp_path / "notes").write_text("x")
    with open(tmp_path / "notes") as file, pytest.raises(TypeError, match="must be a file in binary mode .*'notes'"):
        blob_of(file, "notes")


@pytest.mark.parametrize("content", [None, 17, ["x"], object()])
def test_anything_else_is_refused_by_its_type(content):
    with pytest.raises(TypeError, match=f"not {with_article(content)}$"):
        blob_of(content, "x")


def test_a_path_that_the_system_gave_as_undecodable_bytes_is_found_again(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9"
    with open(name, "wb") as file:
        file.write(b"abc")
    with blob_of(os.fsdecode(name), "x").opened(3) as chunks:
        assert list(chunks) == [b"abc"]


def test_a_file_that_is_read_by_awaiting_is_refused_and_says_what_to_give_instead():
    class Upload:
        filename = "invoice.pdf"

        async def read(self, size=-1):
            return b""

    with pytest.raises(TypeError, match=r"Upload, which is read by awaiting; write await upload\.read\(\)$"):
        blob_of(Upload(), "invoice.pdf")
