"""Does an e-mail that went through a queue as JSON come out as the same e-mail, checked as when it was made?"""

import datetime as dt
import io
import json
import os
from email.headerregistry import Address
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from smtp2go_async import Attachment, Email, Inline

SHORTEST = {"sender": "shop@example.com", "to": "jane@example.com", "subject": "Hello", "text_body": "Hi"}
LATER = dt.datetime(2026, 6, 1, 12, 30, 15, 250, tzinfo=dt.timezone(dt.timedelta(hours=2)))
LOGO = "data/logo.png"


@pytest.fixture(autouse=True)
def _files(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "list.csv").write_bytes(b"a,b\n" * 100_000)
    monkeypatch.chdir(tmp_path)


def through_json(email, **options):
    return Email.from_dict(json.loads(json.dumps(email.to_dict(**options))))


FULL = {
    "sender": ("Doe, Jane", "jane@example.com"),
    "to": ["joe@example.com", Address("Zoë", "zoe", "example.com")],
    "cc": "cc@example.com",
    "bcc": ["bcc@example.com"],
    "reply_to": "Help <help@example.com>",
    "subject": "Grüße",
    "html_body": "<p>Hi</p>",
    "text_body": "Hi",
    "custom_headers": [("X-Tag", "a"), ("X-Tag", "b")],
    "template_id": "welcome",
    "template_data": {"items": [{"name": "Tea", "price": 2.5}], "gift": None, "paid": True},
    "schedule": LATER,
    "fastaccept": False,
}


# --- there and back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [SHORTEST, FULL, {**SHORTEST, "to": ["a@example.com"] * 100}, {**SHORTEST, "subject": "\u2028"[:0] + "x" * 998}],
)
def test_an_email_without_files_comes_back_equal(fields):
    email = Email(**fields)
    for files in ("base64", "paths"):
        assert through_json(email, files=files) == email


def test_arguments_that_were_not_given_are_left_out():
    assert Email(**SHORTEST).to_dict() == {**SHORTEST, "to": ["jane@example.com"]}


def test_every_field_is_under_the_name_of_its_argument():
    email = Email(**FULL, attachments=[Attachment(b"a", "a.txt")], inlines=[Inline(b"b", "logo")])
    assert set(email.to_dict()) == {one.name for one in attrs.fields(Email)}


def test_the_object_is_plain_json():
    told = Email(**FULL).to_dict()
    assert told["sender"] == '"Doe, Jane" <jane@example.com>'
    assert told["schedule"] == "2026-06-01T12:30:15.000250+02:00"
    assert told["custom_headers"] == [["X-Tag", "a"], ["X-Tag", "b"]]
    assert told["template_data"] is FULL["template_data"]
    assert json.loads(json.dumps(told)) == told


def test_a_schedule_keeps_its_moment_in_any_zone():
    zone = pytest.importorskip("zoneinfo").ZoneInfo("Europe/Berlin")
    for fold in (0, 1):
        twice = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold)
        again = through_json(Email(**SHORTEST, schedule=twice)).schedule
        assert again.astimezone(dt.UTC) == twice.astimezone(dt.UTC)


@pytest.mark.parametrize("text", ["2026-06-01T10:30:15Z", "2026-06-01 12:30:15+02:00", "20260601T103015Z"])
def test_a_schedule_is_read_from_any_form_of_iso_8601(text):
    assert Email.from_dict({**SHORTEST, "schedule": text}).schedule == LATER.replace(microsecond=0)


# --- files -------------------------------------------------------------------------------------------------------


def test_files_in_memory_come_back_equal():
    email = Email(
        **SHORTEST,
        attachments=[Attachment(b"\x00\xff", "a.bin")],
        inlines=[Inline(b"GIF", "logo", mimetype="image/gif")],
    )
    assert through_json(email) == email
    assert email.to_dict()["inlines"] == [{"filename": "logo", "mimetype": "image/gif", "base64": "R0lG"}]


