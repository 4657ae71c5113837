"""How far a run is, while it goes on: `Progress`."""

import contextlib
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from .._values.checks import check_count, check_number, check_text
from .outcome import STATUSES, Outcome

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_OFTEN = 0.1
"""Seconds between two pictures of a bar."""

_WINDOW = 30.0
"""Seconds over which the rate is measured; over all of a run it would not show a cool-down."""


class _Display(Protocol):
    every: float

    def show(self, done: int, text: str, /) -> None: ...

    def end(self, text: str, /) -> None: ...


class Progress:
    """Shows how far a run is: give it as ``on_outcome=``.

    On a terminal, with rich installed (``pip install 'smtp2go-async[cli]'``), it is a bar. Elsewhere it is a line at
    once, and another one now and then. It goes to stderr and not to a logger, since whoever makes a `Progress` wants
    to see it, and a logger that nobody has set up shows nothing. Both have the rate without skipped rows, and the time
    left if ``total`` is known. Both go on while the run waits for a cool-down.

    The last line has the rate up to the last outcome: what the program does after that, such as reconciling, is not
    sending. Where that took a second or more, the line says how long was sent.

    Outside ``with`` it only counts. Nothing that goes wrong with showing gets into the run.

    Args:
        total: How many rows there are, if that is known; `EmailFile.check` returns it.
        label: What to call the run.
        every: Seconds between two lines where there is no bar.
        file: Where to show it; stderr when left out.
        clock: Tells the seconds; for tests.

    Example:
        with Progress(total=len(emails)) as progress:
            report = await client.bulk.send(emails, on_outcome=progress)
    """

    def __init__(
        self,
        total: int | None = None,
        label: str = "Sending",
        *,
        every: float = 10.0,
        file: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = None if total is None else check_count(total, "total", least=0)
        self._label = check_text(label, "label")
        self._every = check_number(every, "every")
        if every <= 0:
            raise ValueError(f"every: must be more than 0 seconds, not {every}")
        self._file = file
        self._clock = clock
        self._counting = threading.Lock()
        self._showing = threading.Lock()
        self._counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
        self._samples: deque[tuple[float, int]] = deque()
        self._display: _Display | None = None
        self._thread: threading.Thread | None = None
        self._next = self._began = self._latest = clock()
        self._before = 0
        """How many were sent before it began."""
        self._ended = threading.Event()

    @property
    def counts(self) -> dict[str, int]:
        """How many there were so far of each status."""
        with self._counting:
            return dict(self._counts)

    def __call__(self, outcome: Outcome) -> None:
        """Count an outcome. Showing is another thread's work."""
        with self._counting:
            self._counts[outcome.status] += 1
            self._latest = self._clock()

    def __enter__(self) -> Self:
        self._next = self._began = self._latest = self._clock()
        self._ended.clear()
        self._before = _sent(self.counts)
        self._samples = deque([(self._began, self._before)])
        with contextlib.suppress(Exception):
            self._display = _display(self._file or sys.stderr, self._label, self._total, self._every)
        if self._display is not None:
            # At once: a log in which nothing stands for a while looks like that of a program that hangs.
            self.refresh()
            self._thread = threading.Thread(target=self._go_on, name="smtp2go-progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            # Not for long: it can hang in a terminal that nobody reads.
            self._thread.join(1.0)
        with self._showing:
            self._end(self._last("ended" if kind is None else f"ended early by {kind.__name__}"))

    def _end(self, text: str) -> None:
        display, self._display = self._display, None
        if display is not None:
            with contextlib.suppress(Exception):
                display.end(text)

    def _go_on(self) -> None:
        while not self._ended.wait(_OFTEN):
            self.refresh()

    def refresh(self) -> None:
        """Show how far it is, if it is time for that; a thread of its own calls this ten times a second."""
        with self._showing:
            now = self._clock()
            if self._display is None or now < self._next:
                return
            self._next = now + self._display.every
            try:
                counts = self.counts
                self._display.show(sum(counts.values()), self._now(now, counts))
            except Exception:
                # A terminal that was closed. Ended all the same, since a bar has stdout and stderr redirected.
                self._end("")

    # --- what it says ---------------------------------------------------------------------------------------------

    def _now(self, now: float, counts: dict[str, int]) -> str:
        done = sum(counts.values())
        rate = self._rate(now, _sent(counts))
        parts = [f"{done:,} of {self._total:,}" if self._total is not None else f"{done:,}"]
        # What comes after all were sent has no rate.
        if rate > 0 and done != self._total:
            parts.append(f"{_number(rate)}/s")
            if self._total is not None and self._total > done:
                parts.append(f"{_duration((self._total - done) / rate)} left")
        # Last, since a narrow terminal cuts.
        parts += _told(counts)
        return ", ".join(parts)

    def _rate(self, now: float, sent: int) -> float:
        """Return how many a second there were lately."""
        self._samples.append((now, sent))
        while self._samples[1][0] <= now - _WINDOW:
            self._samples.popleft()
        before, count = self._samples[0]
        return (sent - count) / (now - before) if now > before else 0.0

    def _last(self, how: str) -> str:
        seconds = self._clock() - self._began
        with self._counting:
            counts, sending = self._counts.copy(), self._latest - self._began
        sent = _sent(counts) - self._before
        parts = _told(counts)
        if sent and sending > 0:
            over = f" over {_duration(sending)}" if seconds - sending >= 1 else ""
            parts.append(f"{_number(sent / sending)}/s{over}")
        return f"{how} after {_duration(seconds)}: {', '.join(parts) or 'nothing sent'}"


def _sent(counts: dict[str, int]) -> int:
    return sum(counts.values()) - counts["skipped"]


def _told(counts: dict[str, int]) -> list[str]:
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


# --- where it says it --------------------------------------------------------------------------------------------


def _display(file: TextIO | None, label: str, total: int | None, every: float) -> _Display | None:
    if file is None:
        # A program without a console.
        return None
    bar = None
    if file.isatty() and find_spec("rich") is not None:
        with contextlib.suppress(Exception):
            bar = _bar(file, label, total)
    return bar or _Lines(file, label, every)


class _Lines:
    """A line each time."""

    def __init__(self, file: TextIO, label: str, every: float) -> None:
        self._file = file
        self._label = label
        self.every = every

    def show(self, _done: int, text: str) -> None:
        self._file.write(f"{self._label}: {text}\n")
        self._file.flush()

    def end(self, text: str) -> None:
        self.show(0, text)


def _bar(file: TextIO, label: str, total: int | None) -> "_Bar | None":
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    console = Console(file=file)
    if not console.is_terminal or console.is_dumb_terminal:
        return None
    # What is printed meanwhile appears above the bar; but what goes into a file or a pipe stays there.
    bar = RichProgress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[told]}", markup=False),
        console=console,
        auto_refresh=False,
        expand=True,
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        redirect_stderr=file is sys.stderr,
        transient=True,
    )
    return _Bar(bar, _Lines(file, label, 0.0), label, total)


class _Bar:
    """A bar of rich's, and a line in its place at the end."""

    every = _OFTEN

    def __init__(self, bar: "RichProgress", lines: _Lines, label: str, total: int | None) -> None:
        self._bar = bar
        self._lines = lines
        self._task = bar.add_task(label, total=total, told="")
        bar.start()

    def show(self, done: int, text: str) -> None:
        self._bar.update(self._task, completed=done, told=text, refresh=True)

    def end(self, text: str) -> None:
        self._bar.stop()
        self._lines.end(text)
