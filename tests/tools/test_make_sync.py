"""The generator of the synchronous side, run on a copy of the package."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "smtp2go_async"
ORIGINALS = {
    "bulk": "bulk/sender.py",
    "client": "client.py",
    "groups": "_groups.py",
    **{path.stem: f"endpoints/{path.name}" for path in (PACKAGE / "endpoints").glob("[!_]*.py")},
}

GROUP = '''
"""Made up."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal

from .._model_class import model
from .._operation import Operation
from ..reply import Reply
from ..retry import CallEffect
from ._group import EndpointGroup

MAX_QUESTIONS = 7


@model
class Verdict(Reply):
    """A result."""


ASK = Operation("/made/up", Verdict, effect=CallEffect.READ)


class Questions(EndpointGroup):
    """Questions: asking."""

    async def ask(
        self,
        question: str,
        *,
        most: int = MAX_QUESTIONS,
        tone: Literal["kind", "cool"] = "kind",
        since: "dt.datetime | None" = None,
    ) -> Verdict:
        """Ask once.

        ``POST /made/up``
        """
        return await self._call(ASK, {"question": question})

    async def _private(self) -> None:
        """Stay here."""

    def all(self, filters: Mapping[str, str]) -> AsyncIterator[Verdict]:
        """Ask for all; an AsyncIterator in prose stays what it is."""
        raise NotImplementedError
