"""A program that is killed at any instant, and started again: the short version of ``benchmarks/bulk_kills.py``."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bulk.helpers import counted, states

from smtp2go_async import SyncClient
from smtp2go_async.sandbox import Sandbox

PROGRAM = Path(__file__).with_name("program.py")
COUNT = {"send": 400, "batch": 3000, "sms": 10_000, "stream": 400}


@pytest.mark.parametrize(
    "mode", ["asyncio-send", "trio-send", "asyncio-batch", "asyncio-sms", "sync-send", "sync-stream"]
)
def test_a_run_that_is_killed_three_times_loses_nothing_and_repeats_nothing(mode, path):
    call = mode.partition("-")[2]
    count, drawn = COUNT[call], random.Random(mode)
    counts_by = "destination" if call == "sms" else "subject"
    sent_path = {"batch": "/v3/email/batch", "sms": "/v3/sms/send"}.get(call, "/v3/email/send")
    with Sandbox() as sandbox:
        command = [sys.executable, str(PROGRAM), mode, sandbox.base_url, sandbox.api_key, path, str(count)]
        for _ in range(3):
            calls = sandbox.counts("path").get(sent_path, 0) + drawn.randint(3, 12)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            while process.poll() is None and sandbox.counts("path").get(sent_path, 0) < calls:
                time.sleep(0.001)
            process.kill()
            assert process.wait(10) == -9, "it ended before it was killed"
        killed = states(path)
        last = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (last.stderr, last.returncode) == ("", 0)
        arrived = sandbox.counts(counts_by)
        assert set(arrived.values()) == {1}, "something arrived twice"
        found = states(path)
        assert len(found) == count
        assert set(found.values()) <= {"sent", "unknown"}
        assert {name for name, state in found.items() if state == "sent"} <= set(arrived)
        assert len(arrived) >= sum(state == "sent" for state in found.values())
        assert any(state == "claimed" for state in killed.values()) or call == "stream"
        with SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
            report = client.bulk.reconcile(path, wait=False)
        assert counted(path).get("sent", 0) == len(arrived) == count - report.unknown
        assert set(report.references).isdisjoint(arrived)
