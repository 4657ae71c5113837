"""What web frameworks give as an upload: under which name is it attached, and what is said of those that can't be?

Most are stand-ins, since the frameworks are not installed here; Starlette is.
"""

import bz2
import contextlib
import dataclasses
import functools
import gzip
import io
import lzma
import os
import sys
import tarfile
import tempfile
import zipfile

import pytest
from _content.uploads import DjangoUpload, FlaskUpload
from starlette.datastructures import UploadFile

from smtp2go_async import Attachment, Email, Inline

BOTH = pytest.mark.parametrize("kind", [Attachment, Inline])
USUAL = {"sender": "shop@example.com", "to": "jane@example.com", "subject": "Hello", "text_body": "Hi"}


@dataclasses.dataclass
class AiohttpUpload:
    """As aiohttp's FileField, which has no methods of a file."""

    name: str
    filename: str
    file: io.IOBase


@dataclasses.dataclass
class TornadoUpload:
    filename: str
    body: bytes


@dataclasses.dataclass
class SanicUpload:
    type: str
    body: bytes
    name: str


class FsspecFile(io.BytesIO):
    path = "bucket/reports/march.xlsx"


@pytest.fixture
def upload():
    """An upload of Starlette's, as FastAPI gives it."""
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(b"abc")
        spooled.seek(0)
        yield UploadFile(spooled, filename="../x/invoice.pdf")


# --- names -------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.pdf", "a.pdf"),
        ("/var/tmp\\a.pdf", "a.pdf"),
        ("Rechnung März.pdf", "Rechnung März.pdf"),
        ("\U0001f468\u200d\U0001f469.png", "\U0001f468\u200d\U0001f469.png"),
    ],
)
@pytest.mark.parametrize("upload", [FlaskUpload, DjangoUpload])
def test_an_upload_is_named_after_its_file_without_folders(kind, upload, given, name):
    made = kind(upload(io.BytesIO(b"abc"), given))
    assert (made.filename, made.blob.measure()) == (name, 3)


@BOTH
@pytest.mark.parametrize("filename", ["", None, " ", "folder/", "C:\\"])
def test_an_upload_without_a_file_name_is_not_named_after_its_form_field(kind, filename):
    upload = FlaskUpload(io.BytesIO(b"abc"), filename)
    with pytest.raises(ValueError, match=r"^(filename|cid): must be given, since the upload has no file name"):
        kind(upload)
    assert kind(upload, "a.pdf").filename == "a.pdf"


@pytest.mark.parametrize("given", ["../../etc/passwd", "..\\passwd", "/etc/passwd", "C:\\etc\\passwd"])
def test_folders_are_dropped_from_a_name_that_is_given_as_well(given):
    assert Attachment(b"x", given).filename == "passwd"


def test_a_cid_keeps_its_strokes_since_the_html_body_has_them_too():
    assert Inline(b"x", "images/logo").cid == "images/logo"


@BOTH
@pytest.mark.parametrize("name", [".", "..", "a/..", " ", "\u3000"])
def test_a_name_that_is_not_a_file_name_is_refused(kind, name):
    if kind is Inline and "/" in name:
        return
    with pytest.raises(
        ValueError, match=r"^(filename|cid): (must not be empty|must be the name of a file, not '\.+')$"
    ):
        kind(b"x", name)


@BOTH
@pytest.mark.parametrize(
    "one", ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"]
)
def test_a_name_whose_order_is_turned_is_refused(kind, one):
    for made in (
        lambda: kind(b"x", f"invoice{one}fdp.exe"),
        lambda: kind(FlaskUpload(io.BytesIO(b"x"), f"a{one}.exe")),
    ):
        with pytest.raises(
            ValueError, match=rf"^(filename|cid): must not hold U\+{ord(one):04X} .* which disguises a name$"
        ):
            made()


@BOTH
def test_a_name_that_is_not_unicode_is_refused(kind):
    with pytest.raises(
        ValueError, match=r"^(filename|cid): must be valid text, not hold the lone surrogate U\+DCE9 at position 3"
    ):
        kind(b"x", os.fsdecode(b"caf\xe9"))


def test_other_files_are_named_by_the_name_or_the_path_that_they_have(tmp_path):
    assert Attachment(FsspecFile(b"x")).filename == "march.xlsx"
    with open(os.fsencode(tmp_path / "a.csv"), "w+b") as file:
        assert Attachment(file).filename == "a.csv"


def test_a_member_of_an_archive_is_named_by_the_last_part_of_its_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("march/a.pdf", b"abc")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive, archive.open("march/a.pdf") as member:
        assert Attachment(member).filename == "a.pdf"
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        archive.add(tmp_path / "all.zip", "march/b.pdf")
    with tarfile.open(tmp_path / "all.tar") as archive, archive.extractfile("march/b.pdf") as member:
        if sys.version_info < (3, 12):
            # It has the name of the archive there.
            with pytest.raises(ValueError, match="does not tell its own name"):
                Attachment(member)
        else:
            assert Attachment(member).filename == "b.pdf"


@pytest.mark.parametrize(("module", "ending"), [(gzip, "gz"), (bz2, "bz2"), (lzma, "xz")])
def test_a_compressed_file_that_reads_as_its_content_has_the_name_of_the_content(module, ending, tmp_path):
    path = tmp_path / f"list.csv.{ending}"
    with module.open(path, "wb") as file:
        file.write(b"a,b")
    with module.open(path) as file:
        if module is not gzip and sys.version_info < (3, 13):
            # It does not tell its name yet.
            with pytest.raises(ValueError, match="without a name"):
                Attachment(file)
        else:
            made = Attachment(file)
            assert (made.filename, made.mimetype) == ("list.csv", "text/csv")
    # The file as it is keeps its own name.
    assert Attachment(path).filename == f"list.csv.{ending}"


