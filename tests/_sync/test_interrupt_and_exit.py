"""Ctrl-C, and programs that end without closing: neither hangs, and neither leaves a warning."""

import sys

import pytest
from faults.server import Fault

PROGRAM = """
    import os, signal, sys, threading, time
    from smtp2go_async import RetryPolicy, SyncClient

    # A shell that runs the tests in the background has it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    url, *rest = sys.argv[1:]
    mail = dict(sender="shop@example.com", to="jane@example.com", text_body="Hi")
    client = SyncClient("api-" + "A" * 32, base_url=url, timeout=30, retry=RetryPolicy.none())

    def interrupt():
        # Once the call waits for its answer.
        while not client._async._calls.transport._in_flight:
            time.sleep(0.005)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_BEFORE_READING])
def test_ctrl_c_ends_a_call_that_hangs_at_once(fault, faults, script):
    faults.then(fault)
    said = script(
        PROGRAM
        + """
    threading.Thread(target=interrupt).start()
    started = time.monotonic()
    try:
        client.email.send(subject="hanging", **mail)
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - started < 3)
    """,
        faults.url,
    )
    assert said == "interrupted True"


def test_ctrl_c_cancels_the_call_and_leaves_the_client_usable(faults, script):
    faults.then(Fault.NONE, Fault.STALL)
    said = script(
        PROGRAM
        + """
    client = client.with_options(timeout=30)
    client.email.send(subject="before", **mail)
    threading.Thread(target=interrupt).start()
    try:
        client.email.send(subject="hanging", **mail)
    except KeyboardInterrupt:
        print(client.email.send(subject="after", **mail).email_id)
    while client._async._calls.transport._in_flight:
        time.sleep(0.005)
    print("none under way")
    """,
        faults.url,
    )
    assert said.split("\n") == ["after", "none under way"]


def test_ctrl_c_that_is_not_caught_ends_the_program(faults, script):
    faults.then(Fault.STALL)
    said = script(
        PROGRAM
        + """
    sys.excepthook = lambda kind, *_: print(kind.__name__)
    # Python ends itself by the signal, which a shell shows as 130.
    if os.fork() == 0:
        threading.Thread(target=interrupt).start()
        client.email.send(subject="hanging", **mail)
    _, status = os.wait()
    print(os.waitstatus_to_exitcode(status))
    """,
        faults.url,
    )
    assert said.split("\n") == ["KeyboardInterrupt", "-2"]


def test_ctrl_c_while_waiting_to_repeat(faults, script):
    faults.then(Fault.HTML_502)
    said = script(
        PROGRAM
        + """
    policy = RetryPolicy(first_wait=1e6, max_wait=1e6, max_elapsed=1e9)
    client = client.with_options(retry=policy)
    waiting = threading.Event()

    async def sleep(_seconds):
        import anyio
        waiting.set()
        await anyio.sleep_forever()

    client._async._calls.sleep = sleep
    threading.Thread(target=lambda: (waiting.wait(), os.kill(os.getpid(), signal.SIGINT))).start()
    try:
        client.email.search_scheduled()
    except KeyboardInterrupt:
        print("interrupted")
    """,
        faults.url,
    )
    assert said == "interrupted"


ENDINGS = {
    "at the end of the program": "",
    "with a copy": "copy = client.with_options(timeout=1); copy.email.send(subject='copy', **mail)",
    "with several clients": """
    others = [SyncClient("api-" + "A" * 32, base_url=url) for _ in range(5)]
    for other in others:
        other.email.send(subject="other", **mail)
    """,
    "with an attachment sent": """
    import tempfile
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(300_000))
        file.flush()
        client.email.send(subject="attachment", attachments=[file.name], **mail)
    """,
    "with a name that was looked up": """
    other = SyncClient("api-" + "A" * 32, base_url=url.replace("127.0.0.1", "localhost"))
    other.email.send(subject="name", **mail)
    """,
    "in a reference cycle": "client.itself = client; del client",
    "closed in an exit handler": "import atexit; atexit.register(client.close)",
    "used in an exit handler": """
    import atexit
    atexit.register(lambda: client.email.send(subject="last", **mail))
    """,
    "never used": "unused = SyncClient('api-' + 'A' * 32, base_url=url)",
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_program_that_never_closes_ends_in_silence(ending, faults, script):
    said = script(
        PROGRAM
        + "    client.email.send(subject='first', **mail)\n    print('sent')\n"
        + "    "
        + ending.strip()
        + "\n",
        faults.url,
    )

    assert said == "sent"
    assert faults.count("first") == 1
    faults.wait_for(lambda: faults.open == 0)
    if "last" in ending:
        assert faults.count("last") == 1


def test_a_call_of_a_daemon_thread_fails_when_the_program_ends(faults, script):
    faults.then(Fault.STALL)
    said = script(
        """
    import atexit, threading

    # Registered before the package is there, so that it runs after the package's own.
    atexit.register(lambda: thread.join(60))
    """
        + PROGRAM
        + """
    def call():
        try:
            client.email.send(subject="hanging", **mail)
        except Exception as error:
            print(type(error).__name__)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    while not client._async._calls.transport._in_flight:
        time.sleep(0.005)
    time.sleep(0.05)
    """,
        faults.url,
    )
    assert said == "OutcomeUnknownError"


@pytest.mark.skipif((3, 12) <= sys.version_info < (3, 12, 2), reason="starts no threads once the main one has ended")
def test_a_program_waits_for_the_call_of_an_ordinary_thread(faults, script):
    said = script(
        PROGRAM
        + """
    threading.Thread(target=lambda: print(client.email.send(subject="last", **mail).email_id)).start()
    """,
        faults.url,
    )
    assert said == "last"
