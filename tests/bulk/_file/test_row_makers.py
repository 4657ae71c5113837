"""E-mails of rows without a function: from templates and from texts with placeholders."""

import json

import anyio
import pytest

from smtp2go_async import AsyncClient, EmailFile
from smtp2go_async.sandbox import Sandbox

on = pytest.mark.parametrize


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('id,email,name,First name,note\n1,jane@example.com,"Doe, Jane",Jane,<b>$name</b>\n')
    return path


def fields(path, **parts):
    (email,) = EmailFile.from_strings(path, sender="news@example.com", **parts)
    return email.to_fields()


def test_placeholders_are_filled_in_every_text(path):
    found = fields(
        path,
        to=[("$name", "$email")],
        cc="$id@example.com",
        bcc=["$id@example.net", "all@example.net"],
        reply_to=[("$name", "help@example.com")],
        subject="For ${First name} at $$5",
        text_body="Dear $name",
        custom_headers={"X-Id": "$id"},
    )
    assert found == {
        "sender": "news@example.com",
        "to": ('"Doe, Jane" <jane@example.com>',),
        "cc": ("1@example.com",),
        "bcc": ("1@example.net", "all@example.net"),
        "subject": "For Jane at $5",
        "text_body": "Dear Doe, Jane",
        "custom_headers": [
            {"header": "X-Id", "value": "1"},
            {"header": "Reply-To", "value": '"Doe, Jane" <help@example.com>'},
        ],
    }


def test_values_of_a_file_are_escaped_in_html_and_filled_once(path):
    found = fields(path, subject="$note", text_body="$note", html_body='<p title="$note">$note</p>')
    assert found["html_body"] == '<p title="&lt;b&gt;$name&lt;/b&gt;">&lt;b&gt;$name&lt;/b&gt;</p>'
    assert found["subject"] == found["text_body"] == "<b>$name</b>"


def test_two_dollars_are_a_single_dollar_with_and_without_a_placeholder(path):
    found = fields(path, subject="$$5 for $id", text_body="$$5")
    assert (found["subject"], found["text_body"]) == ("$5 for 1", "$5")


def test_an_html_column_is_not_escaped_and_other_columns_are(path):
    path.write_text("email,a,b\njane@example.com,<i>,<i>\n")
    assert fields(path, subject="x", html_body="$a $b", html_columns=["b"])["html_body"] == "&lt;i&gt; <i>"


def test_a_cell_can_not_add_a_header_or_a_recipient(path):
    for cell in ('"x\nBcc: eve@example.com"', '"x\r\n\r\nbody"'):
        path.write_text(f"email,name\njane@example.com,{cell}\n")
        for parts in (
            {"subject": "$name"},
            {"to": [("$name", "$email")], "subject": "x"},
            {"custom_headers": {"X-A": "$name"}, "subject": "x"},
        ):
            with pytest.raises(ValueError, match="line 2: .*must not hold the control character"):
                fields(path, text_body="x", **parts)
    path.write_text('email,name\njane@example.com,"Eve <eve@example.com>,"\n')
    assert fields(path, to=[("$name", "$email")], subject="x", text_body="x")["to"] == (
        '"Eve <eve@example.com>," <jane@example.com>',
    )
    with pytest.raises(ValueError, match="line 2: to: "):
        fields(path, to="$name <$email>", subject="x", text_body="x")


@on(
    ("parts", "said"),
    [
        ({"subject": "$nmae"}, "line 2: subject: no column 'nmae'; there are id, email, name, First name, note"),
        ({"subject": "x", "custom_headers": [("X-A", "${First  name}")]}, "line 2: custom_headers: no column 'First  name'; there are"),
        ({"subject": "costs $5"}, r"^subject: must have a placeholder after each \$; \$\$ is the character itself"),
        ({"subject": "x", "to": "email"}, r"^to: must have a placeholder, such as \$email"),
        ({"subject": "x", "html_body": "$name", "html_columns": ["nmae"]}, "^html_columns: must be columns that html_body uses, not nmae"),
        ({"template_id": "welcome"}, "^template_id: must be left out here; it is for from_template"),
    ],
)  # fmt: skip
def test_a_wrong_text_is_refused_with_the_name_of_its_part(path, parts, said):
    with pytest.raises(ValueError, match=said):
        EmailFile.from_strings(path, sender="news@example.com", **{"text_body": "x", **parts}).check()


