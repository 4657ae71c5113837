"""Pools of dedicated IP addresses in the sandbox, which only its control call adds."""

import pytest


def test_pools_are_seen_through_the_client_and_can_be_sent_from(sandbox, run):
    pool = sandbox.add_ip_pool("Main pool", ["198.51.100.7", "2001:db8::7"])
    other = sandbox.add_ip_pool("Newsletters", [])

    async def work(client):
        seen = await client.dedicated_ips.view()
        assert [(item.id, item.name) for item in seen] == [(pool, "Main pool"), (other, "Newsletters")]
        assert seen[0].ip_addresses == ("198.51.100.7", "2001:db8::7")
        assert (await client.api_keys.add(ip_pool=other))[0].ip_pool == other

    run(work)


def test_an_account_has_no_pool_at_first_and_none_after_clear(account, refusal):
    assert account.call("/dedicated_ips/view", {})["data"] == []
    pool = account.add_ip_pool("Main pool", ["198.51.100.7"])
    account.clear()
    assert account.call("/dedicated_ips/view", {})["data"] == []
    assert refusal("/users/smtp/add", username="shop@example.com", ip_pool=pool) == (400, "ip_pool")


def test_what_is_no_address_is_a_value_error(sandbox):
    with pytest.raises(ValueError, match=r"^ip_addresses: must be"):
        sandbox.add_ip_pool("Main pool", ["198.51.100.0/24"])
