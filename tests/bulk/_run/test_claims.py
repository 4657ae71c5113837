"""What the journal holds before an e-mail leaves, and what the e-mail holds of the journal."""

import pytest
from bulk.helpers import emails

from smtp2go_async import (
    Journal,
    JournalError,
)


def test_a_row_is_claimed_in_the_journal_before_its_email_leaves(go, client, provider, path):
    seen = []
    with Journal(path) as journal:

        def look(fields):
            seen.append(journal.known([fields["subject"]])[fields["subject"]][1].state)

        provider.otherwise = look
        go(client.bulk.send, emails(40), journal=journal)
    assert seen == ["claimed"] * 40


def test_an_email_whose_claim_can_not_be_written_does_not_leave(go, client, provider, path):
    with Journal(path) as journal:

        def full(*_args):
            raise JournalError("the disk is full")

        journal.write = full
        with pytest.raises(JournalError, match="full"):
            go(client.bulk.send, emails(40), journal=journal)
    assert provider.calls == []


def test_without_a_journal_nothing_is_written(go, client, tmp_path):
    go(client.bulk.send, emails(3))
    assert list(tmp_path.iterdir()) == []


def test_with_a_journal_each_email_has_a_token_that_does_not_reveal_its_reference(go, client, provider, path):
    go(client.bulk.send, emails(2), journal=path)
    (first,), (second,) = (fields["custom_headers"] for _, fields, _ in provider.calls)
    assert first["header"] == second["header"] == "X-Smtp2go-Bulk"
    assert len({first["value"], second["value"]}) == 2
    assert "r1" not in first["value"]
