"""A caller's own `httpx.AsyncClient` whose hooks, transport or authentication read what goes through it."""

import contextlib
import gzip
import json

import anyio
import httpx
import pytest
from faults.server import Fault, Say

from smtp2go_async import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    RetryPolicy,
    ServerError,
    SyncClient,
)

REFUSED = json.dumps(
    {"data": {"error": "no such sender", "error_code": "E_ApiResponseCodes.NON_VALIDATING_IN_PAYLOAD"}}
)
"""What the API says with a 400."""


@pytest.fixture
def http_client():
    """Give a function that makes one with a hook for responses; without certificates, which plain HTTP does not need."""

    def make(*hooks, **options):
        return httpx.AsyncClient(**{"verify": False, "trust_env": False, "event_hooks": {"response": hooks}, **options})

    return make


def sends(own, client_of, mail, backend, **options):
    """Send an e-mail through a client of the caller's, and return its id."""

    async def call():
        async with own:
            # A call that hangs is told from one that is slow by the timeout of its error.
            client = client_of(http_client=own, timeout=30.0, **options)
            with anyio.fail_after(20):
                return (await client.email.send(**mail())).email_id

    return anyio.run(call, backend=backend)


# --- hooks that read ---------------------------------------------------------------------------------------------


async def reads(response):
    assert json.loads(await response.aread())


async def reads_twice(response):
    assert await response.aread() == await response.aread()


async def reads_json(response):
    await response.aread()
    assert response.json()["data"]
    assert response.text


async def iterates_bytes(response):
    assert json.loads(b"".join([part async for part in response.aiter_bytes()]))


async def iterates_raw(response):
    assert [part async for part in response.aiter_raw()]


async def iterates_lines(response):
    assert [line async for line in response.aiter_lines()]


async def iterates_text(response):
    assert [text async for text in response.aiter_text(3)]


async def reads_a_part(response):
    parts = response.aiter_raw(4)
    assert len(await anext(parts)) == 4
    await parts.aclose()


async def iterates_the_stream(response):
    assert [part async for part in response.stream]


async def closes(response):
    await response.aclose()


async def closes_and_measures(response):
    await response.aclose()
    assert response.elapsed


async def measures(response):
    await response.aread()
    assert response.elapsed
    assert response.is_closed


async def reads_the_request(response):
    assert json.loads(await response.request.aread())
    assert response.request.content


async def does_nothing(response):
    pass


READING = [
    reads,
    reads_twice,
    reads_json,
    iterates_bytes,
    iterates_raw,
    iterates_lines,
    iterates_text,
    reads_a_part,
    iterates_the_stream,
    closes,
    closes_and_measures,
    measures,
    reads_the_request,
    does_nothing,
]
any_hook = pytest.mark.parametrize("hook", READING, ids=lambda hook: hook.__name__)


@any_hook
def test_an_answer_that_a_hook_has_read_is_the_answer(hook, backend, faults, http_client, client_of, mail):
    assert sends(http_client(hook), client_of, mail, backend) == "reference"
    assert faults.count("reference") == 1


@any_hook
def test_a_compressed_answer_that_a_hook_has_read_is_the_answer(hook, backend, faults, http_client, client_of, mail):
    said = gzip.compress(json.dumps({"data": {"succeeded": 1, "failed": 0, "email_id": "compressed"}}).encode())
    faults.then(Say(body=said, headers={"Content-Encoding": "gzip"}))
    assert sends(http_client(hook), client_of, mail, backend) == "compressed"


@any_hook
def test_a_refusal_that_a_hook_has_read_says_why(hook, backend, faults, http_client, client_of, mail):
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(BadRequestError, match="no such sender"):
        sends(http_client(hook), client_of, mail, backend)


