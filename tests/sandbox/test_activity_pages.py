"""The pages of /activity/search, its limit, its lag, and many events."""

import time

import pytest

from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.rules import RequestError


@pytest.fixture
def page(account):
    """Return a function that fetches a page: its subjects, and the token of the next page."""

    def page(token=None, **fields):
        data = account.call("/activity/search", {**fields, **({"continue_token": token} if token else {})})["data"]
        return [event["subject"] for event in data["events"]], data["continue_token"]

    return page


@pytest.fixture
def five(account, email):
    for number in range(5):
        account.call("/email/send", email(subject=str(number)))


ASKED = {"event_types": ["delivered"], "limit": 2}


def error(page, *args, **fields):
    with pytest.raises(RequestError) as caught:
        page(*args, **fields)
    return caught.value.status, caught.value.data["error_code"].removeprefix("E_ApiResponseCodes.")


def test_the_token_of_a_page_leads_to_the_next_page_and_the_last_page_has_no_token(five, page):
    one, first = page(**ASKED)
    two, second = page(first, **ASKED)
    three, third = page(second, **ASKED)
    assert (one, two, three) == (["0", "1"], ["2", "3"], ["4"])
    assert first
    assert second
    assert first != second
    assert third is None


def test_a_page_that_is_just_full_is_the_last(five, page):
    assert page(limit=10) == ([number for number in "01234" for _ in range(2)], None)


def test_a_page_has_100_events_by_default(account, email, page):
    account.call("/email/batch", {"emails": [email()] * 60})
    assert [len(page()[0]), page()[1] is None] == [100, False]


def test_the_total_counts_the_events_of_all_pages(five, account):
    assert account.call("/activity/search", {"limit": 1})["data"]["total_events"] == 10


def test_a_page_can_be_fetched_again(five, page):
    _, token = page(**ASKED)
    assert page(token, **ASKED)[0] == page(token, **ASKED)[0] == ["2", "3"]


def test_an_empty_token_starts_a_new_search(five, account):
    assert account.call("/activity/search", {**ASKED, "continue_token": ""})["data"]["events"][0]["subject"] == "0"


def test_events_that_happen_while_pages_are_read_are_on_no_page(five, account, email, page):
    _, token = page(**ASKED)
    account.call("/email/send", email(subject="new"))
    _, token = page(token, **ASKED)
    assert page(token, **ASKED) == (["4"], None)


@pytest.mark.parametrize(
    "other", [{"limit": 3}, {"event_types": ["processed"]}, {"search": "x"}, {"start_date": "2026-11-20"}]
)
def test_a_token_belongs_to_its_own_search(five, page, other):
    _, token = page(**ASKED)
    assert error(page, token, **{**ASKED, **other}) == (400, "API_EXCEPTION")
    assert error(page, token, limit=2) == (400, "API_EXCEPTION")


def test_a_token_expires_after_300_seconds_and_that_of_the_next_page_lives_from_then(five, page, clock):
    _, token = page(**ASKED)
    clock.move(seconds=299)
    _, following = page(token, **ASKED)
    clock.move(seconds=1)
    assert error(page, token, **ASKED) == (400, "API_EXCEPTION")
    clock.move(seconds=298)
    assert page(following, **ASKED)[0] == ["4"]
    assert error(page, "made-up", **ASKED) == (400, "API_EXCEPTION")


def test_after_many_searches_the_oldest_tokens_are_gone(email):
    account = Account(activity_per_minute=None)
    account.call("/email/send", email())
    tokens = [account.call("/activity/search", {"limit": 1})["data"]["continue_token"] for _ in range(1001)]
    with pytest.raises(RequestError):
        account.call("/activity/search", {"limit": 1, "continue_token": tokens[0]})
    assert account.call("/activity/search", {"limit": 1, "continue_token": tokens[1]})["data"]["events"]


def test_clear_forgets_events_tokens_and_calls(five, account, page):
    _, token = page(**ASKED)
    account.clear()
    assert page() == ([], None)
    assert error(page, token, **ASKED) == (400, "API_EXCEPTION")
    for _ in range(58):
        page()


def test_the_61st_search_in_a_minute_is_answered_with_429(page, clock):
    for _ in range(59):
        page()
    clock.move(seconds=30)
    page()
    assert error(page) == (429, "REQ_LIMIT_EXCEEDED")
    clock.move(seconds=29.999)
    assert error(page) == (429, "REQ_LIMIT_EXCEEDED")
    clock.move(seconds=0.001)
    for _ in range(59):
        page()
    assert error(page) == (429, "REQ_LIMIT_EXCEEDED")


def test_the_limit_can_be_changed_or_switched_off(clock):
    limited, without = Account(clock=clock, activity_per_minute=1), Account(clock=clock, activity_per_minute=None)
    limited.call("/activity/search", {})
    with pytest.raises(RequestError, match="1 requests every 60 seconds"):
        limited.call("/activity/search", {})
    for _ in range(100):
        without.call("/activity/search", {})


def test_events_are_found_only_after_the_lag(clock, email):
    account = Account(clock=clock, activity_lag=120)
    account.call("/email/send", email(subject="one"))
    clock.move(seconds=60)
    account.call("/email/send", email(subject="two"))

    def found():
        return [event["subject"] for event in account.call("/activity/search", {})["data"]["events"]]

    clock.move(seconds=59.999)
    assert found() == []
    clock.move(seconds=0.001)
    assert found() == ["one", "one"]
    clock.move(seconds=60)
    assert found() == ["one", "one", "two", "two"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"activity_lag": -1},
        {"activity_lag": float("nan")},
        {"activity_lag": 1e12},
        {"activity_per_minute": 0},
        {"keep_requests": -1},
    ],
)
def test_a_number_out_of_range_is_a_value_error(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Account(**arguments)


def test_a_page_among_many_events_is_fetched_quickly(clock, email):
    account = Account(clock=clock, activity_per_minute=None)
    fields = {"emails": [email()] * 1000}
    for _ in range(8):
        account.call("/email/batch", fields)
        clock.move(seconds=1)
    token, took, seen = None, [], 0
    while seen < 16_000:
        begin = time.thread_time()
        data = account.call("/activity/search", {"limit": 1000, **({"continue_token": token} if token else {})})["data"]
        took.append(time.thread_time() - begin)
        token, seen = data["continue_token"], seen + len(data["events"])
    assert (seen, token, len(took)) == (16_000, None, 16)
    # 15 ms here; the messages would take half a second each page if they were made by the standard library.
    assert sorted(took)[len(took) // 2] < 0.2
