"""Many e-mails in a call: what goes together, and what is known of each when something goes wrong."""

import pytest
from bulk.helpers import BAD_KEY, LOST, TURNED_AWAY, client_of, counted, email, emails, states
from faults.scripted import answer, refusal

from smtp2go_async import Attachment, BulkStoppedError, Email, ReplyError
from smtp2go_async._wire.body import encode


def sizes(provider):
    return [len(fields["emails"]) for _, fields, _ in provider.calls]


def slow_only(reference="bad"):
    """What a single call could have and a batch can't, as is seen when its call is made."""
    return reference, email(reference, fastaccept=False)


def missing(tmp_path):
    file = tmp_path / "gone.txt"
    file.write_text("x")
    found = Attachment(file)
    file.unlink()
    return found


# --- packing -----------------------------------------------------------------------------------------------------


def test_five_hundred_emails_go_in_a_call_by_default(go, client, provider):
    assert go(client.bulk.send, emails(1200), via="batch").sent == 1200
    assert sizes(provider) == [500, 500, 200]
    assert set(provider.arrived.values()) == {1}


def test_up_to_a_thousand_go_in_a_call(go, client, provider):
    go(client.bulk.send, emails(2000), via="batch", batch_size=1000)
    assert sizes(provider) == [1000, 1000]


