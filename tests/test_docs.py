"""What the README says is true: its examples run, against the sandbox."""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from types import CodeType

import anyio
import pytest

import smtp2go_async
from smtp2go_async._wire import settings as _settings
from smtp2go_async.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def _compiled(block: str) -> CodeType:
    return compile(block, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


async def _run(block: str, names: dict[str, object]) -> dict[str, object]:
    made = eval(_compiled(block), names)
    if inspect.iscoroutine(made):
        await made
    return names


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.7")
    monkeypatch.chdir(tmp_path)
    with Sandbox() as running:
        monkeypatch.setenv("SMTP2GO_API_KEY", running.api_key)
        monkeypatch.setattr(_settings, "BASE_URLS", dict.fromkeys(_settings.BASE_URLS, running.base_url))
        yield running


def test_the_first_example_sends_an_email_and_a_text(sandbox: Sandbox) -> None:
    anyio.run(_run, BLOCKS[0], {})
    assert [one.filename for one in sandbox.sent[0].attachments] == ["invoice.pdf"]
    assert [one.destination for one in sandbox.sms] == ["+12025550123"]


@pytest.mark.parametrize(("lost_reply", "told"), [("before", "perhaps sent"), (False, "")])
def test_the_waiting_example_tells_what_happened(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], lost_reply: object, told: str
) -> None:
    if lost_reply:
        sandbox.fail_next(lost_reply=lost_reply)
    exec(_compiled(BLOCKS[1]), {})
    assert capsys.readouterr().out.startswith(told)
    assert len(sandbox.sent) == (0 if lost_reply else 1)


def test_the_example_of_many_sends_them_all(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    anyio.run(_run, BLOCKS[2], {"readers": [(f"Reader {n}", f"reader{n}@example.com") for n in range(1001)]})
    assert len(sandbox.sent) == 1001
    assert capsys.readouterr().out.startswith("1,001 sent in ")


def test_the_example_of_a_journal_sends_a_file_once(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = "".join(f"{number},reader{number}@example.com,Reader {number}\n" for number in range(30))
    (tmp_path / "readers.csv").write_text(f"id,email,name\n{rows}", encoding="utf-8")

    async def run() -> None:
        async with smtp2go_async.AsyncClient() as client:
            await _run(BLOCKS[5], {"client": client})

    for _ in range(2):
        anyio.run(run)
    assert sorted(one.recipients for one in sandbox.sent) == sorted((f"reader{n}@example.com",) for n in range(30))


def test_the_example_of_the_sandbox_runs(sandbox: Sandbox) -> None:
    names = anyio.run(_run, BLOCKS[3], {})
    assert len(names["sandbox"].sent) == 1  # type: ignore[attr-defined]


def test_the_example_of_options_runs(sandbox: Sandbox) -> None:
    async def run() -> None:
        async with smtp2go_async.AsyncClient() as client:
            names = {"client": client, "RetryPolicy": smtp2go_async.RetryPolicy}
            await _run(BLOCKS[4].replace("...", '"a@example.com", "b@example.com", subject="c", text_body="d"'), names)

    anyio.run(run)
    assert len(sandbox.sent) == 1


def test_every_example_is_run_by_a_test_above() -> None:
    assert len(BLOCKS) == 6


@pytest.mark.parametrize("refused", [False, True])
def test_the_examples_of_queues_hand_on_an_email_and_what_became_of_it(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], refused: bool
) -> None:
    page = (ROOT / "docs" / "queues.md").read_text(encoding="utf-8")
    if refused:
        sandbox.fail_next(status=400)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(_compiled(block), names)
    if refused:
        assert capsys.readouterr().out.startswith("not sent /email/send 400")
        assert not sandbox.sent
    else:
        assert capsys.readouterr().out.startswith("sent as ")
        assert [one.filename for one in sandbox.sent[0].attachments] == ["invoice.pdf"]


def test_every_error_is_in_the_table() -> None:
    for name in smtp2go_async.__all__:
        if name.endswith("Error") and name not in ("TransportError", "WebhookError", "Smtp2goError"):
            assert f"`{name}`" in README


def test_the_changelog_has_an_entry_for_this_version() -> None:
    assert f"## {smtp2go_async.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.once
def test_the_table_of_faults_is_what_happens() -> None:
    page = (ROOT / "docs" / "what-happened.md").read_text(encoding="utf-8").partition("<!-- table -->\n")[2]
    made = subprocess.run(
        [sys.executable, "benchmarks/what_happened.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert made.stdout.strip() == page.strip()


@pytest.mark.once
def test_nothing_is_sent_twice_or_told_wrongly_under_a_mix_of_all_faults() -> None:
    """The short version of what `benchmarks/faults.py` measures; every run of it, on asyncio, trio and threads."""
    made = subprocess.run(
        [sys.executable, "benchmarks/faults.py", "--sends", "300", "--share", "0.2"],
        cwd=ROOT,
        # Traced line by line, it would be so slow that its sends time out.
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
