"""Events of a webhook settle the rows of a journal."""

import datetime as dt
import random
import threading

import anyio
import pytest
from bulk.helpers import LOST, claims, counted, email, emails, numbers, settled_rows, states

from smtp2go_async import AsyncClient, Journal, JournalError
from smtp2go_async.bulk._journal import arrivals
from smtp2go_async.bulk._journal.hashes import tokens_of
from smtp2go_async.bulk.journal import BULK_HEADER
from smtp2go_async.errors import ArgumentTypeError
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.webhooks.events import Delivered, Event, Processed, Rejected, SmsDelivered, UnknownEvent
from smtp2go_async.webhooks.router import Router


def event_of(journal, reference, email_id="e-1", *, kind=Delivered, name="delivered", header=BULK_HEADER):
    (token,) = tokens_of(journal.id, [reference])
    return kind(name=name, email_id=email_id, recipients=("jane@example.com",), headers={header: token})


def rows_of(journal):
    return {row.reference: (row.state, row.email_id, row.error) for row in journal.rows()}


@pytest.fixture
def journal(path):
    """An open journal in which a is sent, b and c are unknown, and d is refused."""
    with Journal(path) as journal:
        journal.take_for("email")
        journal.commit(claims("a", "b", "c", "d"), [])
        journal.commit([], [*settled_rows("sent", "a"), *settled_rows("unknown", "b", "c")])
        journal.commit([], settled_rows("refused", "d"))
        yield journal


# --- after a run -----------------------------------------------------------------------------------------------------


def test_an_event_settles_its_unknown_row_with_the_id_of_the_email(journal):
    assert journal.settle(event_of(journal, "b", "e-b")) is True
    assert rows_of(journal) == {
        "a": ("sent", None, None),
        "b": ("sent", "e-b", None),
        "c": ("unknown", None, None),
        "d": ("refused", None, None),
    }


def test_a_row_that_was_settled_by_an_event_is_still_sent_when_the_journal_is_opened_again(journal, path):
    journal.settle(event_of(journal, "b"))
    journal.close()
    assert states(path)["b"] == "sent"


def test_an_event_that_comes_again_settles_nothing_more(journal):
    event = event_of(journal, "b", "e-b")
    assert [journal.settle(event) for _ in range(3)] == [True, False, False]
    assert rows_of(journal)["b"] == ("sent", "e-b", None)


@pytest.mark.parametrize("reference", ["a", "d", "never claimed"])
def test_an_event_of_a_row_whose_outcome_is_known_changes_nothing(journal, reference):
    before = rows_of(journal)
    assert journal.settle(event_of(journal, reference, "other")) is False
    assert rows_of(journal) == before


@pytest.mark.parametrize(("kind", "name"), [(Processed, "processed"), (Rejected, "reject"), (UnknownEvent, "deferred")])
def test_every_event_shows_that_the_provider_took_the_email(journal, kind, name):
    assert journal.settle(event_of(journal, "b", kind=kind, name=name)) is True


@pytest.mark.parametrize("header", ["x-smtp2go-bulk", "X-SMTP2GO-BULK", "X-Smtp2go-Bulk"])
def test_the_header_is_found_however_its_name_is_written(journal, header):
    assert journal.settle(event_of(journal, "b", header=header)) is True


def test_spaces_around_a_token_do_not_matter(journal):
    (token,) = tokens_of(journal.id, ["b"])
    assert journal.settle(Delivered(name="delivered", headers={BULK_HEADER: f" {token}\r\n"})) is True


@pytest.mark.parametrize(
    "headers",
    [{}, {"Subject": "Hello"}, {BULK_HEADER: ""}, {BULK_HEADER: "Headers Unavailable"}, {BULK_HEADER: "a" * 10**6}],
)
def test_an_event_without_a_token_settles_nothing(journal, headers):
    assert journal.settle(Delivered(name="delivered", email_id="e-1", headers=headers)) is False


def test_an_event_of_another_journal_settles_nothing(journal, tmp_path):
    with Journal(tmp_path / "other.journal") as other:
        assert journal.settle(event_of(other, "b")) is False
    assert rows_of(journal)["b"][0] == "unknown"