@pytest.mark.parametrize("make", [tempfile.NamedTemporaryFile, tempfile.TemporaryFile, tempfile.SpooledTemporaryFile])
def test_a_temporary_file_has_no_name_for_a_recipient(make):
    with make() as file:
        with pytest.raises(ValueError, match=r"^filename: must be given"):
            Attachment(file)
        assert Attachment(file, "a.pdf").filename == "a.pdf"


def test_a_standard_stream_has_no_name():
    class Stream(io.BytesIO):
        name = "<stdin>"

    with pytest.raises(ValueError, match="must be given with bytes"):
        Attachment(Stream(b"x"))


def test_the_type_of_an_uploaded_inline_image_is_guessed_from_its_file():
    assert Inline(FlaskUpload(io.BytesIO(b"x"), "logo.png"), "logo").mimetype == "image/png"


# --- what has to be given otherwise ------------------------------------------------------------------------------


LINES = [
    (UploadFile, "UploadFile, which is read by awaiting", "{}(upload.file, upload.filename)"),
    (AiohttpUpload("x", "a.pdf", io.BytesIO()), "which only holds one", "{}(upload.file, upload.filename)"),
    (TornadoUpload("a.pdf", b"x"), "TornadoUpload, which only holds one", "{}(upload.body, upload.filename)"),
    (SanicUpload("a/b", b"x", "a.pdf"), "SanicUpload, which only holds one", "{}(upload.body, upload.name)"),
]


@pytest.mark.parametrize(("given", "said", "line"), LINES, ids=["starlette", "aiohttp", "tornado", "sanic"])
@BOTH
def test_the_line_to_write_is_shown(kind, given, said, line, upload):
    given = upload if given is UploadFile else given
    for make in (
        lambda: kind(given),
        lambda: kind(given, "a.pdf"),
    ):
        with pytest.raises(TypeError) as caught:
            make()
        assert str(caught.value).startswith("content: must be bytes, a path or an open binary file, not a")
        assert str(caught.value).endswith(f"{said}; write {line.format(kind.__name__)}")
    argument = "attachments" if kind is Attachment else "inlines"
    with pytest.raises(TypeError) as caught:
        Email(**USUAL, **{argument: [given]})
    assert str(caught.value).startswith(f"{argument}[0]: must be an {kind.__name__} or a path, not a")
    assert str(caught.value).endswith(f"; write {line.format(kind.__name__)}")


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (b"x", "Attachment(data, name)"),
        (io.BytesIO(b"x"), "Attachment(file)"),
        (FlaskUpload(io.BytesIO(b"x"), "a.pdf"), "Attachment(file)"),
    ],
    ids=["bytes", "file", "upload"],
)
def test_the_error_for_bare_content_says_to_write_an_attachment(one, line):
    with pytest.raises(TypeError, match=r"^attachments\[0\]: must be an Attachment or a path, not a ") as caught:
        Email(**USUAL, attachments=[one])
    assert str(caught.value).endswith(f"; write {line}")


def test_a_foreign_type_is_named_with_its_module(upload):
    with pytest.raises(
        TypeError,
        match=r"^content: must be bytes, a path or an open binary file, not a starlette\.datastructures\.UploadFile, which is read by awaiting",
    ):
        Attachment(upload)
    with pytest.raises(TypeError, match=r"^attachments: must be a list, not a starlette\.datastructures\.UploadFile$"):
        Email(**USUAL, attachments=upload)
    with pytest.raises(TypeError, match=r"^subject: must be a str, not a starlette\.datastructures\.UploadFile$"):
        Email(**{**USUAL, "subject": upload})
    with pytest.raises(
        TypeError, match=r"^cc: must be an address or a list of addresses, not a starlette\.datastructures\.UploadFile$"
    ):
        Email(**USUAL, cc=upload)


def test_the_suggested_line_makes_an_attachment_with_the_name_of_the_upload(upload):
    made = Attachment(upload.file, upload.filename)
    assert (made.filename, made.mimetype, made.blob.measure()) == ("invoice.pdf", "application/pdf", 3)


async def _async(size=-1):
    return b""


@pytest.mark.parametrize("read", [functools.partial(_async), lambda size=-1: _async(size)], ids=["partial", "hidden"])
def test_a_file_that_turns_out_to_be_read_by_awaiting_is_refused_too(read):
    class File:
        name = "a.pdf"

    file = File()
    file.read = read
    with pytest.raises(
        TypeError,
        match=r"^content: must be bytes, a path or an open binary file, not a .*File, which is read by awaiting; write .*await upload\.read\(\)",
    ):
        Attachment(file)


def test_a_response_that_is_read_whole_is_no_file():
    class Response:
        def read(self):
            return b"x"

    with pytest.raises(TypeError, match=r"^content: must be bytes, a path or an open binary file, not a .*Response$"):
        Attachment(Response(), "a.pdf")


def test_the_error_for_content_that_was_not_awaited_says_to_await_it():
    async def read():
        return b"x"

    reading = read()
    with contextlib.closing(reading), pytest.raises(TypeError, match="not a coroutine; await it first$"):
        Attachment(reading, "a.pdf")


def test_a_file_open_for_writing_is_refused(tmp_path):
    with (
        open(tmp_path / "a.pdf", "wb") as file,
        pytest.raises(ValueError, match="must be a file that is open for reading, .* not the open file 'a.pdf'"),
    ):
        Attachment(file)
