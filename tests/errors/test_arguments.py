"""Is a caller's mistake an error of this library, which names the argument, says what it must be, and shows no secret?"""

import asyncio
import json
import pickle

import pytest

from smtp2go_async import (
    ArgumentTypeError,
    AsyncClient,
    Attachment,
    Email,
    EmailFile,
    InvalidArgumentError,
    Journal,
    Pacer,
    Progress,
    RetryPolicy,
    Smtp2goError,
    SyncClient,
)
from smtp2go_async._values.problems import invalid, not_one_of, renamed, with_article, within, wrong_type

KEY = "api-" + "A1b2" * 8
MAIL = {"sender": "a@example.com", "to": "b@example.com", "subject": "x", "text_body": "y"}

on = pytest.mark.parametrize


def email(**other):
    return Email(**MAIL | other)


async def asynchronously(group, method, *args, **named):
    async with AsyncClient(KEY) as client:
        await getattr(getattr(client, group), method)(*args, **named)


def synchronously(group, method, *args, **named):
    with SyncClient(KEY) as client:
        getattr(getattr(client, group), method)(*args, **named)


INVALID = [
    ("to", lambda: email(to="nowhere")),
    ("to[0]", lambda: email(to=["nowhere"])),
    ("to[1]", lambda: email(to=["b@example.com", "nowhere"])),
    ("sender", lambda: email(sender="")),
    ("subject", lambda: email(subject="a\nb")),
    ("html_body", lambda: email(text_body=None)),
    ("custom_headers[0]", lambda: email(custom_headers={"Content-Type": "x"})),
    ("attachments[0]", lambda: email(attachments=["nowhere.pdf"])),
    ("content", lambda: Attachment("nowhere.pdf")),
    ("filename", lambda: Attachment(b"x")),
    ("attempts", lambda: RetryPolicy(attempts=0)),
    ("first_wait", lambda: RetryPolicy(first_wait=float("inf"))),
    ("api_key", lambda: AsyncClient("secret")),
    ("region", lambda: AsyncClient(KEY, region="moon")),
    ("timeout", lambda: AsyncClient(KEY, timeout=0)),
    ("base_url", lambda: SyncClient(KEY, base_url="example.com")),
    ("extra_body.more", lambda: AsyncClient(KEY).with_options(extra_body={"more": float("nan")})),
    ("max_connections", lambda: AsyncClient(KEY, max_connections=0)),
    ("attachments[0].base64", lambda: Email.from_dict(MAIL | {"attachments": [{"base64": "!", "filename": "a"}]})),
]

MISTYPED = [
    ("clock", lambda: Pacer(clock=7)),
    ("draw", lambda: Pacer(draw=None)),
    ("clock", lambda: Progress(clock=7)),
    ("file", lambda: Progress(file="progress.log")),
    ("to", lambda: email(to=7)),
    ("to[1]", lambda: email(to=["b@example.com", 7])),
    ("subject", lambda: email(subject=7)),
    ("fastaccept", lambda: email(fastaccept="no")),
    ("content", lambda: Attachment(7, "a.pdf")),
    ("attempts", lambda: RetryPolicy(attempts="4")),
    ("retry", lambda: AsyncClient(KEY, retry=3)),
    ("pacer", lambda: AsyncClient(KEY, pacer=3)),
    ("http_client", lambda: AsyncClient(KEY, http_client=object())),
    ("data", lambda: Email.from_dict(7)),
]


@on(("argument", "make"), INVALID, ids=[argument for argument, _ in INVALID])
def test_a_value_that_is_not_possible_is_an_error_that_names_its_argument(argument, make):
    with pytest.raises(InvalidArgumentError) as caught:
        make()
    check(caught.value, argument)
    assert isinstance(caught.value, ValueError)


@on(("argument", "make"), MISTYPED, ids=[argument for argument, _ in MISTYPED])
def test_a_type_that_is_not_possible_is_an_error_that_names_its_argument(argument, make):
    with pytest.raises(ArgumentTypeError) as caught:
        make()
    check(caught.value, argument)
    assert isinstance(caught.value, TypeError)


def check(error, argument):
    assert isinstance(error, Smtp2goError)
    assert (error.argument, error.carried_out, error.retryable) == (argument, False, False)
    assert str(error).startswith(f"{argument}: ")
    for again in (
        pickle.loads(pickle.dumps(error)),
        type(error)(*json.loads(json.dumps(error.args))),
        Smtp2goError.from_dict(json.loads(json.dumps(error.to_dict()))),
    ):
        assert type(again) is type(error)
        assert (str(again), again.argument) == (str(error), argument)


CALLS = [
    ("email", "send", (), MAIL | {"to": ["b@example.com", "nowhere"]}, "to[1]"),
    ("email", "send_batch", ([email(), email(fastaccept=False)],), {}, "emails[1].fastaccept"),
    ("email", "send_batch", ([email(), 7],), {}, "emails[1]"),
    ("sms", "send", (["+12025550123", "12"], "Hello"), {}, "destination[1]"),
    ("suppressions", "add", ("",), {}, "email_address"),
    ("activity", "search", (), {"limit": 0}, "limit"),
]


