"""The lines that are shown of a run; no test waits for a clock."""

import io
import re
import subprocess
import sys
import threading
import time as blocking

import pytest
from bulk.helpers import emails
from bulk.progress_helpers import Broken, shown, tell
from faults.scripted import close_gate

from smtp2go_async import EmailFile, Pacer, Progress

on = pytest.mark.parametrize


def block(pacer, seconds):
    """Close the gate of a pacer, as a 429 with a Retry-After does."""
    turn = pacer.turn("/email/send")
    assert turn.ask() is None
    turn.depart()
    turn.rate_limited(seconds)
    turn.release()


# --- lines -------------------------------------------------------------------------------------------------------


def lines(clock, *steps, **options):
    """Return the lines after the first one, which comes before any step."""
    first, *others = shown(clock, io.StringIO(), *steps, **options).splitlines()
    assert re.fullmatch(r"News: 0( of [\d,]+)?", first)
    return others


@on(("total", "said"), [(None, "Sending: 0\n"), (10_500, "Sending: 0 of 10,500\n")])
def test_without_a_terminal_the_first_line_comes_at_once(total, said, clock):
    """In the log of a program in a container, nothing would look as if it hung."""
    file = io.StringIO()
    with Progress(total, file=file, clock=clock):
        assert file.getvalue() == said


def test_without_a_terminal_there_is_a_line_each_ten_seconds_and_one_at_the_end(clock):
    found = lines(clock, {}, {}, {})
    assert found == ["News: 0", "News: 0", "News: 0", "News: ended after 35 s: nothing sent"]


def test_the_time_after_the_last_outcome_does_not_count_as_sending(clock):
    """As reconciling, which waits for two minutes."""
    file = io.StringIO()
    with Progress(100, "News", file=file, clock=clock) as progress:
        clock.now += 10.0
        tell(progress, sent=99, unknown=1)
        for _ in range(13):
            clock.now += 10.0
            progress.refresh()
    *waiting, last = file.getvalue().splitlines()[1:]
    assert waiting == ["News: 100 of 100, 99 sent, 1 unknown"] * 13
    assert last == "News: ended after 2 min 20 s: 99 sent, 1 unknown, 10/s over 10 s"


def test_the_time_of_sending_is_left_out_when_it_is_the_whole_time(clock):
    file = io.StringIO()
    with Progress(file=file, clock=clock) as progress:
        clock.now += 10.0
        tell(progress, sent=100)
        clock.now += 0.5
    assert file.getvalue().splitlines()[-1] == "Sending: ended after 11 s: 100 sent, 10/s"


def test_a_second_run_has_a_rate_of_its_own(clock):
    file = io.StringIO()
    progress = Progress(file=file, clock=clock)
    for count in (1000, 10):
        with progress:
            clock.now += 10.0
            tell(progress, sent=count)
            progress.refresh()
        clock.now += 60.0
    assert file.getvalue().splitlines() == [
        "Sending: 0",
        "Sending: 1,000, 100/s, 1,000 sent",
        "Sending: ended after 10 s: 1,000 sent, 100/s",
        "Sending: 1,000, 1,000 sent",
        "Sending: 1,010, 1.0/s, 1,010 sent",
        "Sending: ended after 10 s: 1,010 sent, 1.0/s",
    ]


def test_a_line_has_the_rate_the_time_left_and_the_counts(clock, monkeypatch):
    # Within a step nothing is refreshed, so its outcomes are shown together.
    first, second, last = lines(clock, {}, {"sent": 900, "refused": 100, "skipped": 500}, total=10_500)
    assert first == "News: 0 of 10,500"
    assert second == "News: 1,500 of 10,500, 50/s, 3 min 0 s left, 900 sent, 100 refused, 500 skipped"
    assert last == "News: ended after 25 s: 900 sent, 100 refused, 500 skipped, 50/s over 20 s"


def test_the_rate_is_measured_over_the_last_half_minute(clock):
    found = lines(clock, {"sent": 1000}, {}, {}, {"sent": 3}, total=1004)
    assert [re.findall(r"([\d.]+)/s", line) for line in found[:-1]] == [["100"], ["50"], ["33"], ["0.1"]]
    assert found[3] == "News: 1,003 of 1,004, 0.1/s, 10 s left, 1,003 sent"


