"""Bodies that are made while they are sent."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from faults.server import Fault, FaultServer

from smtp2go_async import AsyncClient, Attachment, NotSentError, RetryPolicy, Smtp2goError
from smtp2go_async._content import blobs as _blobs
from smtp2go_async._wire import body as _body

CONTENT = os.urandom(1_000_003)
"""Several chunks, and not a multiple of 3 bytes."""

MUCH = 12_000_000
"""Bytes; more than two sockets hold, so that a server that does not read stops the client in the middle."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.bin"
    path.write_bytes(CONTENT)
    return path


def by_path(path: Path) -> Attachment:
    return Attachment(path)


def by_open_file(path: Path) -> Attachment:
    return Attachment(path.open("rb"))


def in_memory(path: Path) -> Attachment:
    return Attachment(path.read_bytes(), path.name)


@pytest.fixture(params=[by_path, by_open_file, in_memory])
def attachment(request, file: Path):
    made = request.param(file)
    yield made
    if request.param is by_open_file:
        made.blob.file.close()


def test_an_attachment_arrives_byte_for_byte(attachment, backend, faults, client_of, mail):
    """The first time over a new connection, and then over one that has answered before."""

    async def call() -> None:
        async with client_of() as client:
            for _ in range(3):
                await client.email.send(**mail(attachments=[attachment]))

    anyio.run(call, backend=backend)
    assert (len(faults.arrived), faults.connections) == (3, 1)
    for request in faults.arrived:
        (sent,) = request.json["attachments"]
        assert base64.b64decode(sent["fileblob"], validate=True) == CONTENT
        assert sent["filename"] == "report.bin"


def test_a_body_with_files_says_its_exact_length_and_is_not_chunked(attachment, backend, faults, client_of, mail):
    async def call() -> None:
        async with client_of() as client:
            await client.email.send(**mail(attachments=[attachment, attachment]))

    anyio.run(call, backend=backend)
    (request,) = faults.arrived
    assert request.header("content-length") == str(len(request.body))
    assert request.header("transfer-encoding") is None
    assert faults.connections == 1


def test_each_attempt_sends_the_file_from_its_start(attachment, backend, faults, client_of, mail):
    faults.then(Fault.RESET_IN_BODY, Fault.RESET_IN_BODY)
    retry = RetryPolicy(attempts=3, first_wait=0.0, at_least_once=True)

    async def call() -> None:
        async with client_of(retry=retry) as client:
            await client.email.send(**mail(attachments=[attachment]))

    anyio.run(call, backend=backend)
    (request,) = faults.arrived
    assert base64.b64decode(request.json["attachments"][0]["fileblob"]) == CONTENT
    assert faults.begun == 3


def test_sends_that_share_an_open_file_don_t_disturb_each_other(backend, file, faults, client_of, mail):
    async def call() -> None:
        with file.open("rb") as opened:
            attachment = Attachment(opened)
            async with client_of() as client, anyio.create_task_group() as tasks:
                for number in range(5):
                    tasks.start_soon(lambda one=number: client.email.send(**mail(str(one), attachments=[attachment])))

    anyio.run(call, backend=backend)
    assert len(faults.arrived) == 5
    assert all(base64.b64decode(one.json["attachments"][0]["fileblob"]) == CONTENT for one in faults.arrived)


def test_a_ready_message_in_a_file_arrives_byte_for_byte(backend, faults, client_of, tmp_path):
    path = tmp_path / "message.eml"
    path.write_bytes(b"Subject: Hello\r\nTo: jane@example.com\r\n\r\n" + b"x" * 500_000)

    async def call() -> None:
        async with client_of() as client:
            await client.email.send_mime(path)

    anyio.run(call, backend=backend)
    assert base64.b64decode(faults.arrived[0].json["mime_email"]) == path.read_bytes()


