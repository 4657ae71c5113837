"""Subaccounts in the sandbox, and the calls that act for them."""

import pytest

from smtp2go_async.errors import ApiError, RateLimitError
from smtp2go_async.sandbox import Sandbox


@pytest.fixture
def sandbox(clock):
    with Sandbox(clock=clock) as sandbox:
        yield sandbox


def add(account, name="North", **fields):
    return account.call("/subaccount/add", {"fullname": name, **fields})["data"]


def names(account, **fields):
    return [found["name"] for found in account.call("/subaccounts/search", fields)["data"]["subaccounts"]]


def key_for(account, subaccount, **fields):
    body = {"subaccount_id": subaccount, "endpoints": ["*"], **fields}
    return account.key_of(account.call("/api_keys/add", body)["data"][0]["api_key"])


def test_a_subaccount_is_added_found_changed_closed_and_reopened_through_the_client(run):
    async def work(client):
        added = await client.subaccounts.add("North", subaccount_email="north@example.com", limit=20_000)
        assert (added.name, added.plan_size, added.state, added.sms_limit) == ("North", 20_000, "Active", 1000)
        edited = await client.subaccounts.edit(added.id, fullname="Far North", enable_sms=True)
        assert (edited.name, edited.plan_size, edited.sms_enabled) == ("Far North", 20_000, True)
        page = await client.subaccounts.search(search_terms=["NORTH@"])
        assert [(found.id, found.email) for found in page.subaccounts] == [(added.id, "north@example.com")]
        closed = await client.subaccounts.close(added.id, email="north@example.com")
        assert "north@example.com" in str(closed.raw["data"])
        assert [found.state for found in (await client.subaccounts.search(states="closed")).subaccounts] == ["Closed"]
        await client.subaccounts.reopen(added.id)
        assert (await client.subaccounts.search(states="closed")).subaccounts == ()

    run(work)


def test_all_2500_subaccounts_are_found_page_by_page(sandbox, clock, run):
    names = [f"Branch {number:04}" for number in range(2500)]
    for number, name in enumerate(names):
        add(sandbox._account, name)
        if number % 50 == 49:
            clock.move(hours=1)

    async def work(client):
        found = [subaccount.name async for subaccount in client.subaccounts.search_all(page_size=400)]
        assert found == names
        found = [sub.name async for sub in client.subaccounts.search_all(page_size=999, sort_direction="desc")]
        assert found == names[::-1]

    run(work)


def test_fifty_subaccounts_an_hour_are_added(account, clock, refusal):
    for number in range(50):
        add(account, f"Branch {number}")
    assert refusal("/subaccount/add", fullname="One more")[0] == 429
    clock.move(minutes=60)
    assert add(account)


def test_the_client_says_that_the_limit_of_subaccounts_is_reached(sandbox, run):
    for number in range(50):
        add(sandbox._account, f"Branch {number}")

    async def work(client):
        with pytest.raises(RateLimitError) as caught:
            await client.subaccounts.add("One more")
        assert caught.value.status == 429

    run(work)


def test_names_are_found_anywhere_or_whole(account):
    for name in ("North", "Far north", "South"):
        add(account, name)
    assert names(account, search_terms=["NORTH"]) == ["Far north", "North"]
    assert names(account, search_terms=["North"], fuzzy_search=False) == ["North"]
    assert names(account, search_terms=["north"], fuzzy_search=False) == []
    assert names(account, search_terms=["far", "south"], sort_direction="desc") == ["South", "Far north"]
    assert names(account, search_terms=[]) == ["Far north", "North", "South"]


def test_a_token_continues_only_its_own_search(account, refusal):
    for number in range(3):
        add(account, f"Branch {number}")
    first = account.call("/subaccounts/search", {"page_size": 2})["data"]
    assert (len(first["subaccounts"]), first["total_count"]) == (2, 3)
    again = {"page_size": 2, "continue_token": first["continue_token"]}
    last = account.call("/subaccounts/search", again)["data"]
    assert ([found["name"] for found in last["subaccounts"]], last["continue_token"]) == (["Branch 2"], "")
    for body in ({**again, "page_size": 1}, {**again, "continue_token": "made up"}, {**again, "continue_token": "é"}):
        assert "continue_token" in refusal("/subaccounts/search", **body)[1]


def test_a_page_that_is_exactly_full_is_the_last(account):
    for number in range(4):
        add(account, f"Branch {number}")
    first = account.call("/subaccounts/search", {"page_size": 2})["data"]
    last = account.call("/subaccounts/search", {"page_size": 2, "continue_token": first["continue_token"]})["data"]
    assert (len(last["subaccounts"]), last["continue_token"]) == (2, "")


@pytest.mark.parametrize(
    "body",
    [
        {"states": "asleep"},
        {"sort_direction": "up"},
        {"page_size": 0},
        {"page_size": "10"},
        {"search_terms": "north"},
        {"fuzzy_search": "no"},
        {"continue_token": 5},
    ],
)
def test_a_bad_search_is_refused(refusal, body):
    assert refusal("/subaccounts/search", **body) == (400, next(iter(body)))


@pytest.mark.parametrize(
    ("field", "value"),
    [("limit", 1234), ("limit", "2000"), ("sms_limit", -1), ("archiving", 1), ("ip_pool", 5), ("enforce_2fa", None)],
)
def test_a_bad_setting_is_refused_and_changes_nothing(account, refusal, field, value):
    known = add(account)
    assert refusal("/subaccount/add", fullname="South", **{field: value}) == (400, field)
    assert refusal("/subaccount/edit", id=known["id"], fullname="Changed", **{field: value}) == (400, field)
    assert names(account) == ["North"]


