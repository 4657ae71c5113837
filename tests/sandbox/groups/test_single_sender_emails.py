"""Single senders in the sandbox: added, agreed to by their owner, and then allowed to send."""

import pytest

from smtp2go_async.sandbox.account import Account


def senders(account, **fields):
    return account.call("/single_sender_emails/view", fields)["data"]["senders"]


def test_an_address_is_added_verified_and_removed_through_the_client(sandbox, run):
    async def work(client):
        single = client.single_sender_emails
        await single.add("Jane@example.com", message="Please agree")
        [seen] = (await single.view()).senders
        assert (seen.email_address, seen.verified) == ("jane@example.com", False)
        sandbox.verify_single_sender("JANE@example.com")
        [seen] = (await single.view(email_address="jane")).senders
        assert seen.verified is True
        assert (await single.view(email_address="joe")).senders == ()
        await single.remove("jane@example.com")
        assert (await single.view()).senders == ()

    run(work)


def test_the_replies_are_texts_and_the_id_of_a_view_is_inside_data(account):
    assert account.call("/single_sender_emails/add", {"email_address": "jane@example.com"})["data"] == "ok"
    assert account.call("/single_sender_emails/view", {}, request_id="id") == {
        "data": {"request_id": "id", "senders": [{"email_address": "jane@example.com", "verified": False}]}
    }
    assert account.call("/single_sender_emails/remove", {"email_address": "jane@example.com"})["data"] == "OK"


def test_an_address_sends_once_its_owner_has_agreed(clock, email):
    account = Account(clock=clock, require_verified_senders=True)
    account.call("/single_sender_emails/add", {"email_address": "shop@example.com"})
    assert account.call("/email/send", email())["data"]["succeeded"] == 0
    account.verify_single_sender("shop@example.com")
    assert account.call("/email/send", email())["data"]["succeeded"] == 1
    assert account.call("/email/send", email(sender="other@example.com"))["data"]["succeeded"] == 0


def test_an_address_can_be_added_again_until_its_owner_has_agreed(account, refusal):
    for _ in range(2):
        account.call("/single_sender_emails/add", {"email_address": "jane@example.com"})
    account.verify_single_sender("jane@example.com")
    assert "already" in refusal("/single_sender_emails/add", email_address="jane@example.com")[1]
    assert senders(account) == [{"email_address": "jane@example.com", "verified": True}]


@pytest.mark.parametrize("address", [None, "", "jane", "Jane <jane@example.com>", 5, "jane@example.com\nbcc:"])
@pytest.mark.parametrize("call", ["add", "remove"])
def test_what_is_no_address_is_refused(refusal, call, address):
    assert refusal(f"/single_sender_emails/{call}", email_address=address) == (400, "email_address")


def test_an_unknown_address_can_be_neither_removed_nor_verified(account, refusal):
    assert "No single sender" in refusal("/single_sender_emails/remove", email_address="jane@example.com")[1]
    with pytest.raises(ValueError, match=r"^address: must have been added"):
        account.verify_single_sender("jane@example.com")


def test_a_subaccount_has_addresses_of_its_own(account):
    subaccount = account.call("/subaccount/add", {"fullname": "North"})["data"]["id"]
    account.call("/single_sender_emails/add", {"email_address": "jane@example.com", "subaccount_id": subaccount})
    assert senders(account) == []
    assert len(senders(account, subaccount_id=subaccount)) == 1
