"""A bulk run whose journal is damaged says what it has sent, and the next run sends nothing twice."""

import os
import shutil
import sys

import pytest
from bulk._journal.damaged.damages import (
    DAMAGES,
    FOLDER_DAMAGES,
    delete_wal,
    move_file,
    move_wal,
    replace_wal,
)
from bulk.helpers import emails, states

from smtp2go_async import Journal, JournalError, SyncClient
from smtp2go_async.sandbox import Sandbox

cases = pytest.mark.parametrize

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps open files from all such damage")


@cases("damage", DAMAGES)
@cases("via", ["send", "batch"])
def test_a_run_ends_at_any_damage_and_the_next_run_sends_nothing_twice(damage, via, go, client, provider, path):
    with Journal(path):
        pass
    shutil.copy(path, f"{path}.old")
    count, told = 0, []

    def after_a_while(_fields):
        nonlocal count
        count += 1
        if count == 10:
            damage(path)

    provider.otherwise = after_a_while
    options = {"via": via, "batch_size": 10, "concurrency": 4}
    with pytest.raises(JournalError, match=DAMAGES[damage]) as caught:
        go(client.bulk.send, emails(600), journal=path, on_outcome=told.append, **options)
    assert any("until then: " in note for note in caught.value.__notes__)
    sent = set(provider.arrived)
    assert 0 < len(sent) < 600
    assert {outcome.reference for outcome in told if outcome.status == "sent"} == sent, "an outcome is missing"
    if damage in FOLDER_DAMAGES:
        # No file is left by which the next run could know.
        return
    provider.otherwise = None
    try:
        go(client.bulk.send, emails(600), journal=path, **options)
    except JournalError:
        assert damage not in (delete_wal, move_wal, replace_wal)
    assert set(provider.arrived.values()) == {1}


def test_each_email_arrives_once_when_the_file_is_moved_and_put_back(path):
    with Sandbox() as sandbox, SyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:

        def move(_outcome):
            if sandbox.counts("path").get("/v3/email/send") == 30 and os.path.exists(path):
                move_file(path)

        with pytest.raises(JournalError, match="is not there any more"):
            client.bulk.send(emails(100), journal=path, concurrency=1, on_outcome=move)
        with pytest.raises(JournalError, match="is missing, and its log"):
            client.bulk.send(emails(100), journal=path)
        os.rename(f"{path}.moved", path)
        client.bulk.send(emails(100), journal=path)
        client.bulk.reconcile(path, wait=False)
        found = states(path)
        assert {name for name, state in found.items() if state == "sent"} == set(sandbox.counts("subject"))
        client.bulk.send(emails(100), journal=path, resend_unknown=True)
        assert sandbox.counts("subject") == {f"r{number}": 1 for number in range(1, 101)}


def test_a_journal_lost_at_the_end_of_a_run_raises_with_the_report(go, client, path, monkeypatch):
    close = Journal.close

    def late(self):
        if self.is_open and os.path.exists(path):
            os.unlink(path)
        close(self)

    monkeypatch.setattr(Journal, "close", late)
    with pytest.raises(JournalError, match="is not there any more") as caught:
        go(client.bulk.send, emails(3), journal=path)
    assert any("until then: 3 sent" in note for note in caught.value.__notes__)
