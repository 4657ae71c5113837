"""The lists of allowed senders and of allowed recipients in the sandbox, which really refuse."""

import pytest

from smtp2go_async.errors import SendRefusedError


def test_the_list_of_senders_is_seen_and_changed_through_the_client(run):
    async def work(client):
        senders = client.allowed_senders
        assert ((await senders.view()).allowed_senders, (await senders.view()).mode) == ((), "disabled")
        await senders.add(["Shop@example.com", "example.org", "shop@example.com"])
        assert (await senders.view()).allowed_senders == ("shop@example.com", "example.org")
        assert (await senders.remove(["example.org", "never@example.com"])).allowed_senders == ("shop@example.com",)
        updated = await senders.update(["example.net"], "blacklist")
        assert (updated.allowed_senders, updated.mode) == (("example.net",), "blacklist")
        assert (await senders.add("example.com")).mode == "blacklist"

    run(work)


def test_the_list_of_recipients_is_seen_and_changed_through_the_client(run):
    async def work(client):
        recipients = client.allowed_recipients
        assert ((await recipients.view()).allowed_recipients, (await recipients.view()).enabled) == ((), False)
        await recipients.add(["jane@example.com", "example.org"])
        removed = await recipients.remove("example.org", enabled=True)
        assert (removed.allowed_recipients, removed.enabled) == (("jane@example.com",), True)
        updated = await recipients.update(["example.net"], False)
        assert (updated.allowed_recipients, updated.enabled) == (("example.net",), False)

    run(work)


def test_an_enabled_list_of_recipients_refuses_all_others_through_the_client(sandbox, run):
    async def work(client):
        await client.allowed_recipients.update(["jane@example.com", "example.org"], True)
        mail = {"subject": "c", "text_body": "d"}
        await client.email.send("a@example.com", ["Jane@Example.com", "joe@example.org"], **mail)
        with pytest.raises(SendRefusedError, match="not allowed"):
            await client.email.send("a@example.com", ["jane@example.com", "joe@example.com"], **mail)

    run(work)
    assert [email.recipients for email in sandbox.sent] == [("Jane@Example.com", "joe@example.org")]


@pytest.mark.parametrize(
    ("mode", "sender", "sent"),
    [
        ("whitelist", "shop@example.com", True),
        ("whitelist", "any@EXAMPLE.org", True),
        ("whitelist", "other@example.com", False),
        ("whitelist", "any@mail.example.org", False),
        ("blacklist", "shop@example.com", False),
        ("blacklist", "other@example.com", True),
        ("disabled", "other@example.com", True),
        ("disabled", "shop@example.com", True),
    ],
)
@pytest.mark.parametrize("path", ["/email/send", "/email/batch"])
def test_the_mode_decides_which_senders_are_refused(account, email, mode, sender, sent, path):
    account.call("/allowed_senders/update", {"allowed_senders": ["shop@example.com", "example.org"], "mode": mode})
    mail = email(sender=sender)
    account.call(path, {"emails": [mail]} if path == "/email/batch" else mail)
    assert len(account.sent) == sent
    event = account.call("/activity/search", {})["data"]["events"]
    # A send that is refused at once leaves no trace, a queued one does.
    assert bool(event) == (sent or path == "/email/batch")


def test_a_refused_sender_is_told_as_the_provider_tells_it(account, email):
    account.call("/allowed_senders/update", {"allowed_senders": [], "mode": "whitelist"})
    data = account.call("/email/send", email())["data"]
    assert (data["succeeded"], data["failed"], data["email_id"]) == (0, 1, "")
    assert data["failures"][0].endswith("- Code(550)")


def test_a_hidden_recipient_is_checked_as_well(account, email):
    account.call("/allowed_recipients/update", {"allowed_recipients": ["jane@example.org"], "enabled": True})
    assert account.call("/email/send", email())["data"]["succeeded"] == 1
    assert account.call("/email/send", email(bcc=["hidden@example.com"]))["data"]["failed"] == 1


def test_a_list_counts_when_a_scheduled_email_goes_out(account, clock, email):
    account.call("/email/send", email(schedule="2026-11-21 13:00:00"))
    account.call("/allowed_senders/update", {"allowed_senders": ["shop@example.com"], "mode": "blacklist"})
    clock.move(hours=2)
    assert account.sent == ()


def test_a_subaccount_has_lists_of_its_own(account, email):
    subaccount = account.call("/subaccount/add", {"fullname": "North"})["data"]["id"]
    for path, more in (("allowed_senders", {"mode": "whitelist"}), ("allowed_recipients", {"enabled": True})):
        account.call(f"/{path}/update", {path: ["example.net"], "subaccount_id": subaccount, **more})
        assert account.call(f"/{path}/view", {})["data"][path] == []
    key = account.key_of(account.call("/api_keys/add", {"subaccount_id": subaccount})["data"][0]["api_key"])
    assert account.call("/email/send", email())["data"]["succeeded"] == 1
    assert account.call("/email/send", email(), key=key)["data"]["succeeded"] == 0
    own = email(sender="a@example.net", to=["b@example.net"])
    assert account.call("/email/send", own, key=key)["data"]["succeeded"] == 1


BAD = [
    None,
    "example.com",
    [5],
    [""],
    ["a b@example.com"],
    ["@"],
    ["exam ple.com"],
    ["Shop <shop@example.com>"],
    [None],
]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("name", ["allowed_senders", "allowed_recipients"])
@pytest.mark.parametrize("call", ["add", "remove", "update"])
def test_what_is_neither_address_nor_domain_is_refused(account, refusal, name, call, value):
    more = {"mode": "whitelist", "enabled": True} if call == "update" else {}
    status, field = refusal(f"/{name}/{call}", **{name: value, **more})
    assert (status, field.partition("[")[0]) == (400, name)
    assert refusal(f"/{name}/{call}", **more) == (400, name)


def test_an_update_needs_the_mode_or_whether_the_list_is_enabled(refusal):
    assert refusal("/allowed_senders/update", allowed_senders=[]) == (400, "mode")
    assert refusal("/allowed_senders/update", allowed_senders=[], mode="greylist") == (400, "mode")
    assert refusal("/allowed_recipients/update", allowed_recipients=[]) == (400, "enabled")
    assert refusal("/allowed_recipients/update", allowed_recipients=[], enabled="yes") == (400, "enabled")
    assert refusal("/allowed_recipients/add", allowed_recipients=[], enabled=1) == (400, "enabled")
