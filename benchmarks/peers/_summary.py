"""The table of ratios, the goals, and the page that shows them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ._registry import BASELINE, CONTENDERS, FAST, OFFICIAL, OURS, OURS_WAITING, WAITING, usage
from ._results import AWAY, BESIDE, IN_TURN, LEVELS, Results, over, sends_at

METHOD = (
    "Each measurement of a contender has a process of its own; the rounds go through all contenders, every second one "
    "backwards. The server is a process of its own on the same machine, and there is no other network. Every send is "
    "an e-mail of 2 KB whose reply is read. Not every provider would take 36 MB; the server here does."
)
KINDS = {"ours": "this library", "sdk": "a provider's SDK", "http": "HTTP library"}
RATES = tuple(sends_at(level) for level in LEVELS)
LEGEND = (
    "Each number is the median of the rounds' ratios to bare httpx, measured next to it in the same round: of sends a "
    "second with so many in flight (more is better), and of CPU time a send, of the time that a 36 MB attachment "
    "takes, of importing and making a client, and of that with a first send (less is better). Batch: e-mails a second "
    "through calls with 500, against the best provider's SDK with an e-mail a call. Peak and stall of the 36 MB "
    "attachment are MB above idle and the longest that the event loop was late, in ms; so is a further client in the "
    "same process."
)


@dataclass(frozen=True)
class Goal:
    """What this library sets out to reach."""

    text: str
    wanted: float
    measured: float | None
    most: bool = False
    """Whether ``wanted`` is the most that it may be, not the least."""
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it was reached; ``None`` when it was not measured."""
        if self.measured is None:
            return None
        return self.measured <= self.wanted if self.most else self.measured >= self.wanted

    def cells(self) -> list[str]:
        """Return the row of it."""
        wanted = f"{'≤' if self.most else '≥'} {self.wanted:g}{self.unit}"
        measured = "" if self.measured is None else f"{_number(self.measured)}{self.unit}"
        return [self.text, wanted, measured, {None: "not measured", True: "yes", False: "NO"}[self.met]]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def table(results: Results) -> list[list[str]]:
    """Return the rows of the table, its head first."""

    def rate_at(level: int) -> Callable[[str], float | None]:
        return lambda name: results.ratio(sends_at(level), name, "per_second")

    columns: list[tuple[str, Callable[[str], float | None]]] = [
        *((f"{level:,}", rate_at(level)) for level in LEVELS),
        ("100, 100 ms", lambda name: results.ratio(AWAY, name, "per_second")),
        ("CPU", lambda name: results.ratio(sends_at(100), name, "cpu_us")),
        ("batch", lambda name: _batch(results, name)),
        ("peak MB", lambda name: results.median("attachment", name, "peak_mb")),
        ("stall ms", lambda name: results.median("attachment", name, "stall_ms")),
        ("36 MB", lambda name: results.ratio("attachment", name, "seconds")),
        ("ready", lambda name: results.ratio("ready", name, "seconds")),
        ("first send", lambda name: results.ratio("first send", name, "seconds")),
        ("client ms", lambda name: results.median("clients", name, "made_ms")),
    ]
    rows = [["", *(title for title, _ in columns)]]
    rows += [[contender.name, *(_number(read(contender.name)) for _, read in columns)] for contender in CONTENDERS]
    return [row for row in rows if any(cell not in ("", "-") for cell in row[1:])]


def _batch(results: Results, name: str) -> float | None:
    return over(results.rounds("batches", name, "per_second"), results.best_sdk(*RATES))


