"""What can be attached to an e-mail, under which name and type?"""

import io
import mimetypes
import os
import pathlib
import pickle
import re
import traceback

import attrs
import pytest

from smtp2go_async import Attachment, Email, Inline
from smtp2go_async._content import media_types as _mimetypes
from smtp2go_async._content.blobs import MemoryBlob, PathBlob

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
    with pytest.raises(ValueError, match=r"^(filename|cid): must be given with bytes, and with files without a name$"):
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


@pytest.mark.parametrize(
    ("ending", "mimetype"),
    [
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("odt", "application/vnd.oasis.opendocument.text"),
        ("webp", "image/webp"),
        ("heic", "image/heic"),
        ("avif", "image/avif"),
        ("svg", "image/svg+xml"),
        ("ics", "text/calendar"),
        ("vcf", "text/vcard"),
        ("csv", "text/csv"),
        ("md", "text/markdown"),
        ("json", "application/json"),
        ("xml", "application/xml"),
        ("yaml", "application/yaml"),
        ("eml", "message/rfc822"),
        ("woff2", "font/woff2"),
        ("zip", "application/zip"),
        ("mp4", "video/mp4"),
        ("m4a", "audio/mp4"),
        ("pdf", "application/pdf"),
        ("JPG", "image/jpeg"),
        ("PnG", "image/png"),
    ],
)
@pytest.mark.parametrize("machine", ["knows nothing", "knows something else"])
def test_the_usual_types_are_the_same_on_every_machine(ending, mimetype, machine, monkeypatch):
    told = (None, None) if machine == "knows nothing" else ("application/x-other", None)
    monkeypatch.setattr(mimetypes, "guess_type", lambda *args, **options: told)
    assert Attachment(b"x", f"a.{ending}").mimetype == mimetype
    assert Attachment(b"x", f"a.b.{ending}").mimetype == mimetype


def test_every_type_of_our_own_is_one():
    for ending, mimetype in _mimetypes._TYPES.items():
        assert re.fullmatch(r"\.[a-z0-9]+", ending)
        assert re.fullmatch(r"(application|audio|font|image|message|text|video)/[A-Za-z0-9.+-]+", mimetype)


def test_the_machine_is_asked_for_other_types(monkeypatch):
    monkeypatch.setattr(mimetypes, "guess_type", lambda *args, **options: ("application/x-other", None))
    assert Attachment(b"x", "a.unheard-of").mimetype == "application/x-other"


@pytest.mark.parametrize(
    "given", ["logo", "cid:logo", "CID:logo", "<logo>", "cid:<logo>", "<cid:logo>", " logo ", "cid: logo", "< logo >"]
)
def test_a_cid_may_be_given_as_it_stands_in_the_body_or_in_the_header(given):
    assert Inline(b"x", given).cid == "logo"
    assert Inline.from_url("https://files.example.com/a.png", given).cid == "logo"


@pytest.mark.parametrize("given", ["a<b", "<logo", "logo>", "a>b", "<<logo>"])
def test_a_cid_with_an_angle_bracket_inside_is_refused(given):
    with pytest.raises(
        ValueError, match=r"^cid: must be the name behind cid: in the HTML body, not hold [<>] at position \d"
    ):
        Inline(b"x", given)


@pytest.mark.parametrize("given", ["", "cid:", "<>", "cid:<>", " "])
def test_an_empty_cid_is_refused(given):
    with pytest.raises(ValueError, match=r"^cid: must not be empty$"):
        Inline(b"x", given)


@pytest.mark.parametrize("form", ["file", "path"])
def test_the_type_of_an_inline_image_is_guessed_from_its_own_file(form, picture):
    with open(picture, "rb") as file:
        assert Inline(file if form == "file" else picture, "logo").mimetype == "image/png"


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
    with pytest.raises(
        ValueError, match=r"^content: must be a file that can be read, not .*nowhere\.pdf.*: No such file"
    ):
        kind(tmp_path / "nowhere.pdf")


SECRETS = [
    "Dear Jane, the secret of jane@example.com is hunter2.",
    "secret",
    "jane.secret@example.com",
    "<p>secret</p>",
    "secret\nsecond line",
    "a\x00secret",
    "a\ud800secret",
    "/9j/4AAQSkZJRgABAQAAAQABAAD/secret==",
    "/secret words with a stroke before them",
    "./secret words",
    "https://files.example.com/secret/a.pdf",
    "secret " * 12_000,
    "secret\n" * 12_000,
    "secret" * 12_000,
]


