"""Addresses and domains outside of e-mails are written as e-mails write them, so that both mean the same."""

import re

import pytest

from smtp2go_async import AsyncClient

CALLS = {
    "allowed_recipients": ("/allowed_recipients/add", lambda client, one: client.allowed_recipients.add([one])),
    "allowed_senders": (
        "/allowed_senders/update",
        lambda client, one: client.allowed_senders.update([one], "blacklist"),
    ),
    "audit_email": ("/users/smtp/edit", lambda client, one: client.smtp_users.edit("jane.doe", audit_email=one)),
    "domain": ("/domain/verify", lambda client, one: client.domains.verify(one)),
    "email": ("/subaccount/close", lambda client, one: client.subaccounts.close("12", email=one)),
    "email_address": ("/suppression/add", lambda client, one: client.suppressions.add(one)),
}


@pytest.mark.parametrize("argument", CALLS)
@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("jane@bücher.example", "jane@xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("*@bücher.example", "*@xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("@bücher.example", "@xn--bcher-kva.example"),
        ("o'neil+a@x_y.EXAMPLE.com", "o'neil+a@x_y.EXAMPLE.com"),
        ("*", "*"),
    ],
)
async def test_a_domain_that_is_not_ascii_is_sent_in_the_form_of_e_mails(
    client: AsyncClient, answers, argument, given, sent
):
    path, call = CALLS[argument]
    bodies = answers(path, {})
    await call(client, given)
    assert bodies[0][argument] in (sent, [sent])


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize("argument", CALLS)
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("jane@exam\u200bple.com", "U+200B ZERO WIDTH SPACE at position 9"),
        ("\ufeffexample.com", "U+FEFF ZERO WIDTH NO-BREAK SPACE at position 0"),
        ("ja\u00adne@example.com", "U+00AD SOFT HYPHEN at position 2"),
        ("example\uff0ecom", "U+FF0E FULLWIDTH FULL STOP at position 7"),
        ("j\u00e4ne@example.com", "U+00E4 LATIN SMALL LETTER A WITH DIAERESIS at position 1"),
        ("\u2603.example", "U+2603 SNOWMAN at position 0"),
    ],
)
async def test_characters_that_no_address_holds_are_refused_in_lists_too(client: AsyncClient, argument, given, problem):
    with pytest.raises(
        ValueError, match=rf"^{argument}(\[0\])?: must (not|be ASCII before the @, not) hold {re.escape(problem)}"
    ):
        await CALLS[argument][1](client, given)
