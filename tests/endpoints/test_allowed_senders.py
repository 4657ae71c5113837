import pytest

LIST = {"allowed_senders": ["shop@example.com", "example.com"], "mode": "whitelist"}
BOTH = ["shop@example.com", "example.com"]


async def test_each_call_sends_exactly_its_fields(client, answers):
    added = answers("/allowed_senders/add", LIST)
    removed = answers("/allowed_senders/remove", LIST)
    replaced = answers("/allowed_senders/update", LIST)
    viewed = answers("/allowed_senders/view", LIST)
    await client.allowed_senders.add(BOTH)
    await client.allowed_senders.remove("example.com", subaccount_id="k3s9ab")
    await client.allowed_senders.update(BOTH, "blacklist")
    await client.allowed_senders.view(subaccount_id="k3s9ab")
    assert added == [{"allowed_senders": BOTH}]
    assert removed == [{"allowed_senders": ["example.com"], "subaccount_id": "k3s9ab"}]
    assert replaced == [{"allowed_senders": BOTH, "mode": "blacklist"}]
    assert viewed == [{"subaccount_id": "k3s9ab"}]


async def test_the_answer_has_the_mode_of_the_list(client, answers):
    answers("/allowed_senders/add", {**LIST, "mode": "disabled"})
    found = await client.allowed_senders.add(BOTH)
    assert found.mode == "disabled"
    assert found.allowed_senders == ("shop@example.com", "example.com")


async def test_an_unknown_mode_goes_out_and_comes_back(client, answers):
    bodies = answers("/allowed_senders/update", {**LIST, "mode": "greylist"})
    assert (await client.allowed_senders.update(BOTH, "greylist")).mode == "greylist"
    assert bodies[0]["mode"] == "greylist"


@pytest.mark.parametrize(
    ("method", "bad"),
    [
        (method, bad)
        for method in ("add", "remove", "update")
        for bad in ([], "", ["  "])
        if (method, bad) != ("update", [])
    ],
)
async def test_a_list_without_addresses_is_refused(method, bad, client, nothing_sent):
    arguments = (bad, "whitelist") if method == "update" else (bad,)
    with pytest.raises(ValueError, match="allowed_senders.*must not be empty"):
        await getattr(client.allowed_senders, method)(*arguments)


@pytest.mark.parametrize("nobody", [[], ()])
async def test_a_list_can_be_emptied_by_replacing_it(nobody, client, answers):
    bodies = answers("/allowed_senders/update", {"allowed_senders": [], "mode": "disabled"})
    assert (await client.allowed_senders.update(nobody, "disabled")).allowed_senders == ()
    assert bodies == [{"allowed_senders": [], "mode": "disabled"}]


@pytest.mark.parametrize(("mode", "error"), [("", ValueError), (None, TypeError), (True, TypeError)])
async def test_replacing_needs_a_mode(mode, error, client, nothing_sent):
    with pytest.raises(error, match="mode: "):
        await client.allowed_senders.update(BOTH, mode)


async def test_addresses_are_masked_in_reprs(client, answers):
    answers("/allowed_senders/view", LIST)
    assert "shop@" not in repr(await client.allowed_senders.view())


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/allowed_senders/update", LIST)
    assert waiting.allowed_senders.update(BOTH, "whitelist").mode == "whitelist"
    assert bodies == [{"allowed_senders": BOTH, "mode": "whitelist"}]
