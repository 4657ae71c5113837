"""The limits on the size of a request."""

import socket

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox


@pytest.fixture
def small():
    """Return a sandbox with low limits."""
    with Sandbox(max_email_bytes=20_000, max_other_bytes=5_000) as sandbox:
        yield sandbox


def post(sandbox, path, content):
    headers = {"X-Smtp2go-Api-Key": sandbox.api_key, "Content-Type": "application/json"}
    return httpx.post(sandbox.base_url + path, content=content, headers=headers, trust_env=False, verify=False)


def padded(size):
    return b"{" + b" " * (size - 2) + b"}"


@pytest.mark.parametrize(("path", "limit"), [("/email/scheduled/search", 20_000), ("/sms/summary", 5_000)])
def test_a_body_over_the_limit_of_its_path_is_answered_with_413(small, path, limit):
    assert post(small, path, padded(limit)).status_code == 200
    answer = post(small, path, padded(limit + 1))
    assert answer.status_code == 413
    assert answer.json()["data"]["error_code"] == "E_ApiResponseCodes.API_EXCEPTION"
    assert answer.headers["connection"] == "close"


def test_the_limits_are_50_mb_for_email_and_1_mb_for_the_rest(sandbox):
    assert post(sandbox, "/sms/summary", padded(1_000_000)).status_code == 200
    assert post(sandbox, "/sms/summary", padded(1_000_001)).status_code == 413
    assert raw_reply(sandbox, b"POST /v3/email/send HTTP/1.1\r\nHost: x\r\nContent-Length: 50000001\r\n\r\n") == 413


def test_a_large_body_is_refused_before_all_of_it_was_sent(small):
    head = b"POST /v3/email/send HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n"
    assert raw_reply(small, head + b"only the beginning") == 413


def test_a_client_that_asks_before_it_sends_is_answered_and_not_waited_for(small):
    head = b"POST /v3/email/send HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\nExpect: 100-continue\r\n\r\n"
    with connected(small) as client:
        client.sendall(head)
        reply = b"".join(iter(lambda: client.recv(65536), b""))
    assert reply.startswith(b"HTTP/1.1 413 ")


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(small):
    answer = post(small, "/sms/summary", (b" " * 1000 for _ in range(1000)))
    assert answer.status_code == 413
    assert 5_000 < small.requests[0].size < 1_000_000


def test_a_client_that_writes_all_before_it_reads_can_see_the_response(sandbox):
    # Far more than the buffers of both sockets hold: closing early would reset the connection under the client.
    head = b"POST /v3/sms/send HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
    assert raw_reply(sandbox, head + b" " * 20_000_000) == 413


def test_a_request_that_is_too_large_is_recorded_without_its_body(small):
    post(small, "/sms/send", padded(6_000))
    [request] = small.requests
    assert (request.body, request.size, request.status) == (None, 6_000, 413)


def test_a_client_that_leaves_in_the_middle_of_its_request_is_forgotten(small):
    with connected(small) as client:
        client.sendall(b"POST /v3/email/send HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    assert post(small, "/sms/summary", b"{}").status_code == 200
    assert [request.path for request in small.requests] == ["/v3/sms/summary"]


async def test_a_large_attachment_is_taken_whole(sandbox, email, b64):
    content = b"\x00\xff" * 5_000_000
    fields = email(attachments=[{"filename": "big.bin", "fileblob": b64(content)}])
    headers = {"X-Smtp2go-Api-Key": sandbox.api_key}
    async with httpx.AsyncClient(timeout=60, headers=headers, trust_env=False, verify=False) as client:
        answer = await client.post(f"{sandbox.base_url}/email/send", json=fields)
    assert answer.json()["data"]["succeeded"] == 1
    assert sandbox.sent[0].attachments[0].content == content


def connected(sandbox):
    url = httpx.URL(sandbox.base_url)
    return socket.create_connection((url.host, url.port), timeout=5)


def raw_reply(sandbox, request):
    """Send bytes, keep the connection open for writing, and give the status that comes back."""
    with connected(sandbox) as client:
        client.sendall(request)
        return int(client.recv(65536).split()[1])
