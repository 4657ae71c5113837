from smtp2go_async.endpoints.dedicated_ips import DedicatedIpPool

POOLS = [
    {"id": 12, "name": "Main pool", "ip_addresses": ["198.51.100.7", "198.51.100.8"]},
    {"id": 13, "name": "Newsletters", "ip_addresses": []},
]


async def test_the_pools_are_listed_with_their_addresses(client, answers):
    bodies = answers("/dedicated_ips/view", POOLS)
    pools = await client.dedicated_ips.view()
    assert bodies == [{}]
    assert list(pools) == [
        DedicatedIpPool(id=12, name="Main pool", ip_addresses=("198.51.100.7", "198.51.100.8")),
        DedicatedIpPool(id=13, name="Newsletters"),
    ]
    assert pools.request_id == "request 1"


async def test_an_account_without_pools_has_an_empty_list(client, answers):
    answers("/dedicated_ips/view", [], None)
    assert list(await client.dedicated_ips.view()) == []
    assert list(await client.dedicated_ips.view()) == []


async def test_the_subaccount_of_the_client_is_not_sent_since_the_api_has_no_such_field_here(client, answers):
    bodies = answers("/dedicated_ips/view", POOLS)
    await client.with_options(subaccount_id="k3s9ab").dedicated_ips.view()
    assert bodies == [{}]


def test_the_synchronous_client_does_the_same(waiting, answers):
    answers("/dedicated_ips/view", POOLS)
    assert [pool.id for pool in waiting.dedicated_ips.view()] == [12, 13]
