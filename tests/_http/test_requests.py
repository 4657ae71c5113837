"""What goes over the wire, as the server reads it."""

import anyio
import pytest
from faults.server import Say

from smtp2go_async import AsyncClient, NotSentError, RateLimitError, ReplyError, RetryPolicy, __version__
from smtp2go_async._http.exchange import MAX_CONNECT_SECONDS, retry_after

GOOD = {"request_id": "1", "data": {"succeeded": 1, "failed": 0, "failures": [], "email_id": "1"}}


@pytest.mark.parametrize(
    ("auth", "carrier"),
    [
        ("header", {"X-Smtp2go-Api-Key": "{key}"}),
        ("bearer", {"Authorization": "Bearer {key}"}),
        ("body", {}),
    ],
)
def test_the_headers_are_exactly_these(auth, carrier, backend, faults, client_of, mail, key):
    async def call() -> None:
        async with client_of(auth=auth) as client:
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    (request,) = faults.arrived
    assert sorted(request.headers) == sorted(
        {
            "Host": f"127.0.0.1:{faults.port}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
            "Content-Length": str(len(request.body)),
            "User-Agent": f"smtp2go-async/{__version__}",
            "X-Smtp2go-Api": "smtp2go-async",
            "X-Smtp2go-Api-Version": __version__,
            **{name: value.format(key=key) for name, value in carrier.items()},
        }.items()
    )


def test_the_key_is_in_the_body_only_when_it_is_asked_for_there(backend, faults, client_of, mail, key):
    async def call() -> None:
        for auth in ("header", "bearer", "body"):
            async with client_of(auth=auth) as client:
                await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert [request.json.get("api_key") for request in faults.arrived] == [None, None, key]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("global", "api.smtp2go.com"),
        ("us", "us-api.smtp2go.com"),
        ("eu", "eu-api.smtp2go.com"),
        ("au", "au-api.smtp2go.com"),
    ],
)
def test_a_region_is_a_host(region, host, backend, key, mail, respx_mock):
    route = respx_mock.post(f"https://{host}/v3/email/send").respond(json=GOOD)

    async def call() -> None:
        async with AsyncClient(key, region=region) as client:
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert route.calls.last.request.headers["host"] == host


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status, backend, faults, client_of, mail):
    faults.then(Say(status, headers={"Location": f"{faults.url}/elsewhere"}))

    async def call() -> None:
        async with client_of() as client:
            with pytest.raises(ReplyError, match="redirects are never followed"):
                await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert [request.path for request in faults.arrived] == ["/v3/email/send"]


def test_a_cookie_of_the_provider_does_not_come_back(backend, faults, client_of, mail):
    faults.then(Say(headers={"Set-Cookie": "session=1; Path=/"}))

    async def call() -> None:
        async with client_of() as client:
            await client.email.send(**mail())
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert [request.header("cookie") for request in faults.arrived] == [None, None]


@pytest.mark.parametrize(
    ("timeout", "connect", "others"),
    [(0.5, 0.5, 0.5), (30.0, MAX_CONNECT_SECONDS, 30.0), (None, MAX_CONNECT_SECONDS, None)],
)
def test_connecting_may_take_ten_seconds_and_the_other_steps_the_whole_timeout(
    timeout, connect, others, backend, key, mail, respx_mock
):
    route = respx_mock.post(path="/v3/email/send").respond(json=GOOD)

    async def call() -> None:
        async with AsyncClient(key, timeout=timeout) as client:
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert route.calls.last.request.extensions["timeout"] == {
        "connect": connect,
        "read": others,
        "write": others,
        "pool": others,
    }


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "12"}, 12.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "-3"}, -3.0),
        ({"Retry-After": "Sat, 21 Nov 2026 12:01:30 GMT", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 90.0),
        ({"Retry-After": "Sat, 21 Nov 2026 11:59:00 GMT", "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}, -60.0),
        ({"Retry-After": "Sat, 21 Nov 2026 12:01:30 GMT", "Date": "some day"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Mon, 99 Foo 2026 99:99:99 GMT"}, None),
        ({"Retry-After": "Sat, 21 Nov 99999999999999999999 12:00:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_either_form(headers, seconds):
    assert retry_after(headers.get("Retry-After"), headers.get("Date")) == seconds


def test_a_retry_after_without_a_date_counts_from_this_clock(monkeypatch):
    monkeypatch.setattr("smtp2go_async._http.exchange.time.time", lambda: 1_795_262_400.0)

    assert retry_after("Sat, 21 Nov 2026 12:00:05 GMT", None) == 5.0


@pytest.mark.parametrize(("header", "least", "most"), [("7", 7, 7), ("-3", 60, 66), ("soon", 60, 66), ("nan", 60, 66)])
def test_a_429_says_when_to_come_back(header, least, most, backend, faults, client_of, mail):
    faults.then(Say(429, body=b"{}", headers={"Retry-After": header}))

    async def call() -> float | None:
        async with client_of() as client:
            with pytest.raises(RateLimitError) as caught:
                await client.email.send(**mail())
            return caught.value.retry_after

    assert least <= anyio.run(call, backend=backend) <= most


@pytest.mark.parametrize("base_url", ["https://1.2.3.400/v3", "https://xn--/v3"])
def test_an_address_that_httpx_does_not_take_is_an_error_of_ours(base_url, backend, key, mail):
    try:
        client = AsyncClient(key, base_url=base_url, retry=RetryPolicy.none())
    except ValueError:
        # The best place for it: before anything is called.
        return

    async def call() -> None:
        with pytest.raises(NotSentError):
            await client.email.send(**mail())

    anyio.run(call, backend=backend)
