"""Rows that were refused and corrected since: the list is recognised as the same list, and they are sent."""

import datetime as dt
import functools

import pytest
from bulk.helpers import BAD_KEY, LOST, counted, email, emails, numbers, states
from faults.scripted import answer, refusal
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import Attachment, BulkStoppedError, Email, Journal, JournalError
from smtp2go_async.bulk._journal.corrections import CorrectedHead, content_mark, places_of_kept

WRONG = refusal(400, "API_EXCEPTION", "wrong")


def refuses(*bad):
    """Refuse single e-mails with these subjects or recipients."""

    def turn(fields):
        return WRONG if {fields["subject"], *fields["to"]} & set(bad) else None

    return turn


def changed(pairs, *references, **parts):
    return [(name, email(name, **parts) if name in references else original) for name, original in pairs]


@pytest.mark.parametrize("place", [1, 50, 100, 101, 140])
def test_only_a_refused_row_with_a_new_address_is_sent(place, go, client, provider, path):
    provider.otherwise = refuses(f"r{place}")
    go(client.bulk.send, emails(140), journal=path)
    assert counted(path) == {"sent": 139, "refused": 1}
    provider.otherwise = None
    corrected = changed(emails(140), f"r{place}", to="right@example.com")
    report = go(client.bulk.send, corrected, journal=path)
    assert (report.sent, report.skipped) == (1, 139)
    assert go(client.bulk.send, corrected, journal=path).skipped == 140
    assert counted(path) == {"sent": 140}
    assert set(provider.arrived.values()) == {1}


@pytest.mark.parametrize("via", ["send", "batch"])
@pytest.mark.parametrize("kept", ["hash", "address", "none"])
def test_many_refused_rows_of_the_head_may_be_corrected(kept, via, go, client, provider, path):
    bad = [f"r{n}" for n in range(1, 101, 2)]
    provider.otherwise = refuses(*bad)
    with Journal(path, recipients=kept) as journal:
        go(client.bulk.send, emails(150), journal=journal)
        provider.otherwise = None
        corrected = changed(emails(150), *bad, to="right@example.com")
        report = go(client.bulk.send, corrected, via=via, journal=journal)
        assert go(client.bulk.send, corrected, journal=journal).skipped == 150
    # Without recipients so little is kept that a correction in 4,096 is not noticed.
    assert report.sent == 50 or (kept == "none" and report.sent == 49)
    assert set(provider.arrived.values()) == {1}


@pytest.mark.parametrize(
    "parts",
    [
        {"subject": "better"},
        {"text_body": "better"},
        {"html_body": "<p>better</p>"},
        {"sender": "other@example.com"},
        {"cc": "more@example.com"},
        {"reply_to": "more@example.com"},
        {"custom_headers": {"X-A": "1"}},
        {"template_id": "t", "template_data": {"a": 1}},
        {"schedule": dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)},
        {"attachments": [Attachment(b"abc", "a.txt")]},
        {"fastaccept": True},
    ],
    ids=lambda parts: next(iter(parts)),
)
@pytest.mark.parametrize("kept", ["hash", "address"])
def test_a_refused_row_with_new_content_is_sent(kept, parts, go, client, provider, path):
    with Journal(path, recipients=kept) as journal:
        provider.otherwise = refuses("r3")
        go(client.bulk.send, emails(5), journal=journal)
        provider.otherwise = None
        report = go(client.bulk.send, changed(emails(5), "r3", **parts), journal=journal)
    assert (report.sent, report.skipped) == (1, 4)
    assert len(provider.calls) == 6


def test_an_unchanged_refused_row_is_sent_only_if_that_is_asked_for(go, client, provider, path):
    provider.otherwise = refuses("r3")
    go(client.bulk.send, emails(5), journal=path)
    assert go(client.bulk.send, emails(5), journal=path).skipped == 5
    report = go(client.bulk.send, emails(5), journal=path, resend_refused=True)
    assert (report.refused, report.skipped) == (1, 4)


def test_the_address_in_memory_of_a_template_value_is_no_correction(go, client, path, provider):
    def pairs():
        return [("r1", email("r1", template_id="t", template_data={"form": object()}))]

    go(client.bulk.send, pairs(), journal=path)
    assert counted(path) == {"failed": 1}
    # The repr of an object holds its address in memory, which is no correction.
    assert go(client.bulk.send, pairs(), journal=path).skipped == 1


def test_a_row_whose_content_has_no_mark_is_recognised_by_its_recipients(go, client, provider, path):
    data = {}
    data["again"] = data
    wrong = [("r1", email("r1", template_id="t", template_data=data)), *emails(3, first=2)]
    assert go(client.bulk.send, wrong, journal=path).failed == 1
    corrected = changed(emails(4), "r1", to="right@example.com")
    provider.then(BAD_KEY)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, corrected, journal=path)
    assert states(path)["r1"] == "pending"
    assert go(client.bulk.send, corrected, journal=path).sent == 1
    assert counted(path) == {"sent": 4}