@BOTH
@pytest.mark.parametrize("text", SECRETS, ids=range(len(SECRETS)))
@pytest.mark.parametrize("name", [None, "a.txt"])
def test_a_text_that_was_meant_as_the_content_is_not_shown(kind, text, name):
    with pytest.raises(ValueError, match=r"^content: ") as caught:
        kind(text, name)
    with pytest.raises(ValueError, match=r"^\w+\[0\]: ") as listed:
        argument = "attachments" if kind is Attachment else "inlines"
        Email(sender="a@example.com", to="b@example.com", subject="x", text_body="y", **{argument: [text]})
    for error in (caught.value, listed.value):
        shown = "".join(traceback.format_exception(error))
        assert "secret" not in shown.replace(f"'{__file__}'", "").partition("ValueError: ")[2]
        assert len(str(error)) < 250
        while error := error.__cause__ or error.__context__:
            assert not isinstance(error, OSError)


@BOTH
def test_the_error_for_a_text_that_is_not_a_path_says_how_to_attach_the_text(kind):
    with pytest.raises(
        ValueError,
        match=r"^content: must be the path of a file, not a text of 26 characters .* give its bytes: text\.encode\(\)$",
    ):
        kind("a text that is the content", "a.txt")
    with pytest.raises(
        ValueError, match=r"^content: must be the path of a file, not a web address; from_url takes an address"
    ):
        kind("https://files.example.com/a.pdf")
    with pytest.raises(ValueError, match=r"^content: must be the path of a file, not an empty text"):
        kind("", "a.txt")


@BOTH
def test_a_path_with_an_address_is_shown_without_it(kind, tmp_path):
    with pytest.raises(ValueError, match=r"must be a file that can be read, not .*: No such file") as caught:
        kind(tmp_path / "jane@example.com.pdf")
    assert "jane" not in str(caught.value)


@BOTH
@pytest.mark.parametrize("path", ["nowhere.pdf", "no/where.pdf", "../nowhere.pdf"])
def test_a_missing_path_is_shown(kind, path):
    with pytest.raises(ValueError, match=rf"^content: must be a file that can be read, not '{path}': No such file"):
        kind(path)


@BOTH
def test_a_directory_is_refused(kind, tmp_path):
    with pytest.raises(ValueError, match=r"^content: must be a file, not the directory "):
        kind(tmp_path)


@BOTH
def test_a_file_in_text_mode_is_refused(kind, picture):
    with open(picture, encoding="latin-1") as file, pytest.raises(TypeError, match=r"^content: .* text mode"):
        kind(file)


@BOTH
@pytest.mark.parametrize("content", [17, ["x"], object()])
def test_content_of_another_kind_is_refused(kind, content):
    with pytest.raises(TypeError, match=r"^content: must be bytes, a path or an open binary file"):
        kind(content, "x")


@BOTH
def test_an_empty_name_is_refused(kind):
    with pytest.raises(ValueError, match=r"^(filename|cid): must not be empty$"):
        kind(b"x", "")


@BOTH
@pytest.mark.parametrize("control", ["\r", "\n", "\x00", "\t", "\x7f", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_control_characters_are_refused_in_names_and_types(kind, control):
    with pytest.raises(ValueError, match=r"^(filename|cid): must not hold the control character"):
        kind(b"x", f"a{control}b.pdf")
    with pytest.raises(ValueError, match=r"^mimetype: must not hold the control character"):
        kind(b"x", "a.pdf", mimetype=f"text/plain{control}X: y")


def test_a_path_whose_name_has_a_line_break_needs_another_name(tmp_path):
    (tmp_path / "a\nb.pdf").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"^filename: must not hold the control character U\+000A"):
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
def test_a_fetched_file_is_named_after_the_last_part_of_its_address(kind, url, name):
    made = kind.from_url(url)
    assert type(made) is kind
    assert (made.filename, made.mimetype, made.url, made.blob) == (name, "application/pdf", url, None)
    assert made.to_field() == {"filename": name, "mimetype": "application/pdf", "url": url}


def test_a_fetched_file_may_have_another_name_and_type():
    made = Attachment.from_url("https://files.example.com/a.pdf", "b.png", mimetype="image/x-own")
    assert (made.filename, made.mimetype) == ("b.png", "image/x-own")


@pytest.mark.parametrize(
    "url", ["https://files.example.com", "https://files.example.com/", "https://files.example.com/a/?b=c.pdf"]
)
def test_an_address_without_a_file_name_needs_one(url):
    with pytest.raises(ValueError, match=r"^filename: must be given, since the url has no file name"):
        Attachment.from_url(url)
    assert Attachment.from_url(url, "a.pdf").filename == "a.pdf"


@pytest.mark.parametrize(
    "url", ["", "a.pdf", "/etc/passwd", "file:///etc/passwd", "ftp://files.example.com/a.pdf", "//x/a"]
)
def test_only_addresses_on_the_web_can_be_fetched(url):
    with pytest.raises(ValueError, match=r"^url: must be an http or https address$"):
        Attachment.from_url(url)


def test_an_address_with_a_line_break_is_refused():
    with pytest.raises(ValueError, match=r"^url: must not hold the control character"):
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