@pytest.mark.parametrize("wrong", [0, 1001, -1, 2.5, True])
def test_a_batch_size_out_of_range_is_refused_before_anything_is_done(wrong, go, client, tmp_path):
    with pytest.raises((ValueError, TypeError), match="batch_size"):
        go(client.bulk.send, emails(1), via="batch", batch_size=wrong, journal=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_value_of_via_other_than_send_or_batch_is_refused(go, client):
    with pytest.raises(ValueError, match="via: must be one of 'send', 'batch', not 'mime'"):
        go(client.bulk.send, emails(1), via="mime")


@pytest.mark.parametrize("text", ["x", "é", "😀", "\x01", '"'])
def test_no_body_is_over_the_limit_for_any_content_of_the_emails(text, go, provider, path):
    limit = 200_000
    client = client_of(provider, max_email_bytes=limit)
    pairs = [(f"r{n}", email(f"r{n}", text_body=text * 3000)) for n in range(100)]
    assert go(client.bulk.send, pairs, via="batch", journal=path).sent == 100
    assert len(provider.calls) > 1
    assert max(size for _, _, size in provider.calls) <= limit


def test_emails_of_all_sizes_fill_the_body_well_and_never_exceed_it(go, provider, path):
    limit = 100_000
    client = client_of(provider, max_email_bytes=limit)
    pairs = [(f"r{n}", email(f"r{n}", text_body="x" * (1 + n * 7919 % 9000))) for n in range(300)]
    assert go(client.bulk.send, pairs, via="batch", journal=path).sent == 300
    found = [size for _, _, size in provider.calls]
    assert max(found) <= limit
    assert sorted(found)[1] > 0.8 * limit


def test_attachments_count_with_their_length_in_base64(go, provider, tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"x" * 30_000)
    client = client_of(provider, max_email_bytes=100_000)
    pairs = [(f"r{n}", email(f"r{n}", attachments=[file])) for n in range(10)]
    assert go(client.bulk.send, pairs, via="batch").sent == 10
    assert sizes(provider) == [2] * 5


def test_an_email_as_large_as_the_limit_of_a_body_goes_alone(go, provider):
    alone = email("big", text_body="x" * 50_000)
    limit = encode({"emails": [alone.to_fields()]}).length
    client = client_of(provider, max_email_bytes=limit)
    assert go(client.bulk.send, [("big", alone), *emails(3)], via="batch").sent == 4
    assert sizes(provider) == [1, 3]


def test_an_email_over_the_limit_fails_and_the_others_are_sent(go, provider):
    client = client_of(provider, max_email_bytes=20_000)
    large = email("big", text_body="x" * 30_000)
    told = []
    go(client.bulk.send, [*emails(2), ("big", large), *emails(2, first=3)], via="batch", on_outcome=told.append)
    found = {outcome.reference: outcome for outcome in told}
    assert {name for name, item in found.items() if item.status == "sent"} == {"r1", "r2", "r3", "r4"}
    assert found["big"].status == "failed"
    assert "20,000" in str(found["big"].error)


# --- what is known of each ---------------------------------------------------------------------------------------


def test_each_email_gets_the_id_at_its_position(go, client):
    told = []
    go(client.bulk.send, emails(1200), via="batch", on_outcome=told.append)
    assert {outcome.reference: outcome.email_id for outcome in told} == {f"r{n}": f"id-r{n}" for n in range(1, 1201)}


def test_an_item_without_an_id_is_unknown_and_the_others_keep_theirs(go, client, provider, path):
    provider.then(lambda _fields: answer(data=[{"email_id": "a"}, {"email_id": ""}, {}, {"schedule_id": "s"}]))
    told = []
    go(client.bulk.send, emails(4), via="batch", journal=path, on_outcome=told.append)
    assert [(outcome.status, outcome.email_id, outcome.schedule_id) for outcome in told] == [
        ("sent", "a", None),
        ("unknown", None, None),
        ("unknown", None, None),
        ("sent", None, "s"),
    ]
    assert list(states(path).values()) == ["sent", "unknown", "unknown", "sent"]


@pytest.mark.parametrize("items", [[], [{"email_id": "a"}], [{"email_id": str(n)} for n in range(4)]])
def test_a_response_with_the_wrong_number_of_items_makes_only_its_emails_unknown(items, go, client, provider):
    provider.then(lambda _fields: answer(data=items))
    told = []
    go(client.bulk.send, emails(6), via="batch", batch_size=3, concurrency=1, on_outcome=told.append)
    assert [outcome.status for outcome in told] == ["unknown"] * 3 + ["sent"] * 3
    assert isinstance(told[0].error, ReplyError)


@pytest.mark.parametrize("turn", [LOST, answer(502)])
def test_a_lost_reply_makes_its_emails_unknown_and_they_are_not_sent_again(turn, go, client, provider, path):
    provider.then(turn)
    report = go(client.bulk.send, emails(6), via="batch", batch_size=3, concurrency=1, journal=path)
    assert (report.sent, report.unknown) == (3, 3)
    assert sizes(provider) == [3, 3]
    again = go(client.bulk.send, emails(6), via="batch", batch_size=3, journal=path)
    assert (again.skipped, len(provider.calls)) == (6, 2)


def test_a_call_that_is_refused_refuses_its_emails_and_no_others(go, client, provider):
    provider.then(refusal(400, "NON_VALIDATING_IN_PAYLOAD", "wrong"))
    report = go(client.bulk.send, emails(6), via="batch", batch_size=3, concurrency=1)
    assert (report.sent, report.refused) == (3, 3)


def test_a_call_that_meets_a_429_is_made_again_after_the_cool_down(go, client, provider):
    provider.then(TURNED_AWAY)
    assert go(client.bulk.send, emails(6), via="batch").sent == 6
    assert set(provider.arrived.values()) == {1}


def test_three_calls_in_a_row_without_a_response_end_the_run(go, client, provider, path):
    provider.otherwise = LOST
    with pytest.raises(BulkStoppedError) as caught:
        go(client.bulk.send, emails(1000), via="batch", batch_size=10, concurrency=1, journal=path)
    assert (caught.value.report.unknown, len(provider.calls)) == (30, 3)
    assert counted(path) == {"unknown": 30}


# --- something in one of them ------------------------------------------------------------------------------------


def test_an_email_whose_file_is_missing_does_not_hold_back_the_others_of_its_call(go, client, provider, tmp_path):
    bad = email("bad")
    object.__setattr__(bad, "attachments", (missing(tmp_path),))
    told = []
    pairs = [*emails(60), ("bad", bad), *emails(60, first=61)]
    go(client.bulk.send, pairs, via="batch", on_outcome=told.append)
    assert [outcome.reference for outcome in told if outcome.status == "failed"] == ["bad"]
    assert sum(outcome.status == "sent" for outcome in told) == 120
    assert set(provider.arrived.values()) == {1}


def test_an_email_that_can_not_be_in_a_batch_is_found_by_halving(go, client, provider):
    """Alone, each of the others would be a call."""
    report = go(client.bulk.send, [*emails(200), slow_only(), *emails(200, first=201)], via="batch")
    assert (report.sent, report.failed) == (400, 1)
    assert set(provider.arrived.values()) == {1}
    assert len(provider.calls) <= 10


def test_after_halving_each_outcome_belongs_to_the_right_email(go, client, path):
    told = []
    go(client.bulk.send, [*emails(5), slow_only()], via="batch", journal=path, on_outcome=told.append)
    assert {outcome.reference: outcome.email_id for outcome in told} == {
        "bad": None,
        **{f"r{n}": f"id-r{n}" for n in range(1, 6)},
    }


def test_a_lost_reply_of_one_half_is_not_sent_again(go, client, provider, path):
    provider.then(LOST)
    report = go(client.bulk.send, [*emails(7), slow_only()], via="batch", journal=path)
    assert (report.sent, report.unknown, report.failed) == (3, 4, 1)
    assert set(provider.arrived.values()) == {1}


def test_an_error_of_the_account_in_one_half_gives_the_rest_back(go, client, provider, path):
    provider.then(None, BAD_KEY)
    with pytest.raises(BulkStoppedError):
        go(client.bulk.send, [*emails(7), slow_only()], via="batch", journal=path)
    assert counted(path) == {"sent": 4, "pending": 4}
    assert go(client.bulk.send, [*emails(7), slow_only()], via="batch", journal=path).sent == 3
    assert set(provider.arrived.values()) == {1}


# --- the list ----------------------------------------------------------------------------------------------------


def test_a_list_that_raises_in_the_middle_of_a_batch_sends_the_rows_before_the_error(go, client, provider, path):
    def broken():
        yield from emails(7)
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        go(client.bulk.send, broken(), via="batch", batch_size=5, journal=path)
    assert counted(path) == {"sent": 7}
    assert go(client.bulk.send, emails(12), via="batch", batch_size=5, journal=path).sent == 5
    assert set(provider.arrived.values()) == {1}


def test_a_run_begun_with_single_calls_can_go_on_in_batches(go, client, provider, path):
    go(client.bulk.send, emails(10), journal=path)
    report = go(client.bulk.send, emails(20), via="batch", journal=path)
    assert (report.sent, report.skipped) == (10, 10)


class Unwritable(Email):
    """An e-mail of the caller's own kind, with a mistake in it."""

    def to_fields(self):
        raise KeyError("name")


def endless():
    data = {}
    data["again"] = data
    return data


def own_kind():
    return Unwritable(sender="a@example.com", to="b@example.com", subject="x", text_body="x")


@pytest.mark.parametrize("via", ["send", "batch"])
@pytest.mark.parametrize("most", [50_000_000, 2000])
@pytest.mark.parametrize(
    "make",
    [
        lambda: email("bad", template_id="t", template_data=endless()),
        lambda: email("bad", template_id="t", template_data={"form": object()}),
        own_kind,
    ],
    ids=["endless", "no form", "own kind"],
)
def test_an_email_that_can_not_be_encoded_fails_alone(make, most, via, go, provider, time, path):
    client = client_of(provider, time, max_email_bytes=most)
    report = go(client.bulk.send, [*emails(2), ("bad", make()), *emails(2, first=3)], via=via, journal=path)
    assert (report.sent, report.failed) == (4, 1)
    assert [outcome.reference for outcome in report.problems] == ["bad"]
    assert counted(path) == {"sent": 4, "failed": 1}
