"""A journal belongs to its list, and another list is refused."""

import pytest
from bulk.helpers import email, emails, numbers

from smtp2go_async import Journal, JournalError


def test_a_list_with_other_references_is_refused_before_anything_is_sent(go, client, provider, path):
    go(client.bulk.send, emails(20), journal=path)
    with pytest.raises(JournalError, match="belongs to another list: its first 20 rows"):
        go(client.bulk.send, emails(20, first=100), journal=path)
    assert len(provider.calls) == 20


def test_a_list_with_other_recipients_is_refused_before_anything_is_sent(go, client, provider, path):
    go(client.bulk.send, emails(20), journal=path)
    other = [(reference, email("somebody-else")) for reference, _ in emails(20)]
    with pytest.raises(JournalError):
        go(client.bulk.send, other, journal=path)
    assert len(provider.calls) == 20


def test_a_list_in_another_order_is_refused(go, client, path):
    go(client.bulk.send, emails(20), journal=path)
    with pytest.raises(JournalError, match="another list"):
        go(client.bulk.send, emails(20)[::-1], journal=path)


def test_a_list_that_is_shorter_than_the_kept_head_is_refused(go, client, path):
    go(client.bulk.send, emails(20), journal=path)
    with pytest.raises(JournalError, match="another list"):
        go(client.bulk.send, emails(5), journal=path)


def test_a_list_that_has_grown_is_the_same_list(go, client, path):
    go(client.bulk.send, emails(150), journal=path)
    assert go(client.bulk.send, emails(400), journal=path).sent == 250


def test_a_reference_whose_recipient_changed_far_down_the_list_is_refused(go, client, provider, path):
    go(client.bulk.send, emails(300), journal=path)
    changed = emails(300)
    changed[250] = (changed[250][0], email("somebody-else"))
    with pytest.raises(JournalError, match="has the reference 'r251' for other recipients"):
        go(client.bulk.send, changed, journal=path)
    assert len(provider.calls) == 300


def test_another_list_can_be_allowed(go, client, provider, path):
    go(client.bulk.send, emails(20), journal=path)
    with Journal(path, check_list=False) as journal:
        report = go(client.bulk.send, emails(20, first=11), journal=journal)
    assert (report.sent, report.skipped) == (10, 10)


def test_the_head_is_compared_even_if_no_recipients_are_kept(go, client, path):
    with Journal(path, recipients="none") as journal:
        go(client.bulk.send, emails(20), journal=journal)
        assert go(client.bulk.send, emails(20), journal=journal).skipped == 20
        with pytest.raises(JournalError, match="another list"):
            go(client.bulk.send, emails(20, first=2), journal=journal)


def test_the_head_of_an_async_list_is_compared_too(go, client, path):
    async def source(first):
        for pair in emails(150, first):
            yield pair

    assert go(client.bulk.send, source(1), journal=path).sent == 150
    assert go(client.bulk.send, source(1), journal=path).skipped == 150
    with pytest.raises(JournalError, match="another list"):
        go(client.bulk.send, source(2), journal=path)


def test_a_journal_of_emails_is_refused_for_texts(go, client, provider, path):
    go(client.bulk.send, emails(2), journal=path)
    with pytest.raises(JournalError, match="started for another kind of message"):
        go(client.bulk.send_sms, numbers(2), "Hello", journal=path)
    assert len(provider.calls) == 2


def test_a_list_with_duplicate_references_goes_on(go, client, path):
    twice = [pair for pair in emails(120) for _ in range(2)]
    go(client.bulk.send, twice[:200], journal=path)
    report = go(client.bulk.send, twice, journal=path)
    assert (report.sent, report.skipped, report.failed) == (20, 100, 120)


def emails_with_two_swapped(count, first, second):
    found = [email(f"r{number}") for number in range(count)]
    found[first], found[second] = found[second], found[first]
    return found


@pytest.mark.parametrize("kept", ["hash", "address", "none"])
def test_without_references_a_reordered_list_is_refused_whatever_is_kept(kept, go, client, provider, path):
    listed = [email(f"r{number}") for number in range(300)]
    with Journal(path, recipients=kept) as journal:
        go(client.bulk.send, listed[:250], journal=journal)
        other = listed[:110] + listed[110:][::-1]
        with pytest.raises(JournalError, match="for other recipients"):
            go(client.bulk.send, other, journal=journal)
        assert set(provider.arrived.values()) == {1}
        with pytest.raises(JournalError, match="for other recipients"):
            go(client.bulk.send, emails_with_two_swapped(300, 150, 200), journal=journal)
        assert go(client.bulk.send, listed, journal=journal).sent == 50
    assert set(provider.arrived.values()) == {1}
