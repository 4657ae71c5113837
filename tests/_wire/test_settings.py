"""Which keys, addresses and limits does a client accept?"""

from decimal import Decimal

import pytest

from smtp2go_async import RetryPolicy
from smtp2go_async._wire import settings as _settings
from smtp2go_async._wire.settings import Settings

KEY = "api-0123456789ABCDEFabcdefghijklmnop"


# --- the key -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, "api-" + "A" * 32, "api-" + "z9" * 16])
def test_a_key_is_api_and_32_letters_or_digits(key):
    assert _settings.check_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "api-",
        "api-" + "A" * 31,
        "api-" + "A" * 33,
        "API-" + "A" * 32,
        "A" * 32,
        "api-" + "A" * 31 + "-",
        "api-" + "A" * 31 + "é",
        "api-" + "A" * 31 + "\u0661",
        "api-000000000000********************",
        KEY + KEY,
    ],
)
def test_a_key_of_another_form_is_refused_and_not_in_the_error(key):
    with pytest.raises(ValueError, match=r"^api_key: must be 'api-' and 32 letters or digits$") as caught:
        _settings.check_key(key)
    assert len(key) < 5 or key not in str(caught.value)


@pytest.mark.parametrize("key", [KEY + "\n", "\n" + KEY, f" {KEY}", f"{KEY} ", f"{KEY}\r\n", f"{KEY}\u00a0"])
def test_white_space_around_a_key_is_refused_with_a_hint(key):
    with pytest.raises(ValueError, match="there is white space around it$") as caught:
        _settings.check_key(key)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", [17, KEY.encode(), [KEY], True])
def test_a_key_is_text(key):
    with pytest.raises(TypeError, match=rf"^api_key: must be a str, not an? {type(key).__name__}$"):
        _settings.check_key(key)


