import json
import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from faults.server import FaultServer
from properties import USUAL

from smtp2go_async import AsyncClient, RetryPolicy

MADE_UP_KEY = "api-" + "A" * 32

# The same examples in every run, so that a change is judged by what it does and not by what was drawn. Deadlines would
# judge the machine. `pytest --hypothesis-profile=search` draws new examples, ten times as many, and remembers what failed.
hypothesis.settings.register_profile("same", max_examples=USUAL, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile(
    "search",
    max_examples=10 * USUAL,
    deadline=None,
    derandomize=False,
    database=hypothesis.database.DirectoryBasedExampleDatabase(".hypothesis/examples"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("same")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Shells start what runs in the background like that, and every program that a test starts would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy, a key or certificates of the developer's machine must not decide what a test sees.

    Nor are the programs that a test starts measured: that takes a third of the time of a measured run.
    """
    outside = ("SMTP2GO_", "COVERAGE_PROCESS_")
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(outside) or name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name)


@pytest.fixture
def key() -> str:
    return MADE_UP_KEY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that names ``backend`` on asyncio and on trio, and over the fast transport where it chooses none."""
    if "backend" in metafunc.fixturenames:
        names = set(metafunc.fixturenames)
        fast = ["fast"] if {"client_of", "run"} & names and not {"http_client", "respx_mock"} & names else []
        metafunc.parametrize("backend", ["asyncio", "trio", *fast], indirect=True)


ONCE = (
    "sandbox",
    "bulk/test_kill.py",
    "bulk/_run/test_signals.py",
    "bulk/test_examples.py",
    "webhooks/_adapters",
    "webhooks/test_kills.py",
    "webhooks/test_receiver_examples.py",
    "endpoints/test_odd_arguments.py",
    "_http/test_bodies.py",
    "_http/test_large_bodies.py",
    "_http/test_ways_to_send_files.py",
    "_content/test_pipes.py",
)
"""Take long and show the same on every Python. Each Python's other tests use the sandbox, too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is run on one Python only."""
    here = Path(__file__).parent
    for item in items:
        if any((here / once) in (item.path, *item.path.parents) for once in ONCE):
            item.add_marker(pytest.mark.once)


@pytest.fixture
def client_options() -> dict[str, Any]:
    """What `client_of` makes its clients with, beside what a test says."""
    return {}


@pytest.fixture
def backend(request: pytest.FixtureRequest, client_options: dict[str, Any]) -> str:
    """For ``anyio.run(..., backend=backend)``."""
    if request.param != "fast":
        return request.param
    pytest.importorskip("pyreqwest")
    client_options["transport"] = "fast"
    return "asyncio"


@pytest.fixture
def mail() -> Callable[..., dict[str, Any]]:
    """Give a function that makes the arguments of ``email.send``; the reference is the subject."""

    def make(reference: str = "reference", **more: Any) -> dict[str, Any]:
        return {
            "sender": "shop@example.com",
            "to": "jane@example.com",
            "subject": reference,
            "text_body": "Hi Jane",
            **more,
        }

    return make


@pytest.fixture
def faults() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def client_of(faults: FaultServer, client_options: dict[str, Any]) -> Callable[..., AsyncClient]:
    """Give a function that makes clients of the fault server; they repeat nothing."""

    def make(**options: Any) -> AsyncClient:
        usual = {"base_url": faults.url, "timeout": 30.0, "retry": RetryPolicy.none(), **client_options}
        return AsyncClient(MADE_UP_KEY, **{**usual, **options})

    return make


@pytest.fixture
def script() -> Callable[..., str]:
    """Give a function that runs a program to its end and returns what it said.

    It fails when the program does, or prints any error. In development mode every warning is one.
    """

    def run(source: str, *arguments: str, development: bool = True) -> str:
        # Development mode makes asyncio log what takes long, which here is the import of httpx.
        source = "import logging; logging.getLogger('asyncio').setLevel('ERROR')\n" + textwrap.dedent(source)
        strict = ["-X", "dev", "-W", "error"] if development else []
        command = [sys.executable, *strict, "-c", source, *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert (ended.stderr, ended.returncode) == ("", 0)
        return ended.stdout.strip()

    return run


@pytest.fixture
def forked() -> Iterator[Callable[[Callable[[], Any]], Callable[[], Any]]]:
    """Give a function that starts work in a forked child, and returns one that waits for what came of it.

    The child reports through a pipe and then is gone at once, so that it can't go on with the test run.
    """
    children: set[int] = set()

    def start(work: Callable[[], Any]) -> Callable[[], Any]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, json.dumps(work()).encode())
            except BaseException as error:
                os.write(writing, json.dumps(f"{type(error).__name__}: {error}").encode())
            finally:
                os._exit(0)
        os.close(writing)
        children.add(child)

        def result() -> Any:
            with os.fdopen(reading, "rb") as said:
                assert select.select([said], [], [], 60)[0], "the child hangs"
                return json.loads(said.read())

        return result

    yield start
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
