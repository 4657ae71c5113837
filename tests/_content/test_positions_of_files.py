"""An open file is sent from where it stands: what of one that stands at its end, or was closed?"""

import contextlib
import gzip
import io
import os
import tempfile
import zipfile

import pytest
from _content.uploads import DjangoUpload, FlaskUpload
from starlette.datastructures import UploadFile

from smtp2go_async import Attachment, Email, Inline
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire.body import encode

BOTH = pytest.mark.parametrize("kind", [Attachment, Inline])


@contextlib.contextmanager
def each_kind_of_file(tmp_path):
    """Give files of three bytes that stand at their begin."""
    (tmp_path / "plain").write_bytes(b"abc")
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("member", b"abc")
    with gzip.open(tmp_path / "gzip", "wb") as file:
        file.write(b"abc")
    with (
        open(tmp_path / "plain", "rb") as plain,
        open(tmp_path / "plain", "rb", buffering=0) as raw,
        open(tmp_path / "plain", "r+b") as writable,
        zipfile.ZipFile(tmp_path / "zip") as archive,
        archive.open("member") as member,
        gzip.open(tmp_path / "gzip") as compressed,
        tempfile.SpooledTemporaryFile() as spooled,
    ):
        spooled.write(b"abc")
        spooled.seek(0)
        memory = io.BytesIO(b"abc")
        yield {
            "plain": plain,
            "raw": raw,
            "writable": writable,
            "member": member,
            "compressed": compressed,
            "spooled": spooled,
            "memory": memory,
            "flask": FlaskUpload(io.BytesIO(b"abc"), "a.pdf"),
            "django": DjangoUpload(io.BytesIO(b"abc"), "a.pdf"),
        }


def test_a_file_that_stands_at_its_end_is_never_an_empty_attachment(tmp_path):
    with each_kind_of_file(tmp_path) as files:
        for name, file in files.items():
            file.read()
            with pytest.raises(
                ValueError,
                match=rf"^content: must be a file with something left to read, not the open file '{name}', which .*seek\(0\)",
            ):
                Attachment(file, name)
            file.seek(1)
            assert Attachment(file, name).blob.measure() == 2


def test_a_file_that_was_just_written_stands_at_its_end():
    file = io.BytesIO()
    file.write(b"abc")
    with pytest.raises(ValueError, match=r"stands at its end.*seek\(0\)"):
        Attachment(file, "a.csv")


@pytest.mark.parametrize("beyond", [3, 4, 100])
def test_a_file_that_stands_beyond_its_end_is_refused_as_well(beyond, tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with open(tmp_path / "a", "rb") as file:
        file.seek(beyond)
        with pytest.raises(ValueError, match="stands at its end"):
            Attachment(file)


def test_a_file_without_any_bytes_is_attached(tmp_path):
    (tmp_path / "empty").touch()
    with open(tmp_path / "empty", "rb") as file:
        for content in (b"", io.BytesIO(), file, tmp_path / "empty", FlaskUpload(io.BytesIO(), "a.pdf")):
            assert Attachment(content, "a.txt").blob.measure() == 0


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="no /proc")
def test_a_file_of_the_system_that_was_read_and_says_it_is_empty_is_refused():
    with open("/proc/self/status", "rb") as file:
        file.read()
        with pytest.raises(ValueError, match="stands at its end"):
            Attachment(file)


def test_a_file_that_is_cut_to_where_it_stood_before_it_is_sent_is_refused(tmp_path):
    with open(tmp_path / "a", "w+b") as file:
        file.write(b"abcdef")
        file.seek(3)
        made = Attachment(file)
        file.truncate(3)
        with pytest.raises(ValueError, match="'a', which stands at its end"):
            encode({"fileblob": made.blob})


class OnlyReads:
    """Can't be rewound, and tells where it stands."""

    def __init__(self, content):
        self._inner = io.BytesIO(content)

    def read(self, size=-1):
        return self._inner.read(size)

    def tell(self):
        return self._inner.tell()


def test_a_stream_that_says_it_was_read_already_is_refused():
    stream = OnlyReads(b"abc")
    assert blob_of(stream, "stream").data == b"abc"
    with pytest.raises(
        ValueError, match="something left to read, not the open file 'stream', which was read to its end"
    ):
        blob_of(stream, "stream")
    assert blob_of(OnlyReads(b""), "stream").data == b""


# --- closed ------------------------------------------------------------------------------------------------------


@BOTH
def test_a_file_that_was_closed_is_refused_with_the_reason(kind, tmp_path):
    with each_kind_of_file(tmp_path) as files:
        pass
    files["memory"].close()
    for name in ("plain", "raw", "writable", "member", "compressed", "spooled", "memory"):
        for given in ((), ("a.pdf",)):
            with pytest.raises(ValueError, match=r"^content: must be an open file, not a closed one; give its bytes"):
                kind(files[name], *given)


def test_a_file_that_reads_as_empty_once_it_is_closed_is_refused():
    class Forgiving(io.RawIOBase):
        def read(self, size=-1):
            return b""

    file = Forgiving()
    file.close()
    with pytest.raises(ValueError, match="not a closed one"):
        Attachment(file, "a.pdf")


@pytest.fixture
def upload():
    """An upload of Starlette's, as FastAPI gives it."""
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(b"abc")
        spooled.seek(0)
        yield UploadFile(spooled, filename="invoice.pdf")


async def test_an_upload_that_its_framework_closed_meanwhile_is_refused_before_anything_is_sent(upload):
    made = Email(
        sender="a@example.com",
        to="b@example.com",
        subject="x",
        text_body="y",
        attachments=[Attachment(upload.file, upload.filename)],
    )
    await upload.close()
    with pytest.raises(
        ValueError,
        match=r"^attachments\[0\]: must be an open file, not a closed one \('invoice.pdf'\).*web frameworks close",
    ):
        encode(made.to_fields())


def test_a_file_that_was_copied_may_be_closed_before_it_is_sent(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.pdf", b"abc")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive, archive.open("a.pdf") as member:
        made = Attachment(member)
    assert encode({"fileblob": made.blob}).content == b'{"fileblob":"YWJj"}'
