"""What this library costs beside HTTP libraries and the SDKs of mail providers: one table of ratios, and the goals.

    python benchmarks/compare.py [--quick] [--only NAME ...] [--json FILE] [--svg FILE] [--markdown FILE]

Each measurement of a contender has a process of its own. A round goes through all contenders, every second one
backwards, so that a machine whose speed changes favours none of them; a ratio is the median of the rounds' ratios.
All of it happens on the loopback interface.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _chart import Bar, Panel, draw
from _machine import machine, versions
from _server import running_server
from peers._registry import BASELINE, CONTENDERS, FAST, OURS, WAITING, Contender, first_send
from peers._results import AWAY, BESIDE, IN_TURN, LEVELS, Results, sends_at
from peers._summary import KINDS, as_text, details, goals, page, table

HERE = Path(__file__).resolve().parent
LATENCY = 0.1
FILE_BYTES = 36_000_000
TIMEOUT = 60.0
"""Seconds for a process; its sends end well before."""

# Threads that some libraries leave behind can crash an interpreter that ends in order.
TELL = "import json, os\nprint(json.dumps(found), flush=True)\nos._exit(0)\n"


@dataclass(frozen=True)
class Scale:
    """How long and how often to measure."""

    rounds: int
    fresh: int
    """Interpreters started for each import time."""
    clients: int
    seconds: float
    limit: float
    quick: bool = False


FULL = Scale(rounds=3, fresh=8, clients=10, seconds=0.8, limit=15.0)
QUICK = Scale(rounds=1, fresh=1, clients=3, seconds=0.15, limit=2.0, quick=True)


@dataclass(frozen=True)
class Step:
    """One measure, taken of some contenders in turn."""

    measure: str
    contenders: Sequence[Contender]
    task: dict[str, Any] = field(default_factory=dict)


class Runner:
    """Starts the processes that measure."""

    def __init__(self, pycache: str) -> None:
        # Settings of this machine's Pythons must not change the measurements: without bytecode, imports take long.
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._env |= {"PYTHONPYCACHEPREFIX": pycache, "NO_PROXY": "*", "no_proxy": "*"}

    def worker(self, task: dict[str, Any]) -> dict[str, Any]:
        """Take a measurement in a process of its own."""
        return self._run([sys.executable, "-m", "peers._worker", json.dumps(task)])

    def fresh(self, contender: Contender, code: str) -> dict[str, Any]:
        """Time what a program does, from its first import."""
        hidden = "".join(f"sys.modules[{module!r}] = None\n" for module in contender.without)
        timed = f"{hidden}began = time.perf_counter()\n{code}\nfound = {{'seconds': time.perf_counter() - began}}\n"
        return self._run([sys.executable, "-c", f"import sys, time\n{timed}{TELL}"])

    def _run(self, command: list[str]) -> dict[str, Any]:
        try:
            ended = subprocess.run(
                command, cwd=HERE, env=self._env, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"no result within {TIMEOUT:.0f} s"}
        if ended.returncode:
            return {"failed": ended.stderr.strip().rpartition("\n")[2]}
        # Some print at import or at a send; the result is the last line.
        found: dict[str, Any] = json.loads(ended.stdout.strip().rpartition("\n")[2])
        return found


def steps(contenders: list[Contender], scale: Scale, near: str, far: str, path: str) -> Iterator[Step]:
    """Return the measures of a round."""
    few = [contender for contender in contenders if contender.name in (OURS, FAST, BASELINE)]
    fast = [contender for contender in contenders if contender.name == FAST]
    measured = {"measure": "sends", "seconds": scale.seconds, "limit": scale.limit, "url": near}
    levels = (1, 100, 1000) if scale.quick else LEVELS
    for level in levels:
        some = few if scale.quick and level == 1000 else contenders
        yield Step(sends_at(level), some, measured | {"in_flight": level})
    for level, name in BESIDE.items():
        yield Step(name, fast, measured | {"in_flight": level})
    yield Step(AWAY, few if scale.quick else contenders, measured | {"in_flight": 100, "url": far})
    batching = [contender for contender in contenders if contender.batches]
    yield Step("batches", batching, {"measure": "batches", "url": near, "seconds": scale.seconds})
    attaching = [contender for contender in contenders if contender.attaches]
    yield Step("attachment", attaching, {"measure": "attachment", "url": near, "path": path})
    yield Step(
        "clients", few if scale.quick else contenders, {"measure": "clients", "url": near, "clients": scale.clients}
    )
    yield Step(IN_TURN, WAITING, measured | {"in_flight": 1})


def measure(contenders: list[Contender], scale: Scale, runner: Runner, path: str) -> Results:
    """Take all rounds of all measures."""
    results = Results()
    missing: set[str] = set()
    with running_server() as near, running_server(LATENCY) as far:
        for turn in range(scale.rounds):
            for step in steps(contenders, scale, near, far, path):
                _progress(f"round {turn + 1} of {scale.rounds}: {step.measure}")
                for contender in reversed(step.contenders) if turn % 2 else step.contenders:
                    if contender.name in missing:
                        continue
                    found = runner.worker(step.task | {"contender": contender.name})
                    results.add(step.measure, contender.name, turn, found)
                    if "unavailable" in found:
                        missing.add(contender.name)
            results.add("decoding", "", turn, runner.worker({"measure": "decoding", "repeats": 10 * scale.rounds}))
        # The first turn fills the cache of bytecode.
        for turn in range(scale.fresh + 1):
            _progress(f"imports: {turn} of {scale.fresh}")
            for contender in contenders:
                if contender.ready and contender.name not in missing:
                    ready, sent = (
                        runner.fresh(contender, contender.ready),
                        runner.fresh(contender, first_send(contender, near)),
                    )
                    if turn:
                        results.add("ready", contender.name, turn, ready)
                        results.add("first send", contender.name, turn, sent)
    _progress("")
    return results


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text:60}", end="\n" if not text else "", file=sys.stderr, flush=True)


def chart(results: Results) -> str:
    """Draw the two measures that differ most."""
    speed, memory = [], []
    for contender in CONTENDERS:
        rate = results.ratio(sends_at(100), contender.name, "per_second")
        if rate is not None:
            speed.append(Bar(contender.name, contender.kind, rate, f"{rate:.1f}"))
        peak = results.median("attachment", contender.name, "peak_mb")
        if peak is not None:
            memory.append(
                Bar(contender.name, contender.kind, peak, f"{peak:.1f} MB" if peak < 10 else f"{peak:.0f} MB")
            )
    speed.sort(key=lambda bar: -bar.value)
    memory.sort(key=lambda bar: bar.value)
    panels = [
        Panel("Sends a second with 100 in flight; bare httpx is 1", speed),
        Panel("Memory that sending a 36 MB attachment takes", memory),
    ]
    return draw("smtp2go-async beside HTTP libraries and the SDKs of mail providers", panels, KINDS)


def write(results: Results, options: argparse.Namespace) -> None:
    """Write the files that were asked for."""
    about = machine()
    packages = versions(name for contender in [*CONTENDERS, *WAITING] for name in contender.packages)
    if options.json:
        whole = {"machine": about, "packages": packages, "records": results.records}
        options.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    if options.svg:
        options.svg.write_text(chart(results), encoding="utf-8")
    if options.markdown:
        shown = os.path.relpath(options.svg, options.markdown.parent) if options.svg else ""
        options.markdown.write_text(page(results, about, packages, shown), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a single short round, to see that everything works; its figures are noisy"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[contender.name for contender in CONTENDERS],
        help="only these contenders, and bare httpx",
    )
    parser.add_argument("--json", type=Path, help="write the raw results here")
    parser.add_argument("--svg", type=Path, help="draw the chart here")
    parser.add_argument("--markdown", type=Path, help="write the page here")
    options = parser.parse_args()
    chosen = [contender for contender in CONTENDERS if not options.only or contender.name in (*options.only, BASELINE)]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.bin")
        path.write_bytes(os.urandom(FILE_BYTES))
        runner = Runner(str(Path(folder, "pycache")))
        results = measure(chosen, QUICK if options.quick else FULL, runner, str(path))
    print(as_text(table(results)), end="\n\n")
    print(as_text([["", "goal", "measured", "met"], *(goal.cells() for goal in goals(results))]), end="\n\n")
    print("\n".join([*details(results), *results.notes()]))
    print(f"\n{time.perf_counter() - started:.0f} s")
    write(results, options)


if __name__ == "__main__":
    main()
