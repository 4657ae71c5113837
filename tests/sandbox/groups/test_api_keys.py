"""API keys in the sandbox: what they are, what they may do, and how the calls about them answer."""

from datetime import timedelta

import pytest

from smtp2go_async.errors import ApiError, AuthenticationError, RateLimitError
from smtp2go_async.sandbox.rules import RequestError, masked_key


def added(account, **fields):
    [key] = account.call("/api_keys/add", fields)["data"]
    return key


def seen(account, **fields):
    return account.call("/api_keys/view", fields)["data"]


def test_a_key_is_added_seen_changed_and_removed_through_the_client(sandbox, run):
    async def work(client):
        [key] = await client.api_keys.add(description="Shop", endpoints=["/email/*"], status="allowed")
        assert (key.api_key[:4], len(key.api_key)) == ("api-", 36)
        assert key.endpoints == ("/email/*",)
        [shown] = await client.api_keys.view(id=key.api_key)
        assert (shown.api_key, shown.description) == (masked_key(key.api_key), "Shop")
        [patched] = await client.api_keys.patch(key.api_key, status="sandbox")
        assert (patched.description, patched.status, patched.endpoints) == ("Shop", "sandbox", ("/email/*",))
        [replaced] = await client.api_keys.edit(key.api_key, feedback_text="Stop")
        assert (replaced.description, replaced.status, replaced.endpoints) == ("", "allowed", ("/email/send",))
        assert replaced.feedback_text == "Stop"
        await client.api_keys.remove(key.api_key)
        assert [left.api_key for left in await client.api_keys.view()] == [masked_key(sandbox.api_key)]

    run(work)


def test_only_five_keys_a_minute_are_added(run):
    async def add(client):
        # A client counts its own calls, and this many leave at once.
        return [(await client.api_keys.add())[0].api_key for _ in range(2)]

    assert len({*run(add), *run(add)}) == 4
    with pytest.raises(RateLimitError) as caught:
        run(add)
    assert caught.value.status == 429


def test_the_limit_of_added_keys_ends_after_a_minute(account, clock, refusal):
    for _ in range(5):
        added(account)
    assert refusal("/api_keys/add")[0] == 429
    clock.move(seconds=60)
    assert added(account)


def test_a_key_makes_only_the_calls_that_it_has_and_can_always_ask_which(account, email, refusal):
    key = account.key_of(added(account)["api_key"])
    assert account.call("/email/send", email(), key=key)["data"]["succeeded"] == 1
    assert account.call("/api_keys/permissions", {}, key=key)["data"] == ["/email/send"]
    with pytest.raises(RequestError) as caught:
        account.call("/email/batch", {"emails": [email()]}, key=key)
    assert caught.value.data["error_code"] == "E_ApiResponseCodes.ENDPOINT_PERMISSION_DENIED"
    assert len(account.sent) == 1


@pytest.mark.parametrize(
    ("endpoints", "path", "allowed"),
    [
        (["*"], "/domain/view", True),
        (["/email/*"], "/email/scheduled/search", True),
        (["/email/*"], "/emails", False),
        (["/email/send"], "/email/send", True),
        (["/sms/*", "/webhook/view"], "/webhook/view", True),
        (["/sms/*", "/webhook/view"], "/webhook/add", False),
        (["/email/send"], "/email/send/more", False),
        (["/*/view"], "/domain/view", True),
        (["/*/view"], "/domain/add", False),
        ([], "/email/send", False),
    ],
)
def test_the_endpoints_of_a_key_can_be_patterns(account, endpoints, path, allowed):
    key = account.key_of(added(account, endpoints=endpoints)["api_key"])
    assert key.may_call(path) == allowed


def test_a_key_gives_another_key_only_calls_that_it_has_itself(account, clock, refusal):
    key = account.key_of(added(account, endpoints=["/api_keys/*", "/email/send"])["api_key"])
    for wanted in ("/sms/send", "*", "/email/*", "/*"):
        assert "subset" in refusal("/api_keys/add", key=key, endpoints=[wanted])[1]
    clock.move(minutes=1)
    [other] = account.call("/api_keys/add", {"endpoints": ["/api_keys/view"]}, key=key)["data"]
    assert other["endpoints"] == ["/api_keys/view"]


def test_a_key_can_keep_calls_that_the_editing_key_does_not_have(account, refusal):
    wide = added(account, endpoints=["/sms/send"])["api_key"]
    editor = account.key_of(added(account, endpoints=["/api_keys/*"])["api_key"])
    body = {"id": wide, "endpoints": ["/sms/send", "/api_keys/view"]}
    [edited] = account.call("/api_keys/edit", body, method="PATCH", key=editor)["data"]
    assert edited["endpoints"] == ["/sms/send", "/api_keys/view"]
    assert "subset" in refusal("/api_keys/edit", key=editor, id=wide, endpoints=["/sms/summary"])[1]


def test_only_the_reply_to_an_added_key_has_the_whole_key(account):
    key = added(account, description="Shop")["api_key"]
    for shown in (
        seen(account, id=key),
        account.call("/api_keys/edit", {"id": key})["data"],
        account.call("/api_keys/edit", {"id": key}, method="PATCH")["data"],
    ):
        assert [item["api_key"] for item in shown] == [f"{key[:16]}{'*' * 20}"]
    assert key not in repr(account.key_of(key))


def test_keys_are_found_by_a_word_of_their_description_or_their_short_form(account):
    shop = added(account, description="Web Shop")
    added(account, description="Newsletter")
    assert [key["description"] for key in seen(account, search="web shop")] == ["Web Shop"]
    assert [key["description"] for key in seen(account, search=shop["username"])] == ["Web Shop"]
    assert seen(account, search="nothing like this") == []
    assert len(seen(account)) == 3


