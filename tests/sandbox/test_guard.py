"""The pages under /sandbox are for the owner of the machine, and not for the web pages that the owner visits."""

import socket

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.app import create_app
from smtp2go_async.sandbox.faults import Faults
from smtp2go_async.sandbox.guard import MAX_CONTROL_BYTES

HERE = "127.0.0.1"
ELSEWHERE = "203.0.113.9"

ADDRESSES = [
    ("GET", "/"),
    ("GET", "/sandbox/emails"),
    ("GET", "/sandbox/emails/1u0SwL-B9zBpi9ffUq-JAB2"),
    ("GET", "/sandbox/scheduled"),
    ("GET", "/sandbox/sms"),
    ("GET", "/sandbox/requests"),
    ("GET", "/sandbox/counts?by=subject"),
    ("POST", "/sandbox/fail"),
    ("POST", "/sandbox/chaos"),
    ("POST", "/sandbox/clear"),
]


def calls_from(client, **options):
    transport = httpx.ASGITransport(create_app(Account(), Faults(), **options), client=(client, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8025")


async def status_of(method, path, client=HERE, *, headers=(), **options):
    async with calls_from(client, **options) as http:
        return (await http.request(method, path, headers=dict(headers))).status_code


def test_every_page_is_guarded():
    app = create_app(Account(), Faults())
    found = {(method, route.path) for route in app.routes[1:] for method in route.methods if method != "HEAD"}
    assert found == {
        (method, path.partition("?")[0].replace("1u0SwL-B9zBpi9ffUq-JAB2", "{email_id}")) for method, path in ADDRESSES
    }


# --- from other machines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", [ELSEWHERE, "2001:db8::1", "::ffff:203.0.113.9", "somewhere"])
@pytest.mark.parametrize(("method", "path"), ADDRESSES)
async def test_other_machines_are_refused(client, method, path):
    assert await status_of(method, path, client) == 403


@pytest.mark.parametrize("client", [HERE, "127.0.0.2", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_is_let_in(client):
    assert await status_of("GET", "/sandbox/emails", client) == 200


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
async def test_other_machines_are_let_in_under_a_name_that_is_allowed(method, path):
    headers = {"Host": "sandbox:8025"}
    status = await status_of(method, path, ELSEWHERE, headers=headers, allowed_hosts=["Sandbox"])
    assert status in {200, 204, 400, 404}
    assert await status_of(method, path, ELSEWHERE, allowed_hosts=["Sandbox"]) == 403


async def test_the_host_that_the_sandbox_listens_on_is_a_name_for_this_machine_alone():
    headers = {"Host": "192.0.2.7:8025"}
    for client, status in ((HERE, 200), (ELSEWHERE, 403)):
        assert await status_of("GET", "/", client, headers=headers, host="192.0.2.7") == status


# --- under other names: DNS rebinding ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8025",
        "LOCALHOST.",
        "shop.localhost:1",
        "127.0.0.1",
        "127.9.9.9:80",
        "[::1]:8025",
        "[::1]",
    ],
)
async def test_names_of_this_machine_are_let_in(host):
    assert await status_of("POST", "/sandbox/clear", headers={"Host": host}) == 204


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8025",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "192.0.2.7",
        "[2001:db8::1]",
        "user@localhost",
        "localhost/",
        "localhost:80:80",
        "localhost, localhost",
        "",
    ],
)
@pytest.mark.parametrize("allowed", [[], ["sandbox"]])
async def test_another_name_is_refused(host, allowed):
    for method, path in ADDRESSES:
        assert await status_of(method, path, headers={"Host": host}, allowed_hosts=allowed) == 403


