"""Whatever comes, `parse` returns an event or raises a `WebhookError`, and nothing else happens."""

import copy
import datetime as dt
import json
import os
import pickle

from hypothesis import given, settings
from hypothesis import strategies as st
from webhooks.payloads import EMAIL, FORM, JSON, REQUEST, TEXT

from smtp2go_async.errors import WebhookError
from smtp2go_async.webhooks._parse.fields import KNOWN
from smtp2go_async.webhooks._parse.names import _KINDS
from smtp2go_async.webhooks.events import Event
from smtp2go_async.webhooks.parse import parse

EXAMPLES = int(os.environ.get("WEBHOOK_EXAMPLES", "150"))
"""More of them once: ``WEBHOOK_EXAMPLES=100000 pytest tests/webhooks/test_parse_anything.py``."""

TYPES = st.sampled_from([JSON, FORM, None, "", f"{JSON}; charset=utf-8", f"{FORM}; charset=latin-1", "text/json"])
ODD_TYPES = st.one_of(TYPES, st.text(max_size=30), st.text(max_size=10).map(lambda text: f"{JSON}; charset={text}"))
PIECES = st.sampled_from([b"event=", b"open", b"&", b"rcpt", b"=", b"%", b"%E", b"%EE", b"{", b"}", b"[", b'"', b":", b",",
                          b'{"event": "open"', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\\ud800", b" ", b"recipients[0]"])  # fmt: skip
BODIES = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=15).map(b"".join))
WORDS = st.sampled_from(
    [*EMAIL.values(), *TEXT.values(), "2026-03-14T09:26:53", 1773480413, 1e18, -1, "[", '["a@b"]', "a@b, c@d;"]
)
ANY_TEXT = st.text(st.characters(), max_size=15)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT, WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ANY_TEXT, inner, max_size=3)),
    max_leaves=5,
)
KEYS = st.one_of(st.sampled_from(sorted(KNOWN)), st.sampled_from(sorted(KNOWN)).map(str.title), ANY_TEXT)
NAMES = st.one_of(st.sampled_from(sorted(_KINDS)), VALUES)
PAYLOADS = st.builds(
    lambda start, name, fields: {**start, **fields, "event": name},
    st.sampled_from([{}, EMAIL, {**EMAIL, **REQUEST}, TEXT]),
    NAMES,
    st.dictionaries(KEYS, VALUES, max_size=8),
)


def _check(body: bytes, content_type: str | None) -> None:
    try:
        event = parse(body, content_type)
    except WebhookError:
        return
    assert isinstance(event, Event)
    assert event == parse(body, content_type) == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event)
    assert len(event.key) <= 255
    assert len(event.fingerprint) == 64
    assert repr(event)
    assert event.name
    assert (event.recipient is None) == (len(event.recipients) != 1)
    assert all(isinstance(text, str) for text in (*event.recipients, *event.headers, *event.headers.values()))
    for name, value in vars(event).items():
        if isinstance(value, dt.datetime):
            assert value.astimezone(dt.UTC), name


@settings(max_examples=EXAMPLES)
@given(BODIES, ODD_TYPES)
def test_any_bytes_are_an_event_or_an_error(body: bytes, content_type: str | None) -> None:
    _check(body, content_type)


@settings(max_examples=EXAMPLES)
@given(PAYLOADS, TYPES)
def test_any_values_in_known_fields_are_an_event_or_an_error(
    payload: dict[str, object], content_type: str | None
) -> None:
    _check(json.dumps(payload).encode(), content_type)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.tuples(KEYS, st.one_of(ANY_TEXT, WORDS)), max_size=8), NAMES)
def test_any_form_is_an_event_or_an_error(pairs: list[tuple[str, object]], name: object) -> None:
    parts = [f"{key}={value}" for key, value in [*pairs, ("event", name)]]
    _check("&".join(parts).encode("utf-8", "surrogatepass"), FORM)
