"""Everything together: the clients over real HTTP into the sandbox, on asyncio and on trio."""

import datetime as dt
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import anyio
import pytest

from smtp2go_async import (
    AsyncClient,
    Attachment,
    AuthenticationError,
    BadRequestError,
    Email,
    Inline,
    OutcomeUnknownError,
    RetryPolicy,
    SendRefusedError,
    ServerError,
    SyncClient,
)
from smtp2go_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def run(sandbox: Sandbox, backend: str, client_options: dict[str, Any]) -> Callable[..., Any]:
    """Return a function that does something with a client of the sandbox, over each transport."""

    def run(work: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url, **client_options) as client:
                return await work(client)

        return anyio.run(main, backend=backend)

    return run


def test_every_address_arrives_with_its_name_and_its_domain_in_ascii(sandbox: Sandbox, run: Any) -> None:
    message = Email(
        sender=("Müller, Jörg", "shop@bücher.example"),
        to=[("Doe, Jane", "jane@example.com"), "Jané <j@straße.example>", '"a b"@example.com'],
        cc=[],
        reply_to=[("Müller, Jörg", "help@bücher.example"), ("Другой, Кто-то", "other@example.com"), "bare@example.com"],
        custom_headers={"Disposition-Notification-To": '"Öne, Two" <read@bücher.example>'},
        subject="Hello",
        text_body="Hi",
    )
    run(lambda client: client.email.send_message(message))
    (sent,) = sandbox.sent
    shown = {
        name: [(address.display_name, address.addr_spec) for address in sent.message[name].addresses]
        for name in ("From", "To", "Reply-To")
    }
    assert shown["From"] == [("Müller, Jörg", "shop@xn--bcher-kva.example")]
    assert shown["To"] == [
        ("Doe, Jane", "jane@example.com"),
        ("Jané", "j@xn--strae-oqa.example"),
        ("", '"a b"@example.com'),
    ]
    assert shown["Reply-To"] == [
        ("Müller, Jörg", "help@xn--bcher-kva.example"),
        ("Другой, Кто-то", "other@example.com"),
        ("", "bare@example.com"),
    ]
    notified = sent.message["Disposition-Notification-To"]
    assert str(notified) == "Öne, Two <read@xn--bcher-kva.example>"


def test_an_email_arrives_byte_for_byte_as_it_was_sent(sandbox: Sandbox, run: Any, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "noise.bin").write_bytes(content)
    with (tmp_path / "noise.bin").open("rb") as opened:
        message = Email(
            sender=("Müller, Jörg", "shop@example.com"),
            to=["jane@example.com", ('A "nick" B', "b@example.com")],
            cc=Address("C. D.", "cd", "example.com"),
            bcc="hidden@example.com",
            subject="Größe, Preis & mehr",
            html_body='<img src="cid:dot">',
            text_body="Hällo\nWorld",
            reply_to=["help@example.com", "two@example.com"],
            custom_headers=[("X-Tag", "one"), ("X-Tag", "two")],
            attachments=[tmp_path / "noise.bin", Attachment(opened, "again.bin"), Attachment(b"", "empty.txt")],
            inlines=[Inline(b"\x89PNG", "dot", mimetype="image/png")],
        )
        result = run(lambda client: client.email.send_message(message))
    (mail,) = sandbox.sent
    assert mail.email_id == result.email_id
    assert [file.content for file in mail.attachments] == [content, content, b"", b"\x89PNG"]
    assert mail.recipients == ("jane@example.com", "b@example.com", "cd@example.com", "hidden@example.com")
    arrived = mail.message
    assert arrived["From"].addresses[0].display_name == "Müller, Jörg"
    assert arrived["To"].addresses[1].display_name == 'A "nick" B'
    assert arrived["Subject"] == "Größe, Preis & mehr"
    assert arrived.get_all("X-Tag") == ["one", "two"]
    assert arrived["Bcc"] is None
    assert [address.addr_spec for address in arrived["Reply-To"].addresses] == ["help@example.com", "two@example.com"]
    assert arrived.get_body(("plain",)).get_content().splitlines() == ["Hällo", "World"]


def test_a_ready_message_arrives_as_it_is(sandbox: Sandbox) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", "jane@example.com", "Grüße"
    message.set_content("Hällo")
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        client.email.send_message(message)
        client.email.send_mime(message.as_bytes())
        client.email.send_mime(message.as_string())
    assert [mail.message.get_content().strip() for mail in sandbox.sent] == ["Hällo"] * 3


def test_a_lost_reply_is_reported_as_unknown_and_the_mail_is_sent_once(sandbox: Sandbox, run: Any) -> None:
    async def work(client: AsyncClient) -> None:
        sandbox.fail_next(lost_reply=True)
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.email.send("a@example.com", "b@example.com", subject="c", text_body="d")
        assert caught.value.carried_out is None
        await client.email.send("a@example.com", "b@example.com", subject="after", text_body="d")

    run(work)
    assert [mail.subject for mail in sandbox.sent] == ["c", "after"]