@any_hook
def test_an_answer_that_a_hook_saw_breaking_off_is_unknown(hook, backend, faults, http_client, client_of, mail):
    faults.then(Fault.HALF_BODY)
    with pytest.raises(OutcomeUnknownError):
        sends(http_client(hook), client_of, mail, backend)
    assert faults.count("reference") == 1


@pytest.mark.parametrize("hook", [reads, closes, does_nothing])
def test_a_refusal_that_a_hook_saw_breaking_off_is_a_refusal(hook, backend, faults, http_client, client_of, mail):
    async def suppresses(response):
        with contextlib.suppress(httpx.HTTPError):
            await hook(response)

    faults.then(Fault.CUT_429)
    with pytest.raises(RateLimitError):
        sends(http_client(suppresses), client_of, mail, backend)


def test_several_hooks_that_read_are_all_served(backend, faults, http_client, client_of, mail):
    assert sends(http_client(iterates_the_stream, iterates_raw), client_of, mail, backend) == "reference"
    assert sends(http_client(reads, reads_json, measures), client_of, mail, backend) == "reference"


def test_a_read_only_call_is_made_once_when_a_hook_reads(backend, faults, http_client, client_of):
    async def call():
        async with http_client(reads) as own:
            await client_of(http_client=own, retry=RetryPolicy(first_wait=0.0)).sms.summary()

    anyio.run(call, backend=backend)
    assert faults.begun == 1


def test_a_task_that_a_hook_starts_reads_the_answer_too(backend, faults, http_client, client_of, mail):
    """A log that is written beside the call."""
    read = []

    async def call():
        async with anyio.create_task_group() as tasks:

            async def log(response):
                read.append(json.loads(await response.aread())["data"]["email_id"])

            async def start(response):
                tasks.start_soon(log, response)

            async with http_client(start) as own:
                said = await client_of(http_client=own).email.send(**mail())
                assert said.email_id == "reference"

    anyio.run(call, backend=backend)
    assert read == ["reference"]


def test_a_hook_that_gives_up_reading_makes_the_outcome_unknown(backend, faults, http_client, client_of, mail):
    faults.then(Fault.STALL_IN_ANSWER)

    async def gives_up(response):
        with anyio.move_on_after(0.05):
            await response.aread()

    with pytest.raises(OutcomeUnknownError) as caught:
        sends(http_client(gives_up), client_of, mail, backend)
    assert not isinstance(caught.value, ReplyTimeoutError)


def test_a_waiting_client_has_the_answer_that_a_hook_has_read(faults, http_client, key, mail):
    with SyncClient(key, base_url=faults.url, http_client=http_client(reads)) as client:
        assert [client.email.send(**mail(name)).email_id for name in ("one", "two")] == ["one", "two"]


def test_connections_are_used_again_when_hooks_read(backend, faults, http_client, client_of, mail):
    async def call():
        for hook in (reads, closes, iterates_raw, does_nothing):
            async with http_client(hook, limits=httpx.Limits(max_connections=1)) as own:
                client = client_of(http_client=own)
                for _ in range(3):
                    await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert faults.connections == 4


# --- hooks that raise --------------------------------------------------------------------------------------------


async def raises_for_status(response):
    response.raise_for_status()


async def reads_and_raises(response):
    await response.aread()
    response.raise_for_status()


async def iterates_and_raises(response):
    async for _ in response.aiter_bytes():
        pass
    response.raise_for_status()


raising = pytest.mark.parametrize("hook", [raises_for_status, reads_and_raises, iterates_and_raises])


@raising
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, BadRequestError),
        (404, BadRequestError),
        (429, RateLimitError),
        (500, ServerError),
        (302, ReplyError),
    ],
)
def test_a_status_that_a_hook_raises_for_is_the_answer(
    status, kind, hook, backend, faults, http_client, client_of, mail
):
    """As the same answer is without the hook."""
    faults.then(Say(status, body=REFUSED.encode()), Say(status, body=REFUSED.encode()))
    told = []
    for own in (http_client(hook), http_client()):
        with pytest.raises(kind) as caught:
            sends(own, client_of, mail, backend)
        told.append((str(caught.value), caught.value.status, caught.value.raw, caught.value.carried_out))
    assert told[0] == told[1]
    assert faults.count("reference") == 2


