import datetime as dt

import pytest

on = pytest.mark.parametrize

SHOP = {
    "username": "shop@example.com",
    "email_password": "hunter2hunter2",
    "sending_allowed": True,
    "status": "allowed",
}


async def test_adding_sends_exactly_the_user(client, answers):
    bodies = answers("/users/smtp/add", {"results": [SHOP]})
    found = await client.smtp_users.add(
        "shop@example.com",
        email_password="hunter2hunter2",
        custom_ratelimit_period=dt.timedelta(days=1),
        status="allowed",
    )
    assert bodies == [
        {
            "username": "shop@example.com",
            "email_password": "hunter2hunter2",
            "custom_ratelimit_period": "1 day",
            "status": "allowed",
        }
    ]
    assert found.results[0].username == "shop@example.com"
    assert found.request_id == "request 1"


async def test_a_password_that_the_api_made_up_is_in_the_answer_and_not_in_its_repr(client, answers):
    bodies = answers("/users/smtp/add", {"results": [SHOP]})
    found = await client.smtp_users.add("shop@example.com")
    assert bodies == [{"username": "shop@example.com"}]
    assert found.results[0].email_password == "hunter2hunter2"
    assert "hunter2" not in repr(found)
    assert "email_password='***'" in repr(found)


async def test_setting_and_patching_differ_in_the_method_and_in_the_shape_of_the_answer(client, answers):
    replaced = answers("/users/smtp/edit", {"results": [SHOP]})
    patched = answers("/users/smtp/edit", [{"username": "shop@example.com", "ippool": 17}], method="PATCH")
    first = await client.smtp_users.edit("shop@example.com", status="sandbox", email_password="longer, and better")
    second = await client.smtp_users.patch("shop@example.com", ip_pool=17)
    assert replaced == [{"username": "shop@example.com", "status": "sandbox", "email_password": "longer, and better"}]
    assert patched == [{"username": "shop@example.com", "ip_pool": 17}]
    assert (first.results[0].ip_pool, second[0].ip_pool) == (None, 17)


async def test_removing_returns_the_removed_item(client, answers):
    bodies = answers("/users/smtp/remove", {"results": [SHOP]})
    found = await client.with_options(subaccount_id="k3s9ab").smtp_users.remove("shop@example.com")
    assert bodies == [{"username": "shop@example.com", "subaccount_id": "k3s9ab"}]
    assert found.results[0].sending_allowed is True


async def test_viewing_returns_the_users_and_the_default_limit(client, answers):
    limited = {**SHOP, "custom_ratelimit": True, "custom_ratelimit_value": "100", "comments": "Bought in May"}
    bodies = answers(
        "/users/smtp/view",
        {"results": [limited], "default_ratelimit_value": "250", "default_ratelimit_period": "1 hour"},
        {"results": []},
    )
    found = await client.smtp_users.view(username="shop@example.com")
    assert (await client.smtp_users.view(subaccount_id="k3s9ab")).results == ()
    assert bodies == [{"username": "shop@example.com"}, {"subaccount_id": "k3s9ab"}]
    assert (found.results[0].custom_ratelimit, found.results[0].custom_ratelimit_value) == (True, 100)
    assert found.results[0].comments == "Bought in May"
    assert (found.default_ratelimit_value, found.default_ratelimit_period.length) == (250, dt.timedelta(hours=1))


async def test_nulls_do_no_harm(client, answers):
    nothing = dict.fromkeys([*SHOP, "custom_ratelimit", "custom_ratelimit_value", "audit_email", "ippool"])
    answers("/users/smtp/view", {"results": [nothing]})
    (found,) = (await client.smtp_users.view()).results
    assert (found.username, found.email_password, found.custom_ratelimit, found.status) == ("", None, False, None)


@on("username", ["abcd", "x" * 101])
async def test_a_new_username_has_5_to_100_characters(username, client, nothing_sent):
    with pytest.raises(ValueError, match=f"username: must have 5 to 100 characters, not {len(username)}"):
        await client.smtp_users.add(username)


@on("username", ["abcde", "x" * 100])
async def test_usernames_of_5_and_100_characters_are_possible(username, client, answers):
    assert answers("/users/smtp/add", {"results": []}) == []
    assert (await client.smtp_users.add(username)).results == ()


async def test_an_existing_user_may_have_a_shorter_name(client, answers):
    bodies = answers("/users/smtp/remove", {"results": []})
    await client.smtp_users.remove("tv")
    assert bodies == [{"username": "tv"}]


@on("method", ["add", "edit", "patch", "remove"])
@on(
    ("bad", "error", "words"),
    [("", ValueError, "username: must not be empty"), (7, TypeError, "username: must be a str")],
)
async def test_a_username_is_needed(method, bad, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.smtp_users, method)(bad)


@on("method", ["add", "edit", "patch"])
@on(
    ("options", "error", "words"),
    [
        ({"email_password": ""}, ValueError, "email_password: must not be empty"),
        ({"email_password": 12345}, TypeError, "email_password: must be a str, not an int"),
        ({"custom_ratelimit_value": 1.5}, TypeError, "custom_ratelimit_value: must be an int"),
        ({"custom_ratelimit_period": dt.timedelta(0)}, ValueError, "custom_ratelimit_period"),
        ({"feedback_domain": "default"}, TypeError, r"{method}\(\) got an unexpected keyword argument"),
    ],
)
async def test_wrong_options_are_refused(method, options, error, words, client, nothing_sent):
    with pytest.raises(error, match=words.replace("{method}", method)):
        await getattr(client.smtp_users, method)("shop@example.com", **options)


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/users/smtp/view", {"results": [SHOP]})
    assert waiting.smtp_users.view().results[0].username == "shop@example.com"
    assert bodies == [{}]


# --- answers of another shape ------------------------------------------------------------------------------------

SHAPES = pytest.mark.parametrize(
    "data", [{"results": [SHOP]}, [SHOP], SHOP, [{"results": [SHOP]}], {"results": SHOP}, {"user": SHOP}]
)


@SHAPES
@pytest.mark.parametrize("method", ["add", "edit", "remove", "view"])
async def test_a_user_is_read_from_the_shape_that_the_other_calls_have(method, data, client, answers):
    answers(f"/users/smtp/{method}", data)
    found = await getattr(client.smtp_users, method)(**{} if method == "view" else {"username": "shop@example.com"})
    (user,) = found.results
    assert (user.username, user.sending_allowed) == ("shop@example.com", True)


@SHAPES
async def test_a_patched_user_is_read_from_the_shape_that_the_other_calls_have(data, client, answers):
    answers("/users/smtp/edit", data, method="PATCH")
    (user,) = await client.smtp_users.patch("shop@example.com")
    assert user.username == "shop@example.com"
