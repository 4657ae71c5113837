"""The requests of webhooks on real sockets: what they hold, and what is bounded."""

import asyncio
import contextlib
import socket
import ssl
import time
from datetime import UTC, datetime

import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.notify import sender as sender_module
from smtp2go_async.sandbox.notify.sender import NOT_ALLOWED, CannotSendError, WebhookSender
from smtp2go_async.sandbox.webhooks import StoredWebhook

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def post(url, *, sender=None, **webhook):
    stored = StoredWebhook(id=1, url=url, **webhook)
    return asyncio.run((sender or WebhookSender()).post(stored, "application/json", b'{"event": "open"}', NOW))


@pytest.fixture
def answering():
    """Return a function that posts to a server of one's own: a coroutine function with a reader and a writer."""

    def answering(serve, *, timeout=5.0, scheme="http"):
        handlers = []

        async def handle(reader, writer):
            handlers.append(asyncio.current_task())
            with contextlib.suppress(OSError):
                await serve(reader, writer)
            writer.transport.abort()

        async def main():
            server = await asyncio.start_server(handle, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            started = time.monotonic()
            try:
                sender = WebhookSender(timeout=timeout)
                webhook = StoredWebhook(id=1, url=f"{scheme}://127.0.0.1:{port}/")
                result = await sender.post(webhook, "application/json", b"{}", NOW)
                return result, time.monotonic() - started
            finally:
                server.close()
                await asyncio.wait(handlers, timeout=5)

        return asyncio.run(main())

    return answering


async def read_request(reader):
    await reader.readuntil(b"\r\n\r\n")


def test_a_request_is_a_post_with_its_type_and_length(hook):
    result = post(hook.url)
    assert (result.status, result.answer, result.error, result.is_success) == (200, b"an answer", "", True)
    [request] = hook.requests
    headers = request["headers"]
    assert (request["method"], request["path"], request["body"]) == ("POST", "/hook", b'{"event": "open"}')
    assert (headers["content-type"], headers["content-length"]) == ("application/json", "17")
    assert headers["host"] == hook.url.removeprefix("http://").removesuffix("/hook")
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("", "/"),
        ("/a/b?shop=1&x=%20y", "/a/b?shop=1&x=%20y"),
        ("/grüße?ä=ö", "/gr%C3%BC%C3%9Fe?%C3%A4=%C3%B6"),
        ("/hook#part", "/hook"),
    ],
)
def test_the_path_and_the_query_are_sent(hook, path, sent):
    post(hook.url.removesuffix("/hook") + path)
    assert hook.requests[0]["path"] == sent


@pytest.mark.parametrize(
    ("userinfo", "webhook", "expected"),
    [
        ("", {"auth_header_type": "bearer", "auth_header_value": "abc"}, "Bearer abc"),
        ("", {"auth_header_type": "basic", "auth_header_value": "dTpw"}, "Basic dTpw"),
        ("user:p%40ss@", {}, "Basic dXNlcjpwQHNz"),
        ("user@", {}, "Basic dXNlcjo="),
        ("user:pass@", {"auth_header_type": "bearer", "auth_header_value": "abc"}, "Bearer abc"),
        ("", {"auth_header_type": "bearer"}, None),
    ],
)
def test_the_secret_is_sent(hook, userinfo, webhook, expected):
    post(hook.url.replace("//", f"//{userinfo}"), **webhook)
    assert hook.requests[0]["headers"].get("authorization") == expected
    assert "@" not in hook.requests[0]["headers"]["host"]


def test_custom_headers_are_sent_and_do_not_break_the_request(hook):
    headers = (("X-Shop", "1"), ("User-Agent", "mine"), ("Content-Length", "3"), ("Transfer-Encoding", "chunked"))
    post(hook.url, custom_headers=headers)
    [request] = hook.requests
    assert (request["headers"]["x-shop"], request["headers"]["user-agent"]) == ("1", "mine")
    assert (request["headers"]["content-length"], request["body"]) == ("17", b'{"event": "open"}')
    assert "transfer-encoding" not in request["headers"]