@raising
def test_a_refusal_without_words_is_told_by_the_status_that_a_hook_raises_for(
    hook, backend, faults, http_client, client_of, mail
):
    faults.then(Say(401, body=b"{}"), Say(503, body=b""))
    with pytest.raises(AuthenticationError):
        sends(http_client(hook), client_of, mail, backend)
    with pytest.raises(ServerError):
        sends(http_client(hook), client_of, mail, backend)


@raising
def test_a_cool_down_is_kept_when_a_hook_raises_for_its_status(hook, backend, faults, http_client, client_of, mail):
    faults.then(Say(429, body=b"{}", headers={"Retry-After": "77"}))

    async def call():
        async with http_client(hook) as own:
            client = client_of(http_client=own)
            with pytest.raises(RateLimitError):
                await client.email.send(**mail())
            with pytest.raises(RateLimitError, match="not tried") as caught:
                await client.email.send(**mail())
            assert caught.value.retry_after > 60

    anyio.run(call, backend=backend)
    assert faults.begun == 1


@pytest.mark.parametrize("status", [400, 500])
def test_another_server_s_status_that_a_hook_raises_for_says_nothing_of_the_e_mail(
    status, backend, faults, http_client, client_of, mail
):
    """A log server turned the log away, and not the API the e-mail."""

    async def log(response):
        async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status))) as logs:
            (await logs.post("https://logs.example.com", content=await response.aread())).raise_for_status()

    with pytest.raises(OutcomeUnknownError):
        sends(http_client(log), client_of, mail, backend)
    assert faults.count("reference") == 1


def test_requests_of_others_through_the_same_client_are_left_alone(backend, faults, http_client, client_of, mail):
    """A hook that logs by the client that it belongs to."""
    seen = []

    async def call():
        async def log(response):
            seen.append(response.request.url.path)
            if not response.request.url.path.endswith("/log"):
                logged = await own.post(f"{faults.url}/log", content=await response.aread())
                assert type(logged.stream).__name__ != "KeptContent"

        async with http_client(log) as own:
            client = client_of(http_client=own)
            for name in ("one", "two"):
                assert (await client.email.send(**mail(name))).email_id == name

    anyio.run(call, backend=backend)
    assert seen == ["/v3/email/send", "/v3/log"] * 2


def test_hooks_are_run_once_each_and_may_be_changed_at_any_time(backend, faults, http_client, client_of, mail):
    ran = []

    def hook(name):
        async def run(_what):
            ran.append(name)

        return run

    async def call():
        async with http_client() as own:
            first, second = client_of(http_client=own), client_of(http_client=own)
            own.event_hooks = {"request": [hook("a")], "response": [hook("b"), reads]}
            await first.email.send(**mail())
            own.event_hooks["response"].append(hook("c"))
            await second.email.send(**mail())
            own.event_hooks["response"].insert(0, reads)
            await first.email.send(**mail())
            own.event_hooks = {"response": [reads]}
            await second.email.send(**mail())
            assert len(own.event_hooks["response"]) == 2
            own.event_hooks = {}
            await second.email.send(**mail())
            assert own.event_hooks == {"request": [], "response": []}

    anyio.run(call, backend=backend)
    assert ran == ["a", "b", "a", "b", "c", "a", "b", "c"]


# --- hooks and authentication that read the request ------------------------------------------------------------------


async def reads_the_body(request):
    assert await request.aread()


class Signs(httpx.Auth):
    """Reads the body to sign it."""

    requires_request_body = True

    def auth_flow(self, request):
        request.headers["X-Signature"] = str(len(request.content))
        yield request


