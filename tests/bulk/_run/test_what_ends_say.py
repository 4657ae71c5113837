"""Does an error that ends a run say "not carried out" only if nothing was sent?"""

import pytest
from bulk.helpers import email, emails

from smtp2go_async import InvalidArgumentError, Journal, JournalError, Smtp2goError, SyncClient


def wrong():
    return InvalidArgumentError("row: must be right", argument="row")


@pytest.fixture
def blocking(provider):
    with SyncClient("api-" + "A" * 32) as client:
        client._async._calls.transport = provider
        yield client


@pytest.fixture(params=["send", "batch", "stream", "blocking", "blocking stream"])
def run(request, go, client, blocking, provider):
    """Return a function that sends a list in each of the ways."""

    async def streamed(items, **options):
        async for _ in client.bulk.stream(items, **options):
            pass

    def run(items, **options):
        if request.param.startswith("blocking"):
            if request.param == "blocking":
                blocking.bulk.send(items, **options)
            else:
                list(blocking.bulk.stream(items, **options))
        elif request.param == "stream":
            go(streamed, items, **options)
        else:
            go(client.bulk.send, items, via=request.param, **options)

    return run


def broken_after(rows):
    yield from emails(rows)
    raise wrong()


@pytest.mark.parametrize(
    "items",
    [lambda: [email("first"), 5], lambda: [email("first"), ("", email())], lambda: broken_after(1)],
    ids=["a row that is no e-mail", "an empty reference", "an error of the list"],
)
def test_a_wrong_row_behind_a_row_that_was_sent_is_not_called_not_carried_out(items, run, provider):
    with pytest.raises(Smtp2goError) as caught:
        run(items())
    assert len(provider.arrived) == 1
    assert (caught.value.carried_out, caught.value.retryable) == (None, False)


@pytest.mark.parametrize("items", [lambda: [5, email()], lambda: broken_after(0)], ids=["a row", "the list"])
def test_a_wrong_row_before_any_was_sent_is_not_carried_out(items, run, provider):
    with pytest.raises(Smtp2goError) as caught:
        run(items())
    assert provider.calls == []
    assert caught.value.carried_out is False


def test_a_journal_that_can_not_be_written_after_a_call_does_not_say_that_nothing_was_sent(
    run, provider, path, monkeypatch
):
    write = Journal.write

    def full(journal, entry):
        if provider.calls:
            raise JournalError("journal: can't be written: database or disk is full")
        write(journal, entry)

    monkeypatch.setattr(Journal, "write", full)
    with pytest.raises(JournalError) as caught:
        run(emails(1), journal=path)
    assert len(provider.arrived) == 1
    assert caught.value.carried_out is None


def test_a_journal_of_another_list_is_not_carried_out(run, provider, path):
    run(emails(3), journal=path)
    provider.calls.clear()
    with pytest.raises(JournalError) as caught:
        run(emails(3, first=100), journal=path)
    assert provider.calls == []
    assert caught.value.carried_out is False


def test_an_error_of_this_library_in_on_outcome_does_not_say_that_the_run_sent_nothing(go, client, provider):
    def on_outcome(_outcome):
        raise wrong()

    with pytest.raises(InvalidArgumentError) as caught:
        go(client.bulk.send, emails(1), on_outcome=on_outcome)
    assert len(provider.arrived) == 1
    assert caught.value.carried_out is None
