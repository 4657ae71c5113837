"""Decide which error an error answer is, from its status, its code and the provider's own words. Nothing else decides.

The first row that fits wins. A dash means that the column does not matter.

| status         | code                        | words                     | error                   | carried out |
|----------------|-----------------------------|---------------------------|-------------------------|-------------|
| 429            | -                           | -                         | `RateLimitError`        | no          |
| 500            | API_EXCEPTION               | the key is unknown        | `AuthenticationError`   | no          |
| 500 and over   | -                           | -                         | `ServerError`           | unknown     |
| any other      | REQ_LIMIT_EXCEEDED          | -                         | `RateLimitError`        | no          |
| any other      | ENDPOINT_PERMISSION_DENIED  | -                         | `PermissionDeniedError` | no          |
| any other      | NON_VALIDATING_IN_PAYLOAD   | -                         | `ValidationError`       | no          |
| 401, 403       | INVALID_IN_PAYLOAD          | -                         | `AuthenticationError`   | no          |
| any other      | INVALID_IN_PAYLOAD          | about the key             | `AuthenticationError`   | no          |
| any other      | INVALID_IN_PAYLOAD          | -                         | `ValidationError`       | no          |
| any other      | API_EXCEPTION, none         | the key does not exist    | `AuthenticationError`   | no          |
| any other      | API_EXCEPTION, none         | a limit is used up        | `RateLimitError`        | no          |
| 401            | any other                   | -                         | `AuthenticationError`   | no          |
| 403            | any other                   | -                         | `PermissionDeniedError` | no          |
| 404            | any other                   | -                         | `NotFoundError`         | no          |
| 400, 2xx       | API_EXCEPTION               | something does not exist  | `NotFoundError`         | no          |
| any other      | any other                   | -                         | `ApiError`              | no          |

A 5xx says nothing about whether the call was carried out, and no words change that. There is one exception: a wrong key
has been answered with a 500 (seen in 2026), and that sentence is recognised from its first word to its last.

The provider quotes the caller's input in its texts, so a subject that says "You are rate limited" must not close the
gate. Limits and an unknown key are therefore recognised by whole sentences, and for the rows that look for a few words
everything that the caller sent, and everything in quotation marks, is taken out of the text first.
"""

import enum
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Final

from .errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    ValidationError,
)


class Words(enum.Enum):
    """What the provider's own words say."""

    NOTHING = "nothing that decides"
    KEY_UNKNOWN = "the key is unknown"
    LIMIT = "a limit is used up"
    KEY_MISSING = "the key does not exist, in other words"
    ABOUT_THE_KEY = "about the key"
    MISSING = "something does not exist"


# A sentence can go on with advice: between two years the provider changed ", please try" to ". Please try".
_ADVICE = r"(?:[.!]|[.,;] please [^'\"]*)?"

_KEY_UNKNOWN: Final = re.compile(rf"an api user matching the passed ['\"]?api_key['\"]? was not found{_ADVICE}")
"""The sentence for a key that has the right form and belongs to nobody, seen with the statuses 400 and 500."""

_LIMIT: Final = re.compile(
    r"(?:api key rate ?limit exceeded"
    r"|(?:this endpoint is|you are) rate limited to \w+ (?:requests?|calls?) (?:every|per|a) (?:\d+ )?\w+)"
    rf"{_ADVICE}"
)
"""The sentences for a limit that a key has of its own, and for a limit that an endpoint has."""

_ABOUT_THE_KEY: Final = re.compile(r"\bapi[ _-]?key\b")
_MISSING: Final = re.compile(r"\bnot found\b|\b(?:does not|doesn['\u2019]t) exist\b")

# From the first mark to the last one of its kind: marks inside a quotation must not end it early. An apostrophe stands
# between two letters.
_QUOTED: Final = re.compile(
    r"(?<!\w)(?:'.*'|\".*\"|`.*`|\u2018.*\u2019|\u201c.*\u201d|\u00ab.*\u00bb)(?!\w)", re.DOTALL
)

MIN_QUOTED: Final = 2
MAX_QUOTED: Final = 10_000
"""Characters. A shorter text of the caller's holds no words that decide anything, and no error quotes a longer one."""


def kind_of(status: int, code: str | None, message: str, said: object = None) -> type[ApiError]:
    """Read the table.

    Args:
        status: The HTTP status: 2xx with an error in the body, or 400 and over.
        code: The ``error_code`` without its prefix.
        message: The text of the error.
        said: The fields of the request: what of it comes back in the text are not the provider's words.
    """
    if status == 429:
        return RateLimitError
    if status >= 500:
        # Only this status was seen with that sentence.
        known = status == 500 and code == "API_EXCEPTION" and words_of(message, said) is Words.KEY_UNKNOWN
        return AuthenticationError if known else ServerError
    by_code = _BY_CODE.get(code or "")
    if by_code is not None:
        return by_code
    words = words_of(message, said)
    if code == "INVALID_IN_PAYLOAD":
        about_key = status in (401, 403) or words in (Words.KEY_UNKNOWN, Words.KEY_MISSING, Words.ABOUT_THE_KEY)
        return AuthenticationError if about_key else ValidationError
    if code in ("API_EXCEPTION", None):
        if words in (Words.KEY_UNKNOWN, Words.KEY_MISSING):
            return AuthenticationError
        if words is Words.LIMIT:
            return RateLimitError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if words is Words.MISSING and code == "API_EXCEPTION" and (status == 400 or status < 300):
        return NotFoundError
    return ApiError