# --- from pages of other sites: CSRF -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://evil.example:8025"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost"},
        {"Origin": "file://localhost:8025"},
        {"Origin": "http://localhost:8025.evil.example"},
        {"Origin": "http://[evil"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "whatever"},
    ],
)
@pytest.mark.parametrize(("method", "path"), ADDRESSES)
async def test_a_page_of_another_site_is_refused(headers, method, path):
    assert await status_of(method, path, headers=headers) == 403
    headers = {**headers, "Host": "sandbox:8025"}
    assert await status_of(method, path, ELSEWHERE, headers=headers, allowed_hosts=["sandbox"]) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost:8025"},
        {"Origin": "https://LOCALHOST:8025", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_the_sandbox_s_own_page_and_a_typed_address_are_let_in(headers):
    assert await status_of("POST", "/sandbox/clear", headers=headers) == 204


def test_a_page_of_another_site_clears_nothing(sandbox):
    sandbox.fail_next(status=503)
    url = sandbox.base_url.replace("/v3", "/sandbox/clear")
    headers = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    answer = httpx.post(url, headers=headers, content=b"x" * 200_000, trust_env=False, verify=False)
    assert (answer.status_code, answer.json()) == (403, {"error": "a page of another site may not ask"})
    assert httpx.post(f"{sandbox.base_url}/email/send", trust_env=False, verify=False).status_code == 503


# --- the API itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["sandbox:8025", "evil.example", "203.0.113.1"])
async def test_the_api_may_be_used_from_anywhere_under_any_name(email, host):
    account = Account()
    transport = httpx.ASGITransport(create_app(account, Faults()), client=(ELSEWHERE, 1234))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
        headers = {"X-Smtp2go-Api-Key": account.api_key}
        assert (await http.post("/v3/email/send", json=email(), headers=headers)).status_code == 200
    assert len(account.sent) == 1


# --- bodies ------------------------------------------------------------------------------------------------------


def post(sandbox, path, content):
    return httpx.post(sandbox.base_url.replace("/v3", path), content=content, trust_env=False, verify=False)


@pytest.mark.parametrize("path", ["/sandbox/fail", "/sandbox/chaos", "/sandbox/clear"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_1_mb_is_answered_with_413(sandbox, path, chunked):
    def content(size):
        return (b" " * 1000 for _ in range(size // 1000)) if chunked else b" " * size

    assert post(sandbox, path, content(MAX_CONTROL_BYTES)).status_code in {204, 400}
    answer = post(sandbox, path, content(MAX_CONTROL_BYTES + 1000))
    assert answer.status_code == 413
    assert answer.json()["data"]["error_code"] == "E_ApiResponseCodes.API_EXCEPTION"
    assert answer.json()["request_id"]
    assert answer.headers["connection"] == "close"


def test_a_large_body_is_refused_before_all_of_it_was_sent(sandbox):
    url = httpx.URL(sandbox.base_url)
    with socket.create_connection((url.host, url.port), timeout=5) as client:
        client.sendall(b"POST /sandbox/fail HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000001\r\n\r\nbegin")
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_an_end_is_not_read_for_ever(sandbox, monkeypatch):
    monkeypatch.setattr("smtp2go_async.sandbox.bodies.MAX_DISCARDED_BYTES", 5_000_000)
    url = httpx.URL(sandbox.base_url)
    for path in (b"/sandbox/fail", b"/v3/sms/send"):
        with socket.create_connection((url.host, url.port), timeout=5) as client:
            client.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            sent = 0
            with pytest.raises(ConnectionError):
                while sent < 100_000_000:
                    client.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                    sent += 65536
        assert 1_000_000 < sent < 50_000_000


def test_a_client_that_leaves_in_the_middle_is_forgotten(sandbox):
    url = httpx.URL(sandbox.base_url)
    with socket.create_connection((url.host, url.port), timeout=5) as client:
        client.sendall(b"POST /sandbox/clear HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf")
    assert post(sandbox, "/sandbox/clear", b"").status_code == 204


# --- what may be allowed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["http://sandbox", "sandbox:8025", "", "*", "a b", "sandbox/", "[::1]:80", "-x-"])
def test_an_invalid_host_can_not_be_allowed(host):
    with pytest.raises(ValueError, match=r"^allowed_hosts\[1\]: must be a name or an address, without a scheme"):
        Sandbox(allowed_hosts=["sandbox", host])


def test_a_text_is_not_a_list_of_hosts():
    with pytest.raises(TypeError, match=r"^allowed_hosts: must be a list of names, such as \['sandbox'\]$"):
        Sandbox(allowed_hosts="sandbox")
    with pytest.raises(TypeError, match=r"^allowed_hosts\[0\]: must be a str, not int$"):
        Sandbox(allowed_hosts=[5])


@pytest.mark.parametrize("host", ["sandbox", "my_sandbox", "sandbox.test.example", "192.0.2.1", "::1", "[2001:db8::1]"])
def test_names_and_addresses_can_be_allowed(host):
    with Sandbox(allowed_hosts=[host]) as sandbox:
        shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
        url = sandbox.base_url.replace("/v3", "/sandbox/emails")
        assert httpx.get(url, headers={"Host": f"{shown}:1"}, trust_env=False, verify=False).status_code == 200
