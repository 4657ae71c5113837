"""The receiver without awaiting: what a body may be."""

import pytest
from webhooks.receiving import BODY, HEADERS, receiver_of


@pytest.mark.parametrize("body", [BODY, bytearray(BODY), memoryview(BODY), [BODY[:9], BODY[9:]], iter([BODY])])
def test_a_body_is_bytes_of_any_kind_or_parts(body):
    got = []
    assert receiver_of(got.append).sync.receive("POST", HEADERS, "", body).status == 200
    assert [event.body for event in got] == [BODY]


@pytest.mark.parametrize("body", [None, "text", 5])
def test_a_body_of_another_type_is_an_error_of_the_caller_and_not_of_the_request(body):
    with pytest.raises(TypeError, match="^body: must be bytes or an iterable of bytes, not "):
        receiver_of().sync.receive("POST", HEADERS, "", body)
