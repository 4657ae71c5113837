"""``email.send_batch``: do the e-mails go out together, and does each know what became of it?"""

import datetime as dt

import httpx
import pytest

from smtp2go_async import ApiError, Attachment, Email, ListReply, ReplyError
from smtp2go_async.endpoints.email import BatchItem


def emails(count, **changes):
    return [
        Email(
            **{
                "sender": "shop@example.com",
                "to": f"jane{n}@example.com",
                "subject": str(n),
                "text_body": "Hi",
                **changes,
            }
        )
        for n in range(count)
    ]


def ids(count):
    return [{"email_id": f"e-{n}"} for n in range(count)]


async def test_each_email_goes_out_with_its_own_fields_in_its_place(client, answers):
    bodies = answers("/email/batch", ids(2))
    first, second = emails(2)
    await client.email.send_batch([second, first])
    assert bodies == [
        {
            "emails": [
                {"sender": "shop@example.com", "to": ["jane1@example.com"], "subject": "1", "text_body": "Hi"},
                {"sender": "shop@example.com", "to": ["jane0@example.com"], "subject": "0", "text_body": "Hi"},
            ]
        }
    ]


async def test_files_go_out_with_the_email_that_they_belong_to(client, answers, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"file")
    bodies = answers("/email/batch", ids(3))
    batch = emails(3)
    batch[0] = emails(1, attachments=[Attachment(b"bytes", "b.txt")])[0]
    batch[2] = emails(1, attachments=[tmp_path / "a.txt"])[0]
    await client.email.send_batch(batch)
    blobs = [[file["fileblob"] for file in one.get("attachments", [])] for one in bodies[0]["emails"]]
    assert blobs == [["Ynl0ZXM="], [], ["ZmlsZQ=="]]


async def test_the_result_has_an_item_for_each_email_in_the_same_order(client, answers):
    answers("/email/batch", [{"email_id": "e-0"}, {"schedule_id": "s-1"}, {}])
    result = await client.email.send_batch(emails(3))
    assert isinstance(result, ListReply)
    assert list(result) == [BatchItem(email_id="e-0"), BatchItem(schedule_id="s-1"), BatchItem()]
    assert [one.accepted for one in result] == [True, True, None]
    assert result.request_id == "request 1"


async def test_a_tuple_is_a_batch_too(client, answers):
    answers("/email/batch", ids(1))
    assert len(await client.email.send_batch(tuple(emails(1)))) == 1


@pytest.mark.parametrize("count", [1, 2, 1000])
async def test_1_to_1000_emails_are_possible(client, answers, count):
    bodies = answers("/email/batch", ids(count))
    assert len(await client.email.send_batch(emails(count))) == count
    assert len(bodies[0]["emails"]) == count


@pytest.mark.parametrize(("count", "told"), [(0, "0"), (1001, "1,001")])
async def test_no_email_and_more_than_1000_are_not(client, nothing_sent, count, told):
    with pytest.raises(ValueError, match=rf"^emails: must be 1 to 1,000 in a batch, not {told}$"):
        await client.email.send_batch(emails(1) * count)


async def test_fastaccept_is_not_sent_since_a_batch_is_accepted_at_once_in_any_case(client, answers):
    bodies = answers("/email/batch", ids(1))
    await client.email.send_batch(emails(1, fastaccept=True))
    assert "fastaccept" not in bodies[0]["emails"][0]


async def test_an_email_with_fastaccept_false_is_refused(client, nothing_sent):
    with pytest.raises(ValueError, match=r"^emails\[1\]\.fastaccept: must not be False in a batch"):
        await client.email.send_batch([*emails(1), *emails(1, fastaccept=False)])


async def test_the_error_names_the_position_of_a_wrong_schedule(client, nothing_sent):
    past = emails(1, schedule=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(ValueError, match=r"^emails\[2\]\.schedule: must be in the future$"):
        await client.email.send_batch([*emails(2), *past])


async def test_the_error_names_the_position_of_an_item_that_is_no_email(client, nothing_sent):
    with pytest.raises(TypeError, match=r"^emails\[1\]: must be an Email, not a dict$"):
        await client.email.send_batch([*emails(1), {"sender": "shop@example.com"}])


@pytest.mark.parametrize("value", [None, "emails", b"", 17, emails(1)[0], iter(emails(1)), set()])
async def test_a_batch_is_a_list(client, nothing_sent, value):
    with pytest.raises(TypeError, match=r"^emails: must be a list of Email"):
        await client.email.send_batch(value)


async def test_a_class_of_this_package_is_named_without_its_module(client, nothing_sent):
    with pytest.raises(TypeError, match=r"^emails: must be a list of Email, not an Email$"):
        await client.email.send_batch(emails(1)[0])


@pytest.mark.parametrize("data", [[], ids(1), ids(3), None])
async def test_an_answer_about_another_number_of_emails_leaves_all_of_them_unknown(client, answers, data):
    answers("/email/batch", data)
    with pytest.raises(ReplyError, match=rf"tells of {len(data or [])} e-mails, and 2 were in the call") as caught:
        await client.email.send_batch(emails(2))
    assert caught.value.carried_out is None
    assert caught.value.raw == {"request_id": "request 1", "data": data}
    assert (caught.value.operation, caught.value.status) == ("/email/batch", 200)


async def test_a_lone_object_is_the_answer_for_a_batch_of_one(client, answers):
    answers("/email/batch", {"email_id": "e-0"})
    assert list(await client.email.send_batch(emails(1))) == [BatchItem(email_id="e-0")]


async def test_items_that_can_not_be_read_keep_their_place(client, answers):
    answers("/email/batch", [None, {"email_id": "e-1"}, "Rejected", {"email_id": None}])
    result = await client.email.send_batch(emails(4))
    assert [one.email_id for one in result] == ["", "e-1", "", ""]
    assert [one.accepted for one in result] == [None, True, None, None]


async def test_an_error_about_the_whole_batch_is_raised(client, answers):
    error = {"error": "the queue is full", "error_code": "E_ApiResponseCodes.API_EXCEPTION"}
    answers("/email/batch", httpx.Response(400, json={"data": error}))
    with pytest.raises(ApiError, match="the queue is full") as caught:
        await client.email.send_batch(emails(2))
    assert caught.value.carried_out is False
