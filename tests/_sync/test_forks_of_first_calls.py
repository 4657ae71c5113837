"""A process that is forked while another of its threads makes a client's first call, for which much is imported.

A module that is half imported at a fork stays so in the child, where its import never ends.
"""

import os

import pytest
from faults.server import Fault, Say

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

WAYS = """
import asyncio, os, sys, threading, time, warnings
import smtp2go_async, smtp2go_async._runtime.loading
if "trio" in sys.argv:
    import trio

# In the child, where the fast transport is not possible.
logging.getLogger("smtp2go_async").setLevel("ERROR")
# From Python 3.12 on, a fork with threads warns.
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
warnings.filterwarnings("ignore", "unclosed", ResourceWarning)
URL, WAY, TRANSPORT = sys.argv[1:4]

def client():
    options = dict(base_url=URL, timeout=5, transport=TRANSPORT, retry=smtp2go_async.RetryPolicy.none())
    if "own" in sys.argv:
        import httpx
        options.update(http_client=httpx.AsyncClient(verify=False, trust_env=False))
    kind = smtp2go_async.SyncClient if WAY == "sync" else smtp2go_async.AsyncClient
    return kind("api-" + "A" * 32, **options)

def use(one, name):
    mail = dict(sender="shop@example.com", to="jane@example.com", subject=name, text_body="Hi")
    if WAY == "sync":
        if "bulk" in sys.argv:
            one.bulk.send([smtp2go_async.Email(**mail)], via="batch")
        one.email.send(**mail)
        one.sms.summary()
        return

    async def call():
        async with one:
            if "bulk" in sys.argv:
                await one.bulk.send([smtp2go_async.Email(**mail)], via="batch")
            await one.email.send(**mail)
            await one.sms.summary()

    if WAY == "trio":
        trio.run(call)
    else:
        asyncio.run(call())
"""

FORKING = """
name, made = sys.argv[4:6]
importing, forking = threading.Event(), threading.Event()
with smtp2go_async._runtime.loading.loading:
    pass
# After the package's own, since what was registered last is asked first.
os.register_at_fork(before=forking.set)

def hold(event, args):
    # The import has begun, and goes on when the main thread forks, and had the time to.
    if event == "import" and args[0] == name and threading.current_thread() is not threading.main_thread():
        if not importing.is_set():
            importing.set()
            forking.wait(60)
            time.sleep(0.02)

ours = client() if made == "before" else None
thread = threading.Thread(target=lambda: use(ours or client(), "parent"))
sys.addaudithook(hold)
thread.start()
assert importing.wait(60), "it was not imported"
child = os.fork()
if child == 0:
    import signal
    signal.alarm(10)
    use(ours if ours is not None and WAY == "sync" else client(), "child")
    os._exit(0)
_, status = os.waitpid(child, 0)
thread.join()
print(os.waitstatus_to_exitcode(status), flush=True)
os._exit(0)
"""

AFTER = ["smtp2go_async.endpoints.email", "httpcore._api", "certifi.core", "cattrs.converters"]
"""What the first call imports; parts, so that the whole is half imported by then."""

BACKEND = "anyio._core._sockets"
"""A part of what anyio imports for asyncio; for that itself, Python has no audit event."""


def run(script, faults, source, *arguments):
    transport = arguments[1]
    if transport == "fast":
        pytest.importorskip("pyreqwest")
    return script(WAYS + source, faults.url, *arguments)


@pytest.mark.parametrize(
    ("way", "transport", "name"),
    [
        *(("sync", "httpx", name) for name in [*AFTER, BACKEND]),
        *(("sync", "fast", name) for name in ["smtp2go_async.endpoints.email", BACKEND, "cattrs.converters"]),
        *(("asyncio", "httpx", name) for name in AFTER),
        ("trio", "httpx", "httpcore._api"),
        ("asyncio", "fast", "cattrs.converters"),
    ],
)
def test_a_fork_in_the_middle_of_another_thread_s_first_call(way, transport, name, faults, script):
    assert run(script, faults, FORKING, way, transport, name, "before") == "0"
    assert [faults.count(who) for who in ("parent", "child")] == [1, 1]