def test_a_redirect_is_not_followed(hook):
    hook.answers = [302]
    result = post(hook.url)
    assert (result.status, result.is_success, len(hook.requests)) == (302, False, 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://10.0.0.1/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "http://[::2]/",
        "http://2130706433/",
    ],
)
def test_no_other_machine_is_called(url):
    with pytest.raises(CannotSendError) as caught:
        post(url)
    assert str(caught.value) == NOT_ALLOWED
    assert "allow_webhooks_to" in NOT_ALLOWED


def test_a_named_host_may_be_called():
    sender = WebhookSender(["Nowhere.invalid"])
    result = post("http://nowhere.invalid/", sender=sender)
    assert result.error == "could not be sent (gaierror)"


@pytest.mark.parametrize("url", ["http://[::1/", "http://localhost:99999/", "ftp://localhost/", "http:///x"])
def test_a_url_that_makes_no_sense_is_not_called(url):
    with pytest.raises(CannotSendError, match="the URL of the webhook"):
        post(url)


def test_a_closed_port_is_an_error_without_the_address(unused_port):
    result = post(f"http://user:secret@127.0.0.1:{unused_port}/")
    assert (result.status, result.error) == (None, "could not be sent (ConnectionRefusedError)")


@pytest.fixture
def unused_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_receiver_that_never_answers_is_left_after_a_while(answering):
    async def silent(reader, _writer):
        await reader.read(-1)

    result, seconds = answering(silent, timeout=0.2)
    assert result.error == "no response within 0.2 seconds"
    assert seconds < 2


def test_a_receiver_that_answers_a_byte_at_a_time_is_left_as_well(answering):
    async def slow(reader, writer):
        await read_request(reader)
        while True:
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(0.01)

    result, seconds = answering(slow, timeout=0.2)
    assert result.error == "no response within 0.2 seconds"
    assert seconds < 2


def test_a_body_that_never_ends_is_read_to_its_limit(answering):
    async def endless(reader, writer):
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    result, _ = answering(endless)
    assert result.is_success
    assert 0 < len(result.answer) <= sender_module.MAX_KEPT_BYTES


def test_a_body_that_does_not_come_changes_nothing(answering, monkeypatch):
    monkeypatch.setattr(sender_module, "_BODY_SECONDS", 0.05)

    async def waiting(reader, writer):
        await read_request(reader)
        writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
        await reader.read(-1)

    result, _ = answering(waiting)
    assert (result.status, result.answer) == (204, b"")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "the connection was closed without a response"),
        (b"nonsense\r\n\r\n", "could not be sent (ValueError)"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "could not be sent (ValueError)"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "the head of the response is over 65536 bytes"),
    ],
)
def test_an_answer_that_is_no_response_is_a_failure(answering, answer, error):
    async def odd(reader, writer):
        await read_request(reader)
        writer.write(answer)
        await writer.drain()
        writer.write_eof()
        await reader.read(-1)

    result, _ = answering(odd)
    assert (result.status, result.error) == (None, error)


def test_an_interim_response_is_passed_over(answering):
    async def early(reader, writer):
        await read_request(reader)
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\n\r\n")
        await writer.drain()
        writer.write_eof()
        await reader.read(-1)

    assert answering(early)[0].status == 201


def test_a_plain_server_under_https_is_a_failure(answering):
    async def plain(reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    result, _ = answering(plain, scheme="https")
    assert result.error == "could not be sent (SSLError)"


@pytest.mark.parametrize("host", ["http://x", "x:80", "x/y", "a@b", "", "a b"])
def test_hosts_that_are_no_names_are_refused(host):
    with pytest.raises(ValueError, match=r"^allow_webhooks_to\[0\]: must be a name or an address"):
        Sandbox(allow_webhooks_to=[host])


def test_a_webhook_over_tls_is_checked_against_the_certificates_of_this_machine():
    context = sender_module._tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
