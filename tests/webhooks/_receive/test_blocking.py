"""The receiver without awaiting: what a body may be."""

import importlib.util
import subprocess
import sys

import pytest
from webhooks.receiving import BODY, HEADERS, receiver_of


@pytest.mark.parametrize("body", [BODY, bytearray(BODY), memoryview(BODY), [BODY[:9], BODY[9:]], iter([BODY])])
def test_a_body_is_bytes_of_any_kind_or_parts(body):
    got = []
    assert receiver_of(got.append).sync.receive("POST", HEADERS, "", body).status == 200
    assert [event.body for event in got] == [BODY]


@pytest.mark.parametrize("body", [None, "text", 5])
def test_a_body_of_another_type_is_an_error_of_the_caller_and_not_of_the_request(body):
    with pytest.raises(TypeError, match="^body: must be bytes or an iterable of bytes, not "):
        receiver_of().sync.receive("POST", HEADERS, "", body)


UNDER_GEVENT = """
from gevent import joinall, monkey, sleep, spawn
monkey.patch_all()
import sys
from smtp2go_async.webhooks import Receiver, Router, SqliteInbox
from smtp2go_async.webhooks._receive import blocking

got, router = [], Router()
receiver = Receiver(router, auth=None, inbox=SqliteInbox(sys.argv[1]))
beside = Receiver(router, auth=None)

@router.on("open")
def handle(event):
    sleep(0.001)
    got.append(event.id)

def ask(receiver, number):
    return receiver.sync.receive("POST", {}, "", b'{"event": "open", "id": "%d"}' % number).status

asked = [spawn(ask, one, number) for number in range(20) for one in (receiver, beside)]
joinall(asked)
assert {one.value for one in asked} == {200} and len(got) == 20, (asked, got)
receiver.sync.work(until_empty=True)
assert sorted(got) == sorted([*map(str, range(20))] * 2), got
blocking.MAX_TURN_SECONDS = 0.1
worker = spawn(receiver.sync.work)
sleep(0)
try:
    ask(beside, 1)
except RuntimeError as error:
    assert "work() in another" in str(error)
else:
    raise AssertionError("a request beside a worker was answered")
worker.kill()
"""


def test_requests_of_greenlets_take_turns_since_they_share_a_thread(tmp_path):
    if importlib.util.find_spec("gevent") is None:
        pytest.skip("gevent is not installed")
    subprocess.run([sys.executable, "-c", UNDER_GEVENT, tmp_path / "events.db"], check=True, timeout=60)