def test_the_key_comes_from_the_environment_when_none_is_given(monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", KEY)
    assert _settings.check_key(None) == KEY


def test_a_given_key_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", "api-" + "B" * 32)
    assert _settings.check_key(KEY) == KEY


def test_an_empty_key_does_not_fall_back_to_the_environment(monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", KEY)
    with pytest.raises(ValueError, match=r"^api_key: "):
        _settings.check_key("")


@pytest.mark.parametrize("value", [None, ""])
def test_without_any_key_the_variable_is_named(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("SMTP2GO_API_KEY", raising=False)
    else:
        monkeypatch.setenv("SMTP2GO_API_KEY", value)
    with pytest.raises(ValueError, match=r"^api_key: must be given, or SMTP2GO_API_KEY be set"):
        _settings.check_key(None)


def test_an_error_names_the_variable_of_a_wrong_key_and_not_the_key(monkeypatch):
    monkeypatch.setenv("SMTP2GO_API_KEY", KEY + "\n")
    with pytest.raises(ValueError, match=r"^SMTP2GO_API_KEY in the environment: .* white space") as caught:
        _settings.check_key(None)
    assert KEY not in str(caught.value)


# --- the address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("global", "https://api.smtp2go.com/v3"),
        ("us", "https://us-api.smtp2go.com/v3"),
        ("eu", "https://eu-api.smtp2go.com/v3"),
        ("au", "https://au-api.smtp2go.com/v3"),
    ],
)
def test_each_region_has_its_address(region, url):
    assert _settings.check_base_url(region, None) == url


@pytest.mark.parametrize("region", ["", "asia", "e u", "eu-api", "\ud800"])
def test_an_unknown_region_is_refused_and_the_known_regions_are_named(region):
    with pytest.raises(ValueError, match=r"^region: must be one of 'global', 'us', 'eu', 'au', not .*$"):
        _settings.check_base_url(region, None)


@pytest.mark.parametrize("region", ["EU", "Eu", " eu", "eu\n", "'eu'", '"EU"'])
def test_a_region_in_another_spelling_is_refused_and_the_right_spelling_is_named(region):
    with pytest.raises(
        ValueError, match=r"^region: must be one of 'global', 'us', 'eu', 'au', not .*; did you mean 'eu'\?$"
    ):
        _settings.check_base_url(region, None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://proxy.example.com", "https://proxy.example.com"),
        ("https://proxy.example.com/", "https://proxy.example.com"),
        ("https://proxy.example.com:8443/deep/v3///", "https://proxy.example.com:8443/deep/v3"),
        ("HTTPS://proxy.example.com/v3", "HTTPS://proxy.example.com/v3"),
        ("http://127.0.0.1:8025/v3", "http://127.0.0.1:8025/v3"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://localhost:8025", "http://localhost:8025"),
        ("http://LOCALHOST:8025", "http://LOCALHOST:8025"),
        ("http://[::1]:8025", "http://[::1]:8025"),
        ("http://localhost.:8025", "http://localhost.:8025"),
        ("http://[::ffff:127.0.0.1]:8025", "http://[::ffff:127.0.0.1]:8025"),
    ],
)
def test_an_address_is_taken_without_its_last_slash(given, kept):
    assert _settings.check_base_url("global", given) == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://api.smtp2go.com/v3",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://example.com/127.0.0.1",
        "http://10.0.0.1",
        "http://0.0.0.0:8025",
        "http://[::2]",
        "http://1270.0.1",
        "http://127.0.0.999",
        "http://127.1",
        "http://api.smtp2go.com./v3",
        "http://[::ffff:10.0.0.1]",
    ],
)
def test_plain_http_goes_to_this_machine_only(url):
    with pytest.raises(
        ValueError, match=r"^base_url: must be https, not plain http, which would show the key to the network"
    ):
        _settings.check_base_url("global", url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https:///v3",
        "ftp://api.smtp2go.com",
        "file:///etc/passwd",
        "https://exa mple.com",
        "https://example.com/\tv3",
        "https://example.com/\x00",
    ],
)
def test_a_value_that_is_not_a_web_address_is_refused(url):
    with pytest.raises(ValueError, match=r"^base_url: must be an address like https://eu-api\.smtp2go\.com/v3$"):
        _settings.check_base_url("global", url)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("api.smtp2go.com/v3", "https:// is missing before it"),
        ("//api.smtp2go.com/v3", "https:// is missing before it"),
        ("localhost:8025/v3", "https:// is missing before it"),
        ("eu-api.smtp2go.com", "https:// is missing before it"),
        ("https://example.com/v3 ", "there is white space around it"),
        (" https://example.com/v3", "there is white space around it"),
        ("https://example.com/v3\n", "there is white space around it"),
        ("'https://example.com/v3'", "there are quotation marks around it"),
        ('"https://example.com/v3"', "there are quotation marks around it"),
    ],
)
def test_the_error_for_a_wrong_address_names_the_visible_mistake(url, hint):
    with pytest.raises(ValueError, match=rf"^base_url: must be an address like https://.*/v3; {hint}$"):
        _settings.check_base_url("global", url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.smtp2go.com",
        "https://api.smtp2go.com/",
        "https://EU-API.smtp2go.com",
        "https://api.smtp2go.com/v2",
        "https://api.smtp2go.com/V3",
        "https://api.smtp2go.com//v3",
        "https://api.smtp2go.com/v3/email",
        "https://api.smtp2go.com/api/v3",
        "https://smtp2go.com",
    ],
)
def test_an_address_of_the_provider_needs_its_v3(url):
    with pytest.raises(ValueError, match=r"^base_url: must end in /v3, as in https://[a-z.-]*smtp2go\.com/v3, "):
        _settings.check_base_url(None, url)


@pytest.mark.parametrize("url", ["https://api.smtp2go.com/v3/email/send", "http://localhost:8025/v3/sms/send/"])
def test_the_path_of_a_call_is_no_part_of_the_address(url):
    with pytest.raises(ValueError, match=r"^base_url: must end in /v3, since the path of the call is added to it$"):
        _settings.check_base_url(None, url)


@pytest.mark.parametrize(
    "url", ["https://api.smtp2go.com/v3", "https://eu-api.smtp2go.com/v3//", "https://mysmtp2go.com"]
)
def test_an_address_of_the_provider_with_its_v3_and_those_of_others_are_taken(url):
    assert _settings.check_base_url(None, url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "https://user@example.com",
        "https://user:secret@example.com",
        "https://@example.com",
        "https://example.com\\@example.org",
        "http://localhost@example.com",
        "https://example.com/v3?a=1",
        "https://example.com/v3?",
        "https://example.com/v3#a",
        "https://example.com/v3#",
    ],
)
def test_user_names_queries_and_fragments_are_refused(url):
    with pytest.raises(ValueError, match=r"^base_url: must not hold a user name, a query or a fragment$"):
        _settings.check_base_url("global", url)