@on(("group", "method", "args", "named", "argument"), CALLS)
def test_both_clients_name_the_argument_before_anything_is_sent(group, method, args, named, argument):
    for call in (lambda *a, **n: asyncio.run(asynchronously(*a, **n)), synchronously):
        with pytest.raises(Smtp2goError) as caught:
            call(group, method, *args, **named)
        check(caught.value, argument)


def test_a_file_that_is_gone_when_it_is_sent_is_named_by_its_place(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("a")
    mails = [email(), email(attachments=[path])]
    path.unlink()
    with pytest.raises(InvalidArgumentError) as caught:
        synchronously("email", "send_message", mails[1])
    check(caught.value, "attachments[0]")
    with pytest.raises(InvalidArgumentError) as caught:
        synchronously("email", "send_batch", mails)
    check(caught.value, "emails[1].attachments[0]")


@on("secret", [KEY, "secret.jane@example.com", "+12025550199"])
def test_no_text_shows_a_key_an_address_or_a_number(secret):
    for make in (
        lambda: email(to=f"{secret}, other"),
        lambda: email(to=[f"{secret} <"]),
        lambda: AsyncClient(f" {secret}"),
        lambda: AsyncClient(KEY, region=secret),
        lambda: AsyncClient(KEY, auth=secret),
        lambda: AsyncClient(KEY, base_url=secret),
        lambda: synchronously("sms", "send", [f"{secret} and 1"], "Hello"),
    ):
        with pytest.raises(Smtp2goError) as caught:
            make()
        for shown in (str(caught.value), repr(caught.value), json.dumps(caught.value.args)):
            assert secret not in shown
            assert secret.partition("@")[0] not in shown


@on(
    ("value", "text"),
    [(None, "None"), (1, "an int"), ("x", "a str"), ([], "a list"), (object(), "an object"), (int, "an int")],
)
def test_the_type_of_a_value_is_named_with_its_article(value, text):
    assert with_article(value) == text
    assert str(wrong_type("to", "a str", value)) == f"to: must be a str, not {text}"


@on(
    ("given", "end"),
    [
        ("bach", "'bach'; did you mean 'batch'?"),
        (" Send", "' Send'; did you mean 'send'?"),
        ("xyz", "'xyz'"),
        ("", "''"),
    ],
)
def test_the_nearest_word_of_a_closed_set_is_named(given, end):
    assert str(not_one_of("via", ("send", "batch"), given)) == f"via: must be one of 'send', 'batch', not {end}"


def test_a_long_word_is_shown_in_part():
    assert str(not_one_of("via", ("send",), "x" * 1000)).endswith(f"not {'x' * 50!r}")


@on("before", ["", "x" * 40 + " ", "x" * 195 + " ", "x" * 990 + " "])
def test_half_an_address_is_not_shown_where_a_word_or_a_name_is_cut(before):
    word = before + "secret.jane@example.com"
    for error in (not_one_of("via", ("send",), word), invalid(word, "is wrong"), wrong_type(word, "a str", 1)):
        assert "secret" not in f"{error!r} {error.argument}"
    assert "secret" not in str(renamed("body", ValueError("x" * 490 + " " + word)))
    with pytest.raises(TypeError) as caught:
        Email(**{word: "x"})
    assert "secret" not in str(caught.value)


def test_the_name_of_a_header_is_not_shown():
    with pytest.raises(InvalidArgumentError) as caught:
        email(custom_headers=[("Dear Jane, your password is x", "X-Text")])
    assert str(caught.value) == "custom_headers[0]: must have a name in printable ASCII without spaces and colons"


def test_an_error_within_a_larger_argument_names_both():
    inner = invalid("to[1]", "must be an address")
    error = within("emails[3]", inner)
    assert (str(error), error.argument) == ("emails[3].to[1]: must be an address", "emails[3].to[1]")
    assert type(within("body", TypeError("no"))) is ArgumentTypeError
    assert str(within("body", TypeError("no"))) == "body: no"


def test_an_error_gets_the_name_by_which_the_caller_knows_its_argument():
    error = renamed("cid", invalid("filename", "must not be empty"))
    assert (str(error), error.argument) == ("cid: must not be empty", "cid")
    assert type(renamed("cid", UnicodeDecodeError("utf-8", b"", 0, 1, "no"))) is InvalidArgumentError


def test_a_very_long_name_leaves_room_for_the_problem():
    for error in (
        within("body", invalid("x" * 100_000, "is wrong")),
        within("body", wrong_type("x" * 9999, "a str", 1)),
    ):
        assert len(error.argument) < 300
        assert str(error).startswith(f"{error.argument}: ")
        assert str(error).endswith((": is wrong", ": must be a str, not an int"))


def test_a_very_long_problem_is_cut():
    assert len(str(renamed("body", ValueError("x" * 5000)))) < 520


@on(
    ("argument", "make"),
    [
        ("format", lambda path: EmailFile.from_template(path, "t", sender="a@example.com", format="xls")),
        ("recipients", lambda path: Journal(path / "run.journal", recipients="all")),
        ("journal", lambda path: Journal("")),
    ],
)
def test_files_and_journals_name_the_argument(tmp_path, argument, make):
    with pytest.raises(Smtp2goError) as caught:
        make(tmp_path)
    assert str(caught.value).startswith(f"{argument}: ")