def test_a_text_to_a_hundred_numbers_is_one_call(sandbox: Sandbox) -> None:
    numbers = [f"+120255501{n:02}" for n in range(100)]
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        result = client.sms.send(numbers, "Hello", sender="+12025550100")
        assert (result.accepted, result.total_sent, len(result.messages)) == (True, 100, 100)
        page = client.sms.view_sent()
        assert len(page.messages) == 100
        assert client.sms.summary().total_messages == 100
        sandbox.receive_sms("+12025550123", "+12025550100", "Yes")
        assert client.sms.view_received().messages[0].content == "Yes"
    assert [text.destination for text in sandbox.sms] == numbers
    assert len([request for request in sandbox.requests if request.path.endswith("/sms/send")]) == 1


def test_a_scheduled_email_can_be_found_and_removed(sandbox: Sandbox) -> None:
    when = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=5)
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        result = client.email.send("a@example.com", "b@example.com", subject="c", text_body="d", schedule=when)
        assert result.accepted
        assert not result.email_id
        (waiting,) = client.email.search_scheduled(search_subject="c")
        assert (waiting.schedule_id, waiting.schedule) == (result.schedule_id, when)
        client.email.remove_scheduled(result.schedule_id)
        assert len(client.email.search_scheduled()) == 0
    assert sandbox.scheduled == ()


def test_a_fast_accepted_email_is_not_a_failure(sandbox: Sandbox) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        result = client.email.send("a@example.com", "b@example.com", subject="c", text_body="d", fastaccept=True)
    assert (result.accepted, result.succeeded, result.failed) == (True, None, None)


def test_a_refused_sender_raises_and_says_why(sandbox: Sandbox) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        with pytest.raises(SendRefusedError, match="nothing was accepted") as caught:
            client.email.send("a@unverified.example", "b@example.com", subject="c", text_body="d")
        returned = client.with_options(raise_on_refused=False).email.send(
            "a@unverified.example", "b@example.com", subject="c", text_body="d"
        )
    assert caught.value.carried_out is False
    assert caught.value.failures
    assert returned.accepted is False
    assert sandbox.sent == ()


@pytest.mark.parametrize("auth", ["header", "bearer", "body"])
def test_the_key_works_in_each_of_its_places(sandbox: Sandbox, auth: str) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url, auth=auth) as client:
        client.email.send("a@example.com", "b@example.com", subject="c", text_body="d")
    assert len(sandbox.sent) == 1


def test_an_unknown_key_is_an_authentication_error_though_the_status_is_500(sandbox: Sandbox) -> None:
    with SyncClient("api-" + "B" * 32, base_url=sandbox.base_url) as client:
        with pytest.raises(AuthenticationError) as caught:
            client.email.send("a@example.com", "b@example.com", subject="c", text_body="d")
    assert (caught.value.status, caught.value.carried_out) == (500, False)
    assert len(sandbox.requests) == 1


def test_a_field_that_this_version_does_not_know_goes_through(sandbox: Sandbox) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        client.with_options(extra_body={"newer_field": [1]}).sms.summary()
    assert sandbox.requests[0].body == {"newer_field": [1]}


def test_a_body_over_the_limit_is_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        with pytest.raises(ValueError, match="1,000,000"):
            client.sms.send("+12025550123", "x" * 1_000_000)
    assert sandbox.requests == ()


def test_a_server_error_on_a_send_is_not_repeated_and_on_a_read_it_is(sandbox: Sandbox) -> None:
    quick = RetryPolicy(first_wait=0.0)
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url, retry=quick) as client:
        sandbox.fail_next(1, status=502, body="<html>Bad gateway</html>")
        with pytest.raises(ServerError) as caught:
            client.email.send("a@example.com", "b@example.com", subject="c", text_body="d")
        assert caught.value.carried_out is None
        sandbox.fail_next(2, status=503)
        client.sms.summary()
    assert [request.status for request in sandbox.requests] == [502, 503, 503, 200]


def test_a_refusal_by_the_sandbox_names_the_field(sandbox: Sandbox) -> None:
    with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
        # The client would refuse this itself; extra fields go past its checks.
        with pytest.raises(BadRequestError) as caught:
            client.with_options(extra_body={"destination": []}).sms.send("+12025550123", "Hello")
    assert "destination" in caught.value.field_errors


def test_the_demo_ends_with_status_0() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "examples/demo.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything arrived as it was sent." in done.stdout
    assert done.stderr == ""


def test_the_demo_ends_with_status_1_when_something_differs() -> None:
    spoiled = "import examples.demo as demo\ndemo._text = lambda mail: b'other'\n"
    done = subprocess.run(
        [sys.executable, "-c", spoiled + "raise SystemExit(demo.main())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NO batch of 50" in done.stdout