def goals(results: Results) -> list[Goal]:
    """Return each goal with its measurement."""
    at_100, best = sends_at(100), results.best_sdk(sends_at(100))

    def rate(name: str, measure: str) -> dict[int, float]:
        return results.rounds(measure, name, "per_second")

    def against(name: str, measure: str, base: str) -> float | None:
        return results.ratio(measure, name, "per_second", base)

    found = [
        Goal("sends one at a time, against bare httpx", 0.9, against(OURS, sends_at(1), BASELINE)),
        Goal("100 in flight, against bare httpx", 5, against(OURS, at_100, BASELINE)),
        Goal("100 in flight, against the best provider's SDK", 1, over(rate(OURS, at_100), best)),
        Goal("fast, 100 in flight, against the best provider's SDK", 2, over(rate(FAST, at_100), best)),
        Goal(
            "fast, 1,000 in flight, against itself at 100", 0.8, over(rate(FAST, BESIDE[1000]), rate(FAST, BESIDE[100]))
        ),
        Goal("e-mails in batches, against the best SDK's sends", 20, _batch(results, OURS)),
    ]
    for name in (OURS, FAST):
        found += [
            Goal(f"{name}: 36 MB, peak memory", 4, results.median("attachment", name, "peak_mb"), True, " MB"),
            Goal(f"{name}: 36 MB, longest stall", 10, results.median("attachment", name, "stall_ms"), True, " ms"),
            Goal(f"{name}: 36 MB, time against httpx", 0.7, results.ratio("attachment", name, "seconds"), True),
        ]
    found += [
        Goal("import and client, against httpx", 1.2, results.ratio("ready", OURS, "seconds"), True),
        Goal("a further client", 1, results.median("clients", OURS, "made_ms"), True, " ms"),
        Goal("SyncClient against the official SDK", 1.5, against(OURS_WAITING, IN_TURN, OFFICIAL)),
    ]
    return found


def details(results: Results) -> list[str]:
    """Return the lines on figures that have no column."""
    lines = [f"the best provider's SDK with 100 in flight: {results.best_sdk_name(sends_at(100))}"]
    in_turn = [
        f"{contender.name} {_number(results.ratio(IN_TURN, contender.name, 'per_second', OURS_WAITING))}"
        for contender in WAITING[1:]
    ]
    lines.append(f"blocking calls one after the other, SyncClient is 1: {', '.join(in_turn)}")
    decoded = [
        f"{name} {_number(over(results.rounds('decoding', '', name), results.rounds('decoding', '', 'json.loads')))}"
        for name in (OURS, "msgspec", "pydantic")
    ]
    lines.append(f"a page of 1,000 events into models, json.loads is 1: {', '.join(decoded)}")
    floors = [results.median("attachment", contender.name, "floor_ms") or 0.0 for contender in CONTENDERS]
    lines.append(f"an idle loop is late by {_number(min(filter(None, floors), default=None))} ms")
    sent = [
        f"{contender.name} {_number(found)}"
        for contender in CONTENDERS
        if (found := results.median("clients", contender.name, "sent_ms")) is not None
    ]
    lines.append(f"a further client and its first send, ms: {', '.join(sent)}")
    return lines


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def as_markdown(rows: Sequence[Sequence[str]]) -> str:
    """Make rows a table of a Markdown page."""
    head = [rows[0], ["---", *["--:"] * (len(rows[0]) - 1)]]
    return "\n".join("| " + " | ".join(row) + " |" for row in [*head, *rows[1:]])


def page(results: Results, about: dict[str, str], packages: dict[str, str], chart: str) -> str:
    """Write the page of results."""
    rows = table(results)
    kinds = {contender.name: KINDS[contender.kind] for contender in CONTENDERS}
    parts = [
        "# What it costs, beside others",
        "Written by `python benchmarks/compare.py`; the raw numbers are in `results.json`.",
        f"![Sends a second and memory, beside others]({chart})" if chart else "",
        as_markdown([["", "is", *rows[0][1:]], *([row[0], kinds[row[0]], *row[1:]] for row in rows[1:])]),
        LEGEND,
        "\n".join(f"- {line}" for line in [*details(results), *results.notes()]),
        "## Goals",
        as_markdown([["", "goal", "measured", "met"], *(goal.cells() for goal in goals(results))]),
        "## How it was measured",
        METHOD,
        as_markdown([["machine", ""], *([name, told] for name, told in about.items())]),
        "Versions: " + ", ".join(f"{name} {version}" for name, version in packages.items()) + ".",
        "## How each is used",
        "\n".join(
            f"- **{contender.name}**: {usage(contender)}"
            for contender in CONTENDERS
            if not contender.name.startswith((OURS + ",", "resend,"))
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
