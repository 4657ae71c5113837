import httpx
import pytest

from smtp2go_async import OutcomeUnknownError, RetryPolicy

NORTH = {
    "id": "k3s9ab",
    "name": "North",
    "plan_size": 10000,
    "plan_used": 120,
    "plan_remaining": 9880,
    "state": "Active",
    "dedicated_ip": False,
    "archiving": True,
    "enforce_2fa": True,
    "sms_enabled": False,
    "sms_limit": 1000,
}
OPTIONS = {
    "limit": 250000,
    "dedicated_ip": True,
    "ip_pool": 12,
    "archiving": False,
    "enforce_2fa": True,
    "enable_sms": True,
    "sms_limit": 0,
}


async def test_adding_sends_exactly_its_fields(client, answers):
    bodies = answers("/subaccount/add", NORTH, NORTH)
    found = await client.subaccounts.add("North")
    await client.subaccounts.add("North", subaccount_email="north@example.com", **OPTIONS)
    assert bodies == [
        {"fullname": "North"},
        {"fullname": "North", "subaccount_email": "north@example.com", **OPTIONS},
    ]
    assert {name: getattr(found, name) for name in NORTH} == NORTH
    assert found.request_id == "request 1"


async def test_adding_is_not_repeated_when_no_answer_came(client, respx_mock):
    route = respx_mock.post("https://api.smtp2go.com/v3/subaccount/add").mock(side_effect=httpx.ReadTimeout("late"))
    with pytest.raises(OutcomeUnknownError):
        await client.with_options(retry=RetryPolicy()).subaccounts.add("North")
    assert route.call_count == 1


async def test_editing_sends_exactly_its_fields(client, answers):
    bodies = answers("/subaccount/edit", NORTH, NORTH)
    await client.subaccounts.edit("k3s9ab", limit=20000)
    await client.subaccounts.edit("k3s9ab", fullname="Far North", **OPTIONS)
    assert bodies == [{"id": "k3s9ab", "limit": 20000}, {"id": "k3s9ab", "fullname": "Far North", **OPTIONS}]


async def test_closing_answers_a_sentence(client, answers):
    bodies = answers("/subaccount/close", "Successfully closed subaccount north@example.com", "Closed")
    done = await client.subaccounts.close("k3s9ab")
    await client.subaccounts.close("k3s9ab", email="north@example.com")
    assert done.message == "Successfully closed subaccount north@example.com"
    assert bodies == [{"id": "k3s9ab"}, {"id": "k3s9ab", "email": "north@example.com"}]


async def test_reopening_answers_an_object_in_the_schema_and_a_sentence_in_the_example(client, answers):
    bodies = answers(
        "/subaccount/reopen",
        {"id": "k3s9ab", "name": "North", "email": "north@example.com"},
        "Successfully reopened subaccount north@example.com",
        None,
    )
    found = await client.subaccounts.reopen("k3s9ab", email="north@example.com")
    assert (found.id, found.name, found.email, found.message) == ("k3s9ab", "North", "north@example.com", None)
    found = await client.subaccounts.reopen("k3s9ab")
    assert (found.id, found.message) == ("", "Successfully reopened subaccount north@example.com")
    found = await client.subaccounts.reopen("k3s9ab")
    assert (found.id, found.message, found.request_id) == ("", None, "request 3")
    assert bodies == [{"id": "k3s9ab", "email": "north@example.com"}, {"id": "k3s9ab"}, {"id": "k3s9ab"}]


async def test_a_search_sends_exactly_its_fields(client, answers):
    bodies = answers("/subaccounts/search", {"subaccounts": [NORTH], "total_count": 1, "continue_token": ""}, {})
    found = await client.subaccounts.search()
    assert [one.id for one in found.subaccounts] == ["k3s9ab"]
    assert found.total_count == 1
    assert not found.continue_token
    filters = {"fuzzy_search": False, "search_terms": ["North", "South"], "states": "closed", "sort_direction": "desc"}
    await client.subaccounts.search(page_size=20, continue_token="two", **filters)
    assert bodies == [{}, {**filters, "page_size": 20, "continue_token": "two"}]


@pytest.mark.parametrize("end", [{"continue_token": ""}, {"continue_token": None}, {}])
async def test_all_pages_are_fetched_with_the_same_fields_to_each_kind_of_end(end, client, answers):
    bodies = answers(
        "/subaccounts/search",
        {"subaccounts": [{"id": "a"}, {"id": "b"}], "continue_token": "two"},
        {"subaccounts": [{"id": "c"}], **end},
    )
    found = [one.id async for one in client.subaccounts.search_all(page_size=2, search_terms="North")]
    assert found == ["a", "b", "c"]
    same = {"page_size": 2, "search_terms": ["North"]}
    assert bodies == [same, {**same, "continue_token": "two"}]


async def test_a_subaccount_of_a_client_is_not_sent_since_only_the_master_account_has_any(client, answers):
    bodies = answers("/subaccounts/search", {"subaccounts": []})
    await client.with_options(subaccount_id="k3s9ab").subaccounts.search()
    assert bodies == [{}]


@pytest.mark.parametrize(
    ("method", "arguments", "options", "error", "words"),
    [
        ("add", ("",), {}, ValueError, "fullname: must not be empty"),
        ("add", ("North",), {"subaccount_email": ""}, ValueError, "subaccount_email: must not be empty"),
        ("add", ("North",), {"limit": 0}, ValueError, "limit: must be 1 or more, not 0"),
        ("add", ("North",), {"sms_limit": -1}, ValueError, "sms_limit: must be 0 or more, not -1"),
        ("add", ("North",), {"limit": "10000"}, TypeError, "limit: must be an int"),
        ("add", ("North",), {"sms_enabled": True}, TypeError, "unexpected keyword argument 'sms_enabled'"),
        ("edit", (" ",), {}, ValueError, "id: must not be empty"),
        ("edit", ("k3s9ab",), {"fullname": ""}, ValueError, "fullname: must not be empty"),
        ("edit", ("k3s9ab",), {"limit": True}, TypeError, "limit: must be an int"),
        ("close", ("",), {}, ValueError, "id: must not be empty"),
        ("close", (7,), {}, TypeError, "id: must be a str"),
        ("reopen", ("",), {}, ValueError, "id: must not be empty"),
        ("search", (), {"page_size": 0}, ValueError, "page_size: must be 1 or more, not 0"),
        ("search", (), {"search_terms": []}, ValueError, "search_terms: must not be empty"),
        ("search", (), {"state": "all"}, TypeError, "unexpected keyword argument 'state'"),
    ],
)
async def test_wrong_arguments_are_refused(method, arguments, options, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.subaccounts, method)(*arguments, **options)


async def test_addresses_are_masked_in_reprs(client, answers):
    answers("/subaccounts/search", {"subaccounts": [{**NORTH, "email": "north@example.com"}]})
    answers("/subaccount/close", "Successfully closed subaccount north@example.com")
    assert "north@" not in repr(await client.subaccounts.search())
    assert "north@" not in repr(await client.subaccounts.close("k3s9ab"))


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/subaccount/edit", NORTH)
    assert waiting.subaccounts.edit("k3s9ab", enable_sms=False).sms_enabled is False
    assert bodies == [{"id": "k3s9ab", "enable_sms": False}]