def test_a_row_that_failed_is_sent_once_its_file_exists(go, client, provider, path, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("x")
    pairs = [("r1", email("r1", attachments=[file])), *emails(1, first=2)]
    file.unlink()
    assert go(client.bulk.send, pairs, journal=path).failed == 1
    assert go(client.bulk.send, pairs, journal=path).skipped == 2
    file.write_text("x")
    assert go(client.bulk.send, pairs, journal=path).sent == 1
    assert counted(path) == {"sent": 2}


def test_a_corrected_row_that_is_refused_again_can_be_corrected_again(go, client, provider, path):
    provider.otherwise = refuses("r3")
    go(client.bulk.send, emails(5), journal=path)
    second = changed(emails(5), "r3", to="second@example.com")
    assert go(client.bulk.send, second, journal=path).refused == 1
    assert go(client.bulk.send, second, journal=path).skipped == 5
    provider.otherwise = None
    assert go(client.bulk.send, changed(emails(5), "r3", to="third@example.com"), journal=path).sent == 1
    assert set(provider.arrived.values()) == {1}


def test_a_correction_may_be_undone(go, client, provider, path):
    provider.otherwise = refuses("r3")
    go(client.bulk.send, emails(150), journal=path)
    go(client.bulk.send, changed(emails(150), "r3", to="second@example.com"), journal=path)
    provider.otherwise = None
    assert go(client.bulk.send, emails(150), journal=path).sent == 1


def test_a_corrected_row_that_was_given_back_is_sent_by_the_next_run(go, client, provider, path):
    provider.otherwise = refuses("r3")
    go(client.bulk.send, emails(5), journal=path)
    provider.otherwise = None
    provider.then(BAD_KEY)
    corrected = changed(emails(5), "r3", to="right@example.com")
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, corrected, journal=path)
    assert go(client.bulk.send, corrected, journal=path).sent == 1
    assert counted(path) == {"sent": 5}


def test_a_corrected_row_whose_reply_is_lost_is_unknown_and_not_sent_again(go, client, provider, path):
    provider.otherwise = refuses("r3")
    go(client.bulk.send, emails(5), journal=path)
    provider.otherwise = None
    provider.then(LOST)
    corrected = changed(emails(5), "r3", to="right@example.com")
    assert go(client.bulk.send, corrected, journal=path).unknown == 1
    assert go(client.bulk.send, corrected, journal=path).skipped == 5
    with pytest.raises(JournalError):
        go(client.bulk.send, changed(emails(5), "r3", to="third@example.com"), journal=path)
    assert set(provider.arrived.values()) == {1}


def test_a_refused_row_may_be_removed_from_the_list(go, client, provider, path):
    provider.otherwise = refuses("r3", "r40")
    go(client.bulk.send, emails(150), journal=path)
    left = [pair for pair in emails(160) if pair[0] not in ("r3", "r40")]
    report = go(client.bulk.send, left, journal=path)
    assert (report.sent, report.skipped) == (10, 148)
    assert go(client.bulk.send, left, journal=path).skipped == 158


def test_a_refused_number_may_be_replaced_in_the_list(go, client, provider, path):
    wanted = numbers(150)
    message = {"statuses": {"queued": 99, "rejected": 1}, "total_sent": 99}
    provider.then(lambda fields: refused_number(fields, wanted[40], message))
    first = go(client.bulk.send_sms, wanted, "Hello", journal=path, concurrency=1)
    assert (first.sent, first.refused) == (149, 1)
    corrected = [*wanted[:40], "+442079460958", *wanted[41:]]
    for expected in (1, 0):
        report = go(client.bulk.send_sms, corrected, "Hello", journal=path)
        assert (report.sent, report.skipped) == (expected, 150 - expected)
    assert provider.arrived["+442079460958"] == 1


def refused_number(fields, bad, message):
    each = [
        {"destination": number, "message_id": "m", "status": "rejected" if number == bad else "queued"}
        for number in fields["destination"]
    ]
    return answer(data={**message, "messages": each})


def test_without_references_a_corrected_row_is_recognised_by_its_number(go, client, provider, path):
    mails = [mail for _, mail in emails(120)]
    provider.otherwise = refuses("r7")
    go(client.bulk.send, mails, journal=path)
    provider.otherwise = None
    mails[6] = email("better")
    report = go(client.bulk.send, mails, journal=path)
    assert (report.sent, report.skipped) == (1, 119)
    assert set(provider.arrived.values()) == {1}


