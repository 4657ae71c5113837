"""A `SyncClient` that is used in the thread of a running event loop, which can do nothing else meanwhile."""

import ast
import asyncio
import inspect
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
import trio

from smtp2go_async import CallEffect, Email, Smtp2goWarning

LOOPS = {"asyncio": lambda main: asyncio.run(main()), "trio": trio.run}


@pytest.fixture(params=list(LOOPS))
def loop(request):
    return request.param


@pytest.fixture
def run(loop):
    """Return a function that runs a coroutine function, on either loop."""
    return LOOPS[loop]


@pytest.fixture
def inside(run):
    """Return a function that makes calls inside a running loop, and returns the lines of this file that were warned of."""

    def make(*calls):
        async def main():
            return [call() for call in calls]

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run(main)
        assert {warning.category for warning in caught} <= {Smtp2goWarning}
        assert {warning.filename for warning in caught} <= {__file__}
        return [warning.lineno for warning in caught]

    return make


def line_of(call):
    return call.__code__.co_firstlineno


CALLS = {
    "a group": lambda client, mail: client.email.send(**mail()),
    "a call that has no method": lambda client, mail: client.call("POST", "/sms/summary", effect=CallEffect.READ),
    "a list over pages": lambda client, mail: list(client.email.search_scheduled_all()),
    "a bulk run": lambda client, mail: client.bulk.send([Email(**mail())], via="batch"),
    "a stream": lambda client, mail: list(client.bulk.stream([Email(**mail())])),
    "a copy": lambda client, mail: client.with_options(timeout=9).sms.summary(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_line_that_makes_the_call_is_warned_of_and_the_call_is_made(call, inside, sync_of, faults, mail):
    client = sync_of()
    assert inside(lambda: call(client, mail)) == [line_of(call)]
    assert faults.begun == 1


def test_the_warning_names_the_problem_and_the_remedy(loop, run, sync_of, mail):
    client = sync_of()

    async def main():
        client.email.send(**mail())

    with pytest.warns(Smtp2goWarning) as caught:
        run(main)
    said = str(caught[0].message)
    assert f"blocks the thread of a running {loop} event loop" in said
    assert "await an AsyncClient" in said
    assert {"asyncio": "asyncio.to_thread", "trio": "trio.to_thread.run_sync"}[loop] in said


def test_each_line_is_warned_of_once(inside, sync_of, mail):
    client = sync_of()

    def first():
        client.email.send(**mail())

    def second():
        client.sms.summary()

    def many():
        for _ in range(3):
            client.sms.summary()

    assert inside(first, first, second, many, first, second, many) == [
        line_of(first) + 1,
        line_of(second) + 1,
        line_of(many) + 2,
    ]
    assert inside(first, many) == []


def test_where_warnings_are_errors_each_such_call_is_one_and_nothing_is_sent(run, sync_of, faults, mail):
    client = sync_of()

    async def main():
        for _ in range(2):
            with pytest.raises(Smtp2goWarning):
                client.email.send(**mail())
            with pytest.raises(Smtp2goWarning):
                client.bulk.send([Email(**mail())], via="send")

    run(main)
    assert faults.begun == 0
    assert client.email.send(**mail()).email_id == "reference"


def test_a_callback_of_the_loop_is_warned_of(sync_of, mail):
    client = sync_of()
    done = []

    def callback():
        with pytest.warns(Smtp2goWarning):
            client.email.send(**mail())
        done.append(True)

    async def main():
        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert done == [True]


def test_an_asynchronous_generator_is_warned_of(sync_of, mail):
    client = sync_of()

    async def generate():
        yield client.email.send(**mail())

    async def main():
        return [one async for one in generate()]

    with pytest.warns(Smtp2goWarning):
        asyncio.run(main())


# --- where nothing is blocked ------------------------------------------------------------------------------------


def test_a_thread_beside_the_loop_is_not_warned_of(run, sync_of, mail):
    """Warnings are errors here."""
    client = sync_of()

    async def main():
        await anyio.to_thread.run_sync(lambda: client.email.send(**mail()))

    run(main)


def test_no_loop_is_not_warned_of_also_after_one_and_beside_one(sync_of, mail):
    client = sync_of()
    client.email.send(**mail())
    for run in (lambda main: asyncio.run(main()), trio.run):

        async def main():
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(client.email.send, **mail()).result(60)

        run(main)
        client.email.send(**mail())


def test_callbacks_of_a_run_may_use_another_client(sync_of, mail):
    """The list of a bulk run and on_outcome are run in the thread that waits, where no loop is."""
    client, other = sync_of(), sync_of()

    def rows():
        yield Email(**mail(other.email.send(**mail("inner")).email_id))

    assert client.bulk.send(rows(), on_outcome=lambda _one: other.sms.summary()).sent == 1


# --- prompts and notebooks ---------------------------------------------------------------------------------------


def cell(source, names):
    """Run source as a notebook does: in a running loop, as the main module; with ``await`` at its top, if it has that."""
    code = compile(ast.parse(source), "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)

    async def main():
        made = eval(code, {"__name__": "__main__", **names})
        if inspect.iscoroutine(made):
            await made

    asyncio.run(main())


@pytest.mark.parametrize(
    "source",
    [
        "client.email.send(**mail())",
        "def f():\n    return client.email.send(**mail())\nf()",
        "[client.email.send(**mail()) for _ in range(2)]",
        "import asyncio\nawait asyncio.sleep(0)\nclient.email.send(**mail())",
    ],
)
def test_a_call_in_a_cell_is_not_warned_of(source, sync_of, mail, faults):
    """Warnings are errors here."""
    cell(source, {"client": sync_of(), "mail": mail})
    assert faults.begun


@pytest.mark.parametrize(
    "source",
    [
        "async def f():\n    client.email.send(**mail())\nawait f()",
        "async def f():\n    client.email.send(**mail())\nimport asyncio\nawait asyncio.create_task(f())",
    ],
)
def test_a_coroutine_in_a_cell_is_warned_of(source, sync_of, mail):
    with pytest.warns(Smtp2goWarning):
        cell(source, {"client": sync_of(), "mail": mail})


def test_a_module_that_is_imported_in_a_coroutine_is_no_cell(sync_of, mail):
    code = compile("client.email.send(**mail())", "<module>", "exec")

    async def main():
        exec(code, {"__name__": "shop.setup", "client": sync_of(), "mail": mail})

    with pytest.warns(Smtp2goWarning):
        asyncio.run(main())


PROGRAM = """
import asyncio, sys
from smtp2go_async import SyncClient

client = SyncClient("api-" + "A" * 32, base_url=sys.argv[1])

async def main():
    for _ in range(2):
        client.sms.summary()

asyncio.run(main())
client.close()
"""


def test_a_program_is_shown_its_line(faults, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), faults.url]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    first, second = ended.stderr.splitlines()
    assert first.startswith(f"{program}:9: Smtp2goWarning: SyncClient: this call blocks")
    assert second.strip() == "client.sms.summary()"
    assert ended.returncode == 0


def test_the_prompt_of_asyncio_is_not_warned_of(faults):
    lines = [
        "from smtp2go_async import SyncClient",
        f"client = SyncClient('api-' + 'A' * 32, base_url={faults.url!r})",
        "client.sms.summary()",
        "client.close()",
    ]
    command = [sys.executable, "-m", "asyncio"]
    said = subprocess.run(
        command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120, check=False
    )
    assert faults.begun == 1
    assert "Warning" not in said.stderr + said.stdout
