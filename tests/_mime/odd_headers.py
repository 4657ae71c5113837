"""Messages whose headers are unusual."""

from email import policy
from email.header import Header
from email.headerregistry import Address, Group
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from _mime.making import BINARY, ODD, URL, addressed, modern, odd, older

# --- headers of the older kind ------------------------------------------------------------------------------------


@odd
def a_header_object_as_subject():
    return older("Hallo Jané\n", Subject=Header("Grüße aus Köln", "utf-8"))


@odd
def a_header_object_in_another_charset():
    return older(Subject=Header("Grüße aus Köln " * 8, "iso-8859-1"))


@odd
def a_subject_that_is_not_ascii():
    return older(Subject="Grüße aus Köln " * 10)


@odd
def addresses_with_names_that_are_not_ascii():
    message = MIMEText("Hi\n")
    message["From"] = "Jörg Müller <joerg@example.com>"
    message["To"] = '"Müller, Jörg" <j@example.com>, Ann <ann@example.com>'
    return message


@odd
def header_objects_with_addresses():
    message = MIMEText("Hi\n")
    name = Header("Jörg Müller", "utf-8")
    name.append("<joerg@example.com>", "us-ascii")
    message["From"], message["To"] = name, Header("Jörg <j@example.com>", "utf-8")
    return message


@odd
def an_address_that_is_not_ascii():
    message = MIMEText("Hi\n")
    message["From"], message["To"] = "shop@example.com", "jörg@exämple.com"
    return message


@odd
def long_headers_of_the_older_kind():
    return older(List_Unsubscribe=f"{URL},<mailto:u@example.com?subject=a;b>", X_List=",".join(["abcdefghij"] * 30))


@odd
def encoded_words_in_two_lines():
    return older(Subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=\n =?utf-8?q?_K=C3=B6ln?=")


@odd
def characters_that_unicode_calls_line_ends():
    return older(Subject="a\u2028b\x85c\x0bd")


@odd
def a_filename_in_a_header_that_is_not_ascii():
    part = MIMEApplication(BINARY)
    part["Content-Disposition"] = 'attachment; filename="Übersicht.pdf"'
    message = addressed(MIMEMultipart())
    message.attach(part)
    return message


@odd
def the_same_header_twice():
    message = older(X_Ref="1")
    message["X-Ref"] = "1"
    message["Received"] = "one"
    message["Received"] = "two"
    return message


# --- policies -----------------------------------------------------------------------------------------------------


POLICIES = {
    "default": policy.default,
    "smtp": policy.SMTP,
    "smtputf8": policy.SMTPUTF8,
    "strict": policy.strict,
    "line_998": policy.SMTP.clone(max_line_length=998),
    "line_40": policy.SMTP.clone(max_line_length=40),
    "line_10": policy.SMTP.clone(max_line_length=10),
    "refold_all": policy.SMTP.clone(refold_source="all"),
    "seven_bits": policy.SMTP.clone(cte_type="7bit"),
    "raise_on_defect": policy.SMTP.clone(raise_on_defect=True),
}


def _by_policy(rules: Any) -> Message:
    message = modern(
        "Jané\nFrom me\n",
        rules,
        Subject="Grüße " * 20,
        List_Unsubscribe=f"{URL}, <mailto:u@example.com?subject=a;b,c>",
        References=" ".join(f"<{letter}{'x' * 90}@example.com>" for letter in "abc"),
        Cc='"Müller, Jörg" <j@example.com>, "Doe, Jane" <jane@example.com>, Ann Lee <ann@example.com>',
        X_List=",".join(["abcdefghij"] * 30),
    )
    name = "Übersicht mit einem sehr langen Namen, der nicht in eine Zeile paßt.pdf"
    message.add_attachment(BINARY * 9, maintype="application", subtype="pdf", filename=name)
    name = "a very long name that does not fit into one line " * 3
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return message


for _name, _rules in POLICIES.items():
    ODD[f"policy_{_name}"] = lambda rules=_rules: _by_policy(rules)


def _lines_of_any_length(length: int | None) -> Message:
    rules = policy.SMTP.clone(max_line_length=length)
    message = addressed(EmailMessage(policy=rules), Subject="Grüße " * 20, List_Unsubscribe=URL, X_Words="word " * 300)
    message.set_payload("Hi\n")
    return message


ODD["policy_line_0"] = lambda: _lines_of_any_length(0)
ODD["policy_line_none"] = lambda: _lines_of_any_length(None)


@odd
def an_older_message_without_a_line_length():
    message = Message(policy=policy.compat32.clone(max_line_length=0))
    message.set_payload("Hi\n")
    return addressed(message, Subject="Grüße " * 30, X_Words="word " * 300)


@odd
def an_older_message_that_was_given_a_newer_policy():
    message = older(Subject=Header("Grüße", "utf-8"))
    message.policy = policy.SMTP
    return message


# --- newer headers ------------------------------------------------------------------------------------------------


@odd
def addresses_in_utf_8():
    message = modern(rules=policy.SMTPUTF8)
    message.replace_header("To", "jörg@exämple.com")
    return message


@odd
def addresses_that_need_utf_8_and_have_none():
    message = modern()
    message.replace_header("To", [Address("Jörg", "jörg", "exämple.com"), Address("Jane", "jane", "example.com")])
    return message


@odd
def one_address_that_needs_utf_8_and_has_none():
    message = modern()
    message.replace_header("To", "jörg@exämple.com")
    return message


@odd
def groups_of_addresses():
    birds = Group("Frühe Vögel", (Address("Jörg, M", "j", "example.com"), Address("", "k", "example.com")))
    message = modern()
    message.replace_header("To", [birds, Address("x y z", "x", "example.com")])
    return message


@odd
def undisclosed_recipients():
    message = modern(Bcc="ann@example.com")
    message.replace_header("To", "undisclosed-recipients:;")
    return message


@odd
def many_long_names():
    return modern(Cc=", ".join(f'"{"Very Long, Name " * 8}{number}" <u{number}@example.com>' for number in range(20)))


@odd
def a_name_with_all_that_needs_quotes():
    return modern(Reply_To='"🎉 Party (all) \\"x\\", @; 🎉" <p@example.com>', Subject=f"{'🎉' * 60} {'word ' * 20}")


@odd
def long_ids():
    return modern(Message_ID=f"<{'x' * 100}@example.com>", In_Reply_To=f"<{'y' * 300}@example.com>")


@odd
def spaces_and_tabs_in_a_subject():
    return modern(Subject="a\tb  c   d" + "  x" * 60)
