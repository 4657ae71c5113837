"""Templates: the calls about them, and the e-mails that are made from them."""

import pytest

from smtp2go_async.errors import ApiError

WELCOME = {
    "id": "welcome",
    "template_name": "Welcome",
    "subject": "Welcome, {{name}}",
    "html_body": "<p>Hello {{name}}</p>",
    "text_body": "Hello {{name}}",
}


@pytest.fixture
def add(account):
    return lambda **changes: account.call("/template/add", {**WELCOME, **changes})["data"]


@pytest.fixture
def send(account, email):
    """Return a function that sends an e-mail from a template, and returns the e-mail."""

    def send(data, **fields):
        account.call(
            "/email/send", email(**{"subject": "ignored", "template_id": "welcome", **fields, "template_data": data})
        )
        return account.sent[-1]

    return send


@pytest.fixture
def text(add, send):
    """Return a function that returns the text that a template makes of data."""

    def text(template, data):
        add(text_body=template)
        return send(data).message.get_body(("plain",)).get_content().rstrip("\r\n")

    return text


def test_a_template_is_added_and_viewed_with_the_documented_fields(account, add):
    added = add(template_variables={"name": "Jane"}, tags=["one", "two"])
    shown = {"template_name": "Welcome", **WELCOME, "template_variables": {"name": "Jane"}, "tags": ["one", "two"]}
    assert added == {**shown, "last_updated": "2026-11-21 12:00:00"}
    viewed = account.call("/template/view", {"id": "welcome"})["data"]
    assert viewed == {"name": added.pop("template_name"), **added}


def test_a_template_is_edited_and_gets_another_id(account, add, clock):
    add(tags=["one"])
    clock.move(hours=1)
    edited = account.call("/template/edit", {"id": "welcome", "new_id": "hello", "subject": "Hi", "tags": []})["data"]
    assert (edited["id"], edited["subject"], edited["tags"]) == ("hello", "Hi", [])
    assert (edited["template_name"], edited["last_updated"]) == ("Welcome", "2026-11-21 13:00:00")
    assert account.templates.all()[0].id == "hello"


def test_a_template_is_deleted_and_the_answer_is_a_string(account, add, refusal):
    add()
    assert account.call("/template/delete", {"id": "welcome"})["data"] == "The template 'welcome' was deleted"
    assert refusal("/template/view", id="welcome") == (400, "No template was found with the passed 'id'")


def test_ids_are_case_sensitive_and_used_once(account, add, refusal):
    add()
    add(id="Welcome")
    assert refusal("/template/add", **WELCOME)[1] == "A template with the passed 'id' already exists"
    assert refusal("/template/edit", id="welcome", new_id="Welcome")[1] == (
        "A template with the passed 'new_id' already exists"
    )
    account.call("/template/edit", {"id": "welcome", "new_id": "welcome"})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "ABG"),
        ({"sort_direction": "desc"}, "GBA"),
        ({"search_terms": ["beta"]}, "B"),
        ({"search_terms": ["bet"]}, ""),
        ({"search_terms": ["bet", "GAM"], "fuzzy_search": True}, "BG"),
        ({"search_terms": ["id-alpha"]}, "A"),
        ({"search_terms": ["s of beta"]}, "B"),
        ({"search_terms": ["green"]}, "BG"),
        ({"tags": ["red", "blue"]}, "AG"),
        ({"tags": ["gre"]}, ""),
        ({"tags": ["green"], "search_terms": ["gamma"]}, "G"),
    ],
)
def test_search(account, add, fields, expected):
    for name, tags in (("Gamma", ["green", "blue"]), ("Alpha", ["Red"]), ("Beta", ["green"])):
        add(id=f"id-{name.lower()}", template_name=name, subject=f"S of {name}", tags=tags)
    found = account.call("/template/search", fields)["data"]
    assert "".join(item["name"][0] for item in found["templates"]) == expected
    assert (found["total_count"], found["continue_token"]) == (len(expected), None)
    assert all(item.keys() == {"name", "id", "subject", "tags", "last_updated"} for item in found["templates"])


