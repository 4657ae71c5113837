"""The answers to requests, before an event is taken: in their order, and with nothing in them that helps an attacker."""

import logging

import anyio
import pytest
from webhooks.receiving import BODY, FORM, HEADERS, JSON, TOKEN, ListInbox, Parts, receiver_of

from smtp2go_async import InvalidArgumentError
from smtp2go_async.webhooks.auth import BasicAuth, BearerAuth, HeaderAuth, QueryToken
from smtp2go_async.webhooks.receiver import Receiver
from smtp2go_async.webhooks.router import Router
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

on = pytest.mark.parametrize
BIG = 1_048_577


def answer(receiver, method="POST", headers=HEADERS, query="", body=BODY, backend="asyncio"):
    return anyio.run(receiver.receive, method, headers, query, body, backend=backend)


@pytest.fixture
def got():
    return []


@pytest.fixture
def receiver(got):
    return receiver_of(got.append)


def test_an_event_reaches_the_handlers(receiver, got, backend):
    made = answer(receiver, backend=backend)
    assert (made.status, made.body) == (200, b"handled\n")
    assert made.headers == {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": "8",
        "Cache-Control": "no-store",
    }
    assert [(event.name, event.recipient, event.body, event.content_type) for event in got] == [
        ("bounce", "jane@example.com", BODY, JSON)
    ]


def test_a_form_and_a_body_in_parts_are_read_like_the_others(receiver, got, backend):
    form = b"event=bounce&rcpt=jane%40example.com"
    headers = {**HEADERS, "Content-Type": f"{FORM}; charset=utf-8", "Content-Length": str(len(form))}
    parts = Parts(form[:5], bytearray(form[5:9]), memoryview(form[9:]), b"")
    assert answer(receiver, headers=headers, body=parts, backend=backend).status == 200
    assert got[0].recipient == "jane@example.com"
    assert got[0].body == form
    assert parts.is_closed


@on(
    "headers",
    [
        {key.upper(): value for key, value in HEADERS.items()},
        {key.lower().encode(): value.encode() for key, value in HEADERS.items()},
        [*HEADERS.items()],
        [(key.encode(), value.encode()) for key, value in HEADERS.items()],
        {key: [value] for key, value in HEADERS.items()},
    ],
)
def test_headers_may_be_a_mapping_or_pairs_of_text_or_bytes(receiver, headers):
    assert answer(receiver, headers=headers).status == 200
    assert answer(receiver, method=b"post", headers=headers, query=b"").status == 200


# Each request has this fault and all faults below it, so that the order is seen, too.
FAULTS = [
    ("method", "GET", 405, "only POST is possible"),
    ("authorization", "Bearer wrong", 401, "not authorized"),
    ("content-length", "5, 6", 400, "there are two different Content-Length headers"),
    ("content-length", "five", 400, "Content-Length is not a number"),
    ("content-length", str(BIG), 413, "the body must be 1,048,576 bytes or less"),
    ("content-encoding", "gzip", 415, "the body must not be compressed"),
    ("content-type", "text/html", 415, "the body must be JSON or a form"),
    ("body", [b"x" * BIG], 413, "the body must be 1,048,576 bytes or less"),
    ("body", [], 400, "the request has no body"),
    ("body", [b"{"], 400, None),
]


@on("number", range(len(FAULTS)))
def test_what_is_wrong_with_a_request_is_found_in_this_order(receiver, got, number):
    request = {"method": "POST", "body": [BODY], "authorization": f"Bearer {TOKEN}", "content-type": JSON}
    for name, value, _, _ in reversed(FAULTS[number:]):
        request[name] = value
    body = Parts(*request.pop("body"))
    made = answer(receiver, request.pop("method"), request, "", body)
    _, _, status, text = FAULTS[number]
    assert made.status == status
    if text is not None:
        assert made.body.decode() == f"{text}\n"
    assert made.headers["Content-Length"] == str(len(made.body))
    assert made.headers["Cache-Control"] == "no-store"
    assert body.read == 0 or FAULTS[number][0] == "body"
    assert got == []


@on("method", ["GET", "HEAD", "PUT", "OPTIONS", "DELETE", "", "POSTS", b"\xe9", "\ud800"])
def test_every_other_method_is_answered_with_405_and_the_right_one(receiver, method):
    made = answer(receiver, method)
    assert (made.status, made.headers["Allow"]) == (405, "POST")
    assert (made.body == b"") is (method == "HEAD")
    assert made.headers["Content-Length"] == "22"


