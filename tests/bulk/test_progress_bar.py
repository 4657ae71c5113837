"""The bar that a terminal shows of a run; no test waits for a clock."""

import re
import sys

import pytest
from bulk.progress_helpers import Terminal, shown, tell

from smtp2go_async import Progress

on = pytest.mark.parametrize


@pytest.fixture
def terminal(monkeypatch):
    pytest.importorskip("rich")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "JUPYTER_COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("LINES", "40")
    return Terminal()


def plain(text):
    return [
        item.rstrip()
        for item in re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", text).replace("\r", "\n").splitlines()
        if item.strip()
    ]


def test_on_a_terminal_there_is_a_bar_and_finally_a_line(terminal, clock):
    out = sys.stdout, sys.stderr
    found = plain(text := shown(clock, terminal, {"sent": 500, "refused": 1}, total=1002))
    assert "\x1b[2KNews: ended" in text, "the bar is still there"
    assert any(
        re.fullmatch(r"News ━+[╸╺]?━+ 501 of 1,002, 50/s, 10 s left, 500 sent, 1 refused", line) for line in found
    )
    assert found[-1] == "News: ended after 15 s: 500 sent, 1 refused, 50/s over 10 s"
    assert (sys.stdout, sys.stderr) == out


def test_a_bar_is_drawn_at_most_ten_times_a_second(terminal, clock):
    with Progress(10_000, "News", file=terminal, clock=clock) as progress:
        for _ in range(1000):
            clock.now += 0.001
            tell(progress, sent=1)
            progress.refresh()
    assert 9 <= len(set(re.findall(r"([\d,]+) of 10,000", terminal.getvalue()))) <= 11


def test_a_label_is_not_read_as_markup(terminal, clock):
    found = plain(shown(clock, terminal, {"sent": 1}))
    assert found[-1].startswith("News:")
    with Progress(label="[b]x[/b] {0}", file=terminal, clock=clock) as progress:
        clock.now += 1.0
        progress.refresh()
    assert "[b]x[/b] {0} " in "\n".join(plain(terminal.getvalue()))


def test_a_bar_on_a_terminal_that_is_gone_gives_stdout_back(terminal, clock, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(sys, "stderr", terminal)
    out = sys.stdout
    with Progress(clock=clock) as progress:
        assert sys.stdout is not out, "what is printed would tear the bar"
        terminal.close()
        clock.now += 1.0
        progress.refresh()
        assert sys.stdout is out
        print("still there")
    assert out.getvalue() == "still there\n"


def test_output_into_a_pipe_stays_there_while_a_bar_is_drawn(terminal, clock, capsys):
    with Progress(file=terminal, clock=clock):
        print("result")
    assert capsys.readouterr().out == "result\n"
    assert "result" not in terminal.getvalue()


@on("missing", ["rich", "rich.progress", "a clever terminal"])
def test_a_terminal_without_what_a_bar_needs_gets_lines(missing, terminal, clock, monkeypatch):
    if missing == "a clever terminal":
        monkeypatch.setenv("TERM", "dumb")
    else:
        monkeypatch.setitem(sys.modules, missing, None)
    assert shown(clock, terminal, {"sent": 1}).splitlines() == [
        "News: 0",
        "News: 1, 0.1/s, 1 sent",
        "News: ended after 15 s: 1 sent, 0.1/s over 10 s",
    ]


def test_rich_is_loaded_only_for_a_bar(script):
    source = """
        import sys, io
        from smtp2go_async import Progress
        with Progress(file=io.StringIO()) as progress:
            progress.refresh()
        print("rich" in sys.modules)
    """
    assert script(source) == "False"
