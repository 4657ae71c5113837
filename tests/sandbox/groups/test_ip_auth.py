"""IP authentications in the sandbox, which only its control call adds."""

import pytest


def test_an_address_is_seen_changed_and_removed_through_the_client(sandbox, run):
    sandbox.add_ip_auth("192.0.2.10", "Printer")

    async def work(client):
        [patched] = await client.ip_auth.patch("192.0.2.10", status="blocked")
        assert (patched.ip_address, patched.description, patched.status) == ("192.0.2.10", "Printer", "blocked")
        [seen] = (await client.ip_auth.view()).results
        assert (seen.ip_address, seen.sending_allowed, seen.description) == ("192.0.2.10", False, "Printer")
        await client.ip_auth.remove("192.0.2.10")
        assert (await client.ip_auth.view()).results == ()

    run(work)


def test_the_address_can_be_asked_for_alone(account):
    account.add_ip_auth("192.0.2.10", "Printer", "")
    account.add_ip_auth("2001:DB8::10", "Scanner", "")
    view = account.call("/ip_auth/view", {"ip_address": "2001:db8::10"})["data"]
    assert [entry["description"] for entry in view["results"]] == ["Scanner"]
    assert (view["default_ratelimit_value"], view["default_ratelimit_period"]) == (0, "unlimited")


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/ip_auth/edit"), ("POST", "/ip_auth/remove")])
def test_an_unknown_address_cannot_be_changed(refusal, method, path):
    assert "No IP authentication was found" in refusal(path, method=method, ip_address="192.0.2.99")[1]
    assert refusal(path, method=method) == (400, "ip_address")
    assert refusal(path, method=method, ip_address=1) == (400, "ip_address")


def test_the_changing_call_takes_no_post(account, http):
    assert account.methods_of("/ip_auth/edit") == ("PATCH",)
    response = http.post("/ip_auth/edit", json={"ip_address": "192.0.2.10"})
    assert (response.status_code, response.headers["allow"]) == (405, "PATCH")
    assert http.patch("/ip_auth/view", json={}).headers["allow"] == "POST"
    assert http.get("/api_keys/edit").headers["allow"] == "POST, PATCH"


def test_a_subaccount_has_addresses_of_its_own(account):
    subaccount = account.call("/subaccount/add", {"fullname": "North"})["data"]["id"]
    account.add_ip_auth("192.0.2.10", "", subaccount)
    assert account.call("/ip_auth/view", {})["data"]["results"] == []
    assert len(account.call("/ip_auth/view", {"subaccount_id": subaccount})["data"]["results"]) == 1


@pytest.mark.parametrize(("address", "subaccount"), [("printer", ""), ("192.0.2.10/24", ""), ("192.0.2.10", "nobody")])
def test_what_cannot_authenticate_is_a_value_error(sandbox, address, subaccount):
    with pytest.raises(ValueError, match=r"^(ip_address|subaccount_id): must be"):
        sandbox.add_ip_auth(address, subaccount_id=subaccount)
