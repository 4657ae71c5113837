"""`Progress`: how far a run has come, shown while it goes on."""

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sized
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from .._values.checks import check_count, check_function, check_number, check_text
from .._values.problems import invalid, wrong_type
from .._values.signatures import name_arguments_of_class
from ..pacing import Pacer
from .outcome import STATUSES, Outcome
from .rows import EmailFile

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_BAR_SECONDS = 0.1
"""Seconds between two pictures of a bar."""

_RATE_SECONDS = 30.0
"""Seconds over which the rate is measured; a rate over the whole run would hardly show that it became slower."""

_MAX_JOIN_SECONDS = 1.0
"""How long the end waits for the thread that shows: it can hang in a terminal that is not read."""


class _Display(Protocol):
    every: float

    def show(self, done: int, total: int | None, text: str, /) -> None: ...

    def end(self, text: str, /) -> None: ...


@name_arguments_of_class
class Progress:
    """Shows how far a run is: give it as ``on_outcome=``.

    On a terminal, with rich installed (``pip install 'smtp2go-async[cli]'``), it is a bar. Elsewhere it is a line at
    once, and further lines now and then. It goes to stderr and not to a logger: a program that makes a `Progress` wants
    to show it, and a logger that was not set up shows nothing. Both have the rate without skipped rows, and the time
    left if the total is known. While the run waits, for example for the end of a cool-down, both say for how long.

    The last line has the rate up to the last outcome, since the program may go on with other work, such as reconciling.
    If that took a second or more, the line also has the time up to the last outcome.

    Outside ``with`` it only counts. An error while showing never reaches the run.

    Args:
        total: The list itself, if it has a length, or how many rows there are. The rows of an `EmailFile` are counted
            in the thread that shows the progress, so the first line is without them. Leave it out for a generator.
        label: The name of the run.
        every: Seconds between two lines where there is no bar.
        file: Where to show it; stderr when left out.
        clock: Returns seconds; for tests.

    Example:
        with Progress(emails) as progress:
            report = await client.bulk.send(emails, on_outcome=progress)
    """

    def __init__(
        self,
        total: int | Sized | None = None,
        label: str = "Sending",
        *,
        every: float = 10.0,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Counting a long file takes seconds, for which neither this thread nor its event loop has to wait.
        self._file_to_count = total if isinstance(total, EmailFile) else None
        self._total = None if isinstance(total, EmailFile) else _total_of(total)
        self._label = check_text(label, "label")
        self._every = check_number(every, "every")
        if every <= 0:
            raise invalid("every", f"must be more than 0 seconds, not {every}")
        if file is not None and not callable(getattr(file, "write", None)):
            # A path, most likely. Errors while showing are not raised, so nothing would ever be shown.
            raise wrong_type("file", "a file that is open for text", file)
        self._file = file
        check_function(clock, "clock")
        self._clock = clock
        self._counting = threading.Lock()
        self._showing = threading.Lock()
        self._counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        self._samples: deque[tuple[float, int]] = deque()
        self._display: _Display | None = None
        self._thread: threading.Thread | None = None
        self._next = self._started = self._latest = clock()
        self._sent_before = 0
        """How many outcomes an earlier run with this progress had."""
        self._pacer: Pacer | None = None
        self._ended = threading.Event()

    @property
    def counts(self) -> dict[str, int]:
        """How many outcomes there were so far of each status."""
        with self._counting:
            return dict(self._counts)

    def __call__(self, outcome: Outcome) -> None:
        """Count an outcome. Another thread shows it."""
        with self._counting:
            self._counts[outcome.status] += 1
            self._latest = self._clock()

    @contextlib.contextmanager
    def watching(self, pacer: Pacer) -> Iterator[None]:
        """Say when this pacer makes the run wait. A run does this by itself with the pacer of its client."""
        self._pacer = pacer
        try:
            yield
        finally:
            self._pacer = None

    def __enter__(self) -> Self:
        self._next = self._started = self._latest = self._clock()
        self._ended.clear()
        self._sent_before = _sent(self.counts)
        self._samples = deque([(self._started, self._sent_before)])
        with contextlib.suppress(Exception):
            self._display = _display(self._file or sys.stderr, self._label, self._total, self._every)
        if self._display is not None:
            # At once: a log that stays empty for a while looks as if the program hung.
            self.refresh()
            self._thread = threading.Thread(target=self._show_until_end, name="smtp2go-progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_MAX_JOIN_SECONDS)
        with self._showing:
            self._end(self._last_text("ended" if kind is None else f"ended early by {kind.__name__}"))

    def _end(self, text: str) -> None:
        display, self._display = self._display, None
        if display is not None:
            with contextlib.suppress(Exception):
                display.end(text)

    def _show_until_end(self) -> None:
        if self._file_to_count is not None:
            # The run reports a file that can't be read; here only the total is missing then.
            with contextlib.suppress(Exception):
                self._total = len(self._file_to_count)
        while not self._ended.wait(_BAR_SECONDS):
            self.refresh()

    def refresh(self) -> None:
        """Show how far the run is, if it is time for that; a thread calls this ten times a second."""
        with self._showing:
            now = self._clock()
            if self._display is None or now < self._next:
                return
            self._next = now + self._display.every
            try:
                counts = self.counts
                self._display.show(sum(counts.values()), self._total, self._text(now, counts))
            except Exception:
                # The terminal was closed. A bar has redirected stdout and stderr, so it has to be ended all the same.
                self._end("")

    # --- the texts ------------------------------------------------------------------------------------------------

    def _text(self, now: float, counts: dict[str, int]) -> str:
        done = sum(counts.values())
        rate = self._rate(now, _sent(counts))
        parts = [f"{done:,} of {self._total:,}" if self._total is not None else f"{done:,}"]
        # When all is sent the program may still do other work, which has no rate.
        if done == self._total:
            pass
        elif waits := self._seconds_to_wait():
            # The rate of the last half minute would only be wrong, and say nothing about why.
            parts.append(f"waiting {_duration(waits)} before the next call")
        elif rate > 0:
            parts.append(f"{_number(rate)}/s")
            if self._total is not None and self._total > done:
                parts.append(f"{_duration((self._total - done) / rate)} left")
        # At the end, since a narrow terminal cuts the line there.
        parts += _counts_text(counts)
        return ", ".join(parts)

    def _seconds_to_wait(self) -> float:
        """Return for how long no call may leave: after a 429, or after many refusals in a row."""
        # Read once: the run may end in the other thread meanwhile.
        pacer = self._pacer
        return 0.0 if pacer is None else pacer.state.closed_for

    def _rate(self, now: float, sent: int) -> float:
        """Return how many outcomes there were in each second lately."""
        self._samples.append((now, sent))
        while self._samples[1][0] <= now - _RATE_SECONDS:
            self._samples.popleft()
        before, count = self._samples[0]
        return (sent - count) / (now - before) if now > before else 0.0

    def _last_text(self, how: str) -> str:
        seconds = self._clock() - self._started
        with self._counting:
            counts, sending = self._counts.copy(), self._latest - self._started
        sent = _sent(counts) - self._sent_before
        parts = _counts_text(counts)
        if sent and sending > 0:
            over = f" over {_duration(sending)}" if seconds - sending >= 1 else ""
            parts.append(f"{_number(sent / sending)}/s{over}")
        return f"{how} after {_duration(seconds)}: {', '.join(parts) or 'nothing sent'}"


def _total_of(total: int | Sized | None) -> int | None:
    if total is None or isinstance(total, int):
        return None if total is None else check_count(total, "total", least=0)
    # A text has a length, and is no list.
    if isinstance(total, (str, bytes)) or not isinstance(total, Sized):
        raise wrong_type("total", "a number of rows or a list that has a length", total)
    return len(total)


def _sent(counts: dict[str, int]) -> int:
    return sum(counts.values()) - counts["skipped"]


def _counts_text(counts: dict[str, int]) -> list[str]:
    return [f"{counts[status]:,} {status}" for status in STATUSES if counts[status]]


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole // 60 % 60} min"


# --- lines and the bar -------------------------------------------------------------------------------------------


def _display(file: TextIO | None, label: str, total: int | None, every: float) -> _Display | None:
    if file is None:
        # A program without a console.
        return None
    bar = None
    if file.isatty() and find_spec("rich") is not None:
        with contextlib.suppress(Exception):
            bar = _bar(file, label, total)
    return bar or _TextLines(file, label, every)


class _TextLines:
    """Shows each text in a line of its own."""

    def __init__(self, file: TextIO, label: str, every: float) -> None:
        self._file = file
        self._label = label
        self.every = every

    def show(self, _done: int, _total: int | None, text: str) -> None:
        self._file.write(f"{self._label}: {text}\n")
        self._file.flush()

    def end(self, text: str) -> None:
        self.show(0, None, text)


def _bar(file: TextIO, label: str, total: int | None) -> "_Bar | None":
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    console = Console(file=file)
    if not console.is_terminal or console.is_dumb_terminal:
        return None
    # Text that the program prints meanwhile appears above the bar, unless it goes into a file or a pipe.
    bar = RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[text]}", markup=False),
        console=console,
        auto_refresh=False,
        expand=True,
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        redirect_stderr=file is sys.stderr,
        transient=True,
    )
    return _Bar(bar, _TextLines(file, label, 0.0), label, total)


class _Bar:
    """A bar that rich draws, and a line in its place at the end."""

    every = _BAR_SECONDS

    def __init__(self, bar: "RichProgress", lines: _TextLines, label: str, total: int | None) -> None:
        self._bar = bar
        self._lines = lines
        self._task = bar.add_task(label, total=total, text="")
        bar.start()

    def show(self, done: int, total: int | None, text: str) -> None:
        self._bar.update(self._task, completed=done, total=total, text=text, refresh=True)

    def end(self, text: str) -> None:
        self._bar.stop()
        self._lines.end(text)
