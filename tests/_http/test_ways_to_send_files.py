"""Files go with every kind of e-mail call in every way to make one: each transport, asyncio, trio, and waiting."""

import base64
import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from faults.server import Fault

from smtp2go_async import (
    ApiError,
    Attachment,
    Email,
    Inline,
    NotSentError,
    OutcomeUnknownError,
    RetryPolicy,
    Smtp2goError,
    SyncClient,
)
from smtp2go_async._content import blobs as _blobs
from smtp2go_async._wire import body as _body

LARGE = 36_000_000
"""Bytes; 48 MB in base64, near the default of max_email_bytes."""

CONTENT = os.urandom(700_001)
"""Several chunks, and not a multiple of 3 bytes."""

WAYS = {
    "asyncio": {},
    "trio": {"backend": "trio"},
    "fast": {"transport": "fast"},
    "asyncio, own httpx client": {"own": True},
    "trio, own httpx client": {"backend": "trio", "own": True},
    "waiting": {"waiting": True},
    "waiting, fast": {"waiting": True, "transport": "fast"},
    "waiting, own httpx client": {"waiting": True, "own": True},
}

Ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def calls(way: str, faults, client_of, key) -> Callable[..., list[Any]]:
    """Return a function that makes calls one after the other with one client, and lists their results or errors."""
    options = dict(WAYS[way])
    backend, own, waiting = (options.pop(name, None) for name in ("backend", "own", "waiting"))
    if "transport" in options:
        pytest.importorskip("pyreqwest")

    def http_client() -> dict[str, Any]:
        return {"http_client": httpx.AsyncClient(verify=False, trust_env=False)} if own else {}

    def wait(*made: Callable[[Any], Any], **more: Any) -> list[Any]:
        usual = {"base_url": faults.url, "timeout": 30.0, "retry": RetryPolicy.none()}
        outcomes = []
        with SyncClient(key, **{**usual, **options, **http_client(), **more}) as client:
            for call in made:
                try:
                    outcomes.append(call(client.email))
                except (Smtp2goError, ValueError) as error:
                    outcomes.append(error)
        return outcomes

    async def await_(made: tuple[Callable[[Any], Any], ...], more: dict[str, Any]) -> list[Any]:
        outcomes = []
        async with contextlib.AsyncExitStack() as stack:
            given = http_client()
            for one in given.values():
                await stack.enter_async_context(one)
            client = await stack.enter_async_context(client_of(**{**options, **given, **more}))
            for call in made:
                try:
                    outcomes.append(await call(client.email))
                except (Smtp2goError, ValueError) as error:
                    outcomes.append(error)
        return outcomes

    def run(*made: Callable[[Any], Any], **more: Any) -> list[Any]:
        return anyio.run(await_, made, more, backend=backend or "asyncio")

    return wait if waiting else run


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of 36 MB that takes no place on the disk."""
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.bin"
    path.write_bytes(CONTENT)
    return path


def content_of(field: dict[str, Any]) -> bytes:
    return base64.b64decode(field["fileblob"], validate=True)


def exact(request: Any) -> bool:
    """Return whether a request had the length it announced, and nothing but that to end it by."""
    announced = request.header("content-length") == str(len(request.body))
    return announced and request.header("transfer-encoding") is None


@Ways
def test_a_large_file_arrives_whole(way, calls, large, faults, mail):
    (sent,) = calls(lambda email: email.send(**mail(attachments=[large])))
    assert sent.accepted
    (request,) = faults.arrived
    assert exact(request)
    assert request.body.count(b"A" * 1000) == LARGE // 3 * 4 // 1000


@Ways
def test_one_body_has_several_attachments_and_inlines_from_paths_and_open_files(way, calls, file, faults, mail):
    with file.open("rb") as first, file.open("rb", buffering=0) as second:
        parts = {
            "attachments": [file, Attachment(first), Attachment(b"in memory", "memory.txt"), Attachment(file, "b.bin")],
            "inlines": [Inline(second, "logo"), Inline(file, "picture")],
            "html_body": "<img src='cid:logo'>",
        }
        (sent,) = calls(lambda email: email.send(**mail(**parts)))
    assert sent.accepted
    (request,) = faults.arrived
    assert exact(request)
    fields = request.json
    assert [content_of(one) for one in fields["attachments"]] == [CONTENT, CONTENT, b"in memory", CONTENT]
    assert [one["filename"] for one in fields["attachments"]] == ["report.bin", "report.bin", "memory.txt", "b.bin"]
    assert [(one["filename"], content_of(one)) for one in fields["inlines"]] == [
        ("logo", CONTENT),
        ("picture", CONTENT),
    ]


@Ways
def test_a_batch_of_mails_with_attachments_is_one_body(way, calls, file, faults, mail):
    with file.open("rb") as opened:
        shared = Attachment(opened)
        mails = [Email(**mail(str(n), attachments=[shared, file], inlines=[Inline(file, str(n))])) for n in range(5)]
        (sent,) = calls(lambda email: email.send_batch(mails))
    assert [one.email_id for one in sent] == ["0", "1", "2", "3", "4"]
    (request,) = faults.arrived
    assert exact(request)
    for number, one in enumerate(request.json["emails"]):
        assert one["subject"] == one["inlines"][0]["filename"] == str(number)
        assert {content_of(field) for field in one["attachments"] + one["inlines"]} == {CONTENT}


@Ways
@pytest.mark.parametrize("form", ["path", "open file"])
def test_a_ready_message_is_sent_from_a_file(way, form, calls, file, faults):
    with file.open("rb") as opened:
        (sent,) = calls(lambda email: email.send_mime(file if form == "path" else opened))
    assert sent.accepted
    (request,) = faults.arrived
    assert exact(request)
    assert base64.b64decode(request.json["mime_email"], validate=True) == CONTENT


@Ways
def test_files_are_read_beside_the_event_loop(way, calls, file, faults, mail, monkeypatch):
    threads = set()

    def noting(*args):
        threads.add(threading.current_thread().name)
        return original(*args)

    original = _body._next_encoded
    monkeypatch.setattr(_body, "_next_encoded", noting)
    with file.open("rb") as opened:
        (sent,) = calls(lambda email: email.send(**mail(attachments=[file, Attachment(opened)])))
    assert sent.accepted
    assert threads
    assert not threads & {threading.main_thread().name, "smtp2go-async"}


# --- files that are not what one expects -------------------------------------------------------------------------


@Ways
def test_a_file_that_disappears_before_it_is_sent_is_a_call_that_was_not_made(
    way, calls, file, faults, mail, monkeypatch
):
    def vanished(path, *args, **options):
        if os.path.exists(path):
            os.unlink(path)
        return open(path, *args, **options)

    monkeypatch.setattr(_blobs, "open", vanished, raising=False)
    error, sent = calls(
        lambda email: email.send(**mail("vanished", attachments=[file])), lambda email: email.send(**mail("next"))
    )
    assert type(error) is NotSentError
    assert error.carried_out is False
    assert "report.bin" in str(error)
    assert sent.email_id == "next"
    assert [request.json["subject"] for request in faults.arrived] == ["next"]


def test_a_file_that_disappears_between_two_attempts_leaves_the_outcome_unknown(backend, file, faults, client_of, mail):
    """The first attempt may have been carried out, and the second can't be made."""
    faults.then(Fault.NO_ANSWER)
    retry = RetryPolicy(attempts=3, first_wait=0.0, at_least_once=True)

    async def call() -> None:
        async with client_of(retry=retry) as client:
            sleep = client._calls.sleep

            async def unlink_and_sleep(seconds: float) -> None:
                file.unlink()
                await sleep(seconds)

            client._calls.sleep = unlink_and_sleep
            with pytest.raises(OutcomeUnknownError):
                await client.email.send(**mail(attachments=[file]))

    anyio.run(call, backend=backend)
    assert len(faults.arrived) == 1


