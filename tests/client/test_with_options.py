"""Copies of a client with other settings."""

import anyio
import pytest
from faults.scripted import answer, scripted

from smtp2go_async import NotSentError, OutcomeUnknownError, RetryPolicy, SendRefusedError

OTHER_KEY = "api-" + "B" * 32
REFUSED = answer(data={"succeeded": 0, "failed": 1, "failures": ["no"]})


def body_of(request):
    import json

    return json.loads(request.body.content)


def test_a_copy_shares_the_connections_the_pacer_and_the_budget(time):
    client, network = scripted(time, answer())
    copy = client.with_options(timeout=1).with_options(retry=RetryPolicy.none())

    assert copy._calls.transport is network
    assert copy.pacer is client.pacer
    assert copy._calls.budget is client._calls.budget


def test_a_copy_has_groups_of_its_own(time):
    client, _ = scripted(time, answer())
    before = client.email
    copy = client.with_options(api_key=OTHER_KEY)

    assert copy.email is not before
    assert copy.email is copy.email
    assert client.email is before


def test_a_group_that_was_used_before_keeps_its_own_settings(backend, time, mail):
    client, network = scripted(time, answer())

    async def call():
        await client.email.send(**mail())
        await client.with_options(api_key=OTHER_KEY).email.send(**mail())
        await client.email.send(**mail())

    anyio.run(call, backend=backend)
    keys = [dict(request.headers)["X-Smtp2go-Api-Key"][-1] for request in network.requests]
    assert keys == ["A", "B", "A"]


def test_a_timeout_goes_with_each_request(backend, time, mail):
    client, network = scripted(time, answer(), timeout=20)

    async def call():
        for timeout in (5, None):
            await client.with_options(timeout=timeout).email.send(**mail())
        await client.email.send(**mail())

    anyio.run(call, backend=backend)
    assert [request.timeout for request in network.requests] == [5.0, None, 20.0]


def test_a_policy_decides_about_repeats(backend, time, mail):
    client, network = scripted(time, OutcomeUnknownError("x"))
    eager = RetryPolicy(attempts=3, first_wait=0.0, at_least_once=True)

    async def call():
        with pytest.raises(OutcomeUnknownError):
            await client.with_options(retry=eager).email.send(**mail())

    anyio.run(call, backend=backend)
    assert len(network.requests) == 3


def test_a_subaccount_goes_along_where_the_api_has_it(backend, time, mail):
    both = answer(data={"email_id": "1uAbC-1", "total_messages": 1})
    client, network = scripted(time, both, subaccount_id="first")

    async def call():
        await client.sms.summary()
        await client.with_options(subaccount_id="second").sms.summary()
        await client.with_options(subaccount_id="second").sms.summary(subaccount_id="third")
        await client.with_options(subaccount_id=None).sms.summary()
        await client.email.send(**mail())

    anyio.run(call, backend=backend)
    sent = [body_of(request).get("subaccount_id") for request in network.requests]
    assert sent == ["first", "second", "third", None, None]


def test_extra_fields_go_into_every_body(backend, time, mail):
    client, network = scripted(time, answer())
    extra = {"version": 2, "nested": {"a": [1]}}

    async def call():
        copy = client.with_options(extra_body=extra)
        # The client has taken a copy.
        extra["version"] = 3
        await copy.email.send(**mail())
        await client.email.send(**mail())

    anyio.run(call, backend=backend)
    first, second = (body_of(request) for request in network.requests)
    assert (first["version"], first["nested"]) == (2, {"a": [1]})
    assert "version" not in second


def test_a_refused_send_can_be_returned_instead_of_raised(backend, time, mail):
    client, _ = scripted(time, REFUSED)

    async def call():
        with pytest.raises(SendRefusedError):
            await client.email.send(**mail())
        return await client.with_options(raise_on_refused=False).email.send(**mail())

    result = anyio.run(call, backend=backend)
    assert result.accepted is False
    assert result.failures == ("no",)


def test_settings_that_are_not_given_stay_as_they_are(time):
    policy = RetryPolicy(attempts=9)
    client, _ = scripted(
        time, answer(), timeout=7, retry=policy, subaccount_id="one", max_email_bytes=99, auth="bearer"
    )
    copy = client.with_options(extra_body={"a": 1}).with_options(raise_on_refused=False).with_options()

    settings = copy._calls.settings
    assert (settings.timeout, settings.retry, settings.subaccount_id) == (7.0, policy, "one")
    assert (settings.max_email_bytes, settings.auth) == (99, "bearer")
    assert (settings.extra_body, settings.raise_on_refused) == ({"a": 1}, False)
    assert client._calls.settings.extra_body == {}


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"api_key": "api-short"}, ValueError),
        ({"api_key": 7}, TypeError),
        ({"timeout": 0}, ValueError),
        ({"timeout": -1}, ValueError),
        ({"timeout": float("nan")}, ValueError),
        ({"timeout": "5"}, TypeError),
        ({"timeout": True}, TypeError),
        ({"retry": 3}, TypeError),
        ({"retry": None}, TypeError),
        ({"subaccount_id": ""}, ValueError),
        ({"subaccount_id": 7}, TypeError),
        ({"extra_body": [("a", 1)]}, TypeError),
        ({"extra_body": {1: "a"}}, TypeError),
        ({"raise_on_refused": "no"}, TypeError),
        ({"raise_on_refused": None}, TypeError),
        ({"region": "eu"}, TypeError),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_and_named(option, error, time):
    client, _ = scripted(time, answer())
    (name,) = option

    with pytest.raises(error, match=name):
        client.with_options(**option)


def test_a_wrong_key_is_not_in_the_error(time):
    client, _ = scripted(time, answer())

    with pytest.raises(ValueError) as caught:
        client.with_options(api_key="api-secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("closes", ["the copy", "the original"])
def test_closing_the_copy_or_the_original_closes_both(closes, backend, client_of, mail):
    async def call():
        client = client_of()
        copy = client.with_options(timeout=1)
        await (copy if closes == "the copy" else client).aclose()
        for one in (client, copy):
            with pytest.raises(NotSentError, match="closed"):
                await one.email.send(**mail())

    anyio.run(call, backend=backend)


@pytest.mark.parametrize("auth", ["header", "bearer", "body"])
def test_nothing_of_a_client_shows_its_key(auth, key, time, mail):
    client, network = scripted(time, answer(), auth=auth)
    copy = client.with_options(api_key=OTHER_KEY, extra_body={"api_key": key})

    anyio.run(lambda: copy.email.send(**mail()))
    shown = "".join(
        map(repr, [client, copy, client._calls.settings, copy._calls.settings, network.requests, client.__dict__])
    )
    assert key not in shown
    assert OTHER_KEY not in shown


def test_the_repr_says_where_it_connects(key, time):
    client, _ = scripted(time, answer(), region="eu")

    assert repr(client) == "<AsyncClient https://eu-api.smtp2go.com/v3>"
