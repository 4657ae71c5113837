"""The examples as programs: run, stopped, cut off and started again."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bulk.helpers import counted

from smtp2go_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
NEWSLETTER, SMS = "bulk_newsletter.py", "bulk_sms.py"

on = pytest.mark.parametrize

pytestmark = [
    pytest.mark.skipif(not (ROOT / "examples").is_dir(), reason="the examples are not here"),
    pytest.mark.skipif(sys.platform == "win32", reason="these signals are not there"),
]


def start(name, *arguments):
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / name), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(name, *arguments, status=0):
    """Run an example to its end, and return what it says without the line of the progress."""
    with start(name, *arguments) as process:
        said, errors = process.communicate(timeout=60)
    assert process.returncode == status, said + errors
    *progress, text = errors.strip().rsplit("\n", 1) if status else (errors, "")
    return said.strip(), text


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


@on(
    ("name", "arguments"),
    [
        (NEWSLETTER, ()),
        (NEWSLETTER, ("--via", "batch")),
        (SMS, ()),
        (SMS, ("A text of my own", "--sender", "+12025550100")),
    ],
)
def test_an_example_needs_nothing_and_ends_well(name, arguments):
    said, _ = run(name, "--count", "150", *arguments)
    assert said.startswith("150 sent in ")


def test_a_newsletter_goes_to_the_rows_of_a_file(sandbox, tmp_path):
    (tmp_path / "list.csv").write_text('id;email;name\n7;jane@example.com;"Doe, Jane"\n8;joe@example.com;<Joe>\n')
    run(NEWSLETTER, "--csv", tmp_path / "list.csv", "--sandbox-url", sandbox.base_url)
    assert sorted((mail.recipients[0], mail.subject) for mail in sandbox.sent) == [
        ("jane@example.com", "News for Doe, Jane"),
        ("joe@example.com", "News for <Joe>"),
    ]
    assert any("Dear &lt;Joe&gt;" in mail.message.get_body(("html",)).get_content() for mail in sandbox.sent)


def test_texts_go_to_the_numbers_of_a_file_once_each(sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("name,number\nJane,+1 (202) 555-0123\nJane,12025550123\nJoe,+12025550124\n")
    said, _ = run(SMS, "Closed on Monday", "--csv", tmp_path / "list.csv", "--sandbox-url", sandbox.base_url)
    assert said.startswith("2 sent, 1 skipped in")
    assert [(outcome.destination, outcome.content) for outcome in sandbox.sms] == [
        ("+12025550123", "Closed on Monday"),
        ("+12025550124", "Closed on Monday"),
    ]


def test_a_bad_file_is_reported_and_nothing_is_sent(sandbox, tmp_path):
    (tmp_path / "list.csv").write_text("id,email,name\n1,jane@example.com,Jane\n2,no,Joe\n")
    said, text = run(NEWSLETTER, "--csv", tmp_path / "list.csv", "--sandbox-url", sandbox.base_url, status=1)
    problem = "to[0]: must be an e-mail address with one @, not a text without @"
    assert (said, text) == (
        "",
        f"InvalidArgumentError: {tmp_path}/list.csv, line 3: {problem}; check=False sends the other rows",
    )
    assert sandbox.requests == ()


@on("name", [NEWSLETTER, SMS])
def test_really_sending_needs_a_journal_and_a_key(name, path):
    _, text = run(name, "--real", status=2)
    assert "--real needs a --journal" in text
    _, text = run(name, "--real", "--journal", path, status=1)
    assert "SMTP2GO_API_KEY" in text


@on(("name", "count", "arguments"), [(NEWSLETTER, 100, ()), (NEWSLETTER, 6000, ("--via", "batch")), (SMS, 2000, ())])
@on("number", [signal.SIGINT, signal.SIGKILL])
def test_a_program_that_was_stopped_or_killed_and_started_again_sends_each_once(
    name, count, arguments, number, sandbox, path
):
    given = ("--count", count, "--journal", path, "--sandbox-url", sandbox.base_url, *arguments)
    # Responses come late, so that the program is stopped while calls are under way, on a busy machine as well.
    sandbox.fail_next(1000, delay=0.5)
    with start(name, *given) as process:
        while process.poll() is None and not (sandbox.sent or sandbox.sms):
            time.sleep(0.001)
        process.send_signal(number)
        errors = process.communicate(timeout=20)[1]
    sandbox._faults.clear()
    arrived = len(sandbox.sent) + len(sandbox.sms)
    assert 0 < arrived < count
    if number == signal.SIGINT:
        assert process.returncode == 1
        assert errors.splitlines()[-1].startswith("Stopped. The calls under way are settled.")
        assert counted(path)["sent"] == arrived
        assert set(counted(path)) <= {"sent", "pending"}
    # E-mails that a crash left unknown are searched for, and sent again if they were not found.
    again = start(name, *given)
    said, errors = again.communicate(timeout=60)
    left = counted(path).get("unknown", 0)
    assert again.returncode == (1 if left else 0), said + errors
    assert ("were not found: most likely not sent." in said) >= bool(left)
    run(name, *given, "--resend-unknown")
    assert counted(path) == {"sent": count}
    assert set(sandbox.counts("destination" if name == SMS else "recipient").values()) == {1}
    assert len(sandbox.sent) + len(sandbox.sms) == count


def test_an_example_prints_the_refused_rows(sandbox, path):
    sandbox.refuse_address("reader2@example.com")
    said, _ = run(NEWSLETTER, "--count", 3, "--sandbox-url", sandbox.base_url, status=1)
    first, second = said.splitlines()
    assert first.startswith("2 sent, 1 refused in")
    assert "Outcome(reference='2', status='refused'" in second
    assert "reader2@" not in second