@Ways
def test_the_content_of_a_pipe_is_sent(way, calls, faults, mail):
    reading, writing = os.pipe()

    def fill() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(CONTENT)

    filler = threading.Thread(target=fill)
    filler.start()
    with os.fdopen(reading, "rb") as opened:
        attachment = Attachment(opened, "pipe.bin")
    filler.join()
    for sent in calls(*[lambda email: email.send(**mail(attachments=[attachment]))] * 2):
        assert sent.accepted
    assert [content_of(request.json["attachments"][0]) for request in faults.arrived] == [CONTENT, CONTENT]


@Ways
def test_empty_files_are_sent(way, calls, faults, mail, tmp_path):
    (tmp_path / "empty").touch()
    with open(tmp_path / "empty", "rb") as opened:
        attachments = [tmp_path / "empty", Attachment(opened), Attachment(b"", "nothing")]
        (sent,) = calls(lambda email: email.send(**mail(attachments=attachments)))
    assert sent.accepted
    (request,) = faults.arrived
    assert exact(request)
    assert [one["fileblob"] for one in request.json["attachments"]] == ["", "", ""]


@Ways
def test_a_file_whose_name_is_not_utf_8_can_be_sent_under_another(way, calls, faults, mail, tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.pdf"
    with open(name, "wb") as file:
        file.write(b"abc")
    path = os.fsdecode(name)
    error, sent = calls(
        lambda email: email.send(**mail("refused", attachments=[path])),
        lambda email: email.send(**mail("sent", attachments=[Attachment(path, "café.pdf")])),
    )
    assert isinstance(error, ValueError)
    assert "lone surrogate" in str(error)
    assert sent.email_id == "sent"
    (request,) = faults.arrived
    (field,) = request.json["attachments"]
    assert (field["filename"], content_of(field)) == ("café.pdf", b"abc")


# --- limits ------------------------------------------------------------------------------------------------------

BODIES = {
    "send": lambda email, path, mail: email.send(**mail(attachments=[path, path], inlines=[path])),
    "send_batch": lambda email, path, mail: email.send_batch([Email(**mail(attachments=[path]))] * 3),
    "send_mime": lambda email, path, mail: email.send_mime(path),
}


@Ways
@pytest.mark.parametrize("body", BODIES)
def test_a_body_may_have_exactly_the_most_bytes_and_not_one_more(way, body, calls, file, faults, mail, monkeypatch):
    def call(email: Any) -> Any:
        return BODIES[body](email, file, mail)

    calls(call)
    length = len(faults.arrived[0].body)
    (sent,) = calls(call, max_email_bytes=length)
    assert not isinstance(sent, Exception)
    opened = []
    monkeypatch.setattr(_blobs, "open", lambda *args, **options: opened.append(args), raising=False)
    (error,) = calls(call, max_email_bytes=length - 1)
    assert type(error) is ValueError
    assert f"{length:,} bytes" in str(error)
    assert f"{length - 1:,}" in str(error)
    assert not opened
    assert [len(request.body) for request in faults.arrived] == [length, length]


# httpx's own pool hears a response only when the whole request is written, or when writing it fails.
EARLY = [
    (way, fault)
    for way in WAYS
    for fault in (Fault.TOO_LARGE, Fault.TOO_LARGE_AND_CLOSES, Fault.TOO_LARGE_AND_STAYS)
    if "own" not in str(way) or fault is Fault.TOO_LARGE
]


@pytest.mark.parametrize(("way", "fault"), EARLY)
@pytest.mark.parametrize("before", [[], ["before"]], ids=["cold", "warm"])
def test_a_response_that_comes_before_the_body_was_sent_is_seen(way, fault, before, calls, large, faults, mail):
    faults.then(*[Fault.NONE for _ in before], fault)
    *_, error, sent = calls(
        *[lambda email: email.send(**mail("before")) for _ in before],
        lambda email: email.send(**mail("large", attachments=[large])),
        lambda email: email.send(**mail("next")),
    )
    assert isinstance(error, ApiError)
    assert (error.status, error.carried_out) == (413, False)
    assert sent.email_id == "next"
    assert [request.json["subject"] for request in faults.arrived] == [*before, "next"]
    assert faults.connections == 2