def test_the_answer_to_a_wrong_secret_does_not_say_what_is_wrong(receiver):
    wrong = [{}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "\xe9\0"}]
    answers = {(made.status, made.body, str(made.headers)) for made in (answer(receiver, headers=one) for one in wrong)}
    assert len(answers) == 1
    assert TOKEN not in str(answers)


@on(
    ("auth", "challenge"),
    [
        (BearerAuth(TOKEN), "Bearer"),
        (BasicAuth("user", TOKEN), 'Basic realm="webhooks", charset="UTF-8"'),
        (HeaderAuth("X-Secret", TOKEN), None),
        (QueryToken(TOKEN), None),
        (
            [QueryToken(TOKEN), BearerAuth(TOKEN), BasicAuth("u", TOKEN)],
            'Bearer, Basic realm="webhooks", charset="UTF-8"',
        ),
    ],
)
def test_401_names_the_kinds_of_secrets_that_are_possible(auth, challenge):
    made = answer(receiver_of(auth=auth), headers={"Content-Type": JSON})
    assert (made.status, made.headers.get("WWW-Authenticate")) == (401, challenge)


def test_one_of_several_secrets_is_enough(got):
    receiver = receiver_of(got.append, auth=[QueryToken("token-in-the-query"), BearerAuth(TOKEN)])
    assert answer(receiver).status == 200
    assert answer(receiver, headers={}, query=b"token=token-in-the-query").status == 200
    assert answer(receiver, headers={}, query={"token": "token-in-the-query"}).status == 200
    assert answer(receiver, headers={}, query="token=x").status == 401


def test_without_auth_every_request_is_accepted_if_that_was_said(got):
    assert answer(receiver_of(got.append, auth=None), headers={"Content-Type": JSON}).status == 200
    with pytest.raises(TypeError, match="auth"):
        Receiver(Router())


class OwnAuth:
    def __init__(self, verdict):
        self.verdict = verdict

    def accepts(self, headers, query):
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return headers.get("x-mine") == "1" and query == "a=%C3%A9" and self.verdict

    def for_setup(self, url=None):
        return {}


def test_a_kind_of_secret_of_your_own_gets_headers_in_lower_case_and_the_query_as_it_came(got):
    receiver = receiver_of(got.append, auth=OwnAuth(True))
    assert answer(receiver, headers=[(b"X-Mine", b"1")], query=b"a=%C3%A9").status == 200
    assert answer(receiver, headers={"X-Mine": "2"}, query=b"a=%C3%A9").status == 401


@on("verdict", [1, "yes", [True], TypeError(f"compare_digest of {TOKEN}")])
def test_only_true_lets_a_request_in_and_an_error_does_not(verdict, caplog):
    made = answer(receiver_of(auth=OwnAuth(verdict)), headers={"X-Mine": "1"}, query="a=%C3%A9")
    assert made.status == 401
    assert TOKEN not in caplog.text
    assert ("accepts raised TypeError" in caplog.text) is isinstance(verdict, Exception)


@on("length", ["", "-1", "+5", "5.0", "0x5", "5 5", "٥", "1_0", ",", "5,", "\0"])
def test_a_content_length_that_is_no_number_is_400(receiver, length):
    made = answer(receiver, headers={**HEADERS, "Content-Length": length})
    assert made.status == 400


@on("length", [f"{len(BODY)}, {len(BODY)}", f" {len(BODY)} ", f"000{len(BODY)}"])
def test_a_content_length_that_comes_twice_alike_or_with_zeros_is_a_number(receiver, length):
    assert answer(receiver, headers={**HEADERS, "Content-Length": length}).status == 200


def test_two_content_lengths_of_which_only_one_is_right_are_400(receiver):
    pairs = [*HEADERS.items(), ("Content-Length", str(len(BODY))), ("content-length", str(len(BODY) - 1))]
    assert answer(receiver, headers=pairs).status == 400
    assert answer(receiver, headers=[*pairs[:3], ("Transfer-Encoding", "chunked")]).status == 400


def test_a_content_length_of_thousands_of_digits_is_too_long(receiver):
    assert answer(receiver, headers={**HEADERS, "Content-Length": "9" * 10_000}).status == 413


