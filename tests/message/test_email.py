"""Which e-mails can be composed?"""

import copy
import datetime as dt
import pickle

import attrs
import pytest

from smtp2go_async import Attachment, Email, Inline

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def email(**changes):
    usual = {"sender": "shop@example.com", "to": "jane@example.com", "subject": "Hello", "text_body": "Hi Jane"}
    return Email(**{name: value for name, value in {**usual, **changes}.items() if value is not ...})


def from_template(**changes):
    return email(**{"subject": ..., "text_body": ..., "template_id": "welcome", **changes})


@pytest.mark.parametrize(
    "bodies",
    [{"text_body": "Hi"}, {"html_body": "<p>Hi"}, {"text_body": "Hi", "html_body": "<p>Hi"}, {"text_body": " "}],
)
def test_one_body_is_enough(bodies):
    email(**{"text_body": ..., **bodies})


@pytest.mark.parametrize("bodies", [{}, {"text_body": ""}, {"html_body": ""}, {"text_body": None, "html_body": None}])
def test_a_body_is_needed(bodies):
    with pytest.raises(ValueError, match=r"^html_body: must be given, or text_body, or a template_id$"):
        email(**{"text_body": ..., **bodies})


@pytest.mark.parametrize("subject", [..., None, ""])
def test_a_subject_is_needed(subject):
    with pytest.raises(ValueError, match=r"^subject: must be given, or a template_id$"):
        email(subject=subject)


@pytest.mark.parametrize("missing", ["sender", "to"])
def test_a_sender_and_a_recipient_are_needed(missing):
    with pytest.raises(TypeError, match=missing):
        email(**{missing: ...})


@pytest.mark.parametrize("argument", ["to", "cc", "bcc", "reply_to"])
def test_each_list_of_addresses_may_have_1_to_100(argument):
    assert len(getattr(email(**{argument: ["a@example.com"] * 100}), argument)) == 100
    assert getattr(email(**{argument: "a@example.com"}), argument) == ("a@example.com",)
    with pytest.raises(ValueError, match=rf"^{argument}: must be 1 to 100 addresses, not 101$"):
        email(**{argument: ["a@example.com"] * 101})


@pytest.mark.parametrize("empty", [[], ()])
def test_an_email_needs_a_recipient(empty):
    with pytest.raises(ValueError, match=r"^to: must be 1 to 100 addresses, not 0$"):
        email(to=empty)


@pytest.mark.parametrize("argument", ["cc", "bcc", "reply_to", "attachments", "inlines", "custom_headers"])
@pytest.mark.parametrize("empty", [None, [], ()])
def test_an_empty_list_is_nothing_given(argument, empty):
    made = email(**{argument: empty})
    assert made == email()
    assert made.to_fields() == email().to_fields()


def test_an_empty_mapping_of_headers_is_nothing_given():
    assert email(custom_headers={}) == email()


@pytest.mark.parametrize("argument", ["cc", "bcc", "reply_to"])
@pytest.mark.parametrize("value", [{}, set(), b"", 0, False])
def test_empty_values_other_than_lists_are_not_addresses(argument, value):
    with pytest.raises(TypeError, match=rf"^{argument}: must be an address or a list of addresses"):
        email(**{argument: value})


@pytest.mark.parametrize("argument", ["cc", "bcc", "reply_to"])
@pytest.mark.parametrize("value", ["", [""], [None], [[]]])
def test_an_empty_address_is_no_address(argument, value):
    with pytest.raises((TypeError, ValueError), match=rf"^{argument}(\[0\])?: "):
        email(**{argument: value})


@pytest.mark.parametrize("argument", ["to", "cc", "bcc", "reply_to"])
def test_the_message_about_a_wrong_address_names_its_argument(argument):
    with pytest.raises(
        ValueError, match=rf"^{argument}\[1\]: must be an e-mail address with one @, not a text without @$"
    ):
        email(**{argument: ["a@example.com", "wrong"]})


