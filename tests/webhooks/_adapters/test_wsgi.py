"""Bodies under WSGI, whose length a server may not say; and gunicorn, which runs in a process of its own."""

import io
import re
import signal
import subprocess
import sys
from pathlib import Path
from wsgiref.validate import validator

import pytest
from webhooks._adapters.servers import CHUNKED, chunks, exchange, head, length
from webhooks.receiving import BODY, HEADERS, JSON, receiver_of

on = pytest.mark.parametrize


class Stream(io.BytesIO):
    """A stream that must not be read beyond the body, since it would wait for ever there."""

    def __init__(self, content, *, is_terminated):
        super().__init__(content)
        self.is_terminated = is_terminated

    def read(self, size=-1):
        assert size > 0
        part = super().read(size)
        assert part or self.is_terminated, "read beyond the body"
        return part


def call(receiver, body=BODY, *, is_terminated=False, **environ):
    made = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": JSON,
        "HTTP_AUTHORIZATION": HEADERS["Authorization"],
        "wsgi.input": Stream(body, is_terminated=is_terminated),
        **environ,
    }
    if is_terminated:
        made["wsgi.input_terminated"] = True
    answered = []
    parts = receiver.wsgi(made, lambda status, headers: answered.append((status, dict(headers))))
    ((status, headers),) = answered
    return status, headers, b"".join(parts)


@pytest.fixture
def got():
    return []


@pytest.fixture
def receiver(got):
    return receiver_of(got.append)


def test_a_body_with_a_length_is_read_so_far_and_no_further(receiver, got):
    status, headers, body = call(receiver, BODY + b"{}", CONTENT_LENGTH=str(len(BODY)))
    assert (status, headers["Content-Length"], body) == ("200 OK", "8", b"handled\n")
    assert got[0].body == BODY


def test_a_body_in_chunks_is_read_if_the_server_says_where_it_ends(receiver, got):
    assert call(receiver, is_terminated=True, HTTP_TRANSFER_ENCODING="chunked")[0] == "200 OK"
    assert call(receiver, is_terminated=True, HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")[0] == "200 OK"
    assert len(got) == 2


def test_a_body_in_chunks_without_an_end_is_411_and_never_an_event_or_a_200(receiver, got):
    for more in ({}, {"CONTENT_LENGTH": ""}, {"wsgi.input_terminated": False}):
        status, _, body = call(receiver, HTTP_TRANSFER_ENCODING="chunked", **more)
        assert (status, body) == ("411 Length Required", b"a body needs a Content-Length here\n")
    assert call(receiver, HTTP_TRANSFER_ENCODING="chunked", HTTP_AUTHORIZATION="")[0] == "401 Unauthorized"
    assert got == []


def test_a_request_without_a_length_has_no_body(receiver, got):
    assert call(receiver)[0] == "400 Bad Request"
    assert call(receiver, b"", is_terminated=True)[0] == "400 Bad Request"
    assert got == []


def test_a_body_that_ends_early_is_no_event(receiver, got):
    status, _, body = call(receiver, is_terminated=True, CONTENT_LENGTH=str(len(BODY) + 1))
    assert (status, body) == ("400 Bad Request", b"the body is not as long as Content-Length says\n")
    assert got == []


def test_a_stream_that_breaks_is_400(receiver):
    class Broken:
        def read(self, size):
            raise OSError("connection reset")

    assert call(receiver, CONTENT_LENGTH="5", **{"wsgi.input": Broken()})[0] == "400 Bad Request"


@on("value", ["-1", "x", "5, 6"])
def test_a_length_that_is_no_number_is_400(receiver, value):
    assert call(receiver, CONTENT_LENGTH=value)[0] == "400 Bad Request"


def test_the_app_keeps_to_the_specification(receiver):
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": JSON,
        "CONTENT_LENGTH": str(len(BODY)),
        "HTTP_AUTHORIZATION": HEADERS["Authorization"],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(BODY),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    statuses = []
    parts = validator(receiver.wsgi)(environ, lambda status, headers, info=None: statuses.append(status))
    assert (b"".join(parts), statuses) == (b"handled\n", ["200 OK"])
    parts.close()


APP = """
from smtp2go_async.webhooks.auth import BearerAuth
from smtp2go_async.webhooks.receiver import Receiver
from smtp2go_async.webhooks.router import Router
from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

receiver = Receiver(Router(), auth=BearerAuth({token!r}), inbox=SqliteInbox("events.db"))
app = receiver.wsgi
"""


@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn is not there")
def test_gunicorn_stores_events_from_several_processes(tmp_path):
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    from webhooks.receiving import TOKEN

    from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

    (tmp_path / "site_app.py").write_text(APP.format(token=TOKEN))
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "2", "--threads", "2"]
    command += [
        "--chdir",
        str(tmp_path),
        "--pythonpath",
        f"{tmp_path},{root}",
        "--no-control-socket",
        "site_app:app",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        try:
            port = 0
            while not port:
                line = server.stderr.readline()
                assert line, "gunicorn did not start"
                found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", line)
                port = int(found[1]) if found else 0
            bodies = [BODY.replace(b"0" * 32, b"%032d" % number) for number in range(10)]
            requests = [head("/", length(body)) + body for body in bodies[:5]]
            requests += [head("/", CHUNKED) + chunks(body[:20], body[20:]) for body in bodies[5:]]
            assert {exchange(port, request).status for request in requests + requests} == {200}
            assert exchange(port, head("/", CHUNKED) + chunks(*[b" " * 50_000] * 30)).status in (0, 413)
            two_lengths = head("/", "Content-Length: 5", "Content-Length: 6") + BODY
            assert exchange(port, two_lengths).status in (0, 400)
            assert exchange(port, head("/", method="HEAD")).status == 405
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)
    with SqliteInbox(tmp_path / "events.db").sync as inbox:
        assert sorted(stored.event.body for stored in inbox.events()) == bodies