def test_a_body_that_is_shorter_than_it_was_said_to_be_is_no_event(receiver, got):
    form = b"event=bounce&rcpt=jane%40example.com"
    headers = {**HEADERS, "Content-Type": FORM, "Content-Length": str(len(form) + 4)}
    made = answer(receiver, headers=headers, body=form)
    assert (made.status, got) == (400, [])


def test_a_body_of_the_longest_length_is_read_and_a_byte_more_is_not(got):
    receiver = receiver_of(got.append, max_bytes=len(BODY))
    assert answer(receiver).status == 200
    for body in (BODY + b" ", Parts(BODY, b" ")):
        assert answer(receiver, body=body).status == 413


def test_a_body_without_a_length_is_read_only_until_it_is_too_long(receiver, backend):
    parts = Parts(*[b" " * 65_536] * 100)
    assert answer(receiver, body=parts, backend=backend).status == 413
    assert parts.read == 17
    assert parts.is_closed


@on("error", [ConnectionResetError(), RuntimeError("jane@example.com"), ValueError(), EOFError()])
def test_a_sender_that_goes_away_within_the_body_leaves_no_event(receiver, got, error, backend):
    parts = Parts(BODY, error=error)
    made = answer(receiver, body=parts, backend=backend)
    assert (made.status, made.body) == (400, b"the body ended early\n")
    assert got == []
    assert parts.is_closed


def test_a_body_that_can_not_be_closed_is_read_nevertheless(receiver, got, backend):
    class Odd(Parts):
        async def aclose(self):
            raise OSError

    assert answer(receiver, body=Odd(BODY), backend=backend).status == 200
    assert len(got) == 1


@on("encoding", ["gzip", "GZIP", "br", "identity, gzip", "x"])
def test_a_compressed_body_is_not_read(receiver, encoding):
    parts = Parts(BODY)
    assert answer(receiver, headers={**HEADERS, "Content-Encoding": encoding}, body=parts).status == 415
    assert parts.read == 0


@on("encoding", ["identity", " Identity ", ""])
def test_a_body_that_is_said_to_be_plain_is_read(receiver, encoding):
    assert answer(receiver, headers={**HEADERS, "Content-Encoding": encoding}).status == 200


@on(
    "kind",
    [JSON, "APPLICATION/JSON; charset=utf-8", "text/json", "application/vnd.x+json", " application/json ", "", None],
)
def test_types_of_json_and_none_are_read(receiver, kind):
    headers = {**HEADERS, "Content-Type": kind} if kind is not None else {"Authorization": HEADERS["Authorization"]}
    assert answer(receiver, headers=headers).status == 200


@on("kind", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "x", ";", "json", "\xe9\0"])
def test_other_types_are_415(receiver, kind):
    made = answer(receiver, headers={**HEADERS, "Content-Type": kind})
    assert made.status == (200 if kind == ";" else 415)


@on("body", [b"", b" ", b"[]", b"{", b"null", b"[[1]]", b"\xe9", b"\0", b"[" * 100_000, b"1" * 10_000, b"{}x"])
def test_a_body_that_is_no_event_is_400_and_its_text_has_nothing_of_the_body(receiver, got, body):
    made = answer(receiver, body=body)
    assert (made.status, got) == (400, [])
    assert len(made.body) < 300


def test_bodies_of_other_types_are_errors_of_the_caller(receiver):
    for body in ("text", None, 5, [BODY], Parts("text"), Parts(None)):
        with pytest.raises(TypeError, match="^body: must be bytes or an async iterable of bytes"):
            answer(receiver, body=body)
    with pytest.raises(TypeError, match="^method: must be a str"):
        answer(receiver, method=None)
    with pytest.raises(TypeError, match="^headers: must be"):
        answer(receiver, headers=None)