def test_an_email_is_made_from_its_template(add, send):
    add()
    sent = send({"name": "Jörg & Co"})
    assert (sent.subject, sent.template_id, sent.template_data) == (
        "Welcome, Jörg & Co",
        "welcome",
        {"name": "Jörg & Co"},
    )
    assert str(sent.message["Subject"]) == "Welcome, Jörg & Co"
    assert sent.message.get_body(("plain",)).get_content().splitlines() == ["Hello Jörg & Co"]
    assert sent.message.get_body(("html",)).get_content().splitlines() == ["<p>Hello Jörg &amp; Co</p>"]
    assert b"ignored" not in sent.raw


def test_data_may_be_a_string_of_json(add, send):
    add()
    assert send('{"name": "Jane"}').subject == "Welcome, Jane"


def test_emails_of_a_batch_are_made_from_templates(account, add, email):
    add()
    emails = [email(template_id="welcome", template_data={"name": name}) for name in ("Jane", "Joe")]
    account.call("/email/batch", {"emails": emails})
    assert [sent.subject for sent in account.sent] == ["Welcome, Jane", "Welcome, Joe"]


def test_a_template_with_files(add, send, b64):
    add(html_body="")
    sent = send({"name": "Jane"}, attachments=[{"filename": "a.txt", "fileblob": b64(b"x")}])
    assert sent.message.get_body(("plain",)).get_content().splitlines() == ["Hello Jane"]


def test_a_line_break_in_data_does_not_reach_the_subject(add, send):
    add()
    sent = send({"name": "Jane\r\nBcc: joe@example.org\x00"})
    assert sent.subject == "Welcome, Jane Bcc: joe@example.org"
    assert sent.message["Bcc"] is None


@pytest.mark.parametrize(
    ("template", "data", "expected"),
    [
        ("{{a.b}} {{x}}|{{missing}}|", {"a": {"b": 1}, "x": 1.5}, "1 1.5||"),
        ("{{#if a}}yes{{else}}no{{/if}}", {"a": []}, "no"),
        ("{{#if a}}yes{{else}}no{{/if}}", {"a": [0]}, "yes"),
        ("{{#each items}}{{@index}}={{name}};{{/each}}", {"items": [{"name": "a"}, {"name": "b"}]}, "0=a;1=b;"),
        ("{{#each items}}x{{else}}none{{/each}}", {"items": []}, "none"),
        ("{{#each o}}{{@key}}={{this}} {{../x}};{{/each}}", {"o": {"k": "v"}, "x": 1}, "k=v 1;"),
        ("{{#unless a}}no{{/unless}}{{#with o}}{{k}}{{/with}}", {"o": {"k": "v"}}, "nov"),
        ("{{#items}}{{this}},{{/items}}", {"items": [1, 2]}, "1,2,"),
        ("{{lookup o 'k'}}{{lookup items 1}}", {"o": {"k": "v"}, "items": [1, 2]}, "v2"),
        ("{{{a}}}{{a}}", {"a": "<&>"}, "<&><&>"),
        ("{{items}} {{o}} {{t}}", {"items": [1, [2]], "o": {}, "t": True}, "1,2 [object Object] true"),
        ("no tags", {}, "no tags"),
        ("{{a}}", {"a": "\ud800"}, "?"),
    ],
)
def test_handlebars(text, template, data, expected):
    assert text(template, data) == expected


def test_an_unknown_template_is_refused_and_nothing_is_sent(account, email, refusal):
    fields = email(template_id="missing")
    expected = (400, "No template was found with the passed 'template_id'")
    assert refusal("/email/send", **fields) == refusal("/email/send", **fields, fastaccept=True) == expected
    assert refusal("/email/batch", emails=[email(), fields]) == expected
    assert account.sent == ()


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{#if x}}", "unclosed block"),
        ("{{x", "unclosed tag"),
        ("{{> other}}", "partials are not supported"),
        ('{{#*inline "x"}}a{{> x}}{{> x}}{{/inline}}{{> x}}', "partials are not supported"),
        ("{{shout x}}", "Missing helper"),
        ("{{log 'x'}}", "Missing helper"),
        ("{{#if x}}" * 2_000 + "{{/if}}" * 2_000, "maximum template depth exceeded"),
        ("{{x}}" * 20_000, "more than 10000 expressions"),
    ],
)
def test_a_template_that_is_wrong_is_refused_when_it_is_used(add, email, refusal, template, reason):
    add(text_body=template)
    status, error = refusal("/email/send", **email(template_id="welcome", template_data={"x": 1}))
    assert status == 400
    assert error.startswith("The text_body of the template could not be rendered: ")
    assert reason in error


