"""The receiver in each framework, on a real server, over a real socket."""

import json

import pytest
from webhooks._adapters.servers import CHUNKED, MAX_SECONDS, chunks, connect, exchange, head, length, read, reset
from webhooks._adapters.sites import KINDS, serving
from webhooks.receiving import BODY, EVENT, FORM, TOKEN

on = pytest.mark.parametrize


@pytest.fixture(scope="module", params=KINDS)
def started(request):
    with serving(request.param) as site:
        site.kind = KINDS[request.param]
        yield site


@pytest.fixture
def site(started):
    started.got.clear()
    started.bytes_read = 0
    return started


def unique(n):
    return json.dumps({**EVENT, "id": f"{n:032x}"}).encode()


def test_an_event_arrives_as_json_and_as_a_form(site):
    answer = exchange(site.port, head("/events", length(BODY)) + BODY)
    assert (answer.status, answer.body) == (200, b"handled\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-length"] == "8"
    assert answer.headers["cache-control"] == "no-store"
    form = b"event=bounce&rcpt=jane%40example.com&message=Bo%EEte"
    assert exchange(site.port, head("/events", length(form), kind=FORM) + form).status == 200
    assert [(event.name, event.recipient, event.body) for event in site.got] == [
        ("bounce", "jane@example.com", BODY),
        ("bounce", "jane@example.com", form),
    ]


def test_an_event_arrives_below_a_mounted_path(site):
    assert exchange(site.port, head("/mounted/", length(BODY)) + BODY).status == 200
    assert len(site.got) == 1


@on("token", [None, "wrong", f"{TOKEN} ", "\xe9", f"{TOKEN}\xe9"])
def test_a_wrong_secret_is_401(site, token):
    answer = exchange(site.port, head("/events?token=%E9\xe9"[:17], length(BODY), token=token) + BODY)
    right = token == f"{TOKEN} "
    assert answer.status == (200 if right else 401)
    assert len(site.got) == right
    assert right or (answer.body, answer.headers["www-authenticate"]) == (b"not authorized\n", "Bearer")


@on("method", ["GET", "HEAD", "PUT"])
def test_another_method_is_405(site, method):
    answer = exchange(site.port, head("/events", method=method))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.body == (b"" if method == "HEAD" else b"only POST is possible\n")


def test_a_body_in_chunks_arrives_or_is_411(site):
    answer = exchange(site.port, head("/events", CHUNKED) + chunks(BODY[:7], BODY[7:]))
    if site.kind.takes_chunks:
        assert answer.status == 200
        assert site.got[0].body == BODY
    else:
        assert answer.status == 411
        assert site.got == []


def test_a_body_of_5_mb_is_413_by_its_length_and_not_read(site):
    if not site.kind.gives_parts:
        pytest.skip("this server receives the whole body before it calls the app")
    answer = exchange(site.port, head("/events", "Content-Length: 5000000") + b"x" * 1000)
    assert answer.status == 413
    assert (site.bytes_read, site.got) == (0, [])


def test_a_body_of_5_mb_in_chunks_is_413_and_not_read_whole(site):
    part = b"%x\r\n%b\r\n" % (50_000, b" " * 50_000)
    with connect(site.port) as connection:
        connection.sendall(head("/events", CHUNKED))
        try:
            for _ in range(100):
                connection.sendall(part)
            connection.sendall(b"0\r\n\r\n")
        except ConnectionError:
            pass  # the server has closed it before it had all
        answer = read(connection)
    # 0: a server that closes at once can cut its own answer off.
    assert answer.status in ((0, 413) if site.kind.takes_chunks else (0, 411))
    assert site.got == []
    assert site.bytes_read < 1_500_000
    assert site.bytes_read or not site.kind.counts or not site.kind.takes_chunks


@on("lengths", [(len(BODY), len(BODY) - 1), (len(BODY) + 1, len(BODY)), (0, len(BODY))])
def test_two_content_lengths_are_no_event(site, lengths):
    if not site.kind.sees_lengths:
        pytest.skip("this server for development shows the first one alone")
    lines = [f"Content-Length: {one}" for one in lengths]
    answer = exchange(site.port, head("/events", *lines) + BODY)
    assert answer.status in (0, 400)
    assert site.got == []


def test_a_compressed_body_is_415(site):
    assert exchange(site.port, head("/events", length(BODY), "Content-Encoding: gzip") + BODY).status == 415


def test_no_body_is_400(site):
    assert exchange(site.port, head("/events", "Content-Length: 0")).status == 400
    assert exchange(site.port, head("/events")).status in (400, 411)
    assert exchange(site.port, head("/events", version="1.0") + BODY).status in (400, 411)
    assert site.got == []


def test_a_handler_that_hangs_is_503(site):
    answer = exchange(site.port, head("/slow", length(BODY)) + BODY)
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (503, b"too slow\n", "30")


def test_an_event_is_stored_although_its_sender_goes_away_during_the_commit(site):
    site.inbox.__init__()
    connection = connect(site.port)
    connection.sendall(head("/inbox", length(BODY)) + BODY)
    assert site.inbox.is_asked.wait(MAX_SECONDS)
    reset(connection)
    # A server that looks after its connections has seen the end by the time it has answered another request.
    assert exchange(site.port, head("/events", length(BODY)) + BODY).status == 200
    site.inbox.may_commit.set()
    assert site.inbox.has_committed.wait(MAX_SECONDS)
    assert [event.body for event in site.inbox.added] == [BODY]


def test_a_sender_that_goes_away_within_the_body_leaves_no_event(site):
    form = b"event=bounce&rcpt=jane%40example.com"
    connection = connect(site.port)
    connection.sendall(head("/events", f"Content-Length: {len(form) + 4}", kind=FORM) + form)
    reset(connection)
    assert exchange(site.port, head("/events", length(BODY)) + BODY).status == 200
    assert [event.body for event in site.got] == [BODY]
