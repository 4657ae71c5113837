"""The IP allow lists of the sandbox: the one for the API really refuses."""

import pytest

from smtp2go_async.errors import ApiError
from smtp2go_async.sandbox.rules import RequestError


@pytest.fixture
def call(account):
    """Return a function that makes a call of this group."""

    def call(path, **fields):
        return account.call(f"/ip_allow_list{path}", {"api_key": account.api_key, **fields})["data"]

    return call


def test_an_address_is_added_seen_changed_and_removed_through_the_client(run):
    async def work(client):
        lists = client.ip_allow_list
        added = await lists.add("192.0.2.20", description="Office", type="api")
        assert (added.ip_address, added.description) == ("192.0.2.20", "Office")
        edited = await lists.edit("192.0.2.20", new_ip_address="2001:db8::20", type="api")
        assert (edited.ip_address, edited.description) == ("2001:db8::20", "Office")
        seen = await lists.view(type="api")
        assert (seen.enabled, [item.ip_address for item in seen.ip_addresses]) == (False, ["2001:db8::20"])
        assert (await lists.view()).ip_addresses == ()
        assert (await lists.remove("2001:db8::20", type="api")).ip_address == "2001:db8::20"
        assert (await lists.view(type="api")).ip_addresses == ()

    run(work)


def test_an_enabled_list_for_the_api_lets_its_addresses_alone_in(sandbox, run):
    async def lock_in(client):
        await client.ip_allow_list.add("127.0.0.1", type="api")
        assert (await client.ip_allow_list.set_enabled(True, type="api")).enabled is True
        await client.email.send("a@example.com", "b@example.com", subject="c", text_body="d")
        await client.ip_allow_list.edit("127.0.0.1", new_ip_address="192.0.2.20", type="api")
        with pytest.raises(ApiError, match="IP allow list") as caught:
            await client.email.send("a@example.com", "b@example.com", subject="c", text_body="d")
        assert caught.value.status == 403
        with pytest.raises(ApiError, match="IP allow list"):
            await client.ip_allow_list.set_enabled(False, type="api")

    run(lock_in)
    assert len(sandbox.sent) == 1
    sandbox.disable_ip_allow_lists()

    async def look(client):
        seen = await client.ip_allow_list.view(type="api")
        assert (seen.enabled, [item.ip_address for item in seen.ip_addresses]) == (False, ["192.0.2.20"])

    run(look)


def test_an_ipv4_address_that_comes_over_an_ipv6_socket_is_the_same(account, call):
    call("/add", ip_address="192.0.2.20", type="api")
    call("", enabled=True, type="api")
    account.call("/domain/view", {}, client_ip="::ffff:192.0.2.20")
    for other in ("192.0.2.21", "::1", "", "somewhere"):
        with pytest.raises(RequestError):
            account.call("/domain/view", {}, client_ip=other)


def test_the_list_for_smtp_refuses_no_call_of_the_api(call):
    call("", enabled=True)
    assert call("/view") == {"enabled": True, "ip_addresses": []}
    assert call("/view", type="api") == {"enabled": False, "ip_addresses": []}


def test_a_list_of_a_subaccount_does_not_lock_the_master_account_out(account):
    subaccount = account.call("/subaccount/add", {"fullname": "North"})["data"]["id"]
    body = {"subaccount_id": subaccount, "endpoints": ["*"]}
    secret = account.call("/api_keys/add", body)["data"][0]["api_key"]
    key = account.key_of(secret)
    account.call("/ip_allow_list", {"api_key": secret, "enabled": True, "type": "api"}, key=key)
    assert account.call("/domain/view", {})["data"] == {"domains": []}
    with pytest.raises(RequestError):
        account.call("/domain/view", {}, key=key)


def test_an_address_keeps_its_place_when_it_is_changed(call):
    for last in (1, 2, 3):
        call("/add", ip_address=f"192.0.2.{last}")
    call("/edit", ip_address="192.0.2.1", new_ip_address="192.0.2.9", description="Moved")
    assert [item["ip_address"] for item in call("/view")["ip_addresses"]] == ["192.0.2.9", "192.0.2.2", "192.0.2.3"]


def test_calls_need_the_key_in_the_body(account, refusal):
    for path in ("", "/add", "/edit", "/remove", "/view"):
        assert refusal(f"/ip_allow_list{path}", ip_address="192.0.2.1") == (400, "api_key")
        assert refusal(f"/ip_allow_list{path}", api_key=f"api-{'0' * 32}")[0] == 500


@pytest.mark.parametrize("address", [None, "", "office", "192.0.2.0/24", 5])
@pytest.mark.parametrize("path", ["/add", "/remove", "/edit"])
def test_what_is_no_address_is_refused(account, refusal, path, address):
    assert refusal(f"/ip_allow_list{path}", api_key=account.api_key, ip_address=address) == (400, "ip_address")


def test_doubles_unknown_addresses_and_unknown_lists_are_refused(account, refusal, call):
    call("/add", ip_address="192.0.2.1")
    call("/add", ip_address="192.0.2.2")
    key = {"api_key": account.api_key}
    assert "already" in refusal("/ip_allow_list/add", ip_address="192.0.2.1", **key)[1]
    same = {"ip_address": "192.0.2.1", "new_ip_address": "192.0.2.2"}
    assert "already" in refusal("/ip_allow_list/edit", **same, **key)[1]
    for path in ("edit", "remove"):
        assert "not on the" in refusal(f"/ip_allow_list/{path}", ip_address="192.0.2.9", **key)[1]
    assert refusal("/ip_allow_list/view", type="imap", **key) == (400, "type")
    assert refusal("/ip_allow_list", enabled="yes", **key) == (400, "enabled")
    assert len(call("/view")["ip_addresses"]) == 2