@pytest.mark.parametrize(
    ("template", "data", "reason"),
    [
        ("{{#each a}}{{#each ../a}}x{{/each}}{{/each}}", {"a": [0] * 1_000}, "more than 50000 steps"),
        ("{{#each a}}{{" + "a." * 100_000 + "}}{{/each}}", {"a": [0] * 1_000}, "more than 50000 steps"),
        ("{{#each a}}" + "x" * 500_000 + "{{/each}}", {"a": [0] * 1_000}, "more than 100000000 characters"),
        ("{{a}}" * 1_000, {"a": "x" * 1_000_000}, "more than 100000000 characters"),
        ("{{#with a}}" + "{{this}}" * 1_000 + "{{/with}}", {"a": "x" * 1_000_000}, "more than 100000000 characters"),
        ("{{#each o}}{{#each ../o}}x{{/each}}{{/each}}", {"o": {str(n): n for n in range(1_000)}}, "50000 steps"),
    ],
)
def test_a_template_that_explodes_ends_with_an_error(add, email, refusal, template, data, reason):
    add(text_body=template)
    status, error = refusal("/email/send", **email(template_id="welcome", template_data=data))
    assert status == 400
    assert reason in error


@pytest.mark.parametrize(
    ("path", "fields", "name"),
    [
        *(("add", {**WELCOME, field: None}, field) for field in WELCOME),
        ("add", {**WELCOME, "id": "four"}, "id"),
        ("add", {**WELCOME, "id": "x" * 25}, "id"),
        ("add", {**WELCOME, "template_name": "x" * 65}, "template_name"),
        ("add", {**WELCOME, "tags": "one"}, "tags"),
        ("add", {**WELCOME, "template_variables": []}, "template_variables"),
        ("add", {**WELCOME, "subject": "a\nb"}, "subject"),
        ("edit", {}, "id"),
        ("delete", {}, "id"),
        ("view", {"id": 5}, "id"),
        ("search", {"page_size": 0}, "page_size"),
        ("search", {"sort_direction": "up"}, "sort_direction"),
        ("search", {"fuzzy_search": 1}, "fuzzy_search"),
    ],
)
def test_wrong_fields_are_refused(refusal, path, fields, name):
    sent = {key: value for key, value in fields.items() if value is not None}
    assert refusal(f"/template/{path}", **sent) == (400, name)


@pytest.mark.parametrize("path", ["edit", "delete", "view"])
def test_an_unknown_id_is_refused(refusal, path):
    assert refusal(f"/template/{path}", id="missing") == (400, "No template was found with the passed 'id'")


def test_a_client_adds_edits_searches_deletes_and_sends_from_templates(run, sandbox):
    async def work(client):
        added = await client.templates.add(
            "Welcome", id="welcome", subject="Hi {{name}}", html_body="<p>{{name}}</p>", text_body="{{name}}"
        )
        assert (added.id, added.name) == ("welcome", "Welcome")
        edited = await client.templates.edit("welcome", new_id="hello", tags=["onboarding"])
        assert (edited.id, edited.tags, edited.subject) == ("hello", ("onboarding",), "Hi {{name}}")
        assert (await client.templates.view("hello")).html_body == "<p>{{name}}</p>"
        await client.email.send(
            "shop@example.com", "jane@example.org", template_id="hello", template_data={"name": "Jane"}
        )
        assert sandbox.sent[0].subject == "Hi Jane"
        for number in range(2_500):
            fields = {**WELCOME, "id": f"many-{number:05}", "template_name": f"many {number:05}"}
            sandbox._account.call("/template/add", fields)
        found = [item.id async for item in client.templates.search_all(search_terms=["many"], fuzzy_search=True)]
        assert found == [f"many-{number:05}" for number in range(2_500)]
        await client.templates.delete("hello")
        with pytest.raises(ApiError, match="No template was found"):
            await client.templates.view("hello")

    run(work)
