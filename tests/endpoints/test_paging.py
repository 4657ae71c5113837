"""What the searches that go over all pages share, on both clients and both event loops."""

import json

import anyio
import httpx
import pytest

from smtp2go_async import (
    ApiError,
    AsyncClient,
    AuthenticationError,
    OutcomeUnknownError,
    Pacer,
    PagingError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    Smtp2goError,
    SyncClient,
)

GROUPS = ["activity.search_all", "archive.search_all", "email.search_scheduled_all", "subaccounts.search_all"]
GROUPS += ["suppressions.view_all"]


def _method(client, name):
    group, method = name.split(".")
    return getattr(getattr(client, group), method)


@pytest.fixture(params=["asyncio", "trio", "waiting"])
def walk(request, key):
    """Give a function that goes over all pages, and on with the same iterator after an error until it is at its end.

    It returns what came and the errors. Between an error and the next try an hour goes by.
    """
    now = [0.0]

    def make(name, **arguments):
        came, errors = [], []
        options = {"retry": RetryPolicy.none(), "pacer": Pacer(clock=lambda: now[0])}

        async def main():
            async with AsyncClient(key, **options) as client:
                iterator = _method(client, name)(**arguments)
                for _ in range(5):
                    try:
                        async for one in iterator:
                            came.append(one)
                        return
                    except Smtp2goError as error:
                        errors.append(error)
                        now[0] += 3600

        if request.param == "waiting":
            with SyncClient(key, **options) as client:
                iterator = _method(client, name)(**arguments)
                for _ in range(5):
                    try:
                        for one in iterator:
                            came.append(one)
                        break
                    except Smtp2goError as error:
                        errors.append(error)
                        now[0] += 3600
        else:
            anyio.run(main, backend=request.param)
        return came, errors

    return make


def page(*ids, token=None):
    return {"events": [{"email_id": one} for one in ids], "continue_token": token}


def refusal(status, code, message="no"):
    error = {"error": message, "error_code": f"E_ApiResponseCodes.{code}"}
    return httpx.Response(status, json={"request_id": "r", "data": error})


def ids(events):
    return "".join(one.email_id for one in events)


# --- pages that name the next one by a token -----------------------------------------------------------------------


def test_every_field_is_sent_again_with_each_token(walk, answers):
    bodies = answers("/activity/search", page("a", "b", token="1"), page("c", token="2"), page("d"))
    came, errors = walk("activity.search_all", limit=2, search_subject="order", event_types=["opened"])
    assert (ids(came), errors) == ("abcd", [])
    same = {"limit": 2, "search_subject": "order", "event_types": ["opened"]}
    assert bodies == [same, {**same, "continue_token": "1"}, {**same, "continue_token": "2"}]


def test_a_token_that_has_expired_is_an_error_that_says_how_far_it_got(walk, answers):
    bodies = answers("/activity/search", page("a", "b", token="1"), refusal(400, "API_EXCEPTION", "Invalid token"))
    came, errors = walk("activity.search_all")
    assert ids(came) == "ab"
    (error,) = errors
    assert isinstance(error, PagingError)
    assert (error.items, error.last, error.operation) == (2, came[1], "/activity/search")
    assert "may have expired; 2 items came before" in str(error)
    assert error.__cause__.message == "Invalid token"
    assert len(bodies) == 2


def test_a_refusal_of_the_first_page_has_nothing_to_do_with_paging(walk, answers):
    answers("/activity/search", *[refusal(400, "NON_VALIDATING_IN_PAYLOAD")] * 5)
    came, errors = walk("activity.search_all")
    assert came == []
    assert all(isinstance(error, ApiError) for error in errors)
    assert len(errors) == 5


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(429, "REQ_LIMIT_EXCEEDED"), RateLimitError),
        (refusal(503, "API_EXCEPTION"), ServerError),
        (refusal(401, "API_EXCEPTION"), AuthenticationError),
        (refusal(400, "ENDPOINT_PERMISSION_DENIED"), PermissionDeniedError),
    ],
)
def test_an_error_that_is_not_about_the_token_loses_no_items_when_the_iterator_is_used_again(
    answer, kind, walk, answers
):
    bodies = answers("/activity/search", page("a", "b", token="1"), answer, page("c", token="2"), answer, page("d"))
    came, errors = walk("activity.search_all")
    assert ids(came) == "abcd"
    assert [type(error) for error in errors] == [kind, kind]
    assert [body.get("continue_token") for body in bodies] == [None, "1", "1", "2", "2"]


