"""SMTP users in the sandbox."""

import pytest

PASSWORD = "n0t-A-real-0ne!"


def shown(account, **fields):
    return account.call("/users/smtp/view", fields)["data"]["results"]


def add(account, username="shop@example.com", **fields):
    [user] = account.call("/users/smtp/add", {"username": username, **fields})["data"]["results"]
    return user


def test_a_user_is_added_seen_changed_and_removed_through_the_client(run):
    async def work(client):
        users = client.smtp_users
        [added] = (await users.add("shop@example.com", email_password=PASSWORD, description="Shop")).results
        assert (added.username, added.email_password, added.sending_allowed) == ("shop@example.com", PASSWORD, True)
        [patched] = await users.patch("shop@example.com", status="blocked", custom_ratelimit=True)
        assert (patched.description, patched.status) == ("Shop", "blocked")
        [seen] = (await users.view(username="shop@example.com")).results
        assert (seen.description, seen.sending_allowed, seen.custom_ratelimit) == ("Shop", False, True)
        [replaced] = (await users.edit("shop@example.com", open_tracking_enabled=True)).results
        assert (replaced.description, replaced.status, replaced.open_tracking_enabled) == ("", "allowed", True)
        assert replaced.email_password == PASSWORD
        [removed] = (await users.remove("shop@example.com")).results
        assert removed.username == "shop@example.com"
        assert (await users.view()).results == ()

    run(work)


def test_a_reply_to_a_patch_is_a_bare_array_and_the_others_have_results(account):
    add(account)
    patched = account.call("/users/smtp/edit", {"username": "shop@example.com"}, method="PATCH")["data"]
    edited = account.call("/users/smtp/edit", {"username": "shop@example.com"})["data"]
    assert [item["username"] for item in patched] == ["shop@example.com"]
    assert [item["username"] for item in edited["results"]] == ["shop@example.com"]
    assert ("custom_rate_limit" in patched[0], "custom_ratelimit" in edited["results"][0]) == (True, True)


def test_a_password_that_is_left_out_is_made_up_and_strong(account):
    first, second = add(account), add(account, "other@example.com", email_password="")
    assert first["email_password"] != second["email_password"]
    assert len(first["email_password"]) == 16


@pytest.mark.parametrize(
    ("password", "strong"), [("a" * 13, False), ("a" * 14, True), ("Ab1!Ab1!A", False), ("Ab1!Ab1!Ab", True)]
)
def test_a_password_needs_64_bits(account, refusal, password, strong):
    if strong:
        assert add(account, email_password=password)["email_password"] == password
    else:
        assert refusal("/users/smtp/add", username="shop@example.com", email_password=password)[1] == "email_password"


@pytest.mark.parametrize("username", ["", "four", "x" * 101, "line\nbreak", 5, None, ["shop@example.com"]])
def test_a_bad_name_is_refused(account, refusal, username):
    assert refusal("/users/smtp/add", username=username) == (400, "username")
    assert shown(account) == []


@pytest.mark.parametrize("username", ["fives", "x" * 100])
def test_the_shortest_and_the_longest_name_are_taken(account, username):
    assert add(account, username)["username"] == username


def test_a_name_exists_once_whatever_its_case_and_in_all_subaccounts(account, refusal):
    add(account)
    subaccount = account.call("/subaccount/add", {"fullname": "North"})["data"]["id"]
    for more in ({}, {"subaccount_id": subaccount}):
        assert "exists already" in refusal("/users/smtp/add", username="Shop@Example.com", **more)[1]
    assert len(shown(account)) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/users/smtp/edit"), ("PATCH", "/users/smtp/edit"), ("POST", "/users/smtp/remove")]
)
def test_an_unknown_user_cannot_be_changed(refusal, method, path):
    assert "No SMTP user was found" in refusal(path, method=method, username="nobody@example.com")[1]
    assert refusal(path, method=method) == (400, "username")


def test_a_bad_setting_changes_nothing(account, refusal):
    add(account, description="Shop")
    before = shown(account)
    for method in ("POST", "PATCH"):
        assert refusal("/users/smtp/edit", method=method, username="shop@example.com", status="asleep")[1] == "status"
    assert shown(account) == before


def test_a_subaccount_has_users_of_its_own(account):
    subaccount = account.call("/subaccount/add", {"fullname": "North"})["data"]["id"]
    add(account)
    add(account, "north@example.com", subaccount_id=subaccount)
    assert [user["username"] for user in shown(account)] == ["shop@example.com"]
    assert [user["username"] for user in shown(account, subaccount_id=subaccount)] == ["north@example.com"]


def test_clear_forgets_all_users(account):
    add(account)
    account.clear()
    assert shown(account) == []