def test_a_dedicated_ip_needs_a_limit_above_100000(account, refusal):
    assert "100000" in refusal("/subaccount/add", fullname="North", dedicated_ip=True, limit=100_000)[1]
    assert add(account, dedicated_ip=True, limit=250_000)["dedicated_ip"] is True


def test_an_unknown_or_wrongly_named_subaccount_is_refused(account, refusal):
    known = add(account, subaccount_email="north@example.com")["id"]
    for path in ("/subaccount/edit", "/subaccount/close", "/subaccount/reopen"):
        assert "No subaccount was found" in refusal(path, id="nobody")[1]
        assert refusal(path) == (400, "id")
    assert "No subaccount was found" in refusal("/subaccount/close", id=known, email="south@example.com")[1]
    assert "not closed" in refusal("/subaccount/reopen", id=known)[1]
    account.call("/subaccount/close", {"id": known})
    assert "closed already" in refusal("/subaccount/close", id=known)[1]


@pytest.mark.parametrize("field", ["fullname", "subaccount_email"])
@pytest.mark.parametrize("value", [5, None, "a\nb"])
def test_a_bad_name_or_address_is_refused(refusal, field, value):
    assert refusal("/subaccount/add", **{"fullname": "North", field: value}) == (400, field)


def test_calls_act_on_the_data_of_a_subaccount_and_refuse_unknown_ids(account, refusal):
    north = add(account)["id"]
    account.call("/domain/add", {"domain": "example.com", "subaccount_id": north})
    assert account.call("/domain/view", {})["data"]["domains"] == []
    assert len(account.call("/domain/view", {"subaccount_id": north})["data"]["domains"]) == 1
    assert "No subaccount" in refusal("/domain/view", subaccount_id="nobody")[1]
    assert refusal("/domain/view", subaccount_id=5) == (400, "subaccount_id")
    assert account.call("/domain/view", {"subaccount_id": ""})["data"]["domains"] == []


def test_a_client_for_a_subaccount_sees_the_data_of_that_subaccount(sandbox, run):
    north = add(sandbox._account)["id"]

    async def work(client):
        there = client.with_options(subaccount_id=north)
        await there.domains.add("example.com")
        await there.smtp_users.add("north@example.com")
        assert len((await there.domains.view()).domains) == 1
        assert (await client.domains.view()).domains == ()
        assert [user.username for user in (await there.smtp_users.view()).results] == ["north@example.com"]
        with pytest.raises(ApiError, match="No subaccount"):
            await client.domains.view(subaccount_id="nobody")

    run(work)


def test_a_key_of_a_subaccount_acts_for_it_alone(account, refusal):
    north, south = add(account)["id"], add(account, "South")["id"]
    key = key_for(account, north)
    account.call("/domain/add", {"domain": "example.com"}, key=key)
    assert len(account.call("/domain/view", {"subaccount_id": north}, key=key)["data"]["domains"]) == 1
    assert "No subaccount" in refusal("/domain/view", key=key, subaccount_id=south)[1]
    for path, body in (
        ("/subaccount/add", {"fullname": "Below"}),
        ("/subaccount/close", {"id": south}),
        ("/subaccounts/search", {}),
    ):
        assert "cannot have subaccounts" in refusal(path, key=key, **body)[1]


def test_keys_of_other_accounts_are_neither_seen_nor_removed(account, refusal):
    north = add(account)["id"]
    key = key_for(account, north)
    assert [item["username"] for item in account.call("/api_keys/view", {})["data"]] == [account.username]
    assert [item["username"] for item in account.call("/api_keys/view", {}, key=key)["data"]] == [key.username]
    assert "No API key" in refusal("/api_keys/remove", id=key.secret)[1]
    assert "No API key" in refusal("/api_keys/remove", key=key, id=account.api_key)[1]


def test_what_a_subaccount_sends_counts_to_its_plan(account, email):
    north = add(account, limit=2000)
    key = key_for(account, north["id"])
    account.call("/email/send", email(cc=["joe@example.org"]), key=key)
    account.call("/email/send", email(to=["refused@example.org"]), key=key)
    account.call("/email/send", email())
    [found] = account.call("/subaccounts/search", {})["data"]["subaccounts"]
    assert (found["plan_size"], found["plan_used"], found["plan_remaining"]) == (2000, 2, 1998)
    assert [sent.subaccount for sent in account.sent] == [north["id"], ""]


def test_nothing_can_be_done_for_a_closed_subaccount_until_it_is_reopened(account, email, refusal):
    north = add(account)["id"]
    key = key_for(account, north)
    assert account.call("/subaccount/close", {"id": north})["data"] == "Successfully closed subaccount North"
    assert "closed" in refusal("/domain/view", subaccount_id=north)[1]
    assert "closed" in refusal("/email/send", key=key, **email())[1]
    assert account.call("/subaccount/reopen", {"id": north})["data"] == "Successfully reopened subaccount North"
    assert account.call("/email/send", email(), key=key)["data"]["succeeded"] == 1


def test_a_repr_shows_no_address(account):
    add(account, subaccount_email="north@example.com")
    assert "north" not in repr(account._subaccounts._accounts).lower()
