"""Starting and ending: asyncio, trio and neither; ports; connections that are still open."""

import asyncio
import importlib
import logging
import socket
import sys
import threading
import time

import httpx
import pytest
import trio
import uvicorn

from smtp2go_async.sandbox import Sandbox


def post(sandbox, email, **options):
    headers = {"X-Smtp2go-Api-Key": sandbox.api_key}
    return httpx.post(
        f"{sandbox.base_url}/email/send", json=email(), headers=headers, trust_env=False, verify=False, **options
    )


async def use(sandbox, email):
    headers = {"X-Smtp2go-Api-Key": sandbox.api_key}
    async with httpx.AsyncClient(headers=headers, trust_env=False, verify=False) as client:
        return await client.post(f"{sandbox.base_url}/email/send", json=email())


async def test_the_sandbox_serves_a_test_on_asyncio(email):
    async with Sandbox() as sandbox:
        assert (await use(sandbox, email)).status_code == 200
        assert len(sandbox.sent) == 1


def test_the_sandbox_serves_a_test_on_trio(email):
    async def main():
        async with Sandbox() as sandbox:
            assert (await use(sandbox, email)).status_code == 200
            assert len(sandbox.sent) == 1

    trio.run(main)


def test_the_sandbox_serves_blocking_code(email):
    with Sandbox() as sandbox:
        assert post(sandbox, email).status_code == 200


def test_emails_and_requests_can_be_read_after_the_end(email):
    with Sandbox() as sandbox:
        post(sandbox, email)
    assert len(sandbox.sent) == 1


def test_refusals_and_failures_can_be_added_while_the_sandbox_runs(email):
    with Sandbox() as sandbox:
        sandbox.refuse_address("jane@example.org")
        sandbox.refuse_sender("blocked.example")
        assert post(sandbox, email).json()["data"]["failed"] == 1
        assert (
            post(sandbox, lambda: email(to=["j@example.org"], sender="x@blocked.example")).json()["data"]["failed"] == 1
        )
        assert sandbox.receive_sms("+12025550123", "+12025550100", "Hi").content == "Hi"


def test_several_sandboxes_run_side_by_side(email):
    with Sandbox() as first, Sandbox() as second:
        assert first.base_url != second.base_url
        post(second, email)
        assert (len(first.sent), len(second.sent)) == (0, 1)


def test_a_sandbox_can_be_entered_again_but_not_twice_at_once(email):
    sandbox = Sandbox()
    with sandbox:
        post(sandbox, email)
        with pytest.raises(RuntimeError, match="already running"):
            sandbox.__enter__()
    with sandbox:
        post(sandbox, email)
    assert len(sandbox.sent) == 2


def test_leaving_a_sandbox_that_was_never_entered_does_nothing():
    Sandbox().__exit__(None, None, None)


def test_a_sandbox_that_is_not_running_has_no_address():
    with pytest.raises(RuntimeError, match="not running"):
        _ = Sandbox().base_url


def test_the_port_can_be_chosen_and_must_be_free(email):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=port).__enter__()
    with Sandbox(port=port) as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{port}/v3"


@pytest.mark.parametrize(
    ("host", "shown"), [("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("localhost", "localhost")]
)
def test_the_base_url_can_be_used_on_every_kind_of_host(email, host, shown):
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        pytest.skip(f"no {host} on this machine")
    with Sandbox(host=host) as sandbox:
        assert sandbox.base_url.startswith(f"http://{shown}:")
        assert post(sandbox, email).status_code == 200


def test_the_sandbox_starts_and_ends_at_once():
    Sandbox().__enter__().__exit__(None, None, None)
    begin = time.monotonic()
    for _ in range(5):
        with Sandbox():
            pass
    assert time.monotonic() - begin < 5 * 0.3


def test_the_sandbox_ends_at_once_while_a_client_holds_a_connection(http, sandbox, email):
    http.post("/email/send", json=email())
    begin = time.monotonic()
    sandbox.__exit__(None, None, None)
    assert time.monotonic() - begin < 1.0
    with pytest.raises(httpx.TransportError):
        http.post("/email/send", json=email())


def test_the_sandbox_ends_at_once_while_a_response_is_held_back(sandbox, email, caplog):
    sandbox.fail_next(delay=60)
    failures = []

    def call():
        try:
            post(sandbox, email, timeout=30)
        except httpx.TransportError as error:
            failures.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    while not sandbox.requests:
        time.sleep(0.005)
    begin = time.monotonic()
    sandbox.__exit__(None, None, None)
    caller.join()
    assert time.monotonic() - begin < 1.0
    assert len(failures) == 1
    assert [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


def test_the_sandbox_ends_at_once_while_a_request_is_still_coming_in(sandbox):
    url = httpx.URL(sandbox.base_url)
    with socket.create_connection((url.host, url.port)) as client:
        client.sendall(b"POST /v3/email/send HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        time.sleep(0.02)
        begin = time.monotonic()
        sandbox.__exit__(None, None, None)
        assert time.monotonic() - begin < 1.0


def test_the_sandbox_takes_calls_from_many_threads_at_once(sandbox, email):
    def calls():
        with httpx.Client(headers={"X-Smtp2go-Api-Key": sandbox.api_key}, trust_env=False, verify=False) as client:
            for _ in range(20):
                client.post(f"{sandbox.base_url}/email/send", json=email())
                assert sandbox.sent

    callers = [threading.Thread(target=calls) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len({sent.email_id for sent in sandbox.sent}) == 80


def test_the_date_header_moves_on_while_it_waits(sandbox, email):
    first = post(sandbox, email).headers["date"]
    deadline = time.monotonic() + 4
    while post(sandbox, email).headers["date"] == first:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_server_that_cannot_start_says_so(monkeypatch):
    async def startup(self, sockets=None):
        sys.exit(3)

    monkeypatch.setattr(uvicorn.Server, "startup", startup)
    with pytest.raises(RuntimeError, match="did not start"):
        Sandbox().__enter__()


def test_a_server_that_fails_at_the_end_says_so(monkeypatch):
    with pytest.raises(RuntimeError, match="did not end cleanly"), Sandbox() as sandbox:
        server = sandbox._server._server
        shutdown = server.shutdown

        async def broken(sockets=None):
            await shutdown(sockets)
            raise OSError("broken")

        monkeypatch.setattr(server, "shutdown", broken)


def test_the_sandbox_logs_no_requests(http, email, caplog):
    caplog.set_level(logging.DEBUG)
    http.post("/email/send", json=email())
    assert [record for record in caplog.records if record.name == "uvicorn.access"] == []


def test_the_sandbox_leaves_the_loggers_of_the_process_alone():
    access = logging.getLogger("uvicorn.access")
    handler = logging.NullHandler()
    access.addHandler(handler)
    try:
        with Sandbox():
            assert access.handlers == [handler]
            assert access.propagate
    finally:
        access.removeHandler(handler)


async def test_the_loop_of_the_test_is_not_the_loop_of_the_server(sandbox, email):
    # A blocking call inside a running loop would deadlock if they were the same.
    assert asyncio.get_running_loop().is_running()
    assert post(sandbox, email).status_code == 200


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_dependency_is_named_with_the_command_that_installs_it(monkeypatch, missing):
    for name in [name for name in sys.modules if name.startswith("smtp2go_async.sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"pip install 'smtp2go-async\[sandbox\]'") as caught:
        importlib.import_module("smtp2go_async.sandbox")
    assert caught.value.name == missing
