"""Searches over several pages, waited for."""

import json

import anyio
import pytest
from faults.server import Fault, Say

from smtp2go_async import ServerError


def page(*ids: str) -> Say:
    return Say(body=json.dumps({"data": [{"schedule_id": one} for one in ids]}).encode())


PAGES = [page("1", "2"), page("3", "4"), page("5")]


def test_all_items_come_as_in_the_async_client(faults, client_of, sync_of):
    faults.then(*PAGES, *PAGES)

    async def awaited() -> list[str]:
        async with client_of() as client:
            return [one.schedule_id async for one in client.email.search_scheduled_all(limit=2)]

    waited = [one.schedule_id for one in sync_of().email.search_scheduled_all(limit=2)]
    assert waited == ["1", "2", "3", "4", "5"]
    assert anyio.run(awaited) == waited
    assert [request.json for request in faults.arrived[:3]] == [request.json for request in faults.arrived[3:]]


def test_a_page_is_fetched_when_it_is_needed(faults, sync_of):
    faults.then(*PAGES)
    items = sync_of().email.search_scheduled_all(limit=2)
    fetched = []
    assert faults.begun == 0

    for _ in items:
        fetched.append(len(faults.arrived))
    assert fetched == [1, 1, 2, 2, 3]
    assert list(items) == []
    assert len(faults.arrived) == 3


def test_it_can_go_on_after_an_error(faults, sync_of):
    faults.then(PAGES[0], Fault.HTML_502, *PAGES[1:])
    items = sync_of().email.search_scheduled_all(limit=2)

    assert [next(items).schedule_id, next(items).schedule_id] == ["1", "2"]
    with pytest.raises(ServerError):
        next(items)
    assert [one.schedule_id for one in items] == ["3", "4", "5"]
