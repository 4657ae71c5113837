"""Webhooks from end to end: our client sets them up and sends, the sandbox calls, and our receiver takes the events."""

import anyio
import pytest

from smtp2go_async import AsyncClient
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.webhooks import BasicAuth, BearerAuth, Receiver, Router, events

ALL = ("delivered", "unsubscribe", "spam", "bounce", "processed", "reject", "click", "open")
ALL_SMS = ("delivered", "failed", "rejected", "sending", "submitted", "opt-out")
CLASSES = {
    "jane": [events.Processed, events.Delivered],
    "bounce": [events.Processed, events.Bounced],
    "click": [events.Processed, events.Delivered, events.Opened, events.Clicked],
    "complaint": [events.Processed, events.Delivered, events.Complained],
    "resubscribe": [events.Processed, events.Delivered, events.Unsubscribed, events.Resubscribed],
    "reject": [events.Rejected],
}


class Receiving:
    """Our receiver on a real port, with the events that its handler got."""

    def __init__(self, serve, auth=None):
        self.events = []
        router = Router()

        @router.on(events.Event)
        def note(event):
            self.events.append(event)

        self.url = serve(Receiver(router, auth=auth).asgi)


@pytest.fixture
def run(sandbox, backend, client_options):
    """Return a function that does something with a client of the sandbox, and waits until all webhooks were called."""

    def run(work):
        async def main():
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url, **client_options) as client:
                result = await work(client)
            await anyio.to_thread.run_sync(sandbox.wait_for_webhooks)
            return result

        return anyio.run(main, backend=backend)

    return run


@pytest.mark.parametrize("output_format", ["json", "form"])
@pytest.mark.parametrize("name", CLASSES)
def test_each_event_arrives_as_its_class(run, serve, name, output_format):
    receiving = Receiving(serve)

    async def work(client):
        await client.webhooks.add(receiving.url, events=ALL, output_format=output_format)
        await client.email.send("shop@example.com", f"{name}@example.org", subject="Hello", text_body="Hi")

    run(work)
    assert [type(event) for event in receiving.events] == CLASSES[name]
    for event in receiving.events:
        assert event.recipients == (f"{name}@example.org",)
        assert (event.subject, event.sender) == ("Hello", "shop@example.com")


def test_several_recipients_arrive_in_a_form_as_in_json(run, serve):
    json_one, form_one = Receiving(serve), Receiving(serve)

    async def work(client):
        await client.webhooks.add(json_one.url, events=["processed"], output_format="json")
        await client.webhooks.add(form_one.url, events=["processed"], output_format="form")
        to = ["jane@example.org", "joe@example.org"]
        await client.email.send("shop@example.com", to, subject="Hello", text_body="Hi")

    run(work)
    [one], [two] = json_one.events, form_one.events
    assert one.recipients == two.recipients == ("jane@example.org", "joe@example.org")
    assert one.key == two.key


@pytest.mark.parametrize(
    "auth", [BearerAuth("a long random text"), BasicAuth("user", "p@ss w:rd")], ids=["bearer", "basic"]
)
def test_a_secret_that_was_set_up_is_accepted(run, serve, sandbox, auth):
    receiving = Receiving(serve, auth)

    async def work(client):
        await client.webhooks.add(**auth.for_setup(receiving.url), events=["delivered"])
        await client.email.send("shop@example.com", "jane@example.org", subject="Hello", text_body="Hi")

    run(work)
    assert [type(event) for event in receiving.events] == [events.Delivered]
    assert [item.state for item in sandbox.notifications] == ["delivered"]


def test_credentials_of_the_url_are_accepted_as_basic(run, serve):
    receiving = Receiving(serve, BasicAuth("user", "p@ss"))

    async def work(client):
        url = receiving.url.replace("//", "//user:p%40ss@")
        await client.webhooks.add(url, events=["delivered"])
        await client.email.send("shop@example.com", "jane@example.org", subject="Hello", text_body="Hi")

    run(work)
    assert len(receiving.events) == 1


def test_a_wrong_secret_is_a_failed_notification(run, serve, sandbox):
    receiving = Receiving(serve, BearerAuth("right"))

    async def work(client):
        await client.webhooks.add(**BearerAuth("wrong").for_setup(receiving.url), events=["delivered"])
        await client.email.send("shop@example.com", "jane@example.org", subject="Hello", text_body="Hi")

    run(work)
    assert receiving.events == []
    assert [item.error for item in sandbox.failed_notifications] == ["the receiver answered 401"]


def test_events_of_texts_arrive(run, serve):
    receiving = Receiving(serve)

    async def work(client):
        await client.webhooks.add(receiving.url, sms_events=ALL_SMS)
        await client.sms.send(["+12025550001", "+12025550004"], "Hi")

    run(work)
    assert [type(event) for event in receiving.events] == [
        events.SmsSending,
        events.SmsSubmitted,
        events.SmsFailed,
        events.SmsSending,
        events.SmsSubmitted,
        events.SmsDelivered,
        events.SmsOptedOut,
    ]


def test_custom_and_echoed_headers_arrive(run, hook):
    async def work(client):
        await client.webhooks.add(
            hook.url,
            events=["delivered"],
            headers=["X-Order"],
            output_format="json",
            custom_headers=[{"header": "X-Shop", "value": "north"}],
        )
        await client.email.send(
            "shop@example.com", "jane@example.org", subject="Hello", text_body="Hi", custom_headers={"x-order": "17"}
        )

    run(work)
    assert hook.requests[0]["headers"]["x-shop"] == "north"
    assert hook.events[0]["X-Order"] == "17"


