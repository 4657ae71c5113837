import datetime as dt

import httpx
import pytest

from smtp2go_async import PagingError

on = pytest.mark.parametrize

TEXTS = {"subject": "Welcome, {{ name }}", "html_body": "<p>Hello {{ name }}</p>", "text_body": "Hello {{ name }}"}
WELCOME = {"id": "welcome", **TEXTS, "template_variables": {"name": "Jane"}, "tags": ["new"]}


def page(token, *ids):
    return {"continue_token": token, "templates": [{"id": one, "name": f"Template {one}"} for one in ids]}


async def test_adding_sends_exactly_the_template(client, answers):
    bodies = answers("/template/add", {"template_name": "Welcome", **WELCOME})
    found = await client.templates.add(
        "Welcome",
        "welcome",
        "Welcome, {{ name }}",
        "<p>Hello {{ name }}</p>",
        "Hello {{ name }}",
        template_variables={"name": "Jane", "items": [{"price": 3}]},
        tags=("new",),
    )
    assert bodies == [
        {
            "template_name": "Welcome",
            "id": "welcome",
            **TEXTS,
            "template_variables": {"name": "Jane", "items": [{"price": 3}]},
            "tags": ["new"],
        }
    ]
    assert (found.name, found.id, found.tags) == ("Welcome", "welcome", ("new",))
    assert found.template_variables == {"name": "Jane"}
    assert found.request_id == "request 1"


async def test_editing_sends_only_the_changes(client, answers):
    bodies = answers("/template/edit", {"template_name": "Welcome back", **WELCOME}, {"name": "Welcome"})
    found = await client.templates.edit("7120334", new_id="welcome2", template_name="Welcome back", text_body=None)
    await client.templates.edit("welcome", tags=[], text_body="")
    assert bodies == [
        {"id": "7120334", "new_id": "welcome2", "template_name": "Welcome back"},
        {"id": "welcome", "tags": [], "text_body": ""},
    ]
    assert found.name == "Welcome back"


async def test_the_name_is_read_by_both_of_its_names(client, answers):
    answers("/template/add", {"name": "A"})
    answers("/template/view", {"template_name": "B"})
    answers("/template/search", {"templates": [{"template_name": "C"}]})
    assert (await client.templates.add("A", "aaaaa", "s", "h", "t")).name == "A"
    assert (await client.templates.view("aaaaa")).name == "B"
    assert (await client.templates.search()).templates[0].name == "C"


async def test_viewing_returns_the_bodies(client, answers):
    bodies = answers("/template/view", {"name": "Welcome", **WELCOME, "last_updated": "2026-03-01 08:30:00"})
    found = await client.templates.view("welcome")
    assert bodies == [{"id": "welcome"}]
    assert found.html_body == "<p>Hello {{ name }}</p>"
    assert found.last_updated == dt.datetime(2026, 3, 1, 8, 30, tzinfo=dt.UTC), "no zone means UTC"


async def test_reprs_do_not_show_the_texts_of_a_template(client, answers):
    answers("/template/view", {"name": "Welcome", **WELCOME})
    shown = repr(await client.templates.view("welcome"))
    assert "Hello" not in shown
    assert "Jane" not in shown
    assert "html_body=<23 characters>" in shown


async def test_nulls_do_no_harm(client, answers):
    answers("/template/view", dict.fromkeys(["name", *WELCOME, "last_updated"]))
    found = await client.templates.view("welcome")
    assert (found.id, found.name, found.tags, found.template_variables, found.last_updated) == ("", "", (), None, None)


async def test_the_answer_to_deleting_is_a_sentence(client, answers):
    bodies = answers("/template/delete", "Template 'welcome' is gone")
    assert (await client.templates.delete("welcome")).message == "Template 'welcome' is gone"
    assert bodies == [{"id": "welcome"}]


async def test_searching_sends_exactly_the_filters(client, answers):
    bodies = answers("/template/search", {**page(None, "welcome"), "total_count": 1})
    found = await client.templates.search(
        search_terms="well",
        fuzzy_search=True,
        tags=("new", "old"),
        sort_direction="desc",
        page_size=1,
        continue_token="t",
    )
    assert bodies == [
        {
            "search_terms": ["well"],
            "fuzzy_search": True,
            "tags": ["new", "old"],
            "sort_direction": "desc",
            "page_size": 1,
            "continue_token": "t",
        }
    ]
    assert (found.continue_token, found.total_count, found.templates[0].id) == (None, 1, "welcome")


