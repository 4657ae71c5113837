"""Sender domains in the sandbox: what they need in the DNS, when they are verified, and who may send from them."""

import pytest

from smtp2go_async import SyncClient
from smtp2go_async.errors import ApiError, SendRefusedError
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.dns import CnameRecord, DnsZone, parts_of


@pytest.fixture
def strict(clock):
    """Return an account that lets verified senders send, and no others."""
    return Account(clock=clock, require_verified_senders=True)


def sends(account, email, sender, key=None):
    return account.call("/email/send", email(sender=sender), key=key)["data"]["succeeded"] == 1


def domain_of(account, path="/domain/view", **fields):
    [item] = account.call(path, fields)["data"]["domains"]
    return item


def add_subaccount(account, name="North"):
    return account.call("/subaccount/add", {"fullname": name})["data"]["id"]


def key_for(account, subaccount):
    return account.key_of(account.call("/api_keys/add", {"subaccount_id": subaccount})["data"][0]["api_key"])


def test_a_domain_is_added_verified_changed_and_removed_through_the_client(sandbox, run):
    async def work(client):
        [added] = (await client.domains.add("Mail.Example.co.uk")).domains
        assert (added.domain.fulldomain, added.domain.subdomain) == ("mail.example.co.uk", "mail")
        assert (added.domain.dkim_verified, added.domain.rpath_verified) == (False, False)
        published = sandbox.publish_dns("mail.example.co.uk")
        wanted = [(record.host, record.value) for record in added.dns_records]
        assert wanted == [(record.name, record.target) for record in published]
        [verified] = (await client.domains.verify("mail.example.co.uk")).domains
        assert (verified.domain.dkim_verified, verified.domain.rpath_verified) == (True, True)
        assert (verified.domain.dkim_value, verified.trackers[0].enabled) == ("dkim.smtp2go.net", True)
        [changed] = (await client.domains.tracking("mail.example.co.uk", "link", "click")).domains
        assert (changed.trackers[0].fulldomain, changed.trackers[0].enabled) == ("click.mail.example.co.uk", False)
        assert "click.mail.example.co.uk" in changed.trackers[0].cname_status
        selector = changed.domain.rpath_selector
        [changed] = (await client.domains.returnpath("mail.example.co.uk", selector, "back")).domains
        assert (changed.domain.rpath_selector, changed.domain.rpath_verified) == ("back", False)
        [seen] = (await client.domains.view()).domains
        assert (seen.domain.dkim_verified, seen.domain.rpath_verified) == (True, False)
        assert (await client.domains.remove("mail.example.co.uk")).domains == ()
        assert (await client.domains.view()).domains == ()

    run(work)


def test_nothing_is_sent_from_a_domain_before_it_is_verified_when_that_is_required():
    mail = {"subject": "c", "text_body": "d"}
    with Sandbox(require_verified_senders=True) as sandbox:
        with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            client.domains.add("example.com")
            sandbox.publish_dns("example.com")
            with pytest.raises(SendRefusedError, match="not verified"):
                client.email.send("shop@example.com", "b@example.com", **mail)
            client.domains.verify("example.com")
            client.email.send("shop@example.com", "b@example.com", **mail)
        assert len(sandbox.sent) == 1


def test_a_domain_verifies_itself_within_seven_minutes(strict, clock, email):
    strict.call("/domain/add", {"domain": "example.com"})
    strict.publish_dns("example.com")
    clock.move(minutes=6)
    assert not sends(strict, email, "shop@example.com")
    clock.move(minutes=1)
    assert sends(strict, email, "shop@EXAMPLE.com")
    assert not sends(strict, email, "shop@mail.example.com")


def test_a_domain_whose_records_are_there_already_is_verified_when_it_is_added(account):
    account.call("/domain/add", {"domain": "example.com"})
    account.publish_dns("example.com")
    account.call("/domain/remove", {"domain": "example.com"})
    later = domain_of(account, "/domain/add", domain="example.com", auto_verify=False)
    assert later["domain"]["dkim_verified"] is False
    account.call("/domain/remove", {"domain": "example.com"})
    assert domain_of(account, "/domain/add", domain="example.com")["domain"]["dkim_verified"] is True