@pytest.mark.parametrize(
    ("way", "transport", "name"),
    [
        ("sync", "httpx", "smtp2go_async._groups"),
        ("sync", "httpx", "httpx._client"),
        ("sync", "fast", "pyreqwest.client"),
        ("asyncio", "httpx", "smtp2go_async._groups"),
    ],
)
def test_a_fork_while_another_thread_makes_its_client(way, transport, name, faults, script):
    """Whatever Python says of modules that have come while the fork waited is no matter here."""
    quiet = "import concurrent.futures.thread\n"
    assert run(script, faults, quiet + FORKING, way, transport, name, "in the thread") == "0"
    assert [faults.count(who) for who in ("parent", "child")] == [1, 1]


LOOKING = """
found = []

def look(event, args):
    if event == "import" and looking and not smtp2go_async._runtime.loading.loading._taken:
        found.append(args[0])

looking = False
one = client()
sys.addaudithook(look)
looking = True
for call in ("first", "second"):
    try:
        use(one, call)
    except smtp2go_async.Smtp2goError:
        pass
looking = False
if WAY == "sync":
    one.close()
print(found)
"""


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
@pytest.mark.parametrize("transport", ["httpx", "fast"])
@pytest.mark.parametrize(
    "case",
    [
        # These import less than the others, which are enough to see what a Python's own modules import late.
        *(pytest.param(case, marks=pytest.mark.once) for case in ["by number", "by name", "not connected", "refused"]),
        *("over TLS", "repeated", "own", "bulk"),
    ],
)
def test_all_that_calls_import_is_imported_while_a_fork_waits(case, transport, way, faults, script):
    if way == "trio" and transport == "fast":
        pytest.skip("there it is httpx")
    if case == "own" and transport == "fast":
        pytest.skip("it has no connections of others")
    source, url = LOOKING, faults.url
    match case:
        case "by name":
            url = url.replace("127.0.0.1", "localhost")
        case "over TLS":
            url = url.replace("http://127.0.0.1", "https://localhost")
            faults.otherwise = Fault.UNTRUSTED
        case "not connected":
            url = faults.refusing_url
        case "refused":
            faults.otherwise = Say(500, body=b"<html>", headers={"Retry-After": "Fri, 31 Dec 2027 23:59:59 GMT"})
        case "repeated":
            faults.then(Fault.RESET)
            source = source.replace("one = client()", "one = client().with_options(retry=smtp2go_async.RetryPolicy())")
        case "own":
            transport = "httpx"
    if transport == "fast":
        pytest.importorskip("pyreqwest")
    assert script(WAYS + source, url, way, transport, case) == "[]"


def test_a_fork_does_not_wait_for_ever_for_an_import_that_waits_for_it(script):
    """A module of the program's that is imported in one thread, and forks in another that it waits for."""
    said = script(
        """
        import os, threading, warnings
        from smtp2go_async._runtime import loading as _loading

        warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
        _loading.MAX_WAIT_SECONDS = 0.05
        def fork():
            child = os.fork()
            if child == 0:
                with _loading.loading:
                    os._exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        with _loading.loading:
            thread = threading.Thread(target=fork)
            thread.start()
            thread.join()
        with _loading.loading:
            print(len(_loading.loading._taken))
        print(len(_loading.loading._taken))
        """
    )
    assert said.split() == ["7", "1", "0"]


def test_a_fork_within_an_import_leaves_both_sides_free(script):
    said = script(
        """
        import os, threading
        from smtp2go_async._runtime.loading import loading

        with loading:
            with loading:
                child = os.fork()
        assert not loading._taken
        thread = threading.Thread(target=lambda: loading.__enter__())
        thread.start()
        thread.join(60)
        assert loading._taken
        if child == 0:
            os._exit(7)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os._exit(0) if os.sys.stdout.flush() is None else None
        """
    )
    assert said == "7"
