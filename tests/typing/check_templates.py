"""Never run, only checked: what type checkers see of `client.templates`, good and bad, async and sync."""

import datetime as dt
from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from smtp2go_async import AsyncClient, EmptyReply, SyncClient
from smtp2go_async.endpoints.templates import SavedTemplate, Template, TemplatePage, TemplateSummary


async def awaited(client: AsyncClient) -> None:
    added = await client.templates.add(
        "Welcome", "welcome", "Hello", "<p>Hello</p>", "Hello", template_variables={"name": "Jane"}, tags=["new"]
    )
    assert_type(added, SavedTemplate)
    assert_type(added.last_updated, dt.datetime | None)
    assert_type(await client.templates.edit("welcome", new_id="welcome2"), SavedTemplate)
    assert_type(await client.templates.delete("welcome"), EmptyReply)
    assert_type(await client.templates.view("welcome"), Template)
    assert_type(await client.templates.search(tags=["new"], page_size=10), TemplatePage)
    assert_type(client.templates.search_all(search_terms=["a"], max_items=10), AsyncIterator[TemplateSummary])

    await client.templates.add("Welcome", "welcome", "Hello", "<p>Hello</p>")  # type: ignore[call-arg]
    await client.templates.edit("welcome", name="Welcome")  # type: ignore[call-arg]
    await client.templates.view(17)  # type: ignore[arg-type]
    client.templates.search_all(continue_token="a")  # type: ignore[call-arg]


def waiting(client: SyncClient) -> None:
    assert_type(client.templates.search(sort_direction="desc"), TemplatePage)
    assert_type(client.templates.search_all(), Iterator[TemplateSummary])

    client.templates.search(page_size="10")  # type: ignore[arg-type]