@pytest.mark.parametrize("form", ["api_key", "username", "masked"])
def test_a_key_is_named_by_itself_or_as_replies_show_it(account, form):
    key = added(account)
    key["masked"] = masked_key(key["api_key"])
    account.call("/api_keys/remove", {"id": key[form]})
    assert len(seen(account)) == 1


def test_a_removed_key_is_a_wrong_key(sandbox, run):
    async def add_and_remove(client):
        [key] = await client.api_keys.add()
        await client.api_keys.remove(key.api_key)
        return key.api_key

    key = run(add_and_remove)
    with pytest.raises(AuthenticationError):
        run(lambda client: client.api_keys.permissions(), key=key)


def test_the_key_of_the_sandbox_itself_cannot_be_removed(account, refusal):
    status, error = refusal("/api_keys/remove", id=account.api_key)
    assert (status, "cannot be removed" in error) == (400, True)
    assert account.key_of(account.api_key)


def test_clear_removes_added_keys_and_resets_the_first(account):
    key = added(account)["api_key"]
    account.call("/api_keys/edit", {"id": account.api_key, "status": "blocked"})
    account.clear()
    with pytest.raises(RequestError):
        account.key_of(key)
    [first] = seen(account)
    assert (first["status"], first["endpoints"]) == ("allowed", ["*"])


def test_a_blocked_key_sends_nothing_and_may_still_ask(account, email, refusal):
    key = account.key_of(added(account, endpoints=["*"], status="blocked")["api_key"])
    for path, body in (("/email/send", email()), ("/sms/send", {"destination": ["+12025550123"], "content": "Hi"})):
        assert "not allowed" in refusal(path, key=key, **body)[1]
    assert account.call("/email/scheduled/search", {}, key=key)["data"] == []
    assert (account.sent, account.sms) == ((), ())


def test_an_email_of_a_sandboxed_key_is_answered_as_sent_and_shown_as_rejected(account, email):
    key = account.key_of(added(account, status="sandbox")["api_key"])
    data = account.call("/email/send", email(), key=key)["data"]
    assert (data["succeeded"], data["failed"], bool(data["email_id"])) == (1, 0, True)
    assert account.sent == ()
    [event] = account.call("/activity/search", {})["data"]["events"]
    assert (event["event"], event["email_id"]) == ("rejected", data["email_id"])


def test_a_scheduled_email_of_a_sandboxed_key_is_rejected_when_its_time_comes(account, clock, email):
    key = account.key_of(added(account, status="sandbox")["api_key"])
    account.call("/email/send", email(schedule="2026-11-21 13:00:00"), key=key)
    clock.move(hours=2)
    assert (account.sent, account.scheduled) == ((), ())
    [event] = account.call("/activity/search", {})["data"]["events"]
    assert event["event"] == "rejected"


def test_an_email_says_which_key_sent_it(account, email):
    key = account.key_of(added(account)["api_key"])
    account.call("/email/send", email(), key=key)
    account.call("/email/send", email())
    assert [sent.username for sent in account.sent] == [key.username, account.username]


def test_the_limit_of_a_key_is_kept_only_where_it_is_switched_on(account):
    limit = {"custom_ratelimit_value": 5, "custom_ratelimit_period": "1 hour"}
    off, on = added(account, **limit), added(account, custom_ratelimit=True, **limit)
    assert ("custom_ratelimit_value" in off, off["custom_ratelimit_period"]) == (False, "0:00:00")
    assert (on["custom_ratelimit_value"], on["custom_ratelimit_period"]) == (5, "1 hour")


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        (timedelta(minutes=30), "0:30:00"),
        (timedelta(days=2, hours=3), "2 days 3:00:00"),
        ("4 months 5:00:00", "4 months 5:00:00"),
        ("1 week", "1 week"),
    ],
)
def test_each_form_of_a_period_is_taken_from_the_client(run, period, shown):
    async def work(client):
        limit = {"custom_ratelimit": True, "custom_ratelimit_value": 5}
        added = await client.api_keys.add(**limit, custom_ratelimit_period=period)
        assert added.raw["data"][0]["custom_ratelimit_period"] == shown

    run(work)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", 5),
        ("custom_ratelimit", "yes"),
        ("custom_ratelimit_value", 0),
        ("custom_ratelimit_value", 2**31),
        ("custom_ratelimit_period", "soon"),
        ("custom_ratelimit_period", "1 hour\n"),
        ("ip_pool", 99),
        ("audit_email", "nobody"),
        ("bounce_notifications", "sometimes"),
        ("status", "asleep"),
        ("status", None),
        ("endpoints", "*"),
        ("endpoints", ["email/send"]),
        ("endpoints", [1]),
    ],
)
@pytest.mark.parametrize("path", ["/api_keys/add", "/api_keys/edit"])
def test_a_bad_setting_is_refused_by_its_name_and_changes_nothing(account, refusal, field, value, path):
    before = seen(account)
    status, name = refusal(path, **{"id": account.api_key, field: value})
    assert (status, name.partition("[")[0]) == (400, field)
    assert seen(account) == before


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_unknown_key_cannot_be_changed(refusal, method):
    assert "No API key was found" in refusal("/api_keys/edit", method=method, id=f"api-{'0' * 32}")[1]
    assert refusal("/api_keys/edit", method=method) == (400, "id")


def test_the_client_says_that_a_key_may_not_make_a_call(sandbox, run):
    async def add(client):
        return (await client.api_keys.add())[0].api_key

    with pytest.raises(ApiError, match="permission"):
        run(lambda client: client.domains.view(), key=run(add))