@on(
    ("arguments", "problem"),
    [
        ({"router": None}, "router: must be a Router, not None"),
        ({"router": Router}, "router: must be a Router"),
        ({"auth": TOKEN}, "auth: must be BearerAuth"),
        ({"auth": BearerAuth}, "auth: must be BearerAuth"),
        ({"auth": []}, "auth: must not be empty"),
        ({"auth": [BearerAuth(TOKEN), TOKEN]}, r"auth\[1\]: must be BearerAuth"),
        ({"auth": [None]}, r"auth\[0\]: must be BearerAuth"),
        ({"inbox": "events.db"}, "inbox: must be an inbox, such as SqliteInbox"),
        ({"inbox": ListInbox}, "inbox: must be an inbox, such as SqliteInbox"),
        ({"max_bytes": 0}, "max_bytes: must be 1 or more, not 0"),
        ({"max_bytes": "1"}, "max_bytes: must be an int"),
        ({"handler_seconds": 0}, "handler_seconds: must be more than 0, not 0"),
        ({"handler_seconds": float("nan")}, "handler_seconds: must be finite"),
        ({"handler_seconds": None}, "handler_seconds: must be a float or an int"),
    ],
)
def test_wrong_arguments_are_clear_errors(arguments, problem):
    given = {"router": Router(), "auth": BearerAuth(TOKEN), **arguments}
    with pytest.raises((ValueError, TypeError), match=f"^{problem}") as caught:
        Receiver(given.pop("router"), **given)
    assert TOKEN not in str(caught.value)


def test_the_blocking_form_of_an_inbox_is_refused_since_no_event_could_be_stored(tmp_path):
    with (
        SqliteInbox(tmp_path / "events.db").sync as inbox,
        pytest.raises(TypeError, match=r"^inbox: .* without \.sync"),
    ):
        receiver_of(inbox=inbox)


def test_an_async_check_of_secrets_is_refused_since_its_coroutine_would_be_true():
    class Async(OwnAuth):
        async def accepts(self, headers, query):
            return False

    with pytest.raises(InvalidArgumentError, match="^auth: must have a plain method accepts"):
        receiver_of(auth=Async(True))


def test_a_repr_names_the_parts_and_no_secret():
    receiver = receiver_of(print, auth=[BearerAuth(TOKEN), QueryToken(TOKEN)], inbox=ListInbox())
    assert repr(receiver) == "<Receiver with 1 handler, BearerAuth or QueryToken, webhooks.receiving.ListInbox>"
    assert repr(receiver_of(auth=None)) == "<Receiver with 0 handlers, no auth, no inbox>"
    assert repr(receiver.sync) == f"{receiver!r}.sync"


def test_an_app_is_made_once(receiver):
    pytest.importorskip("aiohttp")
    for name in ("asgi", "wsgi", "aiohttp", "django"):
        assert getattr(receiver, name) is getattr(receiver, name)


def test_bad_requests_do_not_fill_the_log(receiver, caplog):
    now = [1000.0]
    receiver._lines._clock = lambda: now[0]

    async def flood(count):
        for _ in range(count):
            await receiver.receive("POST", {"Authorization": f"Bearer x{TOKEN}"}, f"token={TOKEN}", BODY)

    with caplog.at_level(logging.DEBUG, "smtp2go_async.webhooks"):
        anyio.run(flood, 500)
        answer(receiver, body=b"{")
        lines = [record.getMessage() for record in caplog.records]
        assert lines[:10] == ["a request was refused: not authorized, 401"] * 10
        assert len(lines) == 11
        assert lines[10].endswith(", 400")
        now[0] += 60
        anyio.run(flood, 1)
        assert caplog.records[-1].getMessage() == (
            "a request was refused: not authorized, 401 (490 such lines before it were left out)"
        )
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert TOKEN not in caplog.text


def test_secrets_and_a_receiver_can_be_made_without_http_event_loops_and_databases(script):
    said = script(
        """
        import sys
        from smtp2go_async.webhooks.auth import BearerAuth
        from smtp2go_async.webhooks.receiver import Receiver
        from smtp2go_async.webhooks.router import Router

        receiver = Receiver(Router(), auth=BearerAuth("correct-horse-battery"))
        receiver.asgi, receiver.wsgi, receiver.sync
        heavy = ("httpx", "anyio", "asyncio", "trio", "sqlite3", "cattrs", "tenacity", "starlette", "aiohttp", "django")
        print([name for name in heavy if name in sys.modules])
        """
    )
    assert said == "[]"


def test_an_inbox_without_some_methods_is_refused_with_their_names():
    class Half:
        async def add(self, event):
            return True

        async def counts(self):
            return None

    with pytest.raises(TypeError, match="^inbox: .*it has no take, finish, fail, give_back") as error:
        Receiver(Router(), auth=None, inbox=Half())
    assert "counts" not in str(error.value)