def test_an_asynchronous_list_may_be_corrected_too(go, client, provider, path):
    async def source(pairs):
        for pair in pairs:
            yield pair

    provider.otherwise = refuses("r3")
    go(client.bulk.send, source(emails(150)), journal=path)
    provider.otherwise = None
    report = go(client.bulk.send, source(changed(emails(150), "r3", to="right@example.com")), journal=path)
    assert (report.sent, report.skipped) == (1, 149)


# --- what stays another list -------------------------------------------------------------------------------------


def test_a_row_that_was_sent_can_not_get_a_new_address(go, client, provider, path):
    provider.otherwise = refuses("r3")
    go(client.bulk.send, emails(150), journal=path)
    provider.otherwise = None
    for sent in ("r4", "r120"):
        with pytest.raises(JournalError):
            go(client.bulk.send, changed(emails(150), "r3", sent, to="right@example.com"), journal=path)
    assert set(provider.arrived.values()) == {1}
    assert states(path)["r4"] == "sent"


def test_another_list_is_refused_though_some_rows_were_refused(go, client, provider, path):
    provider.otherwise = refuses(*(f"r{n}" for n in range(1, 41)))
    go(client.bulk.send, emails(150), journal=path)
    calls = len(provider.calls)
    for other in (
        emails(150, first=200),
        [(f"x{n}", mail) for n, (_, mail) in enumerate(emails(150))],
        emails(150)[::-1],
    ):
        with pytest.raises(JournalError, match="belongs to another list"):
            go(client.bulk.send, other, journal=path)
    assert len(provider.calls) == calls


def test_rows_refused_far_down_do_not_allow_another_head(go, client, provider, path):
    provider.otherwise = refuses(*(f"r{n}" for n in range(250, 350)))
    go(client.bulk.send, emails(350), journal=path)
    with pytest.raises(JournalError, match="belongs to another list"):
        go(client.bulk.send, [(f"x{n}", mail) for n, (_, mail) in enumerate(emails(350))], journal=path)


# --- without doing anything --------------------------------------------------------------------------------------

LETTERS = st.text("abc", max_size=12)


@given(LETTERS, LETTERS)
def test_as_many_marks_as_possible_are_found_in_order(kept, marks):
    @functools.cache
    def longest(a, b):
        if not a or not b:
            return 0
        if a[0] == b[0]:
            return 1 + longest(a[1:], b[1:])
        return max(longest(a[1:], b), longest(a, b[1:]))

    places = places_of_kept(list(kept), list(marks))
    assert len(places) == longest(kept[:8], marks[:8]) or max(len(kept), len(marks)) > 8
    assert places == sorted(set(places))
    found = iter(kept)
    assert all(marks[place] in found for place in places)


def test_the_first_digits_of_kept_marks_are_enough():
    assert places_of_kept(["ab", "cd"], ["abxx", "zzzz", "cdyy"]) == [0, 2]


def test_a_corrected_head_has_the_kept_rows_and_the_rows_claimed_since():
    head = CorrectedHead({"a": "1", "b": "2", "c": "3", "d": "4"}, [0, 2], 3)
    assert head.with_claimed([]) == ["1", "3"]
    assert head.with_claimed(["z"]) is None
    assert head.with_claimed(["b", "z"]) == ["1", "2", "3"]
    assert head.with_claimed(["b"]) is None
    assert head.with_claimed(["d"]) == ["1", "2", "3"]


def test_the_mark_of_an_email_differs_when_any_part_of_it_differs(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("x")
    parts = {
        "sender": "a@example.com",
        "to": ["b@example.com"],
        "subject": "c",
        "text_body": "d",
        "attachments": [file],
    }
    others = [
        {"to": ["b@example.com", "c@example.com"]},
        {"subject": "cd", "text_body": "d"},
        {"subject": "c", "text_body": "dd"},
        {"cc": ["b@example.com"]},
        {"bcc": ["b@example.com"]},
        {"template_id": "t", "template_data": {"a": "1", "b": ["2"]}},
        {"template_id": "t", "template_data": {"a": "1", "b": [2]}},
        {"template_id": "t", "template_data": {"a": "1b"}},
        {"attachments": []},
        {"attachments": [Attachment(b"x", "b.txt")]},
        {"attachments": [Attachment(b"xy", "a.txt")]},
    ]
    marks = [content_mark("j", Email(**{**parts, **other})) for other in ({}, *others)]
    assert len(set(marks)) == len(marks)
    assert content_mark("j", Email(**parts)) == marks[0] != content_mark("k", Email(**parts))
    ordered = [
        Email(**{**parts, "template_id": "t", "template_data": data}) for data in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    ]
    assert content_mark("j", ordered[0]) == content_mark("j", ordered[1])