def test_a_file_by_its_path_travels_as_its_content_unless_the_caller_says_otherwise():
    email = Email(**SHORTEST, attachments=["list.csv"], inlines=[LOGO])
    again = through_json(email)
    os.remove("list.csv")
    assert again.attachments == (Attachment(b"a,b\n" * 100_000, "list.csv"),)
    assert again.inlines == (Inline(b"\x89PNG", "logo.png"),)


def test_a_path_is_made_absolute_because_the_reader_can_have_another_working_directory(tmp_path, monkeypatch):
    told = Email(**SHORTEST, attachments=["list.csv"], inlines=[Inline(Path(LOGO), "logo")]).to_dict(files="paths")
    monkeypatch.chdir(tmp_path / "data")
    again = Email.from_dict(json.loads(json.dumps(told)))
    assert again.attachments == (Attachment(str(tmp_path / "list.csv")),)
    assert again.inlines == (Inline(tmp_path / LOGO, "logo"),)
    assert Email.from_dict(again.to_dict(files="paths")) == again


def test_the_name_and_the_type_that_were_given_are_kept():
    email = Email(**SHORTEST, attachments=[Attachment("list.csv", "report.txt", mimetype="text/x-own")])
    for files in ("base64", "paths"):
        (again,) = through_json(email, files=files).attachments
        assert (again.filename, again.mimetype) == ("report.txt", "text/x-own")


@pytest.mark.parametrize("files", ["base64", "paths"])
def test_a_url_stays_a_url(files):
    email = Email(
        **SHORTEST,
        attachments=[Attachment.from_url("https://user:secret@example.com/a.pdf?b=1", "b.pdf")],
        inlines=[Inline.from_url("https://example.com/logo.png", "logo")],
    )
    assert through_json(email, files=files) == email
    assert email.to_dict(files=files)["attachments"][0]["url"] == "https://user:secret@example.com/a.pdf?b=1"


def test_an_open_file_travels_from_where_it_stands():
    with open("list.csv", "rb") as file:
        file.seek(4 * 99_999)
        email = Email(**SHORTEST, attachments=[Attachment(file)])
        assert through_json(email).attachments == (Attachment(b"a,b\n", "list.csv"),)
        assert file.tell() == 4 * 99_999


@pytest.mark.parametrize("file", [b"a", io.BytesIO(b"a")])
@pytest.mark.parametrize("name", ["attachments", "inlines"])
def test_a_file_without_a_path_can_not_travel_as_one(file, name):
    one = Attachment(file, "a.txt") if name == "attachments" else Inline(file, "a.txt")
    email = Email(**SHORTEST, **{name: [*([LOGO] if name == "attachments" else []), one]})
    with pytest.raises(
        ValueError,
        match=rf"^{name}\[\d\]: must be a file with a path, not 'a.txt'; files='base64' takes its content along$",
    ):
        email.to_dict(files="paths")


def test_a_file_that_is_gone_is_named():
    email = Email(**SHORTEST, attachments=[LOGO, "list.csv"])
    os.remove("list.csv")
    with pytest.raises(ValueError, match=r"^attachments\[1\]: must be a file that can be read, not 'list.csv': "):
        email.to_dict()
    told = email.to_dict(files="paths")
    with pytest.raises(ValueError, match=r"^attachments\[1\]\.path: must be a file that can be read, not .*: "):
        Email.from_dict(told)


@pytest.mark.parametrize("files", ["path", "", None, "url", True])
def test_files_is_base64_or_paths(files):
    with pytest.raises(ValueError, match=r"^files: must be one of 'base64', 'paths', not "):
        Email(**SHORTEST).to_dict(files=files)


# --- what the reader checks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [None, [], "a", [("sender", "a@example.com")], 17])
def test_an_email_is_made_of_an_object(data):
    with pytest.raises(TypeError, match=r"^data: must be an object, not (an? |None)"):
        Email.from_dict(data)


@pytest.mark.parametrize("name", ["sender", "to"])
def test_a_missing_required_argument_is_named(name):
    with pytest.raises(ValueError, match=rf"^{name}: must be given$"):
        Email.from_dict({key: one for key, one in SHORTEST.items() if key != name})


