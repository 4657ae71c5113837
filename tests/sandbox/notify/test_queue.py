"""The notifications of webhooks, without sockets: which wait, which are taken, and what becomes of them."""

from datetime import timedelta

import pytest

from smtp2go_async.sandbox import Try
from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.notify import queue as queue_module


@pytest.fixture
def add(account):
    """Return a function that sets a webhook up, and returns its id."""

    def add(**fields):
        wanted = {"url": "http://localhost/", "events": ["delivered", "bounce"], **fields}
        return account.call("/webhook/add", wanted)["data"]["id"]

    return add


@pytest.fixture
def send(account, email):
    return lambda **fields: account.call("/email/send", email(**fields))


@pytest.fixture
def queue(account):
    return account.notifications


@pytest.fixture
def attempt(queue, clock):
    """Return a function that makes the tries that are due, each with a status, and returns their events."""

    def attempt(status=200):
        taken = queue.take(clock())
        for item, _ in taken:
            queue.done(item, Try(moment=clock(), status=status, error="" if status else "it did not work"))
        return [item.event for item, _ in taken]

    return attempt


def states(queue):
    return [item.state for item in queue.all]


def test_without_a_webhook_nothing_waits(send, queue):
    send()
    assert queue.all == ()


def test_a_webhook_gets_what_it_asked_for(add, send, queue, attempt):
    add(events=["bounce"])
    send()
    assert queue.all == ()
    send(to=["bounce@example.org"])
    assert attempt() == ["bounce"]
    assert states(queue) == ["delivered"]


def test_a_webhook_gets_one_request_at_a_time_and_others_do_not_wait_for_it(add, send, queue, clock):
    one, two = add(), add(events=["delivered"])
    send(to=["a@example.org", "b@example.org"])
    first = queue.take(clock())
    assert [webhook.id for _, webhook in first] == [one, two]
    assert queue.take(clock()) == []
    queue.done(first[1][0], Try(moment=clock(), status=200))
    [(item, webhook)] = queue.take(clock())
    assert (item.notice.recipient, webhook.id) == ("b@example.org", two)


def test_any_2xx_is_a_success_and_all_else_fails(add, send, queue, attempt):
    add()
    for status in (200, 204, 299, 199, 301, 404, 500, None):
        send()
        attempt(status)
    failed = ["waiting"] * 5
    assert states(queue) == ["delivered"] * 3 + failed
    assert [item.error for item in queue.failed][-3:] == [
        "the receiver answered 404",
        "the receiver answered 500",
        "it did not work",
    ]


def test_a_failed_notification_is_tried_on_schedule_and_then_given_up(add, send, queue, clock, attempt):
    add()
    send()
    start, moments = clock.now, []
    for _ in range(48 * 60 + 5):
        if attempt(500):
            moments.append((clock.now - start) / timedelta(minutes=1))
        clock.move(minutes=1)
    assert moments[:7] == [0, 2, 7, 15, 30, 90, 150]
    assert moments[-3:] == [30 * 60, 36 * 60, 48 * 60]
    assert states(queue) == ["failed"]
    assert len(queue.all[0].tries) == len(moments)


def test_a_notification_that_failed_holds_up_no_other(add, send, attempt):
    add()
    send()
    attempt(500)
    send(to=["bounce@example.org"])
    assert attempt() == ["bounce"]


def test_a_waiting_notification_can_be_sent_at_once(add, send, queue, clock, attempt):
    add()
    send()
    attempt(500)
    assert attempt() == []
    queue.retry(queue.failed[0].number, clock())
    assert attempt() == ["delivered"]
    assert states(queue) == ["delivered"]
    clock.move(days=3)
    assert attempt() == []


def test_a_notification_that_was_given_up_can_be_sent_again(add, send, queue, clock, attempt):
    add()
    send()
    while attempt(500):
        clock.move(hours=12)
    [failed] = queue.failed
    queue.retry(failed.number, clock())
    assert attempt() == ["delivered"]
    assert (states(queue), queue.failed) == (["delivered"], ())


def test_a_notification_can_be_cancelled(add, send, queue, clock, attempt):
    add()
    send()
    attempt(500)
    queue.cancel(queue.failed[0].number)
    clock.move(days=3)
    assert attempt() == []
    assert (states(queue), queue.failed) == (["cancelled"], ())


def test_only_failed_notifications_can_be_sent_again_or_cancelled(add, send, queue, clock, attempt):
    add()
    send()
    for change in (queue.cancel, lambda number: queue.retry(number, clock())):
        with pytest.raises(ValueError, match=r"^number: must be that of a notification that failed"):
            change(queue.all[0].number)
    attempt()
    with pytest.raises(ValueError, match=r"^number: "):
        queue.cancel(queue.all[0].number)


@pytest.mark.parametrize("path", ["/webhook/remove", "/webhook/edit"])
def test_what_waits_for_a_webhook_that_was_removed_or_switched_off_is_cancelled(
    account, add, send, queue, attempt, path
):
    webhook = add()
    send()
    send()
    account.call(path, {"id": webhook, "disabled": True})
    assert attempt() == []
    assert states(queue) == ["cancelled"] * 2


def test_a_retry_goes_to_the_url_that_the_webhook_has_then(account, add, send, queue, clock, attempt):
    webhook = add()
    send()
    attempt(500)
    account.call("/webhook/edit", {"id": webhook, "url": "http://localhost/new"})
    clock.move(minutes=2)
    assert [webhook.url for _, webhook in queue.take(clock())] == ["http://localhost/new"]


def test_a_disabled_webhook_gets_nothing(add, send, queue):
    add(disabled=True)
    send()
    assert queue.all == ()


@pytest.mark.parametrize(
    ("usernames", "expected"),
    [([], 1), (["api-SANDBOX0SAND"], 1), (["api-SANDBOX0SANDBOX0SANDBOX0SANDBOX0"], 1), (["shop"], 0)],
)
def test_a_webhook_can_ask_for_the_events_of_some_users(add, send, queue, usernames, expected):
    add(usernames=usernames)
    send()
    assert len(queue.all) == expected


def test_too_many_waiting_notifications_are_dropped_and_listed(monkeypatch, add, send, queue):
    monkeypatch.setattr(queue_module, "MAX_WAITING", 2)
    add()
    send(to=[f"{number}@example.org" for number in range(3)])
    assert states(queue) == ["waiting", "waiting", "failed"]
    assert queue.failed[0].error == "too many notifications were waiting"


def test_only_the_newest_that_ended_are_kept(monkeypatch, clock, email):
    monkeypatch.setattr(queue_module, "MAX_ENDED", 3)
    account = Account(clock=clock)
    account.call("/webhook/add", {"url": "http://localhost/", "events": ["delivered"]})
    account.call("/email/send", email(to=[f"{number}@example.org" for number in range(5)]))
    for _ in range(5):
        [(item, _)] = account.notifications.take(clock())
        account.notifications.done(item, Try(moment=clock(), status=200))
    assert [item.notice.recipient for item in account.notifications.all] == [f"{n}@example.org" for n in (2, 3, 4)]


def test_clear_forgets_what_waits_and_what_is_under_way(account, add, send, queue, clock):
    add()
    send()
    [(item, _)] = queue.take(clock())
    account.clear()
    queue.done(item, Try(moment=clock(), status=500))
    assert queue.all == ()
    add()
    send()
    assert len(queue.take(clock())) == 1


def test_a_repr_shows_no_address(add, send, queue):
    add()
    send()
    assert "@" not in repr(queue.all)