def test_wrong_arguments_are_type_errors(path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'subjekt'; did you mean 'subject'"):
        EmailFile.from_strings(path, sender="news@example.com", subjekt="x")
    with pytest.raises(TypeError, match="unexpected keyword argument 'subjekt'; did you mean 'subject'"):
        EmailFile.from_template(path, "welcome", sender="news@example.com", subjekt="x")
    with pytest.raises(TypeError, match="html_columns: must be a list of column names"):
        EmailFile.from_strings(path, sender="news@example.com", subject="x", html_columns="name")
    with pytest.raises(TypeError, match="data: must be a list of column names"):
        EmailFile.from_template(path, "welcome", sender="news@example.com", data="name")


@on(("value", "shown"), [(7, "7"), (1.5, "1.5"), ("7", "7"), (None, None), ([1], None), ({}, None), (True, None)])
def test_only_texts_and_numbers_of_json_become_text(tmp_path, value, shown):
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps({"email": "jane@example.com", "value": value}))
    if shown:
        assert fields(path, subject="$value", text_body="x")["subject"] == shown
        return
    with pytest.raises(ValueError, match="line 1: subject: column 'value': must hold text or a number, not "):
        fields(path, subject="$value", text_body="x")


# --- templates ---------------------------------------------------------------------------------------------------


def test_all_columns_are_the_variables_of_a_template(path):
    ((reference, email),) = EmailFile.from_template(path, "welcome", sender="news@example.com", reference="id")
    assert (reference, email.to, email.template_id) == ("1", ("jane@example.com",), "welcome")
    assert email.template_data == {
        "id": "1",
        "email": "jane@example.com",
        "name": "Doe, Jane",
        "First name": "Jane",
        "note": "<b>$name</b>",
    }
    json.dumps(email.template_data)


def test_named_columns_are_the_variables_and_nested_json_stays_nested(tmp_path):
    path = tmp_path / "list.jsonl"
    path.write_text('{"mail": "jane@example.com", "name": "Doe, Jane", "items": [{"n": 1}], "secret": "x"}')
    made = EmailFile.from_template(
        path, "order", sender="a@example.com", to=("name", "mail"), data=["items"], bcc="b@example.com"
    )
    (email,) = made
    assert (email.to, email.bcc) == (('"Doe, Jane" <jane@example.com>',), ("b@example.com",))
    assert email.template_data == {"items": [{"n": 1}]}


@on(
    ("arguments", "said"),
    [
        ({"data": ["nmae"]}, "line 2: no column 'nmae'; there are id, email"),
        ({"to": "mail"}, "line 2: no column 'mail'; there are id, email"),
        ({"template_data": {}}, "^template_data: must be left out"),
        ({"template_id": "x"}, "^template_id: must be left out"),
        ({"sender": "news"}, "^sender: must be an e-mail address with one @"),
    ],
)
def test_a_wrong_argument_for_a_template_is_refused(path, arguments, said):
    with pytest.raises(ValueError, match=said):
        EmailFile.from_template(path, "welcome", **{"sender": "news@example.com", **arguments}).check()


def test_an_email_made_of_strings_arrives(path, backend):
    emails = EmailFile.from_strings(
        path,
        sender="news@example.com",
        to=[("$name", "$email")],
        subject="Für $name",
        html_body="<p>$note</p>",
        reference="id",
    )

    async def main():
        with Sandbox() as sandbox:
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
                await client.bulk.send(emails, via="batch")
        return sandbox.sent

    (mail,) = anyio.run(main, backend=backend)
    assert (mail.subject, mail.recipients) == ("Für Doe, Jane", ("jane@example.com",))
    assert mail.message.get_body(("html",)).get_content().strip() == "<p>&lt;b&gt;$name&lt;/b&gt;</p>"
