"""The examples of receivers as programs: started, asked with the command that they print, and stopped."""

import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from webhooks.receiving import TOKEN

from smtp2go_async.webhooks.sqlite_inbox import SqliteInbox

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(not (ROOT / "examples").is_dir(), reason="the examples are not here"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="these signals are not there"),
]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def wait_for(port):
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the example does not listen")


def post(command):
    made = subprocess.run(
        ["sh", "-c", f"{command} -sS -m 20 -w ' %{{http_code}}'"], capture_output=True, text=True, check=False
    )
    assert made.stderr == ""
    return made.stdout.split()


def wait_for_text(process, text):
    """Read what a program says until a text is in it; servers write lines of their own, also into others."""
    said = ""
    # Ended, it says nothing more, and so the test fails and does not hang.
    timer = threading.Timer(30, process.kill)
    timer.start()
    try:
        while text not in said:
            part = process.stdout.readline()
            assert part, f"{text!r} is not in {said!r}"
            said += part
    finally:
        timer.cancel()


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("starlette", ("starlette", "uvicorn")),
        ("aiohttp", ("aiohttp",)),
        ("flask", ("flask",)),
        ("django", ("django", "uvicorn")),
    ],
)
def test_an_example_stores_an_event_and_gives_it_to_its_handlers(name, needs, tmp_path):
    for module in needs:
        try:
            importlib.import_module(module)
        except ImportError:
            pytest.skip(f"{module} is not installed")
    port = free_port()
    program = [sys.executable, "-W", "error", str(ROOT / "examples" / f"webhooks_{name}.py"), str(port)]
    environment = {**os.environ, "WEBHOOK_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        program, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            command = running.stdout.readline().strip()
            assert command.startswith("curl "), running.stderr.read()
            wait_for(port)
            assert post(command) == ["stored", "200"]
            wait_for_text(running, "remove jane@example.com")
            delivered = command.replace('"bounce", "bounce": "hard", "id": "1"', '"delivered", "id": "2"')
            assert post(delivered) == ["stored", "200"]
            wait_for_text(running, "e-mail 1abc arrived")
            assert post(command.replace(TOKEN, "wrong")) == ["not", "authorized", "401"]
            assert post(command) == ["stored", "200"]
        finally:
            running.send_signal(signal.SIGINT)
            said, errors = running.communicate(timeout=30)
    # The repeated event was not given to the handlers again.
    assert "jane@" not in said
    assert "Traceback" not in errors
    assert TOKEN not in errors
    with SqliteInbox(tmp_path / "events.db").sync as inbox:
        assert [(stored.state, stored.attempts) for stored in inbox.events()] == [("done", 1)] * 2
