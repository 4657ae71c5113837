"""Choose the error for an error response by its status, its code and the provider's own words. Nothing else decides.

The first row that fits wins. A dash means that the column does not matter.

| status         | code                        | words                     | error                   | carried out |
|----------------|-----------------------------|---------------------------|-------------------------|-------------|
| 429            | -                           | -                         | `RateLimitError`        | no          |
| 500            | API_EXCEPTION               | the key is unknown        | `AuthenticationError`   | no          |
| 500 and over   | -                           | -                         | `ServerError`           | unknown     |
| any other      | REQ_LIMIT_EXCEEDED          | -                         | `RateLimitError`        | no          |
| any other      | ENDPOINT_PERMISSION_DENIED  | -                         | `PermissionDeniedError` | no          |
| any other      | NON_VALIDATING_IN_PAYLOAD   | -                         | `BadRequestError`       | no          |
| 401, 403       | INVALID_IN_PAYLOAD          | -                         | `AuthenticationError`   | no          |
| any other      | INVALID_IN_PAYLOAD          | about the key             | `AuthenticationError`   | no          |
| any other      | INVALID_IN_PAYLOAD          | -                         | `BadRequestError`       | no          |
| any other      | API_EXCEPTION, none         | the key does not exist    | `AuthenticationError`   | no          |
| any other      | API_EXCEPTION, none         | a limit is used up        | `RateLimitError`        | no          |
| 401            | any other                   | -                         | `AuthenticationError`   | no          |
| 403            | any other                   | -                         | `PermissionDeniedError` | no          |
| 404            | any other                   | -                         | `NotFoundError`         | no          |
| 400, 2xx       | API_EXCEPTION               | something does not exist  | `NotFoundError`         | no          |
| any other      | any other                   | -                         | `ApiError`              | no          |

A 5xx says nothing about whether the call was carried out, and no words change that. The only exception is a wrong key:
it has been answered with a 500 (seen in 2026), and that sentence is recognised from its first word to its last.

The provider quotes the caller's input in its texts, so a subject that says "You are rate limited" must not close the
gate. `provider_words` distinguishes the provider's own words from its quotations.
"""

import json
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final

from ..errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from .provider_words import Words, words_of


def kind_of(status: int, code: str | None, message: str, fields: object = None, path: str = "") -> type[ApiError]:
    """Return the class of the error, by the table above.

    Args:
        status: The HTTP status: 2xx with an error in the body, or 400 and over.
        code: The ``error_code`` without its prefix.
        message: The text of the error.
        fields: The fields of the request: if the text quotes them, these are not the provider's own words.
        path: The path of the call.
    """
    if status == 429:
        return RateLimitError
    if status >= 500:
        # The sentence was seen with no other status of the family.
        known = status == 500 and code == "API_EXCEPTION" and words_of(message, fields, path) is Words.KEY_UNKNOWN
        return AuthenticationError if known else ServerError
    by_code = _BY_CODE.get(code or "")
    if by_code is not None:
        return by_code
    words = words_of(message, fields, path)
    if code == "INVALID_IN_PAYLOAD":
        about_key = status in (401, 403) or words in (Words.KEY_UNKNOWN, Words.KEY_MISSING, Words.ABOUT_THE_KEY)
        return AuthenticationError if about_key else BadRequestError
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
    "NON_VALIDATING_IN_PAYLOAD": BadRequestError,
}

_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
}


# --- responses that contradict themselves ------------------------------------------------------------------------

_IDS: Final = frozenset({"email_id", "schedule_id", "message_id"})
_COUNTS: Final = frozenset({"succeeded", "total_sent"})
OF_E_MAILS: Final = frozenset({"email_id", "schedule_id", "succeeded"})
_OF_ERRORS: Final = frozenset({"error", "error_code", "field_validation_errors", "request_id"})
_OF_FAILURES: Final = frozenset({"failed", "failures"})
_NO: Final = frozenset({"", "0", "false", "no", "none", "null"})


def accepts_a_message(content: bytes, keys: Set[str] = _IDS | _COUNTS) -> bool:
    """Whether the response to a send shows anywhere, beside an error or a refusal, that a message was accepted.

    Every value is checked, even both values of a doubled key.
    """
    accepted = False

    def look(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal accepted
        accepted = accepted or any(key in keys and _says_yes(value) for key, value in pairs)
        return dict(pairs)

    try:
        # The hook gets every object of the text with all its pairs. Integers are read as floats, which have no limit
        # on their digits.
        json.loads(content, object_pairs_hook=look, parse_int=float)
    except ValueError:
        return False
    except RecursionError:
        # orjson reads deeper than this decoder, so the outcome is unknown.
        return True
    return accepted


def _says_yes(value: object) -> bool:
    """Whether an id or a count says yes, whatever its type: it is not empty, and not 0 or less."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (dict, list)):
            waiting += part.values() if isinstance(part, dict) else part
        elif isinstance(part, str):
            if part.strip().lower() not in _NO and _is_positive(part):
                return True
        elif part is not None and _is_positive(part):
            return True
    return False


def _is_positive(value: Any) -> bool:
    try:
        return float(value) > 0
    except ValueError:
        # A text that is not a number is an id.
        return True


def has_result_beside_error(payload: Any) -> bool:
    """Whether ``data`` holds the result of a call although the root of the response holds an error."""
    if not isinstance(payload, dict) or not (payload.get("error") or payload.get("error_code")):
        return False
    data = payload.get("data")
    if isinstance(data, dict):
        return bool(data.keys() - _OF_ERRORS) and not (data.get("error") or data.get("error_code"))
    return bool(data)


def has_item_beside_error(payload: Any) -> bool:
    """Whether ``data`` holds the outcome of single messages although the root of the response holds an error."""
    data = payload.get("data") if isinstance(payload, dict) else None
    return isinstance(data, list) and any(
        isinstance(item, dict) and any(_says_yes(value) for key, value in item.items() if key not in _OF_NO_RESULT)
        for item in data
    )


_OF_NO_RESULT: Final = _OF_ERRORS | _OF_FAILURES | {"status", "message"}


def has_doubled_key(content: bytes, payload: Any) -> bool:
    """Whether an object of a JSON text has the same key twice, so that a value was not seen.

    Args:
        content: The text.
        payload: The decoded text.
    """
    # Each key needs a colon, so if there are only as many colons as keys, no key is doubled. That is the case for
    # nearly every response, and counting costs a fraction of a microsecond.
    colons = content.count(b":")
    if payload.__class__ is dict:
        # The quick way for nearly all responses: their keys are at the root and in ``data``.
        data = payload.get("data")
        if data.__class__ is dict:
            if len(payload) + len(data) == colons:
                return False
        elif data.__class__ is list and set(map(type, data)) == {dict} and len(payload) + sum(map(len, data)) == colons:
            return False
    if colons == _number_of_keys(payload):
        return False

    doubled = False

    def look(pairs: Sequence[tuple[str, Any]]) -> None:
        nonlocal doubled
        doubled = doubled or len({key for key, _ in pairs}) < len(pairs)

    try:
        json.loads(content, object_pairs_hook=look, parse_int=float)
    except (ValueError, RecursionError):
        # Only orjson reads this text, and orjson does not show doubled keys.
        return True
    return doubled


def _number_of_keys(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            count += len(part)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return count
