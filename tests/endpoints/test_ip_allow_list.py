import pytest

from smtp2go_async import AsyncClient
from smtp2go_async.endpoints.ip_allow_list import AllowedIp

on = pytest.mark.parametrize

OFFICE = {"ip_address": "192.0.2.20", "description": "Office"}


async def test_adding_sends_the_address_and_the_key(client, answers, key):
    bodies = answers("/ip_allow_list/add", OFFICE)
    found = await client.ip_allow_list.add(ip_address="192.0.2.20", description="Office", type="api")
    assert bodies == [{"api_key": key, "ip_address": "192.0.2.20", "description": "Office", "type": "api"}]
    assert (found.ip_address, found.description, found.request_id) == ("192.0.2.20", "Office", "request 1")


@on("auth", ["header", "bearer", "body"])
async def test_the_key_is_in_the_body_whatever_carries_it_elsewhere(auth, answers, key):
    bodies = answers("/ip_allow_list/view", {"enabled": False})
    async with AsyncClient(key, auth=auth) as client:
        await client.ip_allow_list.view()
    assert bodies == [{"api_key": key}]


async def test_editing_sends_the_old_and_the_new_address(client, answers, key):
    bodies = answers("/ip_allow_list/edit", {"ip_address": "192.0.2.21", "description": "Office"})
    found = await client.ip_allow_list.edit(ip_address="192.0.2.20", new_ip_address="192.0.2.21")
    assert bodies == [{"api_key": key, "ip_address": "192.0.2.20", "new_ip_address": "192.0.2.21"}]
    assert found.ip_address == "192.0.2.21"


async def test_removing_sends_the_address(client, answers, key):
    bodies = answers("/ip_allow_list/remove", OFFICE)
    await client.ip_allow_list.remove(ip_address="192.0.2.20", type="smtp")
    assert bodies == [{"api_key": key, "ip_address": "192.0.2.20", "type": "smtp"}]


@on("enabled", [True, False])
async def test_a_list_is_put_in_force_and_out_of_force(enabled, client, answers, key):
    bodies = answers("/ip_allow_list", {"enabled": enabled})
    found = await client.ip_allow_list.set_enabled(enabled=enabled, type="api")
    assert bodies == [{"api_key": key, "enabled": enabled, "type": "api"}]
    assert found.enabled is enabled


async def test_viewing_returns_the_list_and_its_state(client, answers):
    answers("/ip_allow_list/view", {"enabled": "false", "ip_addresses": [OFFICE, {"ip_address": "2001:db8::1"}]})
    found = await client.ip_allow_list.view()
    assert found.enabled is False
    assert found.ip_addresses == (AllowedIp(**OFFICE), AllowedIp(ip_address="2001:db8::1"))


@on("data", [{}, {"enabled": None, "ip_addresses": None}])
async def test_an_answer_without_content_leaves_the_state_unknown(data, client, answers):
    answers("/ip_allow_list/view", data)
    found = await client.ip_allow_list.view()
    assert (found.enabled, found.ip_addresses) == (None, ())


async def test_no_subaccount_is_sent_since_these_calls_take_none(client, answers, key):
    bodies = answers("/ip_allow_list/view", {"enabled": False})
    await client.with_options(subaccount_id="k3s9ab").ip_allow_list.view(type="a third one")
    assert bodies == [{"api_key": key, "type": "a third one"}]


@on("method", ["add", "edit", "remove"])
@on(
    ("arguments", "error", "words"),
    [
        ({}, TypeError, "missing 1 required positional argument: 'ip_address'"),
        ({"ip_address": None}, TypeError, "ip_address: must be a str, not None"),
        ({"ip_address": " "}, ValueError, "ip_address: must not be empty"),
        ({"ip_address": 7}, TypeError, "ip_address: must be a str"),
    ],
)
async def test_an_address_is_needed(method, arguments, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.ip_allow_list, method)(**arguments)


async def test_an_empty_new_address_is_refused(client, nothing_sent):
    with pytest.raises(ValueError, match="new_ip_address: must not be empty"):
        await client.ip_allow_list.edit(ip_address="192.0.2.20", new_ip_address="")


@on(
    ("enabled", "error", "words"),
    [
        (None, TypeError, "must be a bool, not None"),
        ("false", TypeError, "must be a bool"),
        (0, TypeError, "must be a bool"),
    ],
)
async def test_setting_the_state_of_a_list_needs_a_bool(enabled, error, words, client, nothing_sent):
    with pytest.raises(error, match=f"^enabled: {words}"):
        await client.ip_allow_list.set_enabled(enabled=enabled)


def test_the_synchronous_client_does_the_same(waiting, answers, key):
    bodies = answers("/ip_allow_list", {"enabled": True})
    assert waiting.ip_allow_list.set_enabled(enabled=True).enabled is True
    assert bodies == [{"api_key": key, "enabled": True}]
