"""The arguments that set a webhook up, made from the object that checks its requests."""

import base64
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from smtp2go_async import AsyncClient, InvalidArgumentError
from smtp2go_async.webhooks.auth import BasicAuth, BearerAuth, HeaderAuth, QueryToken

URL = "https://example.com/events"
NEW, OLD = "correct-horse-battery", "previous-horse-battery"

on = pytest.mark.parametrize


def test_the_first_secret_is_set_up():
    assert BearerAuth(NEW, OLD).for_setup() == {"auth_header_type": "bearer", "auth_header_value": NEW}
    value = base64.b64encode(f"user:{NEW}".encode()).decode()
    assert BasicAuth("user", NEW, OLD).for_setup() == {"auth_header_type": "basic", "auth_header_value": value}
    assert QueryToken(NEW, OLD).for_setup(URL) == {"url": f"{URL}?token={NEW}"}


def test_a_url_that_is_given_is_among_the_arguments():
    assert BearerAuth(NEW).for_setup(URL)["url"] == URL
    assert BasicAuth("user", NEW).for_setup(URL)["url"] == URL


@on(
    ("url", "expected"),
    [
        (URL, f"{URL}?token=a%2Bb%20%C3%A9"),
        (f"{URL}?", f"{URL}?token=a%2Bb%20%C3%A9"),
        (f"{URL}?shop=1&x=%20", f"{URL}?shop=1&x=%20&token=a%2Bb%20%C3%A9"),
        (f"{URL}?shop=1&", f"{URL}?shop=1&token=a%2Bb%20%C3%A9"),
        (f"{URL}#part", f"{URL}?token=a%2Bb%20%C3%A9#part"),
        ("https://u:p@example.com", "https://u:p@example.com?token=a%2Bb%20%C3%A9"),
        (f"{URL}?tokens=1&path=token", f"{URL}?tokens=1&path=token&token=a%2Bb%20%C3%A9"),
    ],
)
def test_a_token_is_added_to_the_query_of_the_url(url, expected):
    auth = QueryToken("a+b é")
    made = auth.for_setup(url)["url"]
    assert made == expected
    assert parse_qs(urlsplit(made).query)["token"] == ["a+b é"]
    assert auth.accepts({}, urlsplit(made).query)


@on("url", [f"{URL}?token=x", f"{URL}?a=b&token", f"{URL}?t%6Fken=", f"{URL}?token=x#f"])
def test_a_url_with_a_parameter_of_that_name_is_refused(url):
    with pytest.raises(InvalidArgumentError, match="^url: must not have a parameter 'token' yet"):
        QueryToken(NEW).for_setup(url)


def test_a_token_in_the_query_needs_a_url():
    with pytest.raises(InvalidArgumentError, match="^url: must be given"):
        QueryToken(NEW).for_setup()


def test_a_header_of_your_own_can_not_be_set_up_and_the_error_says_what_can():
    with pytest.raises(InvalidArgumentError, match="^auth: must be BearerAuth, BasicAuth or QueryToken") as caught:
        HeaderAuth("X-Secret", NEW).for_setup(URL)
    assert "x-secret" in str(caught.value)
    assert NEW not in str(caught.value)


@on("auth", [BearerAuth(NEW), BasicAuth("user", NEW), QueryToken(NEW)])
def test_the_arguments_are_those_of_webhooks_add(auth, respx_mock):
    sent = respx_mock.post("https://api.smtp2go.com/v3/webhook/add").respond(json={"data": {"id": 1}})

    async def main():
        async with AsyncClient("api-" + "A" * 32) as client:
            await client.webhooks.add(**auth.for_setup(URL), events=["bounce"])

    anyio.run(main)
    import json

    fields = json.loads(sent.calls.last.request.content)
    assert fields["url"].startswith(URL)
    assert {key: fields[key] for key in auth.for_setup(URL)} == auth.for_setup(URL)
