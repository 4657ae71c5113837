"""What can be attached to an e-mail, under which name and type?"""

import io
import os
import pathlib
import pickle

import attrs
import pytest

from smtp2go_async import Attachment, Inline
from smtp2go_async._blobs import MemoryBlob, PathBlob

BOTH = pytest.mark.parametrize("kind", [Attachment, Inline])


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"png")
    return path


@BOTH
@pytest.mark.parametrize("form", [str, pathlib.Path])
def test_a_path_is_attached_under_its_own_name_and_read_later(kind, picture, form):
    made = kind(form(picture))
    assert (made.filename, made.mimetype, made.url) == ("picture.png", "image/png", None)
    assert made.blob == PathBlob(str(picture))


@BOTH
def test_an_open_file_is_attached_under_its_own_name(kind, picture):
    with open(picture, "rb") as file:
        made = kind(file)
    assert (made.filename, made.mimetype) == ("picture.png", "image/png")


@BOTH
def test_bytes_are_attached_under_the_name_that_is_given(kind):
    made = kind(b"png", "picture.png")
    assert (made.filename, made.mimetype, made.blob) == ("picture.png", "image/png", MemoryBlob(b"png"))


@BOTH
@pytest.mark.parametrize("content", [b"x", bytearray(b"x"), memoryview(b"x"), io.BytesIO(b"x")])
def test_bytes_and_files_without_a_name_need_one(kind, content):
    with pytest.raises(ValueError, match=r"^filename: bytes and files without a name need one$"):
        kind(content)


def test_a_file_opened_by_its_descriptor_has_no_name(picture):
    with os.fdopen(os.open(picture, os.O_RDONLY), "rb") as file, pytest.raises(ValueError, match="without a name"):
        Attachment(file)


def test_a_given_name_wins_over_the_files_own(picture):
    made = Attachment(picture, "holiday.jpeg")
    assert (made.filename, made.mimetype) == ("holiday.jpeg", "image/jpeg")


def test_a_given_type_wins_over_the_guess(picture):
    assert Attachment(picture, mimetype="image/x-own").mimetype == "image/x-own"
    assert Inline(picture, mimetype="image/x-own").mimetype == "image/x-own"


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("a.pdf", "application/pdf"),
        ("a.PDF", "application/pdf"),
        ("a.csv", "text/csv"),
        ("a.unheard-of", "application/octet-stream"),
        ("noending", "application/octet-stream"),
        # Compressed bytes are not of the type that is inside.
        ("a.csv.gz", "application/octet-stream"),
        ("a.tar.gz", "application/octet-stream"),
        ("a.txt.bz2", "application/octet-stream"),
    ],
)
def test_the_type_is_guessed_from_the_name(name, mimetype):
    assert Attachment(b"x", name).mimetype == mimetype


def test_the_type_of_an_inline_image_is_guessed_from_its_file_since_a_cid_has_no_ending(picture):
    made = Inline(picture, "logo")
    assert (made.cid, made.filename, made.mimetype) == ("logo", "logo", "image/png")


def test_the_type_of_an_inline_image_in_memory_is_guessed_from_its_cid():
    assert Inline(b"png", "logo.png").mimetype == "image/png"
    assert Inline(b"png", "logo").mimetype == "application/octet-stream"


def test_the_type_of_a_compressed_inline_image_is_not_that_of_its_content(tmp_path):
    (tmp_path / "logo.svgz").write_bytes(b"x")
    assert Inline(tmp_path / "logo.svgz", "logo").mimetype == "application/octet-stream"


@BOTH
def test_a_missing_file_is_refused(kind, tmp_path):
    with pytest.raises(ValueError, match=r"^content: .*nowhere\.pdf.* can't be read: No such file"):
        kind(tmp_path / "nowhere.pdf")


@BOTH
def test_a_directory_is_refused(kind, tmp_path):
    with pytest.raises(ValueError, match=r"^content: .* is a directory"):
        kind(tmp_path)


@BOTH
def test_a_file_in_text_mode_is_refused(kind, picture):
    with open(picture, encoding="latin-1") as file, pytest.raises(TypeError, match=r"^content: .* text mode"):
        kind(file)


@BOTH
@pytest.mark.parametrize("content", [17, ["x"], object()])
def test_content_of_another_kind_is_refused(kind, content):
    with pytest.raises(TypeError, match=r"^content: bytes, a path or an open binary file is needed"):
        kind(content, "x")


@BOTH
def test_an_empty_name_is_refused(kind):
    with pytest.raises(ValueError, match=r"^filename: is empty$"):
        kind(b"x", "")