def test_an_edited_record_must_be_published_again(account):
    account.call("/domain/add", {"domain": "example.com", "returnpath_subdomain": "back"})
    account.publish_dns("EXAMPLE.com")
    body = {"domain": "example.com", "old_subdomain": "back", "new_subdomain": "return"}
    assert domain_of(account, "/domain/returnpath", **body)["domain"]["rpath_verified"] is False
    records = account.publish_dns("example.com")
    assert [record.name for record in records][1:] == ["return.example.com", "link.example.com"]
    assert domain_of(account, "/domain/verify", domain="example.com")["domain"]["rpath_verified"] is True


def test_a_domain_with_one_record_of_two_does_not_send(strict, email):
    strict.call("/domain/add", {"domain": "example.com", "returnpath_subdomain": "back"})
    strict.publish_dns("example.com")
    strict.call("/domain/verify", {"domain": "example.com"})
    assert sends(strict, email, "shop@example.com")
    body = {"domain": "example.com", "old_subdomain": "back", "new_subdomain": "return"}
    strict.call("/domain/returnpath", body)
    assert not sends(strict, email, "shop@example.com")
    strict.publish_dns("example.com")
    strict.call("/domain/verify", {"domain": "example.com"})
    body = {"domain": "example.com", "old_subdomain": "link", "new_subdomain": "click"}
    strict.call("/domain/tracking", body)
    assert sends(strict, email, "shop@example.com")


def test_a_record_that_points_elsewhere_is_told_as_it_was_found():
    zone = DnsZone()
    record = CnameRecord("link.example.com", "track.smtp2go.net")
    assert zone.status_of(record) == "Lookup CNAME(link.example.com.) returned no results"
    zone.publish(CnameRecord("link.example.com", "elsewhere.example"))
    assert "returned elsewhere.example., not track.smtp2go.net." in zone.status_of(record)
    zone.publish(record)
    assert zone.status_of(record) == ""


def test_records_can_only_be_published_for_a_domain_that_was_added(sandbox):
    with pytest.raises(ValueError, match=r"^domain: must have been added"):
        sandbox.publish_dns("example.com")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("example.com", (None, "example", "com")),
        ("mail.example.com", ("mail", "example", "com")),
        ("a.b.example.com", ("a.b", "example", "com")),
        ("example.co.uk", (None, "example", "co.uk")),
        ("mail.example.com.au", ("mail", "example", "com.au")),
        ("co.uk", (None, "co", "uk")),
    ],
)
def test_a_name_is_taken_apart(name, parts):
    found = parts_of(name)
    assert (found.subdomain, found.domain, found.suffix) == parts


def test_a_domain_exists_once_in_an_account(account, refusal):
    account.call("/domain/add", {"domain": "example.com"})
    assert "already" in refusal("/domain/add", domain="EXAMPLE.com")[1]
    assert len(account.call("/domain/view", {})["data"]["domains"]) == 1
    assert account.call("/domain/view", {"domain": "other.example"})["data"] == {"domains": []}


@pytest.mark.parametrize("path", ["add", "remove", "verify", "returnpath", "tracking", "subaccount_access"])
@pytest.mark.parametrize("domain", [None, "", "com", "exam ple.com", "shop@example.com", 5, "-a.example", "a..example"])
def test_what_is_no_domain_is_refused(refusal, path, domain):
    assert refusal(f"/domain/{path}", domain=domain) == (400, "domain")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("remove", {}),
        ("verify", {}),
        ("returnpath", {"old_subdomain": "a", "new_subdomain": "b"}),
        ("tracking", {"old_subdomain": "a", "new_subdomain": "b"}),
        ("subaccount_access", {"subaccounts": []}),
    ],
)
def test_an_unknown_domain_cannot_be_changed(refusal, path, more):
    assert "No sender domain was found" in refusal(f"/domain/{path}", domain="example.com", **more)[1]