@pytest.mark.parametrize("sender", [["shop@example.com"], None, b"shop@example.com"])
def test_a_list_of_senders_is_refused(sender):
    with pytest.raises(TypeError, match=r"^sender: "):
        email(sender=sender)


@pytest.mark.parametrize("argument", ["subject", "html_body", "text_body", "template_id"])
@pytest.mark.parametrize("value", [17, b"Hello", ["Hello"]])
def test_texts_are_text(argument, value):
    with pytest.raises(TypeError, match=rf"^{argument}: must be a str, not an? {type(value).__name__}$"):
        email(**{argument: value})


@pytest.mark.parametrize("control", ["\r\n", "\n", "\r", "\x00", "\x7f", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_a_subject_stays_on_its_line(control):
    with pytest.raises(
        ValueError,
        match=rf"^subject: must not hold the control character U\+{ord(control[0]):04X}[A-Z ]* at position 5$",
    ):
        email(subject=f"Hello{control}Bcc: all@example.org")


def test_bodies_may_have_any_characters():
    made = email(text_body="a\r\n\x00\u2028b", html_body="<p>\n\x85")
    assert (made.text_body, made.html_body) == ("a\r\n\x00\u2028b", "<p>\n\x85")


@pytest.mark.parametrize("value", ["yes", 1, 0, "false"])
def test_fastaccept_is_true_or_false_and_nothing_that_looks_so(value):
    with pytest.raises(TypeError, match=r"^fastaccept: must be a bool"):
        email(fastaccept=value)


# --- templates ---------------------------------------------------------------------------------------------------


def test_a_template_brings_its_own_subject_and_body():
    made = from_template(template_data={"name": "Jane"})
    assert (made.template_id, made.subject, made.html_body, made.text_body) == ("welcome", None, None, None)


def test_a_template_may_have_a_subject_and_a_body_beside_it():
    assert email(template_id="welcome").subject == "Hello"


@pytest.mark.parametrize("data", [{"a": {"b": [1, None, {"c": True}]}}, {}, [1], "x", 0])
def test_template_data_may_be_any_json(data):
    assert from_template(template_data=data).template_data == data


def test_template_data_needs_a_template():
    with pytest.raises(ValueError, match=r"^template_data: must be given together with a template_id$"):
        email(template_data={"name": "Jane"})


def test_an_empty_template_id_is_refused():
    with pytest.raises(ValueError, match=r"^template_id: must not be empty$"):
        from_template(template_id="")


# --- headers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Reply-To", "reply-to", "REPLY-TO"])
def test_reply_to_can_not_be_given_twice(name):
    with pytest.raises(ValueError, match=r"^reply_to: must not be given in custom_headers as well; use one of them$"):
        email(reply_to="help@example.com", custom_headers={name: "other@example.com"})


def test_reply_to_may_be_a_custom_header():
    assert email(custom_headers={"Reply-To": "help@example.com"}).reply_to == ()


def test_a_wrong_custom_header_is_refused():
    with pytest.raises(ValueError, match=r"^custom_headers\[0\]: must not be the header content-type"):
        email(custom_headers={"content-type": "text/plain"})


# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("argument", "kind"), [("attachments", Attachment), ("inlines", Inline)])
def test_a_path_stands_for_a_file(argument, kind, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"x")
    expected = (kind(tmp_path / "a.pdf"),) * 2
    assert getattr(email(**{argument: [tmp_path / "a.pdf", str(tmp_path / "a.pdf")]}), argument) == expected


@pytest.mark.parametrize("argument", ["attachments", "inlines"])
def test_the_error_for_a_missing_file_names_its_position(argument, tmp_path):
    kind = Attachment if argument == "attachments" else Inline
    with pytest.raises(ValueError, match=rf"^{argument}\[1\]: must be a file that can be read"):
        email(**{argument: [kind(b"x", "a.pdf"), tmp_path / "nowhere"]})


@pytest.mark.parametrize("argument", ["attachments", "inlines"])
@pytest.mark.parametrize("value", ["a.pdf", b"x", Attachment(b"x", "a.pdf"), {"a.pdf"}, 17])
def test_files_come_in_a_list(argument, value):
    with pytest.raises(TypeError, match=rf"^{argument}: must be a list"):
        email(**{argument: value})


@pytest.mark.parametrize(
    ("argument", "one", "needed"),
    [
        ("attachments", b"x", "Attachment"),
        ("attachments", None, "Attachment"),
        ("attachments", {"filename": "a.pdf"}, "Attachment"),
        ("inlines", Attachment(b"x", "a.png"), "Inline"),
    ],
)
def test_a_list_of_files_holds_files(argument, one, needed):
    with pytest.raises(TypeError, match=rf"^{argument}\[0\]: must be an {needed} or a path"):
        email(**{argument: [one]})


# --- times -------------------------------------------------------------------------------------------------------


def test_a_schedule_without_a_zone_is_refused_when_the_email_is_made():
    with pytest.raises(ValueError, match=r"^schedule: must be a time with a zone"):
        email(schedule=dt.datetime(2026, 6, 1, 12))


@pytest.mark.parametrize("value", ["2026-06-01", 1767268800, dt.date(2026, 6, 1)])
def test_a_schedule_is_a_datetime(value):
    with pytest.raises(TypeError, match=r"^schedule: must be a datetime with a zone"):
        email(schedule=value)


# --- as a value --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [one.name for one in attrs.fields(Email)] + ["new"])
def test_an_email_is_frozen(name):
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(email(), name, None)


def test_changing_the_callers_lists_does_not_change_the_email():
    to, headers = ["jane@example.com"], {"X-A": "1"}
    made = email(to=to, custom_headers=headers)
    to.append("bob@example.com")
    headers["X-B"] = "2"
    assert (made.to, made.custom_headers) == (("jane@example.com",), (("X-A", "1"),))


def test_a_copy_with_another_recipient_can_be_made_of_any_email(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"x")
    for made in (email(), email(cc="b@example.com", reply_to="c@example.com", attachments=[tmp_path / "a.pdf"])):
        assert attrs.evolve(made, to="bob@example.com") == attrs.evolve(made, to=["bob@example.com"])
        assert attrs.evolve(made, to="bob@example.com").to == ("bob@example.com",)
        assert attrs.evolve(made) == made


def test_emails_with_the_same_content_are_equal():
    assert email() == email()
    assert email() != email(subject="Bye")


def test_an_email_with_bytes_and_path_attachments_pickles_and_copies(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"x")
    made = email(
        attachments=[Attachment(b"x", "a.csv"), tmp_path / "a.pdf"],
        inlines=[Inline(b"x", "logo.png")],
        schedule=NOON,
        custom_headers={"X-A": "1"},
    )
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert again == made
        assert again.to_fields(now=lambda: NOON - dt.timedelta(hours=1))["attachments"][0]["filename"] == "a.csv"


def test_the_repr_shows_no_address_no_subject_and_no_text():
    shown = repr(
        email(
            sender=("Secret Shop", "secret.shop@example.com"),
            to=[("Secret Jane", "secret.jane@example.com"), "secret.bob@example.com"],
            cc="secret.cc@example.com",
            bcc="secret.bcc@example.com",
            reply_to="secret.reply@example.com",
            subject="Secret subject",
            html_body="<p>Secret html",
            text_body="Secret text",
            custom_headers={"X-A": "Secret header"},
            template_id="welcome",
            template_data={"name": "Secret name"},
            attachments=[Attachment(b"Secret content", "a.pdf")],
        )
    )
    for word in ("secret.", "Secret subject", "Secret html", "Secret text", "Secret header", "Secret name", "content"):
        assert word not in shown
    assert "<14 characters>" in shown