def longer(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def shorter(path: Path) -> None:
    os.truncate(path, MUCH // 2)


def rewritten(path: Path) -> None:
    """As long as before, so that only its time tells."""
    with path.open("r+b") as file:
        file.write(b"other")


@pytest.fixture
def chunks(monkeypatch) -> list[int]:
    """List the lengths of the chunks that were read of files."""
    read = []
    original = _body._next_encoded

    def counting(*args):
        chunk = original(*args)
        read.append(len(chunk))
        return chunk

    monkeypatch.setattr(_body, "_next_encoded", counting)
    return read


async def _send_while_changing(
    client: AsyncClient,
    faults: FaultServer,
    chunks: list[int],
    mail: Callable[..., dict[str, Any]],
    path: Path,
    made: Callable[[Path], Attachment],
    change: Callable[[Path], None],
) -> Smtp2goError:
    """Begin a send, change the file while the server reads no more than the head, then let it read on."""
    # Old enough that a change shows: the clock of a file system has ticks of some milliseconds.
    os.utime(path, (1, 1))
    attachment, before = made(path), faults.begun
    caught: list[Smtp2goError] = []

    async def send() -> None:
        with pytest.raises(Smtp2goError) as raised:
            await client.email.send(**mail("changed", attachments=[attachment]))
        caught.append(raised.value)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        while faults.begun == before or not chunks:
            await anyio.sleep(0.005)
        change(path)
        faults.release()
    if made is by_open_file:
        attachment.blob.file.close()
    return caught[0]


@pytest.mark.parametrize(
    ("made", "change", "before"),
    [
        (by_path, longer, []),
        (by_path, shorter, []),
        (by_path, rewritten, []),
        (by_open_file, longer, []),
        (by_open_file, shorter, []),
        # Over a connection that has answered before.
        (by_path, shorter, ["before"]),
        (by_open_file, longer, ["before"]),
    ],
)
def test_a_file_that_changes_while_it_is_sent_is_never_sent_whole(
    made, change, before, backend, faults, chunks, client_of, mail, tmp_path
):
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(MUCH))

    async def call() -> None:
        async with client_of(max_connections=1) as client:
            for name in before:
                await client.email.send(**mail(name))
            faults.then(Fault.HOLD_BEFORE_BODY)
            error = await _send_while_changing(client, faults, chunks, mail, path, made, change)
            assert type(error) is NotSentError
            assert error.carried_out is False
            assert error.operation == "/email/send"
            faults.wait_for(lambda: faults.open == 0)
            assert (await client.email.send(**mail("next"))).email_id == "next"

    anyio.run(call, backend=backend)
    assert faults.begun == len(before) + 2
    assert [request.json["subject"] for request in faults.arrived] == [*before, "next"]
    assert faults.connections == 2


def test_a_send_whose_file_changed_is_not_tried_again(backend, faults, chunks, client_of, mail, tmp_path):
    """Its length was measured, so no other attempt could end better."""
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(MUCH))
    faults.then(Fault.HOLD_BEFORE_BODY)

    async def call() -> None:
        async with client_of(retry=RetryPolicy(attempts=4, first_wait=0.0)) as client:
            await _send_while_changing(client, faults, chunks, mail, path, by_path, longer)

    anyio.run(call, backend=backend)
    assert faults.connections == 1


@pytest.fixture
def opened(monkeypatch):
    """List the files that bodies open."""
    files = []

    def recording(*args, **kwargs):
        files.append(open(*args, **kwargs))  # noqa: SIM115 - closing it is what is tested
        return files[-1]

    monkeypatch.setattr(_blobs, "open", recording, raising=False)
    return files


async def all_closed(opened: list[Any]) -> bool:
    """Return whether the files are closed; one that is being read when the call ends is closed by its reader."""
    with anyio.fail_after(20):
        while not all(one.closed for one in opened):
            await anyio.sleep(0.001)
    return True


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.RESET_IN_BODY, Fault.NO_ANSWER, Fault.TOO_LARGE])
def test_a_file_is_closed_when_the_call_is_over(fault, backend, file, opened, faults, client_of, mail):
    faults.then(fault)

    async def call() -> None:
        async with client_of() as client:
            try:
                await client.email.send(**mail(attachments=[file]))
            except Smtp2goError:
                assert fault is not Fault.NONE
            # A reset can come before the file was opened.
            assert opened or fault is not Fault.NONE
            assert await all_closed(opened)

    anyio.run(call, backend=backend)


def test_a_file_is_closed_when_the_call_is_cancelled(backend, opened, faults, client_of, mail, tmp_path):
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(MUCH))
    faults.then(Fault.STALL_BEFORE_READING)

    async def send(client: AsyncClient) -> None:
        await client.email.send(**mail(attachments=[path]))

    async def call() -> None:
        async with client_of() as client:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send, client)
                while not opened:
                    await anyio.sleep(0.001)
                # Long enough to fill the sockets; then it waits for the server.
                await anyio.sleep(0.02)
                tasks.cancel_scope.cancel()
            assert len(opened) == 1
            assert await all_closed(opened)

    anyio.run(call, backend=backend)
