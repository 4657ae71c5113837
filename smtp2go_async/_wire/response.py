"""A response in: it becomes the result of its call, or the error that it stands for. No I/O and no clock."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, get_args, get_origin

import attrs

from .._models.converter import loose
from .._models.shapes import (
    are_lost,
    error_in,
    holds_an_object,
    innermost,
    is_flat,
    is_lost,
    list_for,
    list_in,
    object_for,
    text_in,
    word_in,
)
from .._operation import Operation
from ..errors import ApiError, RateLimitError, ReplyError, SendRefusedError
from ..reply import AnyReply, EmptyReply, ListReply, Reply, SendReply, stamp
from ..retry import CallEffect
from .refusals import (
    OF_E_MAILS,
    accepts_a_message,
    has_doubled_key,
    has_item_beside_error,
    has_result_beside_error,
    kind_of,
)
from .settings import Settings

T = TypeVar("T")


@attrs.frozen
class Response:
    """The status and the content that came back for a request."""

    status: int
    content: bytes = attrs.field(repr=False)
    retry_after: float | None = None
    """Seconds from the header Retry-After. The provider documents none; if it ever sends one, it is obeyed."""
    broken: str | None = None
    """Why the content could not be read, where the status alone already tells the outcome."""


_NOT_JSON = object()


def parse_response(operation: Operation[T], response: Response, settings: Settings, fields: object = None) -> T:
    """Make the result of a call, or raise the error that the response stands for.

    Errors are recognised before the result is read: in an error ``data`` is an object, even where a success has an
    array or a word there. Evidence that contradicts itself is neither a success nor a refusal.

    Args:
        operation: The call.
        response: The response to the call.
        settings: The settings of the client that made the call.
        fields: The fields of the request, so that words which the provider quotes from them are not taken for its own.

    Raises:
        ApiError: The API refused the call, whatever the status: errors have come with 200 and with 500.
        SendRefusedError: The response to a send says that nothing was accepted.
        ReplyError: The response can't be understood, or contradicts itself.
    """
    payload = _decode(response, settings.json.loads)
    succeeded = 200 <= response.status < 300
    if 300 <= response.status < 400 or response.status < 200:
        raise _not_understood(operation, response, payload, "redirects are never followed")
    changes = operation.effect is not CallEffect.READ
    if succeeded and changes and payload is not _NOT_JSON and has_doubled_key(response.content, payload):
        raise _not_understood(operation, response, payload, "it has a key twice, and only one of the values was read")
    error = _published_error(payload)
    if error is not None or not succeeded:
        if succeeded and changes and _shows_a_success(operation, response, payload):
            raise _not_understood(
                operation, response, payload, "it shows an error, and beside it that the call was done"
            )
        raise _refusal(operation, response, payload, error or {}, base_url=settings.base_url, fields=fields)
    if response.broken is not None:
        raise _not_understood(operation, response, payload, response.broken)
    result = _structure(operation, response, payload)
    if isinstance(result, SendReply):
        _check_accepted(operation, response, result, settings)
    return result


def _decode(response: Response, loads: Callable[[bytes], Any]) -> Any:
    if response.broken is not None or not response.content:
        return _NOT_JSON
    try:
        return loads(response.content)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _raw(response: Response, payload: Any) -> Any:
    return response.content if payload is _NOT_JSON else payload


def _published_error(payload: Any) -> Mapping[str, Any] | None:
    """Return the error of a response in either published shape: in ``data``, as in every capture, or at the root."""
    if not isinstance(payload, dict):
        return None
    data = payload.get("data")
    for place, other in ((data, payload), (payload, data)):
        if isinstance(place, dict) and (place.get("error") or place.get("error_code")):
            missing = [] if place.get("error") and place.get("error_code") else ["error", "error_code"]
            # The text can stand in one place and the code in the other.
            halves = {name: other[name] for name in missing if isinstance(other, dict) and other.get(name)}
            return {**place, **{name: half for name, half in halves.items() if not place.get(name)}}
    return None


def _not_understood(operation: Operation[Any], response: Response, payload: Any, why: str) -> ReplyError:
    read = operation.effect is CallEffect.READ and 200 <= response.status < 300
    return ReplyError(
        f"the response can't be understood: {why}",
        operation=operation.path,
        status=response.status,
        request_id=_request_id(payload),
        raw=_raw(response, payload),
        carried_out=True if read else None,
    )


# --- refusals ----------------------------------------------------------------------------------------------------


def _shows_a_success(operation: Operation[Any], response: Response, payload: Any) -> bool:
    """Whether a response with an error also shows that the call was carried out."""
    if _is_send(operation):
        return accepts_a_message(response.content) or has_item_beside_error(payload)
    # An id decides nothing outside of sends: it can be the id that the caller named in the request.
    return has_result_beside_error(payload)


def _is_send(operation: Operation[Any]) -> bool:
    """Whether a call sends messages: its result says whether a message was accepted, or lists such results.

    A call without a model in this version may be a send as well.
    """
    kind = operation.result
    items = get_args(kind)
    if kind is AnyReply:
        return operation.effect is CallEffect.ONCE
    return issubclass(get_origin(kind) or kind, SendReply) or bool(items and hasattr(items[0], "accepted"))


def _refusal(
    operation: Operation[Any],
    response: Response,
    payload: Any,
    error: Mapping[str, Any],
    *,
    base_url: str,
    fields: object,
) -> ApiError:
    code = _text(error.get("error_code")).rpartition(".")[2] or None
    message = _text(error.get("error")) or f"no reason was given with status {response.status}"
    kind = kind_of(response.status, code, message, fields, operation.path)
    if response.status == 404 and not error and not base_url.endswith("/v3"):
        message += "; the base URL does not end in /v3, which is where the API is"
    details: dict[str, Any] = {
        "operation": operation.path,
        "status": response.status,
        "code": code,
        "request_id": _request_id(payload),
        "field_errors": _field_errors(error.get("field_validation_errors")),
        "raw": _raw(response, payload),
    }
    if kind is RateLimitError:
        details["retry_after"] = response.retry_after
    return kind(message, **details)


def _field_errors(value: Any) -> dict[str, str]:
    """Read ``field_validation_errors``: a single object officially; lists and maps have been reported."""
    found: dict[str, str] = {}
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            continue
        if "fieldname" in entry or "message" in entry:
            found[_text(entry.get("fieldname"))] = _text(entry.get("message"))
        else:
            found.update((str(name), _text(problem)) for name, problem in entry.items())
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


# --- results -----------------------------------------------------------------------------------------------------


def _request_id(payload: Any) -> str | None:
    """Return the request id, which is at the root or, in some calls, inside ``data``."""
    if not isinstance(payload, dict):
        return None
    data = payload.get("data")
    found = payload.get("request_id") or (data.get("request_id") if isinstance(data, dict) else None)
    return found if isinstance(found, str) else None


def _structure(operation: Operation[T], response: Response, payload: Any) -> T:
    kind: Any = operation.result
    request_id = _request_id(payload)
    data = payload.get("data", payload) if isinstance(payload, dict) else payload
    raw = None if payload is _NOT_JSON else payload
    if issubclass(get_origin(kind) or kind, EmptyReply):
        return cast("T", _empty_reply(operation, response, payload, data))
    if kind is AnyReply:
        if payload is _NOT_JSON and response.content:
            raise _not_understood(operation, response, payload, "it is not JSON")
        return cast("T", AnyReply(data=None if payload is _NOT_JSON else data, request_id=request_id, raw=raw))
    if payload is _NOT_JSON:
        raise _not_understood(operation, response, payload, "it is not JSON" if response.content else "it is empty")
    if get_origin(kind) is ListReply:
        return cast("T", _list_reply(operation, response, payload, data, get_args(kind)[0]))
    if (found := object_for(kind, data)) is not None:
        result = loose().structure(found, kind)
        if not isinstance(result, SendReply) and is_lost(result, found):
            raise _not_understood(operation, response, payload, "nothing in it can be read")
        return cast("T", stamp(result, request_id or _request_id(found), raw))
    if operation.effect is CallEffect.READ and data is not payload and is_flat(data) and list_in(kind) is None:
        # A later version of the API can have other fields. A list is the exception: it would be reported as empty.
        return cast("T", stamp(cast("Reply", kind()), request_id, raw))
    strict = operation.effect is CallEffect.READ or issubclass(kind, SendReply)
    if holds_an_object(data) or (strict and not isinstance(data, dict)):
        raise _not_understood(
            operation,
            response,
            payload,
            f"an object is documented, and it is a {type(data).__name__} without its fields",
        )
    # Nothing or a word came, so the call was carried out and there is nothing to read; `raw` has the whole response.
    return cast("T", stamp(cast("Reply", kind()), request_id, raw))


def _empty_reply(operation: Operation[Any], response: Response, payload: Any, data: Any) -> EmptyReply:
    """Make the result of a call whose response is a word, or nothing at all."""
    kind: Any = operation.result
    request_id = _request_id(payload)
    if payload is _NOT_JSON:
        text = text_in(response.content) if operation.empty_response or not response.content.strip() else None
        if text is None:
            raise _not_understood(operation, response, payload, "it is not JSON")
        return cast("EmptyReply", kind(message=text or None, raw=response.content or None))
    if innermost(data) is False or error_in(data):
        raise _not_understood(
            operation, response, payload, "a word is documented, and it tells of something that failed"
        )
    found = object_for(kind, data)
    result: EmptyReply = kind() if found is None else loose().structure(found, kind)
    if result.message is None:
        result = attrs.evolve(cast("Any", result), message=word_in(data if found is None else found.get("message")))
    return stamp(result, request_id or _request_id(found), payload)


def _list_reply(operation: Operation[Any], response: Response, payload: Any, data: Any, item: Any) -> ListReply[Any]:
    found = [] if data is None else list_for(item, data)
    if found is None and isinstance(data, dict) and not holds_an_object(data):
        # An empty list came inside an object, or as an empty object, which is how some languages write it.
        found = [] if any(isinstance(part, list) for part in data.values()) or data is not payload else None
    if found is None:
        raise _not_understood(
            operation, response, payload, f"an array is documented, and it is a {type(data).__name__} without its items"
        )
    items: tuple[Any, ...] = loose().structure(found, tuple[item, ...])
    if are_lost(items, found):
        raise _not_understood(operation, response, payload, "nothing in it can be read")
    return ListReply(items, request_id=_request_id(payload), raw=payload)


def _check_accepted(operation: Operation[Any], response: Response, result: SendReply, settings: Settings) -> None:
    """Raise unless the response to a send says that a message was accepted."""
    accepted = result.accepted
    if accepted is None:
        raise _not_understood(
            operation, response, result.raw, "it does not clearly say whether the message was accepted"
        )
    if accepted and getattr(result, "failed", 0) is None and b'"failed"' in response.content:
        # The count of failures has another type, or stands in another place, than documented.
        if accepts_a_message(response.content, {"failed"}):
            raise _not_understood(operation, response, result.raw, "it shows a success, and beside it that one failed")
    elif accepted is False and accepts_a_message(response.content, OF_E_MAILS):
        # The id of an accepted e-mail stands in another place, or has another type, than documented. Only keys of
        # e-mails count here, because the texts of a refused SMS have ids too.
        raise _not_understood(
            operation, response, result.raw, "it shows a refusal, and beside it that one was accepted"
        )
    if accepted or not settings.raise_on_refused:
        return
    reasons = "; ".join(reason.replace("\n", " ") for reason in result.refusals) or "no reason was given"
    raise SendRefusedError(
        f"nothing was accepted: {reasons}",
        operation=operation.path,
        failures=result.refusals,
        status=response.status,
        request_id=result.request_id,
        result=result,
    )