class AsksTwice(httpx.Auth):
    """Reads the answer, and sends the request again when it was turned away."""

    requires_response_body = True

    def auth_flow(self, request):
        response = yield request
        if response.status_code == 401:
            assert response.content
            yield request


@pytest.mark.parametrize(
    "options", [{"event_hooks": {"request": [reads_the_body]}}, {"auth": Signs()}], ids=["hook", "auth"]
)
@pytest.mark.parametrize("large", [False, True], ids=["in memory", "from a file"])
def test_a_body_that_was_read_before_it_left_is_sent_or_not_sent_as_it_was(
    large, options, backend, faults, http_client, client_of, mail, tmp_path
):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(300_000))
    more = {"attachments": [path]} if large else {}

    def mails():
        return mail(**more)

    assert sends(http_client(**options), client_of, mails, backend) == "reference"
    with pytest.raises(NotSentError):
        sends(http_client(**options), client_of, mails, backend, base_url=faults.refusing_url)
    faults.then(Fault.NO_ANSWER)
    with pytest.raises(OutcomeUnknownError):
        sends(http_client(**options), client_of, mails, backend)
    assert faults.count("reference") == 2


def test_a_hook_that_reads_the_body_and_one_that_can_not_connect_after_sending(
    backend, faults, http_client, client_of, mail, tmp_path
):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(300_000))

    async def fails(response):
        raise httpx.ConnectError("of the hook")

    own = http_client(event_hooks={"request": [reads_the_body], "response": [fails]})
    with pytest.raises(OutcomeUnknownError):
        sends(own, client_of, lambda: mail(attachments=[path]), backend)
    assert faults.count("reference") == 1


@pytest.mark.parametrize("hooks", [[], [reads]])  # httpx's authentication does not read what a hook has closed
def test_authentication_that_reads_the_answer_leaves_it(hooks, backend, faults, http_client, client_of, mail):
    faults.then(Say(401, body=REFUSED.encode()))
    assert sends(http_client(*hooks, auth=AsksTwice()), client_of, mail, backend) == "reference"
    assert faults.count("reference") == 2


@pytest.mark.parametrize("hooks", [[], [reads], [closes]])
def test_authentication_whose_second_request_gets_no_answer_is_unknown(
    hooks, backend, faults, http_client, client_of, mail
):
    faults.then(Say(401, body=REFUSED.encode()), Fault.NO_ANSWER)
    with pytest.raises(OutcomeUnknownError):
        sends(http_client(*hooks, auth=AsksTwice()), client_of, mail, backend)


# --- transports that read --------------------------------------------------------------------------------------------


class Around(httpx.AsyncBaseTransport):
    """A transport around another one, which does something with each answer."""

    def __init__(self, do):
        self.inner, self.do = httpx.AsyncHTTPTransport(verify=False), do

    async def handle_async_request(self, request):
        response = await self.inner.handle_async_request(request)
        return await self.do(response) or response

    async def aclose(self):
        await self.inner.aclose()


async def made_anew(response):
    """As caches do."""
    headers = [(name, value) for name, value in response.headers.items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=await response.aread())


class Logging(httpx.AsyncByteStream):
    def __init__(self, stream):
        self.stream, self.log = stream, b""

    async def __aiter__(self):
        async for part in self.stream:
            self.log += part
            yield part

    async def aclose(self):
        await self.stream.aclose()


async def wrapped(response):
    return httpx.Response(response.status_code, headers=response.headers, stream=Logging(response.stream))


async def with_another_stream(response):
    response.stream = Logging(response.stream)


@pytest.mark.parametrize("hooks", [[], [reads], [iterates_bytes], [closes], [raises_for_status]])
@pytest.mark.parametrize("do", [reads, made_anew, wrapped, with_another_stream])
def test_an_answer_that_a_transport_has_read_or_wrapped_is_the_answer(
    do, hooks, backend, faults, http_client, client_of, mail
):
    def own():
        return http_client(*hooks, transport=Around(do))

    assert sends(own(), client_of, mail, backend) == "reference"
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(BadRequestError, match="no such sender"):
        sends(own(), client_of, mail, backend)