def test_a_lost_answer_in_the_middle_loses_no_items_either(walk, respx_mock):
    pages = [page("a", token="1"), None, page("b")]
    replies = [httpx.ReadError("gone") if one is None else httpx.Response(200, json={"data": one}) for one in pages]
    respx_mock.post(path="/v3/activity/search").mock(side_effect=replies)
    came, errors = walk("activity.search_all")
    assert ids(came) == "ab"
    assert [type(error) for error in errors] == [OutcomeUnknownError]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["1", "1"], "ab"),
        (["1", "2", "1"], "abc"),
        (["1", "2", "3", "2"], "abcd"),
    ],
)
def test_a_token_that_comes_again_is_an_error_after_the_items_of_its_page(tokens, expected, walk, answers):
    bodies = answers("/activity/search", *[page(one, token=token) for one, token in zip(expected, tokens)])
    came, errors = walk("activity.search_all")
    assert ids(came) == expected
    (error,) = errors
    assert isinstance(error, PagingError)
    assert "leads back to a page that came before" in str(error)
    assert (error.items, error.last.email_id) == (len(expected), expected[-1])
    assert len(bodies) == len(tokens)


def test_a_server_that_promises_page_after_page_without_items_is_noticed(walk, answers):
    empty = [page(token=str(number)) for number in range(50)]
    bodies = answers("/activity/search", page("a", token="first"), *empty)
    came, errors = walk("activity.search_all")
    assert ids(came) == "a"
    (error,) = errors
    assert isinstance(error, PagingError)
    assert "10 pages in a row were empty" in str(error)
    assert (error.items, error.last) == (1, came[0])
    assert len(bodies) == 11


def test_a_few_empty_pages_between_others_are_passed_over(walk, answers):
    empty = [page(token=str(number)) for number in range(18)]
    bodies = answers("/activity/search", *empty[:9], page("a", token="a"), *empty[9:], page("b"))
    came, errors = walk("activity.search_all")
    assert (ids(came), errors) == ("ab", [])
    assert len(bodies) == 20


@pytest.mark.parametrize("end", [{}, {"continue_token": None}, {"continue_token": ""}])
def test_the_last_page_is_one_without_a_token(end, walk, answers):
    answers("/activity/search", {"events": [{"email_id": "a"}], **end})
    assert ids(walk("activity.search_all")[0]) == "a"


def test_a_page_may_have_null_instead_of_its_items(walk, answers):
    answers("/activity/search", {"events": None, "continue_token": None})
    assert walk("activity.search_all") == ([], [])


@pytest.mark.parametrize(("most", "expected", "calls"), [(1, "a", 1), (2, "ab", 1), (3, "abc", 2), (9, "abcd", 2)])
def test_no_more_than_max_items_come_and_no_more_pages_are_fetched(most, expected, calls, walk, answers):
    bodies = answers("/activity/search", page("a", "b", token="1"), page("c", "d"))
    came, errors = walk("activity.search_all", max_items=most)
    assert (ids(came), errors) == (expected, [])
    assert len(bodies) == calls


def test_max_items_counts_on_after_an_error(walk, answers):
    limited = refusal(429, "REQ_LIMIT_EXCEEDED")
    answers("/activity/search", page("a", "b", token="1"), limited, page("c", "d", token="2"))
    came, errors = walk("activity.search_all", max_items=3)
    assert ids(came) == "abc"
    assert len(errors) == 1


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize(
    ("most", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), ("5", TypeError), (2.0, TypeError)]
)
def test_a_max_items_that_is_no_count_is_refused_at_once(most, error, name, kind, key, nothing_sent):
    with pytest.raises(error, match="max_items: "):
        _method(kind(key), name)(max_items=most)


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
@pytest.mark.parametrize("name", GROUPS)
def test_a_token_can_not_be_given_to_a_search_over_all_pages(name, kind, key, nothing_sent):
    with pytest.raises(TypeError, match="unexpected keyword argument 'continue_token'"):
        _method(kind(key), name)(continue_token="1")


async def test_a_page_is_fetched_only_when_the_one_before_is_used_up(client, answers):
    bodies = answers("/activity/search", page("a", "b", token="1"), page("c"))
    found = client.activity.search_all()
    assert bodies == []
    assert (await anext(found)).email_id == "a"
    assert (await anext(found)).email_id == "b"
    assert len(bodies) == 1
    assert (await anext(found)).email_id == "c"
    with pytest.raises(StopAsyncIteration):
        await anext(found)
    with pytest.raises(StopAsyncIteration):
        await anext(found)
    assert len(bodies) == 2


async def test_a_search_that_is_cancelled_in_the_middle_can_go_on(client, respx_mock):
    asked = []

    async def answer(request):
        asked.append(json.loads(request.content).get("continue_token"))
        if len(asked) == 2:
            await anyio.sleep_forever()
        return httpx.Response(200, json={"data": page("a", token="1") if len(asked) == 1 else page("b")})

    respx_mock.post(path="/v3/activity/search").mock(side_effect=answer)
    found = client.activity.search_all()
    assert (await anext(found)).email_id == "a"
    with anyio.move_on_after(0.01):
        await anext(found)
    assert (await anext(found)).email_id == "b"
    assert asked == [None, "1", "1"]