'''


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(root / "tools" / "make_sync.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


class Copy:
    """A copy of what the generator reads and writes."""

    def __init__(self, root: Path) -> None:
        self.endpoints = root / "smtp2go_async" / "endpoints"
        self.written = root / "smtp2go_async" / "_sync"
        for folder in ("endpoints", "bulk", "_sync"):
            shutil.copytree(PACKAGE / folder, root / "smtp2go_async" / folder)
        for file in ("_groups.py", "client.py"):
            shutil.copy(PACKAGE / file, root / "smtp2go_async")
        (root / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "make_sync.py", root / "tools")
        self.root = root

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.root, *arguments)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_the_files_of_this_repository_are_as_the_generator_writes_them():
    ended = run(ROOT, "--check")

    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)


@pytest.mark.parametrize(("name", "original"), ORIGINALS.items())
def test_each_file_names_its_generator_and_the_file_to_change(name, original):
    first = (PACKAGE / "_sync" / f"{name}.py").read_text().partition("\n")[0]

    assert first == f"# Written by tools/make_sync.py from {original}: change that file, then run `nox -s sync`."


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_formatter_and_the_linter_leave_each_file_as_it_is_written(name):
    pytest.importorskip("ruff")
    path = str(PACKAGE / "_sync" / f"{name}.py")

    rules = ["--isolated", "--line-length", "120", "--target-version", "py311"]
    for command in (["format", "--check", *rules], ["check", "--select", "I", *rules]):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *command, path], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_file_that_was_changed_by_hand_is_found_and_written_anew(copy):
    path = copy.written / "email.py"
    before = path.read_text()
    path.write_text(before.replace("Send an e-mail", "Send the e-mail"))

    ended = copy.run("--check")
    assert ended.returncode == 1
    assert ended.stdout == "smtp2go_async/_sync/email.py is not as tools/make_sync.py would write it\n"

    assert copy.run().returncode == 0
    assert path.read_text() == before
    assert copy.run("--check").returncode == 0


def test_an_original_that_was_changed_is_found(copy):
    path = copy.endpoints / "sms.py"
    path.write_text(path.read_text().replace("Send a text to up to", "Send the text to up to"))

    ended = copy.run("--check")
    assert ended.returncode == 1
    assert "smtp2go_async/_sync/sms.py is not" in ended.stdout


def test_changes_outside_signatures_and_docstrings_change_no_file(copy):
    path = copy.endpoints / "sms.py"
    path.write_text(path.read_text() + "\n\ndef _more() -> None:\n    pass\n")

    assert copy.run("--check").returncode == 0


def test_a_file_without_an_original_is_found_and_removed(copy):
    stray = copy.written / "gone.py"
    stray.write_text("x = 1\n")

    ended = copy.run("--check")
    assert (ended.returncode, ended.stdout) == (1, "smtp2go_async/_sync/gone.py has no original in endpoints/\n")

    assert copy.run().returncode == 0
    assert not stray.exists()


def test_an_original_without_its_file_is_found_and_gets_one(copy):
    (copy.written / "sms.py").unlink()

    ended = copy.run("--check")
    assert ended.returncode == 1
    assert "smtp2go_async/_sync/sms.py is not" in ended.stdout

    assert copy.run().returncode == 0
    assert (copy.written / "sms.py").read_text() == (PACKAGE / "_sync" / "sms.py").read_text()


def test_checking_writes_nothing(copy):
    (copy.written / "sms.py").unlink()
    (copy.written / "gone.py").write_text("x = 1\n")
    before = sorted(copy.written.iterdir())

    copy.run("--check")
    assert sorted(copy.written.iterdir()) == before


def test_files_written_by_hand_are_left_alone(copy):
    by_hand = {name: (copy.written / name).read_text() for name in ("__init__.py", "_group.py")}
    for path in copy.written.iterdir():
        if path.name not in by_hand and path.is_file():
            path.unlink()

    assert copy.run().returncode == 0
    assert {name: (copy.written / name).read_text() for name in by_hand} == by_hand
    assert {path.stem for path in copy.written.glob("[!_]*.py")} == set(ORIGINALS)


def test_writing_twice_changes_nothing_the_second_time(copy):
    copy.run()
    times = {path: path.stat().st_mtime_ns for path in copy.written.glob("*.py")}

    assert "0 written, 0 removed" in copy.run().stdout
    assert {path: path.stat().st_mtime_ns for path in copy.written.glob("*.py")} == times


def test_a_new_group_gets_a_class_that_forwards(copy):
    (copy.endpoints / "questions.py").write_text(GROUP.lstrip())
    assert copy.run().returncode == 0

    text = (copy.written / "questions.py").read_text()
    methods = {node.name: ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert set(methods) == {"ask", "all"}
    assert "class SyncQuestions(SyncGroup[Questions]):" in text
    assert "async" not in text.replace("smtp2go_async", "").replace("self._async.", "")
    assert "self._run(self._async.ask, question, most=most, tone=tone, since=since)" in methods["ask"]
    assert "self._iterate(self._async.all, filters)" in methods["all"]
    assert "-> Iterator[Verdict]" in text
    assert "an AsyncIterator in prose stays what it is" in text
    assert "from ..endpoints.questions import MAX_QUESTIONS, Questions, Verdict" in text


def test_a_signature_keeps_its_spelling_and_is_laid_out_anew(copy):
    (copy.endpoints / "questions.py").write_text(GROUP.lstrip())
    copy.run()

    text = (copy.written / "questions.py").read_text()
    assert 'tone: Literal["kind", "cool"] = "kind"' in text
    assert 'since: "dt.datetime | None" = None' in text
    assert "import datetime as dt\n" in text
    assert "    def all(self, filters: Mapping[str, str]) -> Iterator[Verdict]:\n" in text


def test_a_new_group_of_the_client_gets_a_property(copy):
    groups = copy.root / "smtp2go_async" / "_groups.py"
    groups.write_text(
        groups.read_text()
        + '''
    @cached_property
    def questions(self) -> "Questions":
        """Ask."""
        from .endpoints.questions import Questions

        return Questions(self._calls)
'''
    )
    assert copy.run().returncode == 0

    text = (copy.written / "groups.py").read_text()
    assert "    from .questions import SyncQuestions\n" in text
    assert 'def questions(self) -> "SyncQuestions":\n        """Ask."""' in text
    assert "return SyncQuestions(self._async.questions, self._thread)" in text


def test_a_new_option_of_the_client_is_an_option_of_the_synchronous_client(copy):
    client = copy.root / "smtp2go_async" / "client.py"
    client.write_text(
        client.read_text().replace(
            '        transport: TransportName = "httpx",\n',
            '        transport: TransportName = "httpx",\n        mood: Auth = "bearer",\n',
        )
    )
    assert copy.run().returncode == 0

    text = (copy.written / "client.py").read_text()
    assert '        mood: Auth = "bearer",\n' in text
    assert "            mood=mood,\n" in text


def test_a_method_without_a_docstring_is_refused(copy):
    (copy.endpoints / "questions.py").write_text(
        GROUP.lstrip().replace('        """Ask for all; an AsyncIterator in prose stays what it is."""\n', "")
    )

    ended = copy.run()
    assert ended.returncode != 0
    assert "all has no docstring" in ended.stderr