@on(("count", "left"), [(5, "1.0 s"), (500, "1 min 40 s"), (36_000, "2 h 0 min"), (0, None)])
def test_the_time_left_is_shown_in_fitting_units(clock, count, left):
    found = lines(clock, {"sent": 50}, total=50 + count)[0]
    assert found.endswith(f", 5.0/s, {left} left, 50 sent" if left else "50 of 50, 50 sent")


def test_more_outcomes_than_the_total_are_shown(clock):
    assert lines(clock, {"sent": 20}, total=10)[0] == "News: 20 of 10, 2.0/s, 20 sent"


def test_lines_come_as_often_as_asked_for_and_not_more_often(clock):
    file = io.StringIO()
    with Progress(label="News", file=file, clock=clock, every=60.0) as progress:
        for _ in range(590):
            clock.now += 0.2
            progress.refresh()
    assert file.getvalue().splitlines() == ["News: 0", "News: 0", "News: ended after 1 min 58 s: nothing sent"]


def test_an_error_ends_the_progress_early_and_is_raised(clock):
    file = io.StringIO()
    with pytest.raises(KeyError):
        with Progress(file=file, clock=clock) as progress:
            tell(progress, sent=1)
            raise KeyError
    assert file.getvalue() == "Sending: 0\nSending: ended early by KeyError after 0.0 s: 1 sent\n"


def test_a_progress_can_be_used_for_several_runs(clock):
    file = io.StringIO()
    progress = Progress(file=file, clock=clock)
    for _ in range(2):
        with progress:
            tell(progress, sent=1)
            assert "smtp2go-progress" in {outcome.name for outcome in threading.enumerate()}
    assert file.getvalue().splitlines()[-1] == "Sending: ended after 0.0 s: 2 sent"


def test_outside_a_with_statement_a_progress_only_counts(capsys):
    progress = Progress()
    tell(progress, sent=2, unknown=1)
    progress.refresh()
    assert progress.counts == {"sent": 2, "refused": 0, "failed": 0, "unknown": 1, "skipped": 0}
    assert capsys.readouterr() == ("", "")


def test_a_progress_goes_to_stderr(capsys, clock):
    with Progress(clock=clock):
        pass
    assert capsys.readouterr() == ("", "Sending: 0\nSending: ended after 0.0 s: nothing sent\n")


@on(("arguments", "options"), [((-1,), {}), ((None,), {"every": 0}), ((None,), {"every": float("nan")})])
def test_wrong_numbers_are_refused(arguments, options):
    with pytest.raises(ValueError, match="^(total|every): must be "):
        Progress(*arguments, **options)


@on("total", ["jane@example.com", b"x", 1.5, (number for number in "12")])
def test_a_total_that_is_neither_a_number_nor_a_list_is_refused(total):
    with pytest.raises(TypeError, match="^total: must be a number of rows or a list that has a length, not a "):
        Progress(total)


# --- the list itself as the total --------------------------------------------------------------------------------


def test_a_list_gives_its_own_length(clock):
    file = io.StringIO()
    with Progress(emails(3), file=file, clock=clock):
        assert file.getvalue() == "Sending: 0 of 3\n"


@pytest.fixture
def counted_by(monkeypatch):
    """Return the threads in which the rows of a file were counted; each is added when it has counted."""
    threads = []
    length = EmailFile.__len__

    def counting(emails):
        try:
            return length(emails)
        finally:
            threads.append(threading.current_thread().name)

    monkeypatch.setattr(EmailFile, "__len__", counting)
    return threads


@on(("content", "total"), [("email\n" + "a@example.com\n" * 500, " of 500"), ("", ""), (None, "")])
def test_the_rows_of_a_file_are_counted_beside_the_run(content, total, tmp_path, clock, counted_by):
    """A file that can't be read has no total, and is the trouble of the run."""
    if content is not None:
        (tmp_path / "list.csv").write_text(content)
    rows = EmailFile.from_strings(tmp_path / "list.csv", sender="a@example.com", subject="x", text_body="x")
    file = io.StringIO()
    with Progress(rows, file=file, clock=clock) as progress:
        ends = blocking.monotonic() + 10
        while not counted_by or (total and progress._total is None):
            assert blocking.monotonic() < ends
            blocking.sleep(0.001)
        clock.now += 10.0
        tell(progress, sent=100)
        progress.refresh()
    assert file.getvalue().splitlines()[0] == "Sending: 0"
    assert f"Sending: 100{total}, 10/s" in file.getvalue()
    assert counted_by == ["smtp2go-progress"]


