import pytest

LIST = {"allowed_recipients": ["jane@example.com", "example.com"], "enabled": True}
BOTH = ["jane@example.com", "example.com"]


async def test_adding_sends_exactly_the_list(client, answers):
    bodies = answers("/allowed_recipients/add", LIST)
    found = await client.allowed_recipients.add(BOTH)
    assert bodies == [{"allowed_recipients": BOTH}]
    assert found.allowed_recipients == ("jane@example.com", "example.com")
    assert found.enabled is True
    assert found.request_id == "request 1"


async def test_a_single_address_needs_no_list(client, answers):
    bodies = answers("/allowed_recipients/add", LIST)
    await client.allowed_recipients.add("jane@example.com", enabled=False, subaccount_id="k3s9ab")
    assert bodies == [{"allowed_recipients": ["jane@example.com"], "enabled": False, "subaccount_id": "k3s9ab"}]


async def test_removing_and_replacing_send_their_fields(client, answers):
    removed = answers("/allowed_recipients/remove", LIST)
    replaced = answers("/allowed_recipients/update", LIST)
    await client.allowed_recipients.remove(("example.com",), enabled=True)
    await client.allowed_recipients.update(BOTH, False, subaccount_id="k3s9ab")
    assert removed == [{"allowed_recipients": ["example.com"], "enabled": True}]
    assert replaced == [{"allowed_recipients": BOTH, "enabled": False, "subaccount_id": "k3s9ab"}]


async def test_viewing_fills_in_the_subaccount_of_the_client(client, answers):
    bodies = answers("/allowed_recipients/view", LIST, LIST)
    await client.allowed_recipients.view()
    await client.with_options(subaccount_id="k3s9ab").allowed_recipients.view()
    assert bodies == [{}, {"subaccount_id": "k3s9ab"}]


async def test_a_list_that_is_null_is_empty(client, answers):
    answers("/allowed_recipients/view", {"allowed_recipients": None, "enabled": "false"})
    found = await client.allowed_recipients.view()
    assert (found.allowed_recipients, found.enabled) == ((), False)


@pytest.mark.parametrize("method", ["add", "remove", "update"])
@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        ("", ValueError, r"allowed_recipients\[0\]: must not be empty"),
        (["a@example.com", " "], ValueError, r"allowed_recipients\[1\]: must not be empty"),
        ([7], TypeError, r"allowed_recipients\[0\]: must be a str"),
        (7, TypeError, "allowed_recipients: must be a list"),
    ],
)
async def test_a_list_without_addresses_is_refused(method, bad, error, words, client, nothing_sent):
    arguments = (bad, True) if method == "update" else (bad,)
    with pytest.raises(error, match=words):
        await getattr(client.allowed_recipients, method)(*arguments)


@pytest.mark.parametrize("method", ["add", "remove"])
async def test_adding_and_removing_need_an_address(method, client, nothing_sent):
    with pytest.raises(ValueError, match="allowed_recipients: must not be empty"):
        await getattr(client.allowed_recipients, method)([])


@pytest.mark.parametrize("nobody", [[], ()])
async def test_a_list_can_be_emptied_by_replacing_it(nobody, client, answers):
    bodies = answers("/allowed_recipients/update", {"allowed_recipients": [], "enabled": False})
    assert (await client.allowed_recipients.update(nobody, False)).allowed_recipients == ()
    assert bodies == [{"allowed_recipients": [], "enabled": False}]


@pytest.mark.parametrize("enabled", ["false", 1, None])
async def test_replacing_needs_a_truth_value_because_a_wrong_one_stops_all_sending(enabled, client, nothing_sent):
    with pytest.raises(TypeError, match="enabled: must be a bool"):
        await client.allowed_recipients.update(BOTH, enabled)


async def test_a_switch_that_only_looks_true_is_refused(client, nothing_sent):
    with pytest.raises(TypeError, match="enabled: must be a bool"):
        await client.allowed_recipients.add(BOTH, enabled="true")


async def test_addresses_are_masked_in_reprs(client, answers):
    answers("/allowed_recipients/view", LIST)
    shown = repr(await client.allowed_recipients.view())
    assert "jane" not in shown
    assert "example.com" in shown


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/allowed_recipients/update", LIST)
    assert waiting.allowed_recipients.update(BOTH, True).enabled is True
    assert bodies == [{"allowed_recipients": BOTH, "enabled": True}]
