import pytest

from smtp2go_async.endpoints.domains import DnsRecord, DomainDetails, SenderDomain, Tracker

on = pytest.mark.parametrize

VERIFIED = {
    "fulldomain": "mail.example.com",
    "subdomain": "mail",
    "domain": "example",
    "suffix": "com",
    "dkim_selector": "s482913",
    "dkim_verified": True,
    "dkim_value": "dkim.smtp2go.net",
    "rpath_selector": "em482913",
    "rpath_verified": True,
    "rpath_value": "return.smtp2go.net",
}
TRACKER = {"fulldomain": "link.mail.example.com", "cname_verified": False, "cname_value": "track.smtp2go.net"}
LIST = {"domains": [{"domain": VERIFIED, "trackers": [TRACKER]}]}


async def test_adding_sends_exactly_the_domain(client, answers):
    bodies = answers("/domain/add", LIST)
    found = await client.domains.add(
        "mail.example.com",
        tracking_subdomain="link",
        returnpath_subdomain="return",
        auto_verify=False,
        requisition_ssl=True,
        subaccount_access={"subaccounts": ("k3s9ab",), "future_subaccounts": False},
    )
    assert bodies == [
        {
            "domain": "mail.example.com",
            "tracking_subdomain": "link",
            "returnpath_subdomain": "return",
            "auto_verify": False,
            "requisition_ssl": True,
            "subaccount_access": {"subaccounts": ["k3s9ab"], "future_subaccounts": False},
        }
    ]
    assert found.domains[0].domain.fulldomain == "mail.example.com"
    assert found.request_id == "request 1"


async def test_arguments_that_are_left_out_are_not_sent(client, answers):
    bodies = answers("/domain/add", LIST, LIST)
    await client.domains.add("example.com")
    await client.domains.add("example.com", subaccount_access={})
    assert bodies == [{"domain": "example.com"}, {"domain": "example.com", "subaccount_access": {}}]


async def test_removing_verifying_and_viewing_send_their_fields(client, answers):
    removed = answers("/domain/remove", {"domains": []})
    verified = answers("/domain/verify", LIST)
    viewed = answers("/domain/view", LIST, LIST)
    assert (await client.domains.remove("example.com", subaccount_id="k3s9ab")).domains == ()
    await client.domains.verify("example.com", requisition_ssl=False)
    await client.domains.view(domain="example.com")
    await client.with_options(subaccount_id="k3s9ab").domains.view()
    assert removed == [{"domain": "example.com", "subaccount_id": "k3s9ab"}]
    assert verified == [{"domain": "example.com", "requisition_ssl": False}]
    assert viewed == [{"domain": "example.com"}, {"subaccount_id": "k3s9ab"}]


@on("method", ["returnpath", "tracking"])
async def test_changing_a_subdomain_sends_the_old_and_the_new(method, client, answers):
    bodies = answers(f"/domain/{method}", LIST)
    await getattr(client.domains, method)("example.com", "old", "new")
    assert bodies == [{"domain": "example.com", "old_subdomain": "old", "new_subdomain": "new"}]


async def test_the_list_of_subaccounts_with_access_may_be_empty(client, answers):
    none = {"domain": "example.com", "subaccounts": [], "future_subaccounts": False}
    bodies = answers("/domain/subaccount_access", none)
    found = await client.with_options(subaccount_id="k3s9ab").domains.subaccount_access("example.com", [])
    assert bodies == [{"domain": "example.com", "subaccounts": []}], "this call takes no subaccount of its own"
    assert (found.domain, found.subaccounts, found.future_subaccounts) == ("example.com", (), False)


async def test_the_records_to_publish_are_listed(client, answers):
    answers("/domain/view", LIST)
    (found,) = (await client.domains.view()).domains
    assert found.dns_records == (
        DnsRecord("CNAME", "s482913._domainkey.mail.example.com", "dkim.smtp2go.net", verified=True),
        DnsRecord("CNAME", "em482913.mail.example.com", "return.smtp2go.net", verified=True),
        DnsRecord("CNAME", "link.mail.example.com", "track.smtp2go.net", verified=False),
    )