# --- while the run waits -----------------------------------------------------------------------------------------


def test_a_line_says_for_how_long_the_run_waits_for_a_cool_down(clock):
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    file = io.StringIO()
    with Progress(100, "News", file=file, clock=clock) as progress, progress.watching(pacer):
        tell(progress, sent=10)
        block(pacer, 45.0)
        for _ in range(5):
            clock.now += 10.0
            progress.refresh()
    assert file.getvalue().splitlines()[1:-1] == [
        "News: 10 of 100, waiting 35 s before the next call, 10 sent",
        "News: 10 of 100, waiting 25 s before the next call, 10 sent",
        "News: 10 of 100, waiting 15 s before the next call, 10 sent",
        "News: 10 of 100, waiting 5.0 s before the next call, 10 sent",
        "News: 10 of 100, 10 sent",
    ]


def test_a_run_that_has_ended_does_not_wait(clock):
    pacer = Pacer(clock=clock, draw=lambda: 0.0)
    block(pacer, 45.0)
    file = io.StringIO()
    with Progress(10, "News", file=file, clock=clock) as progress:
        with progress.watching(pacer):
            tell(progress, sent=10)
            clock.now += 10.0
            progress.refresh()
        tell(progress, sent=1)
        clock.now += 10.0
        progress.refresh()
    assert file.getvalue().splitlines()[1:-1] == ["News: 10 of 10, 10 sent", "News: 11 of 10, 0.6/s, 11 sent"]


def test_a_run_says_that_it_waits_without_being_asked_to(client, go, time):
    file = io.StringIO()
    progress = Progress(20, file=file, clock=time, every=1.0)
    sleep = client._calls.sleep

    async def showing(seconds):
        time.now += 1.0
        progress.refresh()
        await sleep(seconds)

    client._calls.sleep = showing
    close_gate(client, 60.0)
    with progress:
        go(client.bulk.send, emails(20), on_outcome=progress)
    assert "Sending: 0 of 20, waiting 59 s before the next call\n" in file.getvalue()
    assert "ended after" in file.getvalue()


# --- nothing of it gets into the run -----------------------------------------------------------------------------


@on("file", [Broken(), io.StringIO()])
def test_a_closed_file_does_not_disturb_the_run(file, clock):
    with Progress(file=file, clock=clock) as progress:
        tell(progress, sent=1)
        file.close()
        clock.now += 60.0
        progress.refresh()
        tell(progress, sent=1)
    assert progress.counts["sent"] == 2


def test_a_program_without_a_console_sees_nothing(monkeypatch, clock):
    monkeypatch.setattr(sys, "stderr", None)
    with Progress(clock=clock) as progress:
        tell(progress, sent=1)
        clock.now += 60.0
        progress.refresh()


def test_a_program_whose_stderr_was_closed_ends_well():
    source = "from smtp2go_async import Outcome, Progress\nwith Progress() as p: p(Outcome(reference='1', status='sent'))\nprint(p.counts['sent'])"
    ended = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, source],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "1\n")


@pytest.fixture
def switching():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching")
def test_a_progress_counts_correctly_in_many_threads(clock):
    with Progress(file=io.StringIO(), clock=clock) as progress:
        threads = [threading.Thread(target=tell, args=(progress,), kwargs={"sent": 3000}) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert progress.counts["sent"] == 24_000


def test_the_thread_of_a_progress_ends_with_it(clock):
    before = set(threading.enumerate())
    with Progress(file=io.StringIO(), clock=clock):
        assert len(set(threading.enumerate()) - before) == 1
    assert set(threading.enumerate()) <= before


def test_a_run_passes_every_outcome_to_a_progress(client, go, time):
    file = io.StringIO()
    with Progress(100, file=file, clock=time) as progress:
        report = go(client.bulk.send, emails(100), on_outcome=progress)
    assert report.sent == progress.counts["sent"] == 100
    assert file.getvalue().endswith("100 sent\n")
