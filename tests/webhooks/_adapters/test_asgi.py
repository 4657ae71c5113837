"""What ASGI has beside requests: the start and the end of a server, web sockets, and senders that go away."""

import anyio
import pytest
from webhooks.receiving import BODY, HEADERS, ListInbox, receiver_of

on = pytest.mark.parametrize
PAIRS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
SCOPE = {"type": "http", "method": "POST", "headers": PAIRS, "query_string": b"", "path": "/"}


def run(receiver, scope, messages, backend="asyncio"):
    """Call the app as a server does, and return what it sends; it must not ask for more messages than there are."""
    incoming, sent = list(messages), []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message)

    anyio.run(receiver.asgi, scope, receive, send, backend=backend)
    return sent, incoming


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_server_starts_and_ends_the_app(backend):
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent, _ = run(receiver_of(), {"type": "lifespan"}, messages, backend)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_web_socket_is_refused(backend):
    sent, _ = run(receiver_of(), {"type": "websocket"}, [{"type": "websocket.connect"}], backend)
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_a_kind_of_scope_that_is_not_known_is_an_error():
    with pytest.raises(ValueError, match="^ASGI: there is no answer to the scope 'x'"):
        run(receiver_of(), {"type": "x"}, [])


def test_a_body_in_messages_is_read_to_its_end(backend):
    got = []
    sent, left = run(receiver_of(got.append), SCOPE, [part(BODY[:9], True), part(b"", True), part(BODY[9:])], backend)
    assert [event.body for event in got] == [BODY]
    assert sent[0]["status"] == 200
    assert dict(sent[0]["headers"])[b"content-length"] == b"8"
    assert sent[1] == {"type": "http.response.body", "body": b"handled\n"}
    assert left == []


def test_a_message_may_leave_out_what_it_can_and_so_may_the_scope():
    scope = {name: value for name, value in SCOPE.items() if name != "query_string"}
    sent, _ = run(receiver_of(), scope, [{"type": "http.request"}])
    assert sent[0]["status"] == 400


def test_no_message_is_asked_for_if_the_head_is_refused():
    sent, left = run(receiver_of(), {**SCOPE, "headers": []}, [part(BODY)])
    assert (sent[0]["status"], len(left)) == (401, 1)


@on("before", [[], [part(BODY, True)]])
def test_a_sender_that_goes_away_leaves_no_event(before, backend):
    inbox = ListInbox()
    sent, _ = run(receiver_of(inbox=inbox), SCOPE, [*before, {"type": "http.disconnect"}], backend)
    assert (sent[0]["status"], inbox.added) == (400, [])


@on("app", ["starlette", "fastapi"])
def test_a_mounted_app_answers_below_its_path(app):
    """The URL of the webhook needs the slash at its end: without it these frameworks redirect."""
    pytest.importorskip(app)
    got = []
    receiver = receiver_of(got.append)
    if app == "starlette":
        from starlette.applications import Starlette

        site = Starlette()
    else:
        from fastapi import FastAPI

        site = FastAPI()
    site.mount("/webhooks/smtp2go", receiver.asgi)
    statuses = []
    for path in ("/webhooks/smtp2go/", "/webhooks/smtp2go/x", "/webhooks/smtp2go"):
        scope = {
            **SCOPE,
            "path": path,
            "root_path": "",
            "http_version": "1.1",
            "server": ("localhost", 80),
            "scheme": "http",
        }

        async def call(scope=scope):
            async def receive():
                return part(BODY)

            async def send(message):
                if message["type"] == "http.response.start":
                    statuses.append(message["status"])

            await site(scope, receive, send)

        anyio.run(call)
    assert statuses == [200, 200, 307]
    assert len(got) == 2
