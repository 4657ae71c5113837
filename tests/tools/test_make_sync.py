"""The generator of the waiting twins, run on a copy of the package."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TWINS = sorted(["bulk", *(path.stem for path in (ROOT / "smtp2go_async" / "endpoints").glob("[!_]*.py"))])

GROUP = '''
"""Made up."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence

from .._model import Reply, model
from .._operation import CallEffect, Operation
from ._group import EndpointGroup

MOST = 7


@model
class Answered(Reply):
    """A result."""


ASK = Operation("/made/up", Answered, effect=CallEffect.READ)


class Questions(EndpointGroup):
    """Questions: asking."""

    async def ask(self, what: str, *, most: int = MOST, since: dt.datetime | None = None) -> Answered:
        """Ask once.

        ``POST /made/up``
        """
        return await self._call(ASK, {"what": what})

    async def _private(self) -> None:
        """Stay here."""

    def all(self, filters: Mapping[str, str]) -> AsyncIterator[Answered]:
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
        self.twins = root / "smtp2go_async" / "_sync"
        for folder in ("endpoints", "bulk", "_sync"):
            shutil.copytree(ROOT / "smtp2go_async" / folder, root / "smtp2go_async" / folder)
        (root / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "make_sync.py", root / "tools")
        self.root = root

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.root, *arguments)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_the_twins_of_this_repository_are_as_the_generator_writes_them():
    ended = run(ROOT, "--check")

    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)


def test_each_twin_says_who_wrote_it_and_which_file_to_change():
    for twin in TWINS:
        first = (ROOT / "smtp2go_async" / "_sync" / f"{twin}.py").read_text().partition("\n")[0]
        assert first.startswith("# Written by tools/make_sync.py from ")
        original = "bulk/sender.py" if twin == "bulk" else f"endpoints/{twin}.py"
        assert f"{original}: change that file, then run `nox -s sync`" in first


def test_a_twin_that_was_changed_by_hand_is_found_and_written_anew(copy):
    path = copy.twins / "email.py"
    before = path.read_text()
    path.write_text(before.replace("Send one e-mail", "Send an e-mail"))

    ended = copy.run("--check")
    assert ended.returncode == 1
    assert ended.stdout == "smtp2go_async/_sync/email.py is not as tools/make_sync.py would write it\n"

    assert copy.run().returncode == 0
    assert path.read_text() == before
    assert copy.run("--check").returncode == 0


def test_an_original_that_was_changed_is_found(copy):
    path = copy.endpoints / "sms.py"
    path.write_text(path.read_text().replace("Send one text to up to", "Send a text to up to"))

    ended = copy.run("--check")
    assert ended.returncode == 1
    assert "smtp2go_async/_sync/sms.py is not" in ended.stdout


def test_what_is_no_signature_and_no_docstring_changes_no_twin(copy):
    path = copy.endpoints / "sms.py"
    path.write_text(path.read_text() + "\n\ndef _more() -> None:\n    pass\n")

    assert copy.run("--check").returncode == 0


def test_a_file_without_an_original_is_found_and_removed(copy):
    stray = copy.twins / "gone.py"
    stray.write_text("x = 1\n")

    ended = copy.run("--check")
    assert (ended.returncode, ended.stdout) == (1, "smtp2go_async/_sync/gone.py has no original in endpoints/\n")

    assert copy.run().returncode == 0
    assert not stray.exists()


def test_an_original_without_a_twin_is_found_and_gets_one(copy):
    (copy.twins / "sms.py").unlink()

    ended = copy.run("--check")
    assert ended.returncode == 1
    assert "smtp2go_async/_sync/sms.py is not" in ended.stdout

    assert copy.run().returncode == 0
    assert (copy.twins / "sms.py").read_text() == (ROOT / "smtp2go_async" / "_sync" / "sms.py").read_text()


def test_checking_writes_nothing(copy):
    (copy.twins / "sms.py").unlink()
    (copy.twins / "gone.py").write_text("x = 1\n")
    before = sorted(copy.twins.iterdir())

    copy.run("--check")
    assert sorted(copy.twins.iterdir()) == before


def test_files_written_by_hand_are_left_alone(copy):
    by_hand = {name: (copy.twins / name).read_text() for name in ("__init__.py", "_group.py")}
    for path in copy.twins.iterdir():
        if path.name not in by_hand and path.is_file():
            path.unlink()

    assert copy.run().returncode == 0
    assert {name: (copy.twins / name).read_text() for name in by_hand} == by_hand
    assert sorted(path.stem for path in copy.twins.glob("[!_]*.py")) == TWINS


def test_writing_twice_changes_nothing_the_second_time(copy):
    copy.run()
    times = {path: path.stat().st_mtime_ns for path in copy.twins.glob("*.py")}

    assert "0 written, 0 removed" in copy.run().stdout
    assert {path: path.stat().st_mtime_ns for path in copy.twins.glob("*.py")} == times


def test_a_new_group_gets_a_twin_that_forwards(copy):
    (copy.endpoints / "questions.py").write_text(GROUP.lstrip())
    assert copy.run().returncode == 0

    text = (copy.twins / "questions.py").read_text()
    methods = {node.name: ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    assert set(methods) == {"ask", "all"}
    assert "async" not in text.replace("smtp2go_async", "").replace("self._async.", "")
    assert "self._run(self._async.ask, what, most=most, since=since)" in methods["ask"]
    assert "self._iterate(self._async.all, filters)" in methods["all"]
    assert "-> Iterator[Answered]" in text
    assert "an AsyncIterator in prose stays what it is" in text
    assert "from ..endpoints.questions import Answered, MOST, Questions as AsyncQuestions" in text


def test_a_method_without_a_docstring_is_refused(copy):
    (copy.endpoints / "questions.py").write_text(
        GROUP.lstrip().replace('        """Ask for all; an AsyncIterator in prose stays what it is."""\n', "")
    )

    ended = copy.run()
    assert ended.returncode != 0
    assert "all has no docstring" in ended.stderr
