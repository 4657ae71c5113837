"""Ctrl-C and SIGTERM during a run, in programs of their own."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from bulk.helpers import KEY, counted, states
from faults.server import Fault

PROGRAM = Path(__file__).parents[1] / "program.py"
WAYS = ["asyncio-send", "trio-send", "sync-send"]
MANY = 100_000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these signals are not there")


@pytest.fixture
def started(faults, path):
    """Return a function that starts the program, and returns it when its first calls are under way."""
    running = []

    def started(way, source=None, count=MANY):
        faults.otherwise = Fault.HOLD
        program = [str(PROGRAM)] if source is None else ["-c", source]
        command = [sys.executable, *program, way, faults.url, KEY, path, str(count)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        before = len(faults.arrived)
        faults.wait_for(lambda: len(faults.arrived) > before or process.poll() is not None, 20)
        assert process.poll() is None, process.communicate()
        return process

    yield started
    for process in running:
        process.kill()
        process.communicate()


def arrived(faults):
    return [item.json["subject"] for item in list(faults.arrived)]


def interrupt(process, faults, number):
    process.send_signal(number)
    time.sleep(0.2)
    assert process.poll() is None, "it did not wait for what was under way"
    faults.release()
    said, errors = process.communicate(timeout=20)
    return said, errors


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_calls_under_way_are_settled_and_then_the_program_ends_as_usual(way, number, status, started, faults, path):
    process = started(way)
    said, errors = interrupt(process, faults, number)
    assert (process.returncode, said) == (status, "")
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    found = states(path)
    assert sorted(arrived(faults)) == sorted(name for name, state in found.items() if state == "sent")
    assert set(found.values()) <= {"sent", "pending"}
    assert len(found) < 100


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("way", ["asyncio-batch", "asyncio-stream", "trio-stream", "sync-stream"])
def test_batches_and_streams_are_settled_too(way, number, started, faults, path):
    process = started(way)
    interrupt(process, faults, number)
    assert set(states(path).values()) <= {"sent", "pending"}
    sent = sum(state == "sent" for state in states(path).values())
    assert sent == sum(len(item.json.get("emails", [item])) for item in faults.arrived)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_program_started_again_goes_on_and_each_email_arrives_once(way, started, faults, path):
    process = started(way, count=200)
    interrupt(process, faults, signal.SIGTERM)
    again = started(way, count=200)
    said, errors = again.communicate(timeout=20)
    assert (errors, again.returncode) == ("", 0)
    assert "skipped" in said
    assert sorted(arrived(faults)) == sorted(f"r{n}" for n in range(1, 201))
    assert counted(path) == {"sent": 200}


@pytest.mark.parametrize("way", WAYS)
def test_a_second_ctrl_c_does_not_wait_for_calls_under_way(way, started, faults, path):
    process = started(way)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=8)
    assert process.returncode == -signal.SIGINT
    # Nobody knows of these, and so the next run will not send them. What was just about to be sent went back.
    assert set(states(path).values()) - {"pending"} == {"claimed"}


def test_a_program_with_a_handler_of_its_own_keeps_it(started, faults, path):
    source = f"""
import runpy, signal, sys
def mine(number, frame):
    print("mine", flush=True)
signal.signal(signal.SIGTERM, mine)
sys.argv[0] = {str(PROGRAM)!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    process = started("asyncio-send", source, count=50)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    faults.release()
    said, errors = process.communicate(timeout=20)
    assert (errors, process.returncode) == ("", 0)
    assert said.startswith("mine\n50 sent")


@pytest.mark.parametrize("backend_name", ["asyncio", "trio"])
def test_after_a_run_the_handlers_are_as_they_were_before(backend_name, script, faults, path):
    source = f"""
        import signal, anyio
        from smtp2go_async import AsyncClient, Email
        async def main():
            before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
            async with AsyncClient({KEY!r}, base_url={faults.url!r}) as client:
                await client.bulk.send([Email(sender="a@example.com", to="b@example.com", subject="x", text_body="x")])
            assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        anyio.run(main, backend={backend_name!r})
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    """
    script(source)


def test_a_blocking_client_restores_the_handler_of_sigterm(script, faults):
    source = f"""
        import signal
        from smtp2go_async import Email, SyncClient
        with SyncClient({KEY!r}, base_url={faults.url!r}) as client:
            client.bulk.send([Email(sender="a@example.com", to="b@example.com", subject="x", text_body="x")])
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    """
    script(source)


def test_a_run_outside_the_main_thread_works_without_handlers(script, faults):
    source = f"""
        import threading, anyio
        from smtp2go_async import AsyncClient, Email
        async def main():
            async with AsyncClient({KEY!r}, base_url={faults.url!r}) as client:
                print(await client.bulk.send([Email(sender="a@example.com", to="b@example.com", subject="x", text_body="x")]))
        thread = threading.Thread(target=anyio.run, args=(main,))
        thread.start()
        thread.join()
    """
    assert script(source).startswith("1 sent")


BESIDE = """
    import asyncio, sys
    sys.path.insert(0, {folder!r})
    import program

    async def main():
        mode, url, key, journal, count = sys.argv[1:]
        name, given, options = program.arguments("send", journal, int(count))
        await asyncio.gather(program.run_async(url, key, name, given, options), asyncio.sleep(3600))

    asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_beside_the_main_task_is_settled_and_the_program_ends(number, started, faults, path):
    """A KeyboardInterrupt from there goes past the main task, and the program waited for its threads for ever."""
    process = started("asyncio-send", textwrap.dedent(BESIDE.format(folder=str(PROGRAM.parent))))
    _, errors = interrupt(process, faults, number)
    assert "KeyboardInterrupt" in errors
    found = states(path)
    assert sorted(arrived(faults)) == sorted(name for name, state in found.items() if state == "sent")
    assert set(found.values()) <= {"sent", "pending"}
