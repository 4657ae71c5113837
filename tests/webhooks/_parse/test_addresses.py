import pytest
from webhooks.payloads import FORM, parsed

from smtp2go_async.webhooks._parse.values import to_addresses
from smtp2go_async.webhooks.parse import parse


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@x.example", ("a@x.example",)),
        (" a@x.example\n", ("a@x.example",)),
        ("a@x.example,b@x.example", ("a@x.example", "b@x.example")),
        ("a@x.example ; b@x.example;", ("a@x.example", "b@x.example")),
        (",;a@x.example,,", ("a@x.example",)),
        ("a@x.example, a@x.example", ("a@x.example",)),
        ("A@x.example,a@x.example", ("A@x.example", "a@x.example")),
        ('"Doe, Jane" <j@x.example>, b@x.example', ('"Doe, Jane" <j@x.example>', "b@x.example")),
        ('"a;b"@x.example', ('"a;b"@x.example',)),
        (r'"say \"hi, all\"" <j@x.example>,b@x.example', (r'"say \"hi, all\"" <j@x.example>', "b@x.example")),
        ("a@x\\,b@x.example", ("a@x\\", "b@x.example")),
        ('a"@x.example,b@x.example', ('a"@x.example', "b@x.example")),
        ("Doe, Jane <j@x.example>", ("Doe, Jane <j@x.example>",)),
        ("+64210000001,+64210000002", ("+64210000001", "+64210000002")),
        ('["a@x.example", "b@x.example"]', ("a@x.example", "b@x.example")),
        ("['a@x.example', 'b@x.example']", ("a@x.example", "b@x.example")),
        ("[a@x.example", ("[a@x.example",)),
        ("[" * 100_000, ("[" * 100_000,)),
        (["a@x.example", " b@x.example ", "a@x.example"], ("a@x.example", "b@x.example")),
        (["a@x.example,b@x.example"], ("a@x.example", "b@x.example")),
        (["a@x.example", None, {}, [], True, "", 64210000001], ("a@x.example", "64210000001")),
        (64210000001, ("64210000001",)),
        ([], ()),
        ("", ()),
        (" , ;", ()),
        ("[]", ()),
        (None, ()),
        (True, ()),
        ({"email": "a@x.example"}, ()),
    ],
)
def test_addresses_are_found_in_lists_and_texts(value: object, expected: tuple[str, ...]) -> None:
    assert to_addresses(value) == expected


@pytest.mark.parametrize(
    "form",
    [
        b"recipients=a%40x.example&recipients=b%40x.example",
        b"recipients=a@x.example%2Cb@x.example",
        b"recipients=a@x.example;+b@x.example",
        b"recipients[]=a@x.example&recipients[]=b@x.example",
        b"recipients%5B%5D=a@x.example&recipients%5B%5D=b@x.example",
        b"recipients[0]=a@x.example&recipients[1]=b@x.example",
        b"recipients=%5B%22a@x.example%22%2C%22b@x.example%22%5D",
        b"rcpt=a@x.example&rcpt=b@x.example",
        b"recipient=a@x.example,b@x.example",
    ],
)
def test_every_way_to_write_several_recipients_in_a_form_is_read(form: bytes) -> None:
    event = parse(b"event=processed&" + form, FORM)
    assert event.recipients == ("a@x.example", "b@x.example")
    assert event.recipient is None
    assert event.headers == {}


def test_a_single_recipient_is_the_recipient_under_each_key() -> None:
    for key in ("rcpt", "recipients", "recipient", "recipients[]", "recipients[0]"):
        for value in ("a@x.example", ["a@x.example"]):
            event = parsed({"event": "processed", key: value})
            assert (event.recipient, event.recipients) == ("a@x.example", ("a@x.example",))


def test_an_event_of_a_recipient_is_not_about_the_others() -> None:
    both = {"rcpt": "a@x.example", "recipients": ["a@x.example", "b@x.example"]}
    assert parsed({"event": "bounce", **both}).recipient == "a@x.example"
    assert parsed({"event": "processed", **both}).recipients == ("a@x.example", "b@x.example")


def test_an_unreadable_recipient_gives_way_to_the_list() -> None:
    assert parsed({"event": "bounce", "rcpt": {}, "recipients": "a@x.example"}).recipient == "a@x.example"