# --- scheduled e-mails, whose pages have numbers -------------------------------------------------------------------


@pytest.fixture
def scheduled(respx_mock):
    """Give a function that sets up a server, and returns the list in which the bodies of the requests appear."""

    def make(count, *, first=0, turns=True, most=1000):
        waiting = [{"schedule_id": f"{number}"} for number in range(count)]
        bodies = []

        def answer(request):
            body = json.loads(request.content)
            bodies.append(body)
            size = min(body.get("limit", 1000), most)
            number = body.get("page", first) - first if turns else 0
            return httpx.Response(200, json={"data": waiting[number * size : (number + 1) * size]})

        respx_mock.post(path="/v3/email/scheduled/search").mock(side_effect=answer)
        return bodies

    return make


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("first", [0, 1])
def test_wherever_the_server_counts_from_each_email_comes_once_and_in_order(first, count, walk, scheduled):
    """With a limit of 3 this has no e-mail, a page that is not full, a last page that is exactly full, and one over."""
    bodies = scheduled(count, first=first)
    came, errors = walk("email.search_scheduled_all", limit=3, search_sender="shop@example.com")
    assert [one.schedule_id for one in came] == [str(number) for number in range(count)]
    assert errors == []
    same = {"limit": 3, "search_sender": "shop@example.com"}
    assert bodies == [same, *({**same, "page": number} for number in range(1, len(bodies)))]
    # One more when a full page leaves open whether it is the last, and one more to find where the server counts from.
    assert len(bodies) == 1 + count // 3 + (first if count >= 3 else 0)


def test_without_a_limit_a_page_is_full_with_a_thousand(walk, scheduled):
    bodies = scheduled(1001)
    came, _ = walk("email.search_scheduled_all")
    assert len(came) == 1001
    assert bodies == [{}, {"page": 1}]


@pytest.mark.parametrize("first", [0, 1])
def test_a_server_that_gives_fewer_than_a_high_limit_asks_for_is_not_taken_to_be_at_its_end(first, walk, scheduled):
    scheduled(2500, first=first)
    came, errors = walk("email.search_scheduled_all", limit=5000)
    assert (len(came), errors) == (2500, [])


def test_a_server_that_does_not_turn_its_pages_is_noticed(walk, scheduled):
    bodies = scheduled(5, turns=False)
    came, errors = walk("email.search_scheduled_all", limit=3)
    assert [one.schedule_id for one in came] == ["0", "1", "2"]
    (error,) = errors
    assert isinstance(error, PagingError)
    assert (error.items, error.last.schedule_id, error.operation) == (3, "2", "/email/scheduled/search")
    assert len(bodies) == 3


def test_a_server_that_does_not_turn_its_pages_need_not_when_there_is_but_one(walk, scheduled):
    bodies = scheduled(2, turns=False)
    came, errors = walk("email.search_scheduled_all", limit=3)
    assert (len(came), errors, len(bodies)) == (2, [], 1)


@pytest.mark.parametrize(("most", "calls"), [(2, 1), (3, 1), (4, 2)])
def test_no_more_scheduled_emails_come_than_max_items(most, calls, walk, scheduled):
    bodies = scheduled(7)
    came, _ = walk("email.search_scheduled_all", limit=3, max_items=most)
    assert (len(came), len(bodies)) == (most, calls)


def test_an_email_that_moves_to_the_next_page_meanwhile_comes_once(walk, respx_mock):
    pages = [["a", "b"], ["b", "c"], ["d"]]
    replies = [httpx.Response(200, json={"data": [{"schedule_id": one} for one in ids]}) for ids in pages]
    respx_mock.post(path="/v3/email/scheduled/search").mock(side_effect=replies)
    came, _ = walk("email.search_scheduled_all", limit=2)
    assert [one.schedule_id for one in came] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("group", "name", "wrong", "text"),
    [
        ("activity", "search_all", {"event_types": []}, "event_types"),
        ("activity", "search_all", {"limit": 1001}, "limit"),
        ("archive", "search_all", {"limit": 5001}, "limit"),
        ("subaccounts", "search_all", {"search_terms": []}, "search_terms"),
        ("subaccounts", "search_all", {"page_size": 0}, "page_size"),
        ("suppressions", "view_all", {"reasons": []}, "reasons"),
        ("templates", "search_all", {"search_terms": []}, "search_terms"),
        ("templates", "search_all", {"tags": []}, "tags"),
        ("templates", "search_all", {"page_size": 0}, "page_size"),
    ],
)
async def test_a_search_over_all_pages_checks_its_filters_as_the_search_for_a_page_does(
    client, nothing_sent, group, name, wrong, text
):
    with pytest.raises(ValueError, match=f"^{text}: "):
        await anext(getattr(getattr(client, group), name)(**wrong))