async def test_all_pages_are_fetched_with_all_the_filters(client, answers):
    bodies = answers("/template/search", page("2", "a", "b"), page("3", "c"), page(None, "d"))
    found = [one.id async for one in client.templates.search_all(tags=["new"], page_size=2)]
    assert found == ["a", "b", "c", "d"]
    assert bodies == [
        {"tags": ["new"], "page_size": 2},
        {"tags": ["new"], "page_size": 2, "continue_token": "2"},
        {"tags": ["new"], "page_size": 2, "continue_token": "3"},
    ]


async def test_no_more_pages_are_fetched_than_max_items_needs(client, answers):
    bodies = answers("/template/search", page("2", "a", "b"), page("3", "c"))
    assert [one.id async for one in client.templates.search_all(max_items=3)] == ["a", "b", "c"]
    assert len(bodies) == 2


async def test_the_error_of_an_expired_token_says_how_far_the_search_came(client, answers):
    gone = httpx.Response(
        400, json={"data": {"error": "no such token", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}}
    )
    answers("/template/search", page("2", "a", "b"), gone)
    found = []
    with pytest.raises(PagingError) as caught:
        async for one in client.templates.search_all():
            found.append(one.id)
    assert found == ["a", "b"]
    assert (caught.value.items, caught.value.last.id) == (2, "b")


@on("method", ["view", "delete", "edit"])
@on(("bad", "error", "words"), [("", ValueError, "^id: must not be empty"), (5355878, TypeError, "^id: must be a str")])
async def test_an_id_is_needed(method, bad, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await getattr(client.templates, method)(bad)


@on(
    ("arguments", "error", "words"),
    [
        (("", "welcome", "s", "h", "t"), ValueError, "template_name: must not be empty"),
        (("x" * 65, "welcome", "s", "h", "t"), ValueError, "template_name: must have 1 to 64 characters, not 65"),
        (("A", "four", "s", "h", "t"), ValueError, "id: must have 5 to 24 characters, not 4"),
        (("A", "x" * 25, "s", "h", "t"), ValueError, "id: must have 5 to 24 characters, not 25"),
        (("A", 5355878, "s", "h", "t"), TypeError, "id: must be a str"),
        (("A", "welcome", 1, "h", "t"), TypeError, "subject: must be a str"),
        (("A", "welcome", "s", b"h", "t"), TypeError, "html_body: must be a str"),
        (("A", "welcome", "s", "h", ["t"]), TypeError, "text_body: must be a str"),
        (("A", "welcome", "s", "h" * 1_000_000, "t"), ValueError, "the limit is 1,000,000"),
    ],
)
async def test_a_wrong_template_is_refused(arguments, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.templates.add(*arguments)


@on("id", ["five5", "x" * 24])
async def test_ids_of_5_and_24_characters_are_possible(id, client, answers):
    bodies = answers("/template/add", {})
    await client.templates.add("x" * 64, id, "s", "h", "")
    assert bodies[0]["id"] == id


@on(
    ("changes", "error", "words"),
    [
        ({"new_id": "four"}, ValueError, "new_id: must have 5 to 24 characters"),
        ({"template_name": ""}, ValueError, "template_name: must not be empty"),
        ({"template_name": "x" * 65}, ValueError, "template_name: must have 1 to 64 characters"),
        ({"html_body": 1}, TypeError, "html_body: must be a str"),
        ({"tags": ["a", ""]}, ValueError, r"tags\[1\]: must not be empty"),
        ({"template_variables": "{}"}, TypeError, "template_variables: must be a mapping, not a str"),
        ({"name": "A"}, TypeError, r"edit\(\) got an unexpected keyword argument 'name'"),
    ],
)
async def test_wrong_changes_are_refused(changes, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.templates.edit("welcome", **changes)


@on(
    ("filters", "error", "words"),
    [
        ({"search_terms": []}, ValueError, "search_terms: must not be empty"),
        ({"tags": []}, ValueError, "tags: must not be empty"),
        ({"page_size": 0}, ValueError, "page_size: must be 1 or more, not 0"),
        ({"page_size": "10"}, TypeError, "page_size: must be an int"),
        ({"search": "a"}, TypeError, r"search\(\) got an unexpected keyword argument 'search'"),
    ],
)
async def test_wrong_filters_are_refused(filters, error, words, client, nothing_sent):
    with pytest.raises(error, match=words):
        await client.templates.search(**filters)


def test_the_synchronous_client_fetches_each_page(waiting, answers):
    bodies = answers("/template/search", page("2", "a"), page(None, "b"))
    assert [one.id for one in waiting.templates.search_all()] == ["a", "b"]
    assert bodies == [{}, {"continue_token": "2"}]
