"""Whatever a sender sends: an answer, and none that says that the fault is here."""

import os

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webhooks.receiving import BODY, HEADERS, TOKEN, ListInbox, receiver_of

from smtp2go_async.webhooks._receive.answer import WebhookAnswer
from smtp2go_async.webhooks.auth import BasicAuth, BearerAuth, HeaderAuth, QueryToken

MANY = settings(
    max_examples=int(os.environ.get("WEBHOOK_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

surrogates = st.characters(codec=None, exclude_categories=())
texts = st.text(surrogates, max_size=40)
words = st.one_of(texts, st.binary(max_size=40))
names = st.one_of(
    words,
    st.sampled_from(
        ["Authorization", "content-type", "Content-Length", "Transfer-Encoding", b"CONTENT-ENCODING", "x-secret"]
    ),
)
values = st.one_of(
    words,
    st.integers(-5, 2**70).map(str),
    st.sampled_from(
        [f"Bearer {TOKEN}", "Basic dTpw", "application/json", b"application/x-www-form-urlencoded", "gzip"]
    ),
    st.binary(max_size=20).map(lambda junk: b"Bearer " + junk),
    st.binary(max_size=20).map(lambda junk: b"Basic " + junk),
)
headers = st.one_of(
    st.lists(st.tuples(names, values), max_size=8),
    st.dictionaries(names, st.one_of(values, st.lists(values, max_size=3)), max_size=8),
)
authorized = headers.map(lambda found: [*((found.items()) if isinstance(found, dict) else found), ("x-secret", TOKEN)])
queries = st.one_of(
    st.none(),
    words,
    words.map(lambda text: "token=" + text if isinstance(text, str) else b"token=" + text),
    st.dictionaries(words, st.one_of(words, st.lists(words, max_size=3)), max_size=4),
)
methods = st.one_of(st.just("POST"), words)
json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts | st.sampled_from(["event", "id", "rcpt", "time"]), inner, max_size=5)
    ),
    max_leaves=12,
)


def as_json(value):
    import json

    return json.dumps(value).encode()


bodies = st.one_of(
    st.binary(max_size=200),
    json_like.map(as_json),
    st.dictionaries(st.sampled_from(["event", "id", "rcpt", "time", "recipients[]"]), texts, max_size=5).map(as_json),
    st.just(BODY),
)

RECEIVERS = [
    receiver_of(lambda event: None, auth=None),
    receiver_of(auth=[BearerAuth(TOKEN), BasicAuth("u", "p"), HeaderAuth("x-secret", TOKEN, "é"), QueryToken(TOKEN)]),
    receiver_of(inbox=ListInbox(), auth=HeaderAuth("x-secret", TOKEN)),
]


def check(made):
    assert isinstance(made, WebhookAnswer)
    assert 200 <= made.status < 500
    assert all(name.isascii() and value.isascii() and value.isprintable() for name, value in made.headers.items())
    assert isinstance(made.body, bytes)
    assert len(made.body) < 1000


@MANY
@given(
    methods,
    st.one_of(headers, authorized),
    queries,
    st.lists(st.tuples(st.sampled_from(RECEIVERS), bodies), min_size=1, max_size=3),
)
def test_nothing_that_is_sent_raises_or_is_answered_with_a_5xx(method, heads, query, requests):
    async def main():
        for receiver, body in requests:
            check(await receiver.receive(method, heads, query, body))

    anyio.run(main)


@MANY
@given(
    bodies,
    st.sampled_from(["application/json", "application/x-www-form-urlencoded", None]),
    st.lists(st.integers(0, 200), max_size=5),
)
def test_an_accepted_request_is_200_or_400_however_its_body_is_cut(body, kind, cuts):
    async def parts():
        places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
        for start, end in zip(places, places[1:], strict=False):
            yield body[start:end]

    async def main():
        heads = {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}
        if kind is None:
            del heads["Content-Type"]
        receiver = receiver_of(inbox=ListInbox())
        whole = await receiver.receive("POST", heads, "", body)
        assert whole.status in (200, 400)
        cut = await receiver.receive("POST", heads, "", parts())
        assert (cut.status, cut.body) == (whole.status, whole.body)

    anyio.run(main)