@pytest.mark.parametrize("do", [iterates_bytes, iterates_raw])
def test_what_a_transport_has_read_and_not_kept_is_told_at_once(do, backend, faults, http_client, client_of, mail):
    with pytest.raises(ReplyError, match="has read the content, and has not kept it") as caught:
        sends(http_client(transport=Around(do)), client_of, mail, backend)
    assert caught.value.carried_out is None
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(ApiError, match="no reason was given with status 400") as caught:
        sends(http_client(transport=Around(do)), client_of, mail, backend)
    assert caught.value.carried_out is False


class Watching(httpx.AsyncClient):
    """A client that reads each answer before it hands it over."""

    def __init__(self, do, **options):
        super().__init__(**options)
        self.do = do

    async def send(self, request, **options):
        response = await super().send(request, **options)
        await self.do(response)
        return response


@pytest.mark.parametrize("hooks", [[], [reads], [does_nothing]])
@pytest.mark.parametrize("do", [reads, raises_for_status, reads_and_raises])
def test_an_answer_that_a_client_of_another_class_has_read_is_the_answer(
    do, hooks, backend, faults, http_client, client_of, mail
):
    def own():
        return Watching(do, verify=False, trust_env=False, event_hooks={"response": hooks})

    assert sends(own(), client_of, mail, backend) == "reference"
    faults.then(Say(400, body=REFUSED.encode()))
    with pytest.raises(BadRequestError, match="no such sender"):
        sends(own(), client_of, mail, backend)


def test_a_transport_for_waiting_clients_sends_nothing_and_says_why(backend, http_client, client_of, mail):
    own = httpx.AsyncClient(verify=False, trust_env=False)
    own._transport = httpx.BaseTransport()

    async def call():
        with pytest.raises(NotSentError, match="transport of the http_client is one for httpx.Client") as caught:
            await client_of(http_client=own).email.send(**mail())
        assert caught.value.final

    anyio.run(call, backend=backend)


# --- the same over our own connections, where tools replace httpx's transport ----------------------------------------


class OnlyWaiting(httpx.SyncByteStream):
    def __iter__(self):
        yield b'{"data": {"succeeded": 1, "failed": 0, "email_id": "reference"}}'


@pytest.mark.parametrize("do", [reads, made_anew, wrapped, with_another_stream])
@pytest.mark.parametrize("loop", ["asyncio", "trio"])  # not over the fast transport, which these tools don't see
def test_a_tool_around_httpx_s_transport_may_read_the_answer(do, loop, faults, client_of, mail, monkeypatch):
    original = httpx.AsyncHTTPTransport.handle_async_request

    async def around(self, request):
        response = await original(self, request)
        response.request = request
        return await do(response) or response

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", around)

    async def call():
        async with client_of() as client:
            assert (await client.email.send(**mail())).email_id == "reference"
            faults.then(Say(400, body=REFUSED.encode()))
            with pytest.raises(BadRequestError, match="no such sender"):
                await client.email.send(**mail())

    anyio.run(call, backend=loop)


def test_a_tool_s_answer_that_is_not_asynchronous_is_read(key, mail, monkeypatch):
    async def answer(self, request):
        await request.aread()
        return httpx.Response(200, stream=OnlyWaiting())

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    with SyncClient(key) as client:
        assert client.email.send(**mail()).email_id == "reference"


def test_a_status_that_a_tool_raises_for_is_the_answer(key, mail, monkeypatch):
    async def answer(self, request):
        response = httpx.Response(400, content=REFUSED, request=request)
        response.raise_for_status()

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    with SyncClient(key, retry=RetryPolicy.none()) as client, pytest.raises(BadRequestError, match="no such sender"):
        client.email.send(**mail())
