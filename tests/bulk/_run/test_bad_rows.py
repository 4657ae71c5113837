"""Rows that can't be sent at all: the journal has them too, and they can be corrected."""

import csv

import pytest
from bulk.helpers import counted, email, emails, states

from smtp2go_async import Email, Journal, JournalError, Outcome


def bad(reference, error="to: must be an e-mail address with one @"):
    return Outcome(reference=reference, status="failed", error=ValueError(error))


def rows(path):
    with Journal(path) as journal:
        return {row.reference: row for row in journal.rows()}


def test_a_bad_row_is_in_the_journal_with_its_error(go, client, path, tmp_path):
    report = go(client.bulk.send, [*emails(3), bad("r4")], journal=path)
    assert (report.sent, report.failed) == (3, 1)
    row = rows(path)["r4"]
    assert (row.state, row.claimed, row.error) == ("failed", 0, "ValueError: to: must be an e-mail address with one @")
    with Journal(path) as journal:
        assert journal.export_csv(tmp_path / "rows.csv") == 4
    with open(tmp_path / "rows.csv", encoding="utf-8", newline="") as file:
        (found,) = (item for item in csv.DictReader(file) if item["reference"] == "r4")
    assert (found["state"], found["claimed"]) == ("failed", "")


def test_a_list_of_bad_rows_only_is_in_the_journal(go, client, provider, path):
    go(client.bulk.send, [bad(f"r{number}") for number in range(2500)], journal=path)
    assert counted(path) == {"failed": 2500}
    assert provider.calls == []


def test_an_invalid_number_is_in_the_journal(go, client, path):
    go(client.bulk.send_sms, ["+12025550101", "nobody"], "Hello", journal=path)
    assert states(path) == {"+12025550101": "sent", "nobody": "failed"}


@pytest.mark.parametrize("via", ["send", "batch"])
@pytest.mark.parametrize("place", [0, 4, 119])
def test_a_bad_row_that_was_corrected_is_sent_by_the_next_run(via, place, go, client, provider, path):
    """Also a row at the head of the list, by which a journal knows the list."""
    good = emails(120)
    broken = good.copy()
    broken[place] = bad(good[place][0])
    assert go(client.bulk.send, broken, via=via, journal=path).failed == 1
    report = go(client.bulk.send, good, via=via, journal=path)
    assert (report.sent, report.skipped, report.failed) == (1, 119, 0)
    assert set(provider.arrived.values()) == {1}
    row = rows(path)[good[place][0]]
    assert (row.state, row.error, row.claimed > 0) == ("sent", None, True)


def test_a_row_that_stays_bad_is_reported_by_each_run(go, client, path):
    for _ in range(2):
        report = go(client.bulk.send, [*emails(2), bad("r3")], journal=path)
        assert report.failed == 1
    assert counted(path) == {"sent": 2, "failed": 1}


def test_a_row_that_was_sent_and_is_bad_now_stays_as_it_was(go, client, path):
    go(client.bulk.send, emails(150), journal=path)
    go(client.bulk.send, [*emails(119), bad("r120"), *emails(30, first=121)], journal=path)
    row = rows(path)["r120"]
    assert (row.state, row.error) == ("sent", None)


def test_a_duplicate_reference_does_not_hide_the_outcome_of_the_first_row(go, client, provider, path):
    provider.hold()

    def source():
        yield from emails(2)
        yield ("r1", email("somebody-else"))
        yield ("r3", email("r3"))
        yield ("r3", email("r3"))
        provider.release()

    report = go(client.bulk.send, source(), journal=path)
    assert (report.sent, report.failed) == (3, 2)
    assert counted(path) == {"sent": 3}


def test_a_list_with_too_many_corrected_rows_is_another_list(go, client, path):
    good = emails(250)
    go(client.bulk.send, [bad(name) for name, _ in good[:150]] + good[150:], journal=path)
    with pytest.raises(JournalError, match="belongs to another list"):
        go(client.bulk.send, good, journal=path)


def test_without_references_a_corrected_row_is_known_by_its_number(go, client, provider, path):
    def mail(number):
        return Email(sender="a@example.com", to=f"{number}@example.com", subject=str(number), text_body="Hello")

    rest = [mail(number) for number in range(2, 5)]
    go(client.bulk.send, [bad("1"), *rest], journal=path)
    report = go(client.bulk.send, [mail(1), *rest], journal=path)
    assert (report.sent, report.skipped) == (1, 3)
    assert set(provider.arrived.values()) == {1}