@pytest.mark.parametrize("name", ["subjct", "Sender", "from", "", 7, "kind", "__class__"])
def test_an_unknown_key_is_an_error_that_names_it(name):
    with pytest.raises(ValueError) as caught:
        Email.from_dict({**SHORTEST, name: "x"})
    assert str(caught.value).startswith("data: each key must be one of 'sender', 'to', 'cc', ")
    assert f", not {str(name)!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"sender": "no address"}, ValueError, "^sender: must be an e-mail address with one @"),
        ({"sender": None}, TypeError, "^sender: "),
        ({"to": []}, ValueError, "^to: "),
        ({"to": ["a@example.com"] * 101}, ValueError, "^to: "),
        ({"cc": [7]}, TypeError, r"^cc\[0\]: "),
        ({"subject": None}, ValueError, "^subject: must be given"),
        ({"subject": "a\nBcc: x@example.com"}, ValueError, "^subject: must not hold the control character"),
        ({"custom_headers": [["Content-Type", "a"]]}, ValueError, r"^custom_headers"),
        ({"custom_headers": [["X-A"]]}, (ValueError, TypeError), r"^custom_headers"),
        ({"template_data": {}}, ValueError, "^template_data: must be given together with a template_id"),
        ({"schedule": "2026-06-01T12:00:00"}, ValueError, "^schedule: must be a time with a zone"),
        ({"schedule": "soon"}, ValueError, "^schedule: must be a time in ISO 8601$"),
        ({"schedule": 1790000000}, TypeError, "^schedule: must be a datetime with a zone"),
        ({"fastaccept": "yes"}, TypeError, "^fastaccept: must be a bool"),
        ({"attachments": "list.csv"}, TypeError, "^attachments: must be a list"),
        ({"attachments": {"path": "list.csv"}}, TypeError, "^attachments: must be a list"),
        ({"attachments": [7]}, TypeError, r"^attachments\[0\]: must be an Attachment or a path"),
        ({"attachments": [{}]}, ValueError, r"^attachments\[0\]: must have one of path, base64 and url, not 0 of them$"),
        ({"attachments": [{"path": "list.csv", "url": "https://example.com/a"}]}, ValueError, r"^attachments\[0\]: must have one of .* not 2"),
        ({"attachments": [{"path": "list.csv", "file": "a"}]}, ValueError, r"^attachments\[0\]: each key must be one of 'filename', 'mimetype', 'path', 'base64', 'url', not 'file'; did you mean 'filename'\?$"),
        ({"attachments": [{"path": 7}]}, TypeError, r"^attachments\[0\]\.path: must be a str, not an int$"),
        ({"attachments": [{"path": "gone.csv"}]}, ValueError, r"^attachments\[0\]\.path: must be a file that can be read, not 'gone.csv'"),
        ({"attachments": [{"base64": "YQ=="}]}, ValueError, r"^attachments\[0\]\.filename: must be given with bytes, and with files without a name$"),
        ({"attachments": [{"base64": "a", "filename": "a"}]}, ValueError, r"^attachments\[0\]\.base64: must be base64$"),
        ({"attachments": [{"base64": "Y!Q==", "filename": "a"}]}, ValueError, r"^attachments\[0\]\.base64: must be base64$"),
        ({"attachments": [{"base64": "é", "filename": "a"}]}, ValueError, r"^attachments\[0\]\.base64: must be base64$"),
        ({"attachments": [{"base64": "YQ==", "filename": "a\n"}]}, ValueError, r"^attachments\[0\]\.filename: must not hold the control"),
        ({"attachments": [{"base64": "YQ==", "filename": 7}]}, TypeError, r"^attachments\[0\]\.filename: must be a str"),
        ({"inlines": [{"url": "ftp://example.com/a"}]}, ValueError, r"^inlines\[0\]\.url: must be an http or https address"),
    ],
)  # fmt: skip
def test_everything_is_checked_as_by_the_constructor(wrong, error, words):
    with pytest.raises(error, match=words):
        Email.from_dict({**SHORTEST, **wrong})