def test_only_an_event_can_settle_a_row(journal):
    with pytest.raises(ArgumentTypeError, match="event: must be an event"):
        journal.settle({"event": "delivered"})


def test_rows_that_become_unknown_later_can_be_settled_too(journal):
    journal.settle(event_of(journal, "b"))
    journal.commit(claims("later"), [])
    journal.commit([], settled_rows("unknown", "later"))
    assert journal.settle(event_of(journal, "later")) is True


def test_the_rows_are_read_once_and_not_for_each_event(journal, monkeypatch):
    read = []
    tokens = arrivals.tokens_of
    monkeypatch.setattr(arrivals, "tokens_of", lambda key, names: read.append(len(names)) or tokens(key, names))
    for number in range(100):
        journal.settle(event_of(journal, f"other {number}"))
    assert sum(read) == 2


def test_a_row_that_a_run_left_claimed_is_settled(journal):
    assert journal.settle(event_of(journal, "a")) is False
    journal.commit(claims("left"), [])
    assert journal.settle(event_of(journal, "left", "e-l")) is True
    assert rows_of(journal)["left"] == ("sent", "e-l", None)


# --- a journal that is not open ----------------------------------------------------------------------------------------


def test_a_closed_journal_is_opened_for_the_event_alone(journal):
    event = event_of(journal, "b")
    journal.close()
    assert journal.settle(event) is True
    assert not journal.is_open
    assert rows_of(journal)["b"][0] == "sent"


def test_a_row_of_a_run_that_was_cut_off_is_settled(path):
    with Journal(path) as journal:
        journal.take_for("email")
        journal.commit(claims("a"), [])
        event = event_of(journal, "a")
    assert Journal(path).settle(event) is True
    assert states(path) == {"a": "sent"}


def test_a_journal_that_does_not_exist_is_not_made(tmp_path, journal):
    event = event_of(journal, "b")
    with pytest.raises(JournalError, match="does not exist"):
        Journal(tmp_path / "missing.journal").settle(event)
    assert not (tmp_path / "missing.journal").exists()


def test_a_journal_that_another_program_has_open_raises_so_that_an_inbox_tries_again(journal, path):
    with pytest.raises(JournalError, match="in use by another run"):
        Journal(path).settle(event_of(journal, "b"))


def test_a_journal_that_was_opened_before_a_fork_raises_in_the_child(journal, forked):
    journal.settle(event_of(journal, "a"))
    event = event_of(journal, "never claimed")
    assert "opened before a fork" in forked(lambda: journal.settle(event))()


# --- while a run goes on -----------------------------------------------------------------------------------------------


class User:
    pass


@pytest.fixture
def user(journal):
    user = User()
    journal.take_for("email", by=user)
    yield user
    journal.release()


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize("outcome", ["unknown", "refused", "failed", "pending"])
def test_an_event_that_comes_before_the_outcome_of_its_call_is_remembered(journal, outcome):
    journal.commit(claims("x"), [])
    assert journal.settle(event_of(journal, "x", "e-x")) is False
    assert rows_of(journal)["x"][0] == "claimed"
    journal.commit([], settled_rows(outcome, "x"))
    assert rows_of(journal)["x"] == ("sent", "e-x", None)


@pytest.mark.usefixtures("user")
def test_what_the_run_knows_of_a_sent_row_stays(journal):
    journal.commit(claims("x"), [])
    journal.settle(event_of(journal, "x", "by event"))
    journal.commit([], [settled_rows("sent", "x")[0]._replace(email_id="by response", request_id="r-1")])
    (row,) = (row for row in journal.rows() if row.reference == "x")
    assert (row.email_id, row.request_id) == ("by response", "r-1")


@pytest.mark.usefixtures("user")
def test_an_unknown_row_that_is_sent_again_keeps_the_event_of_the_first_email(journal):
    journal.settle(event_of(journal, "a"))
    journal.commit(claims("b"), [])
    assert journal.settle(event_of(journal, "b", "e-b")) is False
    journal.commit([], settled_rows("unknown", "b"))
    assert rows_of(journal)["b"] == ("sent", "e-b", None)