async def test_records_that_are_not_found_yet_point_to_the_expected_name(client, answers):
    new = {
        **VERIFIED,
        "dkim_verified": False,
        "dkim_value": "",
        "dkim_expected": "dkim.smtp2go.net",
        "rpath_verified": False,
        "rpath_value": "elsewhere.example.net",
        "rpath_expected": "return.smtp2go.net",
    }
    tracker = {**TRACKER, "cname_value": "", "cname_expected": "track.smtp2go.net", "enabled": False}
    answers("/domain/add", {"domains": [{"domain": new, "trackers": [tracker]}]})
    (found,) = (await client.domains.add("mail.example.com")).domains
    assert [(one.value, one.verified) for one in found.dns_records] == [
        ("dkim.smtp2go.net", False),
        ("return.smtp2go.net", False),
        ("track.smtp2go.net", False),
    ]


def test_a_record_whose_value_is_not_in_the_answer_is_listed_without_one():
    domain = SenderDomain(domain=DomainDetails(fulldomain="example.com", dkim_selector="s1"))
    assert domain.dns_records == (DnsRecord("CNAME", "s1._domainkey.example.com", "", verified=None),)


def test_without_a_name_there_is_no_record():
    assert SenderDomain(trackers=(Tracker(cname_value="track.smtp2go.net"),)).dns_records == ()


async def test_nulls_do_no_harm(client, answers):
    nothing = dict.fromkeys([*VERIFIED, "setup_link"])
    answers("/domain/view", {"domains": [{"domain": nothing, "trackers": None, "subaccount_access": None}]})
    (found,) = (await client.domains.view()).domains
    assert found == SenderDomain()


async def test_a_domain_without_details_is_still_listed(client, answers):
    answers("/domain/view", {"domains": [{"domain": None, "from_master": True}, {}]})
    first, second = (await client.domains.view()).domains
    assert (first.domain, first.from_master) == (DomainDetails(), True)
    assert second.dns_records == ()


def test_the_link_that_changes_the_dns_is_not_shown():
    shown = repr(DomainDetails(fulldomain="example.com", setup_link="https://app.example.com/setup/t0ken?key=t0ken"))
    assert "t0ken" not in shown
    assert "setup_link='https://app.example.com/***'" in shown


@on("method", ["add", "remove", "verify"])
@on(
    ("bad", "error", "words"),
    [("", ValueError, "domain: must not be empty"), (None, TypeError, "domain: must be a str")],
)
async def test_a_domain_is_needed(method, bad, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.domains, method)(bad)


@on("method", ["returnpath", "tracking"])
@on(
    ("arguments", "name"),
    [(("", "a", "b"), "domain"), (("c", " ", "b"), "old_subdomain"), (("c", "a", ""), "new_subdomain")],
)
async def test_all_three_names_are_needed(method, arguments, name, client, nothing_sent):
    with pytest.raises(ValueError, match=f"^{name}: must not be empty"):
        await getattr(client.domains, method)(*arguments)


@on("name", ["tracking_subdomain", "returnpath_subdomain"])
async def test_an_empty_subdomain_is_refused(name, client, nothing_sent):
    with pytest.raises(ValueError, match=f"{name}: must not be empty"):
        await client.domains.add("example.com", **{name: ""})


@on(
    ("access", "error", "words"),
    [
        (["k3s9ab"], TypeError, "subaccount_access: must be a mapping, not a list"),
        ({"subaccount": ["k3s9ab"]}, TypeError, "subaccount_access: .* not 'subaccount'"),
        ({"subaccounts": [""]}, ValueError, r"subaccount_access.subaccounts\[0\]: must not be empty"),
        ({"future_subaccounts": "no"}, TypeError, "subaccount_access.future_subaccounts: must be a bool"),
    ],
)
async def test_wrong_access_is_refused(access, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.domains.add("example.com", subaccount_access=access)


@on(
    ("subaccounts", "error", "words"),
    [
        (None, TypeError, "subaccounts: must be a list"),
        ([7], TypeError, r"subaccounts\[0\]: must be a str"),
        (["a", ""], ValueError, r"subaccounts\[1\]: must not be empty"),
    ],
)
async def test_ids_of_subaccounts_are_checked(subaccounts, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.domains.subaccount_access("example.com", subaccounts)


def test_the_synchronous_client_does_the_same(waiting, answers):
    bodies = answers("/domain/verify", LIST)
    assert waiting.domains.verify("mail.example.com").domains[0].dns_records[2].verified is False
    assert bodies == [{"domain": "mail.example.com"}]