def test_a_call_of_the_test_makes_an_event_arrive(run, serve, sandbox):
    receiving = Receiving(serve)

    async def work(client):
        await client.webhooks.add(receiving.url, events=["click"])
        await client.email.send("shop@example.com", "jane@example.org", subject="Hello", text_body="Hi")
        sandbox.click(sandbox.sent[0], "https://example.com/sale?x=1&y=2")

    run(work)
    [event] = receiving.events
    assert (type(event), event.url) == (events.Clicked, "https://example.com/sale?x=1&y=2")


def send(call, **fields):
    call("/email/send", sender="a@example.com", to=["b@example.org"], subject="s", text_body="t", **fields)


def test_a_failed_webhook_is_tried_again_with_the_same_body_when_the_clock_moves(sandbox, call, hook, clock):
    call("/webhook/add", url=hook.url, events=["delivered"])
    hook.answers = [500, 503]
    send(call)
    for minutes in (2, 5, 60):
        sandbox.wait_for_webhooks()
        clock.move(minutes=minutes)
    sandbox.wait_for_webhooks()
    assert len(hook.requests) == 3
    assert len({request["body"] for request in hook.requests}) == 1
    assert [item.state for item in sandbox.notifications] == ["delivered"]
    assert [result.status for result in sandbox.notifications[0].tries] == [500, 503, 200]


def test_a_failed_webhook_can_be_sent_again_or_cancelled(sandbox, call, hook):
    call("/webhook/add", url=hook.url, events=["delivered"])
    hook.answers = [500, 500]
    send(call)
    send(call)
    sandbox.wait_for_webhooks()
    again, cancelled = sandbox.failed_notifications
    sandbox.retry_notification(again)
    sandbox.cancel_notification(cancelled.number)
    sandbox.wait_for_webhooks()
    assert [item.state for item in sandbox.notifications] == ["delivered", "cancelled"]
    assert len(hook.requests) == 3


def test_a_receiver_that_never_answers_stops_neither_the_sandbox_nor_other_webhooks(sandbox, call, hook, serve):
    async def silent(_scope, receive, _send):
        while (await receive())["type"] != "http.disconnect":
            pass

    call("/webhook/add", url=serve(silent), events=["delivered"])
    call("/webhook/add", url=hook.url, events=["delivered"])
    for _ in range(20):
        send(call)
    with pytest.raises(TimeoutError, match=r"^20 events were not sent to their webhooks within 0\.3 seconds"):
        sandbox.wait_for_webhooks(0.3)
    assert len(hook.requests) == 20


def test_the_sandbox_ends_at_once_while_a_receiver_is_silent(clock, serve):
    async def silent(_scope, receive, _send):
        while (await receive())["type"] != "http.disconnect":
            pass

    with Sandbox(clock=clock) as sandbox:
        sandbox._account.call("/webhook/add", {"url": serve(silent), "events": ["delivered"]})
        send(lambda path, **fields: sandbox._account.call(path, fields))
        with pytest.raises(TimeoutError):
            sandbox.wait_for_webhooks(0.1)
    assert sandbox.failed_notifications[0].error == "the sandbox ended"


def test_a_webhook_elsewhere_is_given_up_and_says_how_to_allow_it(sandbox, call):
    call("/webhook/add", url="http://example.com/hook", events=["delivered"])
    send(call)
    sandbox.wait_for_webhooks()
    [failed] = sandbox.failed_notifications
    assert failed.state == "failed"
    assert "allow_webhooks_to" in failed.error


def test_a_scheduled_email_is_told_when_its_time_has_come(sandbox, call, hook, clock):
    call("/webhook/add", url=hook.url, events=["delivered"], output_format="json")
    send(call, schedule="2026-11-21 12:30:00")
    sandbox.wait_for_webhooks()
    assert hook.events == []
    clock.move(hours=1)
    sandbox.wait_for_webhooks()
    assert [event["time"] for event in hook.events] == ["2026-11-21T12:30:00Z"]


def test_a_moved_clock_is_noticed_without_a_call(sandbox, call, hook, clock):
    call("/webhook/add", url=hook.url, events=["delivered"], output_format="json")
    call("/email/send", sender="a@example.com", to=["delay@example.org"], subject="s", text_body="t")
    clock.move(minutes=5)
    assert hook.arrived.wait(5)
    assert [event["rcpt"] for event in hook.events] == ["delay@example.org"]


def test_time_passes_faster_with_a_factor(hook, clock):
    with Sandbox(clock=clock, time_factor=60) as sandbox:
        sandbox._account.call("/webhook/add", {"url": hook.url, "events": ["delivered"]})
        hook.answers = [500]
        send(lambda path, **fields: sandbox._account.call(path, fields))
        sandbox.wait_for_webhooks()
        clock.move(seconds=2)
        sandbox.wait_for_webhooks()
        assert len(hook.requests) == 2


def test_hundreds_of_events_arrive_in_their_order(sandbox, call, hook):
    call("/webhook/add", url=hook.url, events=["delivered"], output_format="json")
    emails = [
        {"sender": "a@example.com", "to": [f"{number}@example.org"], "subject": "s", "text_body": "t"}
        for number in range(300)
    ]
    call("/email/batch", emails=emails)
    sandbox.wait_for_webhooks()
    assert [event["rcpt"] for event in hook.events] == [f"{number}@example.org" for number in range(300)]