def test_a_remembered_event_settles_the_row_of_a_run_that_was_abandoned(journal, user):
    journal.commit(claims("x"), [])
    journal.settle(event_of(journal, "x", "e-x"))
    journal.release()
    assert journal.settle(event_of(journal, "a")) is False
    assert rows_of(journal)["x"] == ("sent", "e-x", None)


@pytest.mark.usefixtures("user")
def test_only_the_latest_events_are_remembered(journal, monkeypatch):
    monkeypatch.setattr(arrivals, "MAX_REMEMBERED", 2)
    names = ["x", "y", "z"]
    journal.commit(claims(*names), [])
    for name in [*names, "z"]:
        journal.settle(event_of(journal, name))
    journal.commit([], settled_rows("unknown", *names))
    assert [rows_of(journal)[name][0] for name in names] == ["unknown", "sent", "sent"]


def test_a_lost_response_whose_event_came_first_leaves_a_sent_row(client, provider, path, go):
    """The event is on its way while the call still waits for its response."""
    seen = []

    async def run(journal):
        provider.hold()
        provider.then(LOST)
        async with anyio.create_task_group() as group:

            async def send():
                seen.append(await client.bulk.send([("r1", email("r1"))], journal=journal))

            group.start_soon(send)
            await provider.under_way(1)
            (header,) = provider.calls[0][1]["custom_headers"]
            event = Delivered(name="delivered", email_id="e-1", headers={header["header"]: header["value"]})
            await journal.router().dispatch(event)
            provider.release()

    with Journal(path) as journal:
        go(run, journal)
        assert rows_of(journal) == {"r1": ("sent", "e-1", None)}
    assert seen[0].unknown == 1


def test_events_and_outcomes_that_are_written_at_the_same_time_leave_no_row_unknown(journal, user):
    names = [f"n{number}" for number in range(60)]
    order = random.Random(7).sample(names, len(names))  # noqa: S311
    journal.commit(claims(*names), [])

    def tell():
        for name in order:
            journal.settle(event_of(journal, name, f"e-{name}"))

    thread = threading.Thread(target=tell)
    thread.start()
    for name in names:
        journal.commit([], settled_rows("unknown", name))
    thread.join()
    found = rows_of(journal)
    assert {name: found[name] for name in names} == {name: ("sent", f"e-{name}", None) for name in names}


# --- end to end ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("via", ["send", "batch"])
def test_the_unknown_rows_of_a_run_are_settled_by_events_with_the_header_that_was_sent(via, backend, path):
    with Sandbox() as sandbox:
        sandbox.fail_next(lost_reply=True)

        async def main():
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
                report = await client.bulk.send(emails(20), via=via, batch_size=10, journal=path)
                router = Router()
                with Journal(path) as journal:
                    router.include(journal.router())
                    for mail in sandbox.sent:
                        name = BULK_HEADER.lower()
                        event = Delivered(
                            name="delivered",
                            email_id=mail.email_id,
                            recipients=mail.recipients,
                            time=dt.datetime.now(dt.UTC),
                            headers={name: mail.message[BULK_HEADER]},
                        )
                        await router.dispatch(event)
                return report

        report = anyio.run(main, backend=backend)
        assert report.unknown > 0
        assert counted(path) == {"sent": 20}
        with Journal(path) as journal:
            assert {row.reference: row.email_id for row in journal.rows()} == {
                mail.subject: mail.email_id for mail in sandbox.sent
            }


def test_an_event_of_a_text_settles_nothing(client, provider, path, go):
    provider.then(LOST)
    go(client.bulk.send_sms, numbers(1), "Hello", journal=path)
    with Journal(path) as journal:
        told = SmsDelivered(name="sms_delivered", message_id="m-1", recipients=(numbers(1)[0],), content="Hello")
        assert journal.settle(told) is False


def test_the_router_of_a_journal_has_a_handler_for_all_events(journal):
    router = journal.router()
    assert router.handlers(Event(name="anything")) == (journal.settle,)
