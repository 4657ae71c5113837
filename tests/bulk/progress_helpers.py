"""A clock, terminals, and outcomes for tests of `Progress`."""

import io

from smtp2go_async import Outcome, Progress


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Broken(Terminal):
    def write(self, text):
        raise OSError("gone")

    flush = write


def tell(progress, **counts):
    for status, count in counts.items():
        for _ in range(count):
            progress(Outcome(reference="r", status=status))


def shown(clock, file, *steps, total=None, **options):
    """Return what is shown when so many more outcomes come in each step of 10 seconds."""
    with Progress(total, "News", file=file, clock=clock, **options) as progress:
        for counts in steps:
            clock.now += 10.0
            tell(progress, **counts)
            progress.refresh()
        clock.now += 5.0
    return file.getvalue()