def test_null_is_as_good_as_left_out():
    nulls = dict.fromkeys(one.name for one in attrs.fields(Email))
    assert Email.from_dict({**nulls, **SHORTEST}) == Email(**SHORTEST)


def test_the_object_that_was_given_is_not_changed():
    data = {
        **SHORTEST,
        "attachments": [{"path": "list.csv"}],
        "custom_headers": [["X-A", "1"]],
        "schedule": "2026-06-01T10:00Z",
    }
    before = json.dumps(data)
    Email.from_dict(data)
    assert json.dumps(data) == before


class OwnEmail(Email):
    pass


def test_a_class_of_the_callers_own_makes_emails_of_its_own():
    assert type(OwnEmail.from_dict(SHORTEST)) is OwnEmail


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ({"at": LATER}, TypeError, "^template_data: .*datetime"),
        ({"n": float("nan")}, ValueError, "^template_data: "),
        ({("a", "b"): 1}, TypeError, "^template_data: "),
        ({"s": {1}}, TypeError, "^template_data: "),
    ],
)
def test_values_without_json_form_are_refused_before_the_email_is_queued(data, error, words):
    with pytest.raises(error, match=words):
        Email(**{**FULL, "template_data": data}).to_dict()


def test_cyclic_data_is_refused_as_well():
    data: dict[str, object] = {}
    data["again"] = data
    with pytest.raises(ValueError, match="^template_data: "):
        Email(**{**FULL, "template_data": data}).to_dict()


# --- any e-mail --------------------------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), min_size=1, max_size=20)
names = st.sampled_from(["Jane", "Doe, Jane", "Zoë", 'Jane "JD" Doe', "O'Brien", "名前"])
locals_ = st.from_regex(r"[a-z][a-z0-9+_-]{0,10}", fullmatch=True)
addresses = st.builds("{}@example.com".format, locals_) | st.tuples(names, st.builds("{}@example.com".format, locals_))
lists = st.lists(addresses, min_size=1, max_size=4)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
file_names = st.from_regex(r"[a-z]{1,8}\.(txt|pdf|png|bin)", fullmatch=True)
emails = st.builds(
    Email,
    sender=addresses,
    to=lists,
    cc=st.none() | lists,
    bcc=st.none() | lists,
    reply_to=st.none() | lists,
    subject=words,
    html_body=st.none() | words,
    text_body=words,
    custom_headers=st.none()
    | st.lists(st.tuples(st.from_regex(r"X-[A-Za-z]{1,8}", fullmatch=True), st.just("value")), max_size=3),
    attachments=st.none() | st.lists(st.builds(Attachment, st.binary(max_size=50), file_names), max_size=3),
    inlines=st.none() | st.lists(st.builds(Inline, st.binary(max_size=50), file_names), max_size=3),
    schedule=st.none()
    | st.datetimes(timezones=zones, min_value=dt.datetime(2000, 1, 1), max_value=dt.datetime(2100, 1, 1)),
    fastaccept=st.none() | st.booleans(),
)


@examples(60)
@given(email=emails, data=json_values)
def test_any_email_comes_back_equal_from_json(email, data):
    assert through_json(email) == email
    templated = attrs.evolve(email, template_id="welcome", template_data=data)
    assert through_json(templated) == templated


@examples(60)
@given(
    data=st.dictionaries(st.sampled_from([one.name for one in attrs.fields(Email)]) | words, json_values, max_size=6)
)
def test_any_object_makes_an_email_or_one_of_two_errors(data):
    for given_ in (data, {**SHORTEST, **data}):
        try:
            email = Email.from_dict(given_)
        except (ValueError, TypeError):
            continue
        assert Email.from_dict(email.to_dict()) == email


@pytest.mark.parametrize("text", ["{}", b"{}"])
def test_the_error_for_undecoded_json_has_the_line_to_write(text):
    with pytest.raises(
        TypeError, match=r"^data: must be an object, not a (str|bytes); write json\.loads\(\.\.\.\) around JSON$"
    ):
        Email.from_dict(text)
