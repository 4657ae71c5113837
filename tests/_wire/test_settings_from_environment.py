"""The key, the region and the address can come from the environment, and errors name the variable."""

import pytest

from smtp2go_async import AsyncClient, SyncClient
from smtp2go_async._wire import settings as _settings

KEY = "api-0123456789ABCDEFabcdefghijklmnop"
ELSEWHERE = "http://sandbox:8025/v3"
PUBLIC = "api-" + "SANDBOX0" * 4


def address(**options):
    return AsyncClient(KEY, **options)._calls.settings.base_url


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
def test_the_region_and_the_address_can_come_from_the_environment(kind, monkeypatch):
    assert "https://api.smtp2go.com/v3" in repr(kind(KEY))
    monkeypatch.setenv("SMTP2GO_REGION", "eu")
    assert "https://eu-api.smtp2go.com/v3" in repr(kind(KEY))
    monkeypatch.delenv("SMTP2GO_REGION")
    monkeypatch.setenv("SMTP2GO_BASE_URL", "http://localhost:8025/v3/")
    assert repr(kind(KEY)).endswith(" http://localhost:8025/v3>")


@pytest.mark.parametrize("variable", ["SMTP2GO_REGION", "SMTP2GO_BASE_URL"])
def test_arguments_win_over_the_environment_which_is_then_not_even_looked_at(variable, monkeypatch):
    monkeypatch.setenv(variable, "rubbish")
    assert address(region="global") == "https://api.smtp2go.com/v3"
    assert address(region="us") == "https://us-api.smtp2go.com/v3"
    assert address(base_url="https://example.com/v3") == "https://example.com/v3"


def test_both_in_the_environment_are_refused(monkeypatch):
    monkeypatch.setenv("SMTP2GO_REGION", "eu")
    monkeypatch.setenv("SMTP2GO_BASE_URL", "https://example.com/v3")
    with pytest.raises(
        ValueError, match=r"^SMTP2GO_BASE_URL in the environment: must not be set together with SMTP2GO_REGION"
    ):
        address()
    assert address(region="au") == "https://au-api.smtp2go.com/v3"


@pytest.mark.parametrize("variable", ["SMTP2GO_REGION", "SMTP2GO_BASE_URL"])
def test_a_variable_that_is_set_to_nothing_is_not_set(variable, monkeypatch):
    monkeypatch.setenv("SMTP2GO_REGION", "us")
    monkeypatch.setenv("SMTP2GO_BASE_URL", "https://example.com/v3")
    monkeypatch.setenv(variable, "")
    assert address() in ("https://us-api.smtp2go.com/v3", "https://example.com/v3")


@pytest.mark.parametrize("value", ["EU", " eu", "eu ", '"eu"', "'eu'", "europe", " "])
def test_a_wrong_region_in_the_environment_names_the_variable(value, monkeypatch):
    monkeypatch.setenv("SMTP2GO_REGION", value)
    with pytest.raises(
        ValueError, match=r"^SMTP2GO_REGION in the environment: must be one of 'global', 'us', 'eu', 'au', not "
    ):
        address()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("https://api.smtp2go.com", "must end in /v3"),
        ("https://api.smtp2go.com/v3/email/send", "must end in /v3"),
        ("api.smtp2go.com/v3", "https:// is missing before it"),
        (" https://api.smtp2go.com/v3", "there is white space around it"),
        ('"https://api.smtp2go.com/v3"', "there are quotation marks around it"),
        ("https://me:secret@example.com/v3", "must not hold a user name"),
        ("http://example.com/v3", "plain http, which would show the key"),
        ("https://example.com:port", ""),
    ],
)
def test_a_wrong_address_in_the_environment_names_the_variable(value, says, monkeypatch):
    monkeypatch.setenv("SMTP2GO_BASE_URL", value)
    with pytest.raises(ValueError, match=rf"^SMTP2GO_BASE_URL in the environment: .*{says}") as caught:
        address()
    assert "secret" not in str(caught.value)


def test_the_sandbox_can_be_used_from_the_environment_alone(monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", PUBLIC)
    monkeypatch.setenv("SMTP2GO_BASE_URL", ELSEWHERE)
    assert AsyncClient()._calls.settings.base_url == ELSEWHERE


@pytest.mark.parametrize("value", [f'"{KEY}"', f"'{KEY}'", f"{KEY}'"])
def test_quotation_marks_around_a_key_are_refused_with_a_hint(value, monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", value)
    for key, name in [(value, "api_key"), (None, "SMTP2GO_API_KEY in the environment")]:
        with pytest.raises(ValueError, match=rf"^{name}: .*; there are quotation marks around it$") as caught:
            _settings.check_key(key)
        assert KEY not in str(caught.value)