def test_a_subdomain_is_changed_only_by_one_that_knows_the_old_one(account, refusal):
    account.call("/domain/add", {"domain": "example.com"})
    for path in ("tracking", "returnpath"):
        body = {"domain": "example.com", "old_subdomain": "other", "new_subdomain": "new"}
        assert "old_subdomain" in refusal(f"/domain/{path}", **body)[1]
        assert refusal(f"/domain/{path}", **{**body, "new_subdomain": "-"}) == (400, "new_subdomain")
        assert refusal(f"/domain/{path}", **{**body, "old_subdomain": ""}) == (400, "old_subdomain")
        del body["new_subdomain"]
        assert refusal(f"/domain/{path}", **{**body, "old_subdomain": "link"}) == (400, "new_subdomain")


def test_a_subaccount_sends_from_a_domain_that_the_master_account_shares(strict, email, refusal):
    shared, other = add_subaccount(strict), add_subaccount(strict, "South")
    strict.call("/domain/add", {"domain": "example.com"})
    strict.publish_dns("example.com")
    strict.call("/domain/verify", {"domain": "example.com"})
    keys = {name: key_for(strict, name) for name in (shared, other)}
    assert not sends(strict, email, "shop@example.com", keys[shared])
    data = strict.call("/domain/subaccount_access", {"domain": "example.com", "subaccounts": [shared]})["data"]
    assert data == {"domain": "example.com", "subaccounts": [shared], "future_subaccounts": False}
    assert sends(strict, email, "shop@example.com", keys[shared])
    assert not sends(strict, email, "shop@example.com", keys[other])
    assert domain_of(strict, subaccount_id=shared)["from_master"] is True
    assert strict.call("/domain/view", {"subaccount_id": other})["data"]["domains"] == []


def test_future_subaccounts_get_access_to_a_domain_that_says_so(account):
    access = {"subaccounts": [], "future_subaccounts": True}
    account.call("/domain/add", {"domain": "example.com", "subaccount_access": access})
    account.call("/domain/add", {"domain": "example.org"})
    north = add_subaccount(account)
    seen = account.call("/domain/view", {"subaccount_id": north})["data"]["domains"]
    assert [item["domain"]["fulldomain"] for item in seen] == ["example.com"]
    assert domain_of(account, domain="example.com")["subaccount_access"]["subaccounts"] == [north]


def test_access_for_an_unknown_subaccount_is_refused(account, refusal):
    account.call("/domain/add", {"domain": "example.com"})
    assert "No subaccount" in refusal("/domain/subaccount_access", domain="example.com", subaccounts=["nobody"])[1]
    assert refusal("/domain/subaccount_access", domain="example.com") == (400, "subaccounts")
    bad = {"subaccounts": "all"}
    assert refusal("/domain/add", domain="example.org", subaccount_access=bad) == (400, "subaccount_access.subaccounts")


def test_a_list_of_allowed_senders_switches_the_verification_off(strict, email):
    assert not sends(strict, email, "shop@example.com")
    strict.call("/allowed_senders/update", {"allowed_senders": ["example.com"], "mode": "whitelist"})
    assert sends(strict, email, "shop@example.com")


def test_senders_are_not_verified_unless_that_is_required(account, email):
    assert sends(account, email, "shop@example.com")


def test_clear_forgets_domains_and_their_records(account):
    account.call("/domain/add", {"domain": "example.com"})
    account.publish_dns("example.com")
    account.clear()
    assert domain_of(account, "/domain/add", domain="example.com")["domain"]["dkim_verified"] is False


def test_the_client_says_why_a_domain_is_refused(run):
    async def work(client):
        await client.domains.add("example.com")
        with pytest.raises(ApiError, match="added already"):
            await client.domains.add("example.com")

    run(work)
