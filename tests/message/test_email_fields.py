"""An e-mail as the fields of ``/email/send``: is exactly that sent, and nothing else?"""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from smtp2go_async import Attachment, Email, Inline
from smtp2go_async._content.blobs import MemoryBlob

NOW = dt.datetime(2026, 6, 1, 12, 0, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
USUAL = {"sender": "shop@example.com", "to": "jane@example.com", "subject": "Hello", "text_body": "Hi"}


def fields(**changes):
    return Email(**{**USUAL, **changes}).to_fields(now=lambda: NOW)


def test_the_shoremail():
    assert fields() == {
        "sender": "shop@example.com",
        "to": ("jane@example.com",),
        "subject": "Hello",
        "text_body": "Hi",
    }


def test_the_shoremail_from_a_template():
    made = Email(sender="shop@example.com", to="jane@example.com", template_id="welcome")
    assert made.to_fields() == {"sender": "shop@example.com", "to": ("jane@example.com",), "template_id": "welcome"}


def test_an_email_with_everything():
    assert fields(
        sender=("Shop, Inc.", "shop@example.com"),
        to=[("Jane", "jane@example.com"), "bob@example.com"],
        cc="cc@example.com",
        bcc=["bcc@example.com"],
        html_body="<p>Hi",
        reply_to=["help@example.com", ("Doe, Jane", "jane@example.com")],
        custom_headers=[("X-Tag", "a"), ("X-Tag", "b")],
        attachments=[Attachment(b"x", "a.csv"), Attachment.from_url("https://files.example.com/b.pdf")],
        inlines=[Inline(b"png", "logo", mimetype="image/png")],
        template_id="welcome",
        template_data={"name": "Jane"},
        schedule=NOW + 10 * SECOND,
        fastaccept=True,
    ) == {
        "sender": '"Shop, Inc." <shop@example.com>',
        "to": ("Jane <jane@example.com>", "bob@example.com"),
        "cc": ("cc@example.com",),
        "bcc": ("bcc@example.com",),
        "subject": "Hello",
        "html_body": "<p>Hi",
        "text_body": "Hi",
        "custom_headers": [
            {"header": "X-Tag", "value": "a"},
            {"header": "X-Tag", "value": "b"},
            {"header": "Reply-To", "value": 'help@example.com, "Doe, Jane" <jane@example.com>'},
        ],
        "attachments": [
            {"filename": "a.csv", "mimetype": "text/csv", "fileblob": MemoryBlob(b"x")},
            {"filename": "b.pdf", "mimetype": "application/pdf", "url": "https://files.example.com/b.pdf"},
        ],
        "inlines": [{"filename": "logo", "mimetype": "image/png", "fileblob": MemoryBlob(b"png")}],
        "template_id": "welcome",
        "template_data": {"name": "Jane"},
        "schedule": "2026-06-01 12:00:10 +0000",
        "fastaccept": True,
    }


@pytest.mark.parametrize("empty", [{}, [], "", 0, False])
def test_template_data_that_is_empty_is_still_sent(empty):
    assert fields(template_id="welcome", template_data=empty)["template_data"] == empty


def test_fastaccept_that_is_false_is_sent():
    assert fields(fastaccept=False)["fastaccept"] is False


@pytest.mark.parametrize("argument", ["custom_headers", "attachments", "inlines"])
def test_empty_lists_are_not_sent(argument):
    assert argument not in fields(**{argument: []})


def test_an_empty_body_beside_another_is_sent():
    assert fields(html_body="")["html_body"] == ""


def test_the_fields_are_made_anew_each_time():
    made = Email(**USUAL, custom_headers={"X-A": "1"})
    made.to_fields()["custom_headers"].append("changed")
    assert made.to_fields()["custom_headers"] == [{"header": "X-A", "value": "1"}]


# --- schedule ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "sent"),
    [
        (NOW + 10 * SECOND, "2026-06-01 12:00:10 +0000"),
        (NOW + dt.timedelta(days=3), "2026-06-04 12:00:00 +0000"),
        (NOW + dt.timedelta(days=3) - SECOND, "2026-06-04 11:59:59 +0000"),
        (dt.datetime(2026, 6, 2, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=12))), "2026-06-01 13:30:00 +0000"),
        (dt.datetime(2026, 6, 1, 23, tzinfo=dt.timezone(dt.timedelta(hours=-7))), "2026-06-02 06:00:00 +0000"),
        (dt.datetime(2026, 6, 2, 9, 5, 7, 999999, tzinfo=ZoneInfo("Europe/Berlin")), "2026-06-02 07:05:07 +0000"),
        (dt.datetime(2026, 6, 2, 9, tzinfo=ZoneInfo("Asia/Kathmandu")), "2026-06-02 03:15:00 +0000"),
    ],
)
def test_a_schedule_goes_out_in_utc_in_the_one_format_that_names_its_zone(schedule, sent):
    assert fields(schedule=schedule)["schedule"] == sent


@pytest.mark.parametrize("schedule", [NOW, NOW - SECOND, NOW - dt.timedelta(days=400)])
def test_a_schedule_is_in_the_future(schedule):
    with pytest.raises(ValueError, match=r"^schedule: must be in the future$"):
        fields(schedule=schedule)


@pytest.mark.parametrize("seconds", [0.000001, 0.3, 1, 5, 9.999])
def test_a_schedule_that_may_be_past_when_it_arrives_is_refused(seconds):
    with pytest.raises(ValueError, match=r"^schedule: must be 10 or more seconds ahead"):
        fields(schedule=NOW + seconds * SECOND)


@pytest.mark.parametrize(
    "ahead", [dt.timedelta(days=3, microseconds=1), dt.timedelta(days=3, seconds=1), dt.timedelta(days=400)]
)
def test_a_schedule_is_at_most_3_days_ahead(ahead):
    with pytest.raises(ValueError, match=r"^schedule: must be at most 3 days ahead$"):
        fields(schedule=NOW + ahead)


def test_a_schedule_is_compared_with_the_clock_of_this_machine_by_default():
    made = Email(**USUAL, schedule=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5))
    assert made.to_fields()["schedule"].endswith(" +0000")
    with pytest.raises(ValueError, match="must be in the future"):
        Email(**USUAL, schedule=dt.datetime.now(dt.UTC)).to_fields()


def test_an_email_that_was_composed_earlier_is_checked_when_it_is_sent():
    made = Email(**USUAL, schedule=NOW + 10 * SECOND)
    assert made.to_fields(now=lambda: NOW)["schedule"] == "2026-06-01 12:00:10 +0000"
    with pytest.raises(ValueError, match=r"^schedule: must be 10 or more seconds ahead, .*, not 9\.0;"):
        made.to_fields(now=lambda: NOW + SECOND)
    with pytest.raises(ValueError, match="must be in the future"):
        made.to_fields(now=lambda: NOW + 10 * SECOND)
