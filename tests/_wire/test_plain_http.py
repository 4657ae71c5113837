"""Over plain http a key goes only where no network can see it, unless it is the public key of the sandbox."""

import pytest

from smtp2go_async import AsyncClient, CallEffect, SyncClient
from smtp2go_async._wire import settings as _settings

KEY = "api-0123456789ABCDEFabcdefghijklmnop"


ELSEWHERE = "http://sandbox:8025/v3"
PUBLIC = "api-" + "SANDBOX0" * 4


def test_the_public_key_is_the_default_key_of_a_sandbox():
    account = pytest.importorskip("smtp2go_async.sandbox.account")
    assert account.Account().api_key == _settings.SANDBOX_KEY == PUBLIC


def test_the_key_of_the_sandbox_may_go_anywhere_over_plain_http():
    client = AsyncClient(PUBLIC, base_url=ELSEWHERE)
    assert client._calls.settings.base_url == ELSEWHERE


def test_plain_http_to_another_machine_can_be_allowed():
    client = AsyncClient(KEY, base_url=ELSEWHERE, allow_http=True)
    assert client.with_options(api_key="api-" + "B" * 32)._calls.settings.base_url == ELSEWHERE


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
def test_a_copy_with_a_real_key_may_not_go_where_the_sandbox_s_may(kind):
    client = kind(PUBLIC, base_url=ELSEWHERE)
    with pytest.raises(
        ValueError, match=r"^api_key: must be the sandbox's own over this base_url, or be allowed by allow_http=True, "
    ) as caught:
        client.with_options(api_key=KEY)
    assert KEY not in str(caught.value)
    with pytest.raises(ValueError, match=r"^api_key: "):
        client.with_options(timeout=3).with_options(api_key=KEY)


def test_a_copy_with_a_real_key_from_the_environment_may_not_either(monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", KEY)
    with pytest.raises(ValueError, match=r"^base_url: must be https, not plain http, which would show"):
        AsyncClient(base_url=ELSEWHERE)
    with pytest.raises(ValueError, match=r"^api_key: must be the sandbox's own over this base_url"):
        AsyncClient(PUBLIC, base_url=ELSEWHERE).with_options(api_key=None)


def test_a_real_key_among_the_extra_fields_is_not_shown_either():
    client = AsyncClient(PUBLIC, base_url=ELSEWHERE)
    with pytest.raises(
        ValueError, match=r"^extra_body: must not have an api_key in it, which plain http would show"
    ) as caught:
        client.with_options(extra_body={"api_key": KEY})
    assert KEY not in str(caught.value)
    assert client.with_options(extra_body={"api_key": PUBLIC, "new": 1})


async def test_a_real_key_in_the_body_of_a_call_is_not_shown_either():
    client = AsyncClient(PUBLIC, base_url=ELSEWHERE)
    with pytest.raises(
        ValueError, match=r"^body: must not have an api_key in it, which plain http would show"
    ) as caught:
        await client.call("POST", "/domain/view", {"api_key": KEY}, effect=CallEffect.READ)
    assert KEY not in str(caught.value)


def test_the_api_s_own_host_is_never_plain_however_it_is_written():
    for url in ("http://API.smtp2go.com/v3", "http://eu-api.smtp2go.com./v3"):
        with pytest.raises(
            ValueError, match=r"^base_url: must be https, not plain http, which would show the key to the network"
        ):
            AsyncClient(KEY, base_url=url, allow_http=True)


@pytest.mark.parametrize("base_url", ["https://sandbox:8025/v3", "http://localhost:8025/v3"])
def test_any_key_may_go_to_this_machine_over_plain_http(base_url):
    assert AsyncClient(PUBLIC, base_url=base_url).with_options(api_key=KEY)


@pytest.mark.parametrize("options", [{"api_key": PUBLIC}, {"api_key": KEY, "allow_http": True}])
def test_the_provider_has_https_and_no_key_goes_there_without_it(options):
    with pytest.raises(
        ValueError, match=r"^base_url: must be https, not plain http, which would show the key to the network$"
    ):
        AsyncClient(base_url="http://api.smtp2go.com/v3", **options)


@pytest.mark.parametrize("value", [1, "yes", None])
def test_allowing_is_true_or_false(value):
    with pytest.raises(TypeError, match=r"^allow_http: must be a bool"):
        AsyncClient(KEY, allow_http=value)
