"""Files that are copied: by several threads at the same time, and no further than an e-mail could go."""

import base64
import gzip
import io
import json
import os
import threading

import anyio
import pytest

from smtp2go_async import Attachment
from smtp2go_async._content import sources
from smtp2go_async._content.blobs import CHUNK
from smtp2go_async._content.sources import blob_of
from smtp2go_async._wire.body import blob_from_thread, encode

CONTENT = os.urandom(6 * CHUNK + 1)


async def read(body):
    return base64.b64decode(json.loads(b"".join([chunk async for chunk in body.chunks()]))["fileblob"])


class Slow(io.BytesIO):
    """Waits in each read until it may go on."""

    def __init__(self, content):
        super().__init__(content)
        self.is_read, self.may_go_on = threading.Event(), threading.Event()

    def read(self, size=-1):
        if size > 1:
            self.is_read.set()
            assert self.may_go_on.wait(60)
        return super().read(size)


@pytest.mark.parametrize("position", [0, 9])
def test_a_file_that_several_calls_copy_at_the_same_time_is_whole_in_each(position, backend):
    file = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(CONTENT, 1)))
    file.seek(position)
    blobs = []

    async def copy():
        blobs.append(await blob_from_thread(file, "name"))

    async def copy_at_the_same_time():
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(copy)
        return [await read(encode({"fileblob": blob})) for blob in blobs]

    assert anyio.run(copy_at_the_same_time, backend=backend) == [CONTENT[position:]] * 4
    assert file.tell() == position


def test_a_call_that_waits_for_another_copy_of_its_file_can_be_given_up_and_does_not_move_the_file():
    file, given_up, found = Slow(CONTENT), threading.Event(), []
    copier = threading.Thread(target=lambda: found.append(blob_of(file, "name")))
    copier.start()
    assert file.is_read.wait(60)
    threading.Timer(0.1, given_up.set).start()
    with pytest.raises(ValueError, match="^nothing needs the open file 'name' any more$"):
        blob_of(file, "name", given_up.is_set)
    file.may_go_on.set()
    copier.join()
    assert anyio.run(read, encode({"fileblob": found[0]})) == CONTENT


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_can_copy_a_file_that_a_thread_of_its_parent_is_copying(forked):
    file = Slow(CONTENT)
    copier = threading.Thread(target=blob_of, args=(file, "name"))
    copier.start()
    assert file.is_read.wait(60)

    def copies_in_child():
        file.may_go_on.set()
        file.seek(0)
        return blob_of(file, "name").measure() == len(CONTENT)

    try:
        assert forked(copies_in_child)()
    finally:
        file.may_go_on.set()
        copier.join()


class Endless(io.RawIOBase):
    """A pipe whose writer never ends."""

    def __init__(self, *, seekable):
        self._seekable = seekable

    def readable(self):
        return True

    def seekable(self):
        return self._seekable

    def seek(self, offset, whence=0):
        return offset

    def tell(self):
        return 0

    def read(self, size=-1):
        return bytes(size)


@pytest.mark.parametrize("seekable", [True, False])
def test_an_endless_file_is_copied_no_further_than_an_email_could_go(seekable, monkeypatch):
    monkeypatch.setattr(sources, "_MAX_COPIED", 5_000_000)
    text = (
        "^content: must be a file of at most 5,000,000 bytes where it has to be copied, not the open file 'zeros', "
        "which has more; give a path$"
    )
    with pytest.raises(ValueError, match=text):
        Attachment(Endless(seekable=seekable), "zeros")