@BOTH
@pytest.mark.parametrize("control", ["\r", "\n", "\x00", "\t", "\x7f", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_control_characters_are_refused_in_names_and_types(kind, control):
    with pytest.raises(ValueError, match=r"^filename: holds the control character"):
        kind(b"x", f"a{control}b.pdf")
    with pytest.raises(ValueError, match=r"^mimetype: holds the control character"):
        kind(b"x", "a.pdf", mimetype=f"text/plain{control}X: y")


def test_a_path_whose_name_has_a_line_break_needs_another_name(tmp_path):
    (tmp_path / "a\nb.pdf").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"^filename: holds the control character U\+000A"):
        Attachment(tmp_path / "a\nb.pdf")
    assert Attachment(tmp_path / "a\nb.pdf", "ab.pdf").filename == "ab.pdf"


@pytest.mark.parametrize(("argument", "value"), [("filename", 17), ("mimetype", 17), ("filename", b"a.pdf")])
def test_names_and_types_are_text(argument, value):
    with pytest.raises(TypeError, match=rf"^{argument}: must be a str"):
        Attachment(b"x", **{"filename": "a.pdf", argument: value})


# --- from the web ------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://files.example.com/a.pdf", "a.pdf"),
        ("http://files.example.com/deep/er/a.pdf?token=1#page", "a.pdf"),
        ("HTTPS://files.example.com/a.pdf", "a.pdf"),
        ("https://files.example.com/a.pdf?next=/b.png", "a.pdf"),
    ],
)
def test_what_the_provider_fetches_is_named_after_the_last_part_of_its_address(kind, url, name):
    made = kind.from_url(url)
    assert type(made) is kind
    assert (made.filename, made.mimetype, made.url, made.blob) == (name, "application/pdf", url, None)
    assert made.to_field() == {"filename": name, "mimetype": "application/pdf", "url": url}


def test_what_the_provider_fetches_may_have_another_name_and_type():
    made = Attachment.from_url("https://files.example.com/a.pdf", "b.png", mimetype="image/x-own")
    assert (made.filename, made.mimetype) == ("b.png", "image/x-own")


@pytest.mark.parametrize(
    "url", ["https://files.example.com", "https://files.example.com/", "https://files.example.com/a/?b=c.pdf"]
)
def test_an_address_without_a_file_name_needs_one(url):
    with pytest.raises(ValueError, match=r"^filename: the url has no file name"):
        Attachment.from_url(url)
    assert Attachment.from_url(url, "a.pdf").filename == "a.pdf"


@pytest.mark.parametrize(
    "url", ["", "a.pdf", "/etc/passwd", "file:///etc/passwd", "ftp://files.example.com/a.pdf", "//x/a"]
)
def test_only_addresses_on_the_web_can_be_fetched(url):
    with pytest.raises(ValueError, match=r"^url: an http or https address is needed$"):
        Attachment.from_url(url)


def test_an_address_with_a_line_break_is_refused():
    with pytest.raises(ValueError, match=r"^url: holds the control character"):
        Attachment.from_url("https://files.example.com/a.pdf\n")


# --- as values ---------------------------------------------------------------------------------------------------


def test_the_field_of_an_attachment_holds_the_file_itself(picture):
    assert Attachment(picture).to_field() == {
        "filename": "picture.png",
        "mimetype": "image/png",
        "fileblob": PathBlob(str(picture)),
    }


@pytest.mark.parametrize("name", ["filename", "mimetype", "blob", "url", "new"])
@BOTH
def test_attachments_are_frozen(kind, name):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(kind(b"x", "a.pdf"), name, "y")


def test_attachments_with_the_same_content_are_equal_and_an_inline_image_is_no_attachment():
    assert Attachment(b"x", "a.pdf") == Attachment(bytearray(b"x"), "a.pdf")
    assert Attachment(b"x", "a.pdf") != Attachment(b"y", "a.pdf")
    assert Attachment(b"x", "a.png") != Inline(b"x", "a.png")


@BOTH
def test_attachments_of_bytes_paths_and_addresses_pickle(kind, picture):
    for made in (kind(b"x", "a.pdf"), kind(picture), kind.from_url("https://files.example.com/a.pdf")):
        again = pickle.loads(pickle.dumps(made))
        assert again == made
        assert type(again) is kind


def test_the_content_is_not_in_the_repr():
    assert "secret" not in repr(Attachment(b"secret", "a.pdf"))


def test_the_address_of_an_attachment_is_not_shown_whole():
    made = Attachment.from_url("https://user:secret@files.example.com/private/token/invoice.pdf")
    assert "secret" not in repr(made)
    assert "token" not in repr(made)