@pytest.mark.parametrize("url", ["https://example.com:port", "https://example.com:99999", "https://[::1"])
def test_an_address_that_can_not_be_read_is_refused(url):
    with pytest.raises(ValueError, match=r"^base_url: "):
        _settings.check_base_url("global", url)


@pytest.mark.parametrize("url", [17, b"https://example.com", ["https://example.com"]])
def test_an_address_is_text(url):
    with pytest.raises(TypeError, match=r"^base_url: must be a str"):
        _settings.check_base_url("global", url)


def test_a_region_and_an_address_at_once_are_refused():
    with pytest.raises(ValueError, match=r"^base_url: must not be given together with a region; use one of them$"):
        _settings.check_base_url("eu", "https://example.com")


# --- the rest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "seconds"), [(None, None), (1, 1.0), (0.001, 0.001), (float("inf"), float("inf"))])
def test_a_timeout_is_seconds_or_none(value, seconds):
    assert _settings.check_timeout(value) == seconds


@pytest.mark.parametrize("value", [0, -1, -0.5, float("nan")])
def test_a_timeout_is_more_than_nothing(value):
    with pytest.raises(ValueError, match=r"^timeout: must be more than 0 seconds, or None for no limit, not "):
        _settings.check_timeout(value)


@pytest.mark.parametrize("value", [True, "30", (5, 30), Decimal(30)])
def test_a_timeout_is_a_number(value):
    with pytest.raises(TypeError, match=r"^timeout: must be a float or an int, not "):
        _settings.check_timeout(value)


def test_a_retry_policy_is_one():
    assert _settings.check_retry(RetryPolicy.none()) == RetryPolicy.none()
    with pytest.raises(TypeError, match=r"^retry: must be a RetryPolicy, not an int$"):
        _settings.check_retry(3)


def test_a_subaccount_is_text_that_is_not_empty_or_none():
    assert _settings.check_subaccount("sub1") == "sub1"
    assert _settings.check_subaccount(None) is None
    with pytest.raises(
        ValueError, match=r"^subaccount_id: must not be empty; leave it out to act for the account itself$"
    ):
        _settings.check_subaccount("")
    with pytest.raises(TypeError, match=r"^subaccount_id: must be a str"):
        _settings.check_subaccount(17)


def test_extra_fields_are_copied():
    given = {"a": 1}
    kept = _settings.check_extra_body(given)
    given["b"] = 2
    assert kept == {"a": 1}


@pytest.mark.parametrize("value", [None, [("a", 1)], "a", {1: "a"}, {"a": 1, None: 2}])
def test_extra_fields_are_a_mapping_from_names(value):
    with pytest.raises(TypeError, match=r"^extra_body( key [01])?: must be a (mapping|str), not "):
        _settings.check_extra_body(value)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (float("nan"), ValueError, "Out of range float values"),
        ("\ud800", ValueError, "must be valid text, not hold a lone surrogate"),
        ({1, 2}, TypeError, "must hold only values that JSON has, not an? set"),
        ([object()], TypeError, "must hold only values that JSON has, not an? object"),
    ],
)
def test_an_extra_field_without_a_form_in_json_is_refused_when_it_is_given(value, error, words):
    with pytest.raises(error, match=rf"^extra_body\.more: {words}"):
        _settings.check_extra_body({"more": value})


@pytest.mark.parametrize("auth", ["", "Header", "basic"])
def test_the_key_goes_in_one_of_three_places(auth):
    with pytest.raises(ValueError, match=r"^auth: must be one of 'header', 'bearer', 'body', not "):
        Settings(api_key=KEY, base_url="https://api.example.com/v3", auth=auth)


@pytest.mark.parametrize("auth", ["header", "bearer", "body"])
def test_the_key_is_not_in_the_repr(auth):
    shown = repr(Settings(api_key=KEY, base_url="https://api.example.com/v3", auth=auth, extra_body={"api_key": KEY}))
    assert KEY not in shown
    assert "https://api.example.com/v3" in shown
