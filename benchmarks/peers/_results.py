"""The measurements, and their medians: of values, and of the ratios of each round."""

import statistics
from dataclasses import dataclass, field
from typing import Any

from ._registry import BASELINE, SDKS

LEVELS = (1, 10, 100, 1000)
AWAY = "sends at 100, 100 ms away"
# The same once more, one right after the other: their ratio is about one contender, not about two.
BESIDE = {100: "sends at 100, beside 1,000", 1000: "sends at 1,000, beside 100"}
IN_TURN = "one after the other"


def sends_at(in_flight: int) -> str:
    """Name the measure of throughput with so many in flight."""
    return f"sends at {in_flight:,}"


@dataclass
class Results:
    """All rounds of all measurements."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def add(self, measure: str, contender: str, turn: int, found: dict[str, Any]) -> None:
        """Keep the measurement of a process."""
        self.records.append({"measure": measure, "contender": contender, "round": turn, **found})

    def rounds(self, measure: str, contender: str, value: str) -> dict[int, float]:
        """Return a value of each round that has it."""
        return {
            record["round"]: record[value]
            for record in self.records
            if record["measure"] == measure and record["contender"] == contender and record.get(value)
        }

    def median(self, measure: str, contender: str, value: str) -> float | None:
        """Return the median of the rounds."""
        return _median(list(self.rounds(measure, contender, value).values()))

    def ratio(self, measure: str, contender: str, value: str, base: str = BASELINE) -> float | None:
        """Return the median of the rounds' ratios to another contender."""
        return over(self.rounds(measure, contender, value), self.rounds(measure, base, value))

    def best_sdk(self, *measures: str) -> dict[int, float]:
        """Return the most sends a second of any provider's SDK in each round."""
        best: dict[int, float] = {}
        for measure in measures:
            for name in SDKS:
                for turn, rate in self.rounds(measure, name, "per_second").items():
                    best[turn] = max(best.get(turn, 0.0), rate)
        return best

    def best_sdk_name(self, measure: str) -> str:
        """Return which SDK was the fastest, by the median."""
        found = {name: self.median(measure, name, "per_second") or 0.0 for name in SDKS}
        return max(found, key=lambda name: found[name])

    def notes(self) -> list[str]:
        """Return a sentence on everything that failed or was not measured."""
        notes: dict[str, None] = {}
        for record in self.records:
            where = f"{record['contender']}, {record['measure']}"
            if "unavailable" in record:
                notes[f"{record['contender']} was left out: {record['unavailable']}"] = None
            elif "failed" in record:
                notes[f"{where}: {record['failed']}"] = None
            elif record.get("done") == 0 and not record.get("errors"):
                notes[f"{where}: not one send ended in the time that each measurement has"] = None
            elif record.get("errors"):
                kinds = ", ".join(sorted(record["errors"]))
                notes[f"{where}: some sends failed ({kinds}); only those that succeeded count"] = None
        return list(notes)


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def over(some: dict[int, float], others: dict[int, float]) -> float | None:
    """Return the median of the ratios of the rounds that both have."""
    return _median([some[turn] / others[turn] for turn in some if others.get(turn)])
