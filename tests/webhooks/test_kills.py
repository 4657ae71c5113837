"""A receiver that is killed again and again loses no event: a short run of the benchmark."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "webhook_kills.py"


# Some seconds, since the receiver starts three times, and a lease of a killed worker has to end.
def test_every_event_gets_to_the_handlers_of_a_receiver_that_is_killed():
    pytest.importorskip("uvicorn")
    command = [sys.executable, PROGRAM, "--events", "200", "--kills", "2"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.stderr, ended.returncode) == ("", 0), ended.stdout
    assert "2 kills" in ended.stdout
    assert "stored: 200 rows with 200 keys, {'done': 200}, intact: True" in ended.stdout
    assert " 0 lost" in ended.stdout
