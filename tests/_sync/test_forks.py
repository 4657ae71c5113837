"""A process that is forked: the thread of the loop stays with the parent."""

import os
import threading

import pytest
from faults.server import Fault

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    # From Python 3.12 on: there are threads, which is what these tests are about.
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


@pytest.fixture
def send(sync_of, mail):
    client = sync_of()

    def call(reference):
        return client.email.send(**mail(reference)).email_id

    call.client = client
    return call


def test_a_fork_before_the_first_call(send, faults, forked):
    result = forked(lambda: send("child"))

    assert send("parent") == "parent"
    assert result() == "child"


def test_a_fork_after_the_first_call(send, faults, forked):
    assert send("before") == "before"
    result = forked(lambda: [send(f"child-{number}") for number in range(5)])

    assert [send(f"parent-{number}") for number in range(5)] == [f"parent-{number}" for number in range(5)]
    assert result() == [f"child-{number}" for number in range(5)]
    assert {request.connection for request in faults.arrived if "parent" in request.json["subject"]} == {1}


def test_several_children(send, faults, forked):
    send("before")
    results = [forked(lambda name=f"child-{number}": send(name)) for number in range(4)]

    assert [result() for result in results] == [f"child-{number}" for number in range(4)]
    assert send("after") == "after"
    assert faults.connections == 5


def test_a_child_of_a_child(send, forked):
    send("parent")

    def child():
        return [send("child"), forked(lambda: send("grandchild"))(), send("child again")]

    assert forked(child)() == ["child", "grandchild", "child again"]
    assert send("after") == "after"


def test_a_fork_while_another_thread_has_a_call_under_way(send, faults, forked):
    send("before")
    faults.then(Fault.HOLD)
    said = []
    thread = threading.Thread(target=lambda: said.append(send("held")))
    thread.start()
    faults.wait_for(lambda: faults.count("held"))

    assert forked(lambda: send("child"))() == "child"
    faults.release()
    thread.join(60)
    assert said == ["held"]


def test_a_fork_while_another_thread_holds_the_lock(send, forked):
    """A lock that was taken in the parent is never given back in the child."""
    send("before")
    with send.client._thread._lock, send.client.pacer._gate.lock, send.client._async._calls.budget._lock:
        result = forked(lambda: send("child"))
        assert result() == "child"
    assert send("after") == "after"


def test_a_child_that_closes_leaves_the_parent_alone(send, faults, forked):
    send("before")

    assert forked(send.client.close)() is None
    assert send("after") == "after"
    assert faults.connections == 1


def test_a_client_that_was_closed_stays_closed_in_a_child(send, forked):
    send("before")
    send.client.close()

    assert forked(lambda: send("child"))().startswith("NotSentError: this client is closed")


def test_a_child_that_ends_like_any_program_neither_hangs_nor_complains(faults, script):
    """In development mode Python would warn of the parent's sockets, which the child must not close in order."""
    said = script(
        """
        import os, sys, warnings
        from smtp2go_async import SyncClient

        # From Python 3.12 on, a fork with threads warns.
        warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
        client = SyncClient("api-" + "A" * 32, base_url=sys.argv[1], timeout=5)
        mail = dict(sender="shop@example.com", to="jane@example.com", text_body="Hi")
        client.email.send(subject="before", **mail)
        child = os.fork()
        client.email.send(subject="parent" if child else "child", **mail)
        if child == 0:
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        print(status)
        """,
        faults.url,
        development=False,
    )
    assert said == "0"
    assert [faults.count(who) for who in ("before", "parent", "child")] == [1, 1, 1]