_BY_CODE: Final[Mapping[str, type[ApiError]]] = {
    "REQ_LIMIT_EXCEEDED": RateLimitError,
    "ENDPOINT_PERMISSION_DENIED": PermissionDeniedError,
    "NON_VALIDATING_IN_PAYLOAD": ValidationError,
}

_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
}


def words_of(message: str, said: object = None) -> Words:
    """Say what an error's text says in the provider's own words."""
    text = " ".join(message.lower().split())
    quoted = {flat for one in _texts(said) if len(flat := _flat(one)) >= MIN_QUOTED and flat in text}
    if text in quoted:
        # The whole text is the caller's.
        return Words.NOTHING
    if _KEY_UNKNOWN.fullmatch(text):
        return Words.KEY_UNKNOWN
    if _LIMIT.fullmatch(text):
        return Words.LIMIT
    own = _own_words(text, quoted)
    missing = _MISSING.search(own) is not None
    if _ABOUT_THE_KEY.search(own):
        return Words.KEY_MISSING if missing else Words.ABOUT_THE_KEY
    return Words.MISSING if missing else Words.NOTHING


def _own_words(text: str, quoted: Set[str]) -> str:
    """Return a text without what the caller sent and without quotations, save for the name of the field of the key."""
    for one in sorted(quoted, key=len, reverse=True):
        text = text.replace(one, " \ufffc ")
    text = re.sub(r"(?<!\w)(['\"`])api_key\1(?!\w)", "api_key", text)
    return _QUOTED.sub(" \ufffc ", text)


def _flat(text: str) -> str:
    return " ".join(text.lower().split())


def _texts(value: object) -> Iterator[str]:
    """Go through all the texts of a request's fields, however deep."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if len(one) <= MAX_QUOTED:
                yield one
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, (list, tuple)):
            waiting += one


# --- answers that contradict themselves --------------------------------------------------------------------------

_IDS: Final = frozenset({"email_id", "schedule_id", "message_id"})
_COUNTS: Final = frozenset({"succeeded", "total_sent"})
_OF_ERRORS: Final = frozenset({"error", "error_code", "field_validation_errors", "request_id"})


def accepts_a_message(content: bytes) -> bool:
    """Whether the answer of a send shows anywhere, beside an error, that a message was accepted.

    Every value is looked at, also that of a key which stands twice.
    """
    found: list[tuple[str, Any]] = []
    try:
        # The hook is given every object of the text, with all its pairs.
        json.loads(content, object_pairs_hook=found.extend)
    except (ValueError, RecursionError):
        return False
    return any(
        (key in _IDS and isinstance(value, (str, int)) and bool(str(value).strip()) and value is not False)
        or (key in _COUNTS and _is_positive(value))
        for key, value in found
    )


def _is_positive(value: object) -> bool:
    try:
        return float(value) > 0  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return False


def has_result_beside_error(payload: Any) -> bool:
    """Whether ``data`` holds the result of a call although the root of the answer holds an error."""
    if not isinstance(payload, dict) or not (payload.get("error") or payload.get("error_code")):
        return False
    data = payload.get("data")
    if isinstance(data, dict):
        return bool(data.keys() - _OF_ERRORS) and not (data.get("error") or data.get("error_code"))
    return bool(data)


def has_doubled_key(content: bytes, payload: Any) -> bool:
    """Whether an object of a JSON text has the same key twice, so that one of the two values was not seen.

    Args:
        content: The text.
        payload: The same, decoded.
    """
    # Each key needs a colon, so as many colons as keys leave none for a second key of the same name. That is the case
    # for nearly every answer, and counting costs a fraction of a microsecond.
    colons = content.count(b":")
    if colons == _keys_at_the_top(payload) or colons == _number_of_keys(payload):
        return False

    doubled = False

    def look(pairs: Sequence[tuple[str, Any]]) -> None:
        nonlocal doubled
        doubled = doubled or len({key for key, _ in pairs}) < len(pairs)

    try:
        json.loads(content, object_pairs_hook=look)
    except (ValueError, RecursionError):
        # Only the other decoder takes it, and that one does not show doubled keys.
        return True
    return doubled


def _keys_at_the_top(payload: Any) -> int:
    """Count the keys of an answer and of its data, which are all that most answers have."""
    if not isinstance(payload, dict):
        return 0
    data = payload.get("data")
    return len(payload) + (len(data) if isinstance(data, dict) else 0)


def _number_of_keys(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            count += len(one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return count
