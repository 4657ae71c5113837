"""What README.md and docs/ say is true: their examples run as they stand, against the sandbox."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import smtp2go_async
from smtp2go_async import SyncClient
from smtp2go_async._wire import settings as _settings
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.webhooks import BearerAuth, Event, Receiver, Router, SqliteInbox

ROOT = Path(__file__).parents[1]
ROWS = 30
PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))


def blocks_of(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


README = blocks_of("README.md")
WEBHOOKS = blocks_of("docs/webhooks.md")


def run(block: str) -> dict[str, object]:
    """Run an example as a program that has nothing but what stands in it."""
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(block, "example", "exec"), names)
    return names


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> object:
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.7")
    rows = "".join(f"{number},reader{number}@example.com,Reader {number}\n" for number in range(ROWS))
    (tmp_path / "readers.csv").write_text(f"id,email,name\n{rows}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with Sandbox() as running:
        monkeypatch.setenv("SMTP2GO_API_KEY", running.api_key)
        monkeypatch.setenv("WEBHOOK_TOKEN", "a long random text")
        monkeypatch.setattr(_settings, "BASE_URLS", dict.fromkeys(_settings.BASE_URLS, running.base_url))
        yield running


@pytest.mark.parametrize(
    ("fault", "printed", "sent"),
    [
        ({}, "sent as ", 1),
        ({"lost_reply": "before"}, "perhaps sent; look before you send it again: ", 0),
        ({"lost_reply": True}, "perhaps sent; look before you send it again: ", 1),
        ({"status": 429}, "not sent; worth sending again later: ", 0),
        ({"status": 400}, "not sent, and would fail again; correct the cause first: ", 0),
    ],
)
def test_the_first_example_prints_what_happened(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], fault: dict[str, object], printed: str, sent: int
) -> None:
    if fault:
        sandbox.fail_next(**fault)
    run(README[0])
    assert capsys.readouterr().out.startswith(printed)
    assert len(sandbox.sent) == sent


def test_the_synchronous_example_sends_an_email_with_a_file_and_a_text(sandbox: Sandbox) -> None:
    run(README[1])
    assert [attachment.filename for attachment in sandbox.sent[0].attachments] == ["orders.csv"]
    assert [text.destination for text in sandbox.sms] == ["+12025550123"]


def test_the_example_of_many_sends_each_row_once_however_often_it_runs(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    run(README[2])
    assert capsys.readouterr().out.startswith(f"{ROWS} sent in ")
    run(README[2])
    assert capsys.readouterr().out.startswith(f"{ROWS} skipped in ")
    assert sorted(email.recipients for email in sandbox.sent) == sorted(
        (f"reader{number}@example.com",) for number in range(ROWS)
    )


BOUNCE = {"event": "bounce", "bounce": "hard", "id": "1", "email_id": "1abc-1", "rcpt": "jane@example.com"}


def deliver(receiver: Any) -> None:
    headers = {"Authorization": "Bearer a long random text", "Content-Type": "application/json"}
    assert receiver.sync.receive("POST", headers, "", json.dumps(BOUNCE).encode()).status == 200


def test_the_example_of_webhooks_stores_an_event_and_gives_it_to_the_handler(
    sandbox: object, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver: Any = run(README[3])["receiver"]
    deliver(receiver)
    receiver.sync.work(until_empty=True)
    assert capsys.readouterr().out == "never write again to the recipient of 1abc-1\n"


def test_the_application_of_fastapi_has_a_worker_beside_it(sandbox: object, capsys: pytest.CaptureFixture[str]) -> None:
    testclient = pytest.importorskip("fastapi.testclient")
    app: Any = run(WEBHOOKS[0])["app"]
    headers, printed = {"Authorization": "Bearer a long random text"}, ""
    with testclient.TestClient(app) as client:
        assert client.post("/webhooks/smtp2go", json=BOUNCE, headers=headers).status_code == 200
        assert client.post("/webhooks/smtp2go", json=BOUNCE).status_code == 401
        deadline = time.monotonic() + 20
        while "None bounce 1abc-1" not in printed and time.monotonic() < deadline:
            printed += capsys.readouterr().out
    assert "never write again to the recipient of 1abc-1" in printed


def test_a_webhook_is_set_up_and_not_changed_the_second_time(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    run(WEBHOOKS[1])
    run(WEBHOOKS[1])
    first, second = capsys.readouterr().out.splitlines()
    assert "created=True" in first
    assert "created=False, changed=()" in second
    assert len(sandbox.webhooks) == 1


def test_the_examples_of_the_inbox_show_dead_events_and_states(
    sandbox: object, capsys: pytest.CaptureFixture[str]
) -> None:
    router = Router()

    @router.on(Event)
    def fail(event: Event) -> None:
        raise ValueError("the shop is closed")

    receiver = Receiver(router, auth=BearerAuth("a long random text"), inbox=SqliteInbox("events.db"))
    deliver(receiver)
    receiver.sync.work(until_empty=True, tries=1)
    run(WEBHOOKS[2])
    assert "bounce 1abc-1 1 ValueError: the shop is closed" in capsys.readouterr().out
    run(WEBHOOKS[3])
    assert capsys.readouterr().out == "1abc-1 hard-bounced None\n"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 3, 1, 0)])
def test_the_example_of_statuses_ends_with_the_same_in_any_order(sandbox: object, order: tuple[int, ...]) -> None:
    names: Any = run(WEBHOOKS[4])
    told = [("processed", {}), ("bounce", {"bounce": "soft"}), ("delivered", {}), ("open", {})]
    bodies = [
        {"event": name, "email_id": "1abc", "rcpt": "Jane@example.com", "time": f"2026-11-28T10:00:0{second}Z", **more}
        for second, (name, more) in enumerate(told)
    ]
    receiver = Receiver(names["router"], auth=None, inbox=SqliteInbox("events.db"))
    with closing(sqlite3.connect("shop.db")) as database:
        columns = "email_id TEXT, recipient TEXT, status TEXT, place INTEGER, time TEXT"
        database.execute(f"CREATE TABLE mails ({columns}, PRIMARY KEY (email_id, recipient))")
        for place, number in enumerate(order):
            # Each with an id of its own, so that a repeated event is handled again.
            body = {**bodies[number], "id": str(place)}
            receiver.sync.receive("POST", {"Content-Type": "application/json"}, "", json.dumps(body).encode())
            receiver.sync.work(until_empty=True)
        rows = database.execute("SELECT email_id, recipient, status, time FROM mails").fetchall()
    assert rows == [("1abc", "jane@example.com", "opened", "2026-11-28 10:00:03+00:00")]


def test_the_example_of_an_outage_adds_what_the_account_did(
    sandbox: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with SyncClient() as client:
        client.email.send("shop@example.com", "jane@example.com", subject="Hello", text_body="Hi")
    run(WEBHOOKS[5])
    assert capsys.readouterr().out == "BackfillReport(found=2, added=2)\n"


def test_the_example_of_bulk_runs_has_a_router_of_the_journal(sandbox: object) -> None:
    names: Any = run(WEBHOOKS[6])
    assert len([*names["router"]]) == 1
    names["journal"].close()


def test_the_example_of_a_test_of_handlers_passes() -> None:
    run(WEBHOOKS[7])


def test_the_example_of_a_generator_sends_them_all(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    run(blocks_of("docs/bulk.md")[0])
    assert len(sandbox.sent) == 1001
    assert capsys.readouterr().out.startswith("1,001 sent in ")


def test_the_examples_of_calls_search_and_send(sandbox: Sandbox) -> None:
    search, options = blocks_of("docs/calls.md")
    run(search)
    run(options)
    assert [email.recipients for email in sandbox.sent] == [("jane@example.com",)]


def test_the_example_of_the_page_of_the_sandbox_runs(sandbox: Sandbox) -> None:
    (block,) = blocks_of("docs/sandbox.md")
    run(block)


def test_every_example_is_run_by_a_test_here() -> None:
    assert {page: len(blocks_of(page)) for page in PAGES if blocks_of(page)} == {
        "README.md": 4,
        "docs/bulk.md": 1,
        "docs/calls.md": 2,
        "docs/connections.md": 2,  # FastAPI, which the tests do not install, and the settings of the log
        "docs/queues.md": 3,
        "docs/sandbox.md": 1,
        "docs/webhooks.md": 8,
    }


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 110


@pytest.mark.parametrize("page", PAGES)
def test_links_to_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\(\s*([^)#\s]+)[^)]*\)", text):
        assert link.startswith("http") or ((ROOT / page).parent / link).exists(), link


@pytest.mark.parametrize("refused", [False, True])
def test_the_examples_of_queues_hand_on_an_email_and_what_became_of_it(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], refused: bool
) -> None:
    if refused:
        sandbox.fail_next(status=400)
    names: dict[str, object] = {}
    for block in blocks_of("docs/queues.md"):
        exec(compile(block, "example", "exec"), names)
    if refused:
        assert capsys.readouterr().out.startswith("not sent /email/send 400")
        assert not sandbox.sent
    else:
        assert capsys.readouterr().out.startswith("sent as ")
        assert [attachment.filename for attachment in sandbox.sent[0].attachments] == ["invoice.pdf"]


def test_every_error_is_in_the_table() -> None:
    table = (ROOT / "docs" / "what-happened.md").read_text(encoding="utf-8").partition("\n- ")[0]
    for name in smtp2go_async.__all__:
        if name.endswith("Error") and name not in ("TransportError", "WebhookError", "Smtp2goError"):
            assert f"`{name}`" in table


def test_the_changelog_has_an_entry_for_this_version() -> None:
    assert f"## {smtp2go_async.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.once
def test_the_table_of_faults_is_what_happens() -> None:
    page = (ROOT / "docs" / "what-happened.md").read_text(encoding="utf-8").partition("<!-- table -->\n")[2]
    made = subprocess.run(
        [sys.executable, "benchmarks/what_happened.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert made.stdout.strip() == page.strip()


@pytest.mark.once
def test_nothing_is_sent_twice_or_told_wrongly_under_a_mix_of_all_faults() -> None:
    """The short version of what `benchmarks/faults.py` measures; every run of it, on asyncio, trio and threads."""
    made = subprocess.run(
        [sys.executable, "benchmarks/faults.py", "--sends", "300", "--share", "0.2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
