"""A caller's own `httpx.AsyncClient` whose hooks or authentication read the request before it is sent."""

import httpx
import pytest
from _http.hooks import REFUSED, closes, make_http_client, reads, send_through
from faults.server import Fault, Say

from smtp2go_async import (
    NotSentError,
    OutcomeUnknownError,
)


@pytest.fixture
def http_client():
    return make_http_client


async def reads_the_body(request):
    assert await request.aread()


class Signs(httpx.Auth):
    """Reads the body to sign it."""

    requires_request_body = True

    def auth_flow(self, request):
        request.headers["X-Signature"] = str(len(request.content))
        yield request


class AsksTwice(httpx.Auth):
    """Reads the response, and sends the request again when it was turned away."""

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
def test_reading_the_body_before_it_leaves_does_not_change_whether_it_was_sent(
    large, options, backend, faults, http_client, client_of, mail, tmp_path
):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(300_000))
    more = {"attachments": [path]} if large else {}

    def mails():
        return mail(**more)

    assert send_through(http_client(**options), client_of, mails, backend) == "reference"
    with pytest.raises(NotSentError):
        send_through(http_client(**options), client_of, mails, backend, base_url=faults.refusing_url)
    faults.then(Fault.NO_ANSWER)
    with pytest.raises(OutcomeUnknownError):
        send_through(http_client(**options), client_of, mails, backend)
    assert faults.count("reference") == 2


def test_a_connect_error_of_a_hook_after_sending_leaves_the_outcome_unknown(
    backend, faults, http_client, client_of, mail, tmp_path
):
    path = tmp_path / "some.bin"
    path.write_bytes(bytes(300_000))

    async def fails(response):
        raise httpx.ConnectError("of the hook")

    own = http_client(event_hooks={"request": [reads_the_body], "response": [fails]})
    with pytest.raises(OutcomeUnknownError):
        send_through(own, client_of, lambda: mail(attachments=[path]), backend)
    assert faults.count("reference") == 1


@pytest.mark.parametrize("hooks", [[], [reads]])  # httpx's authentication does not read what a hook has closed
def test_authentication_that_reads_the_response_leaves_it(hooks, backend, faults, http_client, client_of, mail):
    faults.then(Say(401, body=REFUSED.encode()))
    assert send_through(http_client(*hooks, auth=AsksTwice()), client_of, mail, backend) == "reference"
    assert faults.count("reference") == 2


@pytest.mark.parametrize("hooks", [[], [reads], [closes]])
def test_authentication_whose_second_request_gets_no_response_is_unknown(
    hooks, backend, faults, http_client, client_of, mail
):
    faults.then(Say(401, body=REFUSED.encode()), Fault.NO_ANSWER)
    with pytest.raises(OutcomeUnknownError):
        send_through(http_client(*hooks, auth=AsksTwice()), client_of, mail, backend)
