"""No I/O here, and no clock: fields go in and a request comes out; an answer goes in, a model or an error comes out."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, get_args, get_origin

import attrs

from .._models.converter import loose
from .._models.model import AnyReply, EmptyReply, ListReply, Reply, SendReply, stamp
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
from .._operation import CallEffect, Operation
from ..errors import ApiError, RateLimitError, ReplyError, SendRefusedError
from .body import Body, encode
from .refusals import (
    OF_E_MAILS,
    accepts_a_message,
    has_doubled_key,
    has_item_beside_error,
    has_result_beside_error,
    kind_of,
)
from .settings import MAX_OTHER_BYTES, Settings

T = TypeVar("T")


@attrs.frozen
class Request:
    """A request ready to be sent, any number of times."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    body: Body = attrs.field(repr=False)
    timeout: float | None
    timeout_given: bool
    """Whether the caller chose it; if not, a caller's own `httpx.AsyncClient` uses its own."""
    operation: str
    said: Mapping[str, Any] = attrs.field(factory=dict, repr=False, eq=False)
    """The fields that the body was made of: an error that quotes them does not say anything by that."""


@attrs.frozen
class Response:
    """What came back."""

    status: int
    content: bytes = attrs.field(repr=False)
    retry_after: float | None = None
    """Seconds from the header Retry-After. The provider documents none; if it ever sends one, it is obeyed."""
    broken: str | None = None
    """Why the content could not be read, where the status alone already tells the outcome."""


def build_request(operation: Operation[Any], fields: Mapping[str, Any], settings: Settings) -> Request:
    """Make the request of a call. Fields that are ``None`` are not sent: no request field of the API takes null.

    Raises:
        ValueError: The body is over the limit, or something in it can't be sent.
        TypeError: Something in it has no form in JSON.
    """
    body = {name: value for name, value in fields.items() if value is not None}
    if operation.takes_subaccount and settings.subaccount_id is not None:
        body.setdefault("subaccount_id", settings.subaccount_id)
    if settings.extra_body:
        body.update(settings.extra_body)
    if settings.auth == "body" or operation.key_in_body:
        body["api_key"] = settings.api_key
    encoded = encode(body, settings.json.dumps)
    if encoded.length > (settings.max_email_bytes if operation.is_email else MAX_OTHER_BYTES):
        raise _too_large(operation, body, encoded.length, settings)
    return Request(
        operation.method,
        settings.base_url + operation.path,
        settings.headers,
        encoded,
        settings.timeout,
        settings.timeout_given,
        operation.path,
        body,
    )


def _too_large(operation: Operation[Any], body: Mapping[str, Any], length: int, settings: Settings) -> ValueError:
    # The limit is one for all fields together, so what is told is which of them has most of it.
    largest = max(body, key=lambda name: encode({name: body[name]}, settings.json.dumps).length)
    limit = f"the limit is {MAX_OTHER_BYTES:,}"
    if operation.is_email:
        limit = f"with attachments in base64; the limit max_email_bytes is {settings.max_email_bytes:,}"
    return ValueError(f"{largest}: is too large: the whole body of {operation.path} has {length:,} bytes, {limit}")


_NOT_JSON = object()


def parse_response(operation: Operation[T], answer: Response, settings: Settings, said: object = None) -> T:
    """Make the result of a call, or raise the error that the answer stands for.

    Whether the answer is an error is decided before its success type is looked at: ``data`` is an object in errors even
    where it is an array or a word on success. Evidence that contradicts itself is neither a success nor a refusal.

    Args:
        operation: The call.
        answer: The answer to it.
        settings: The settings that it was made with.
        said: The fields of the request, so that words which the provider quotes from them are not taken for its own.

    Raises:
        ApiError: The API refused the call, whatever the status: errors have come with 200 and with 500.
        SendRefusedError: The answer of a send says that nothing was accepted.
        ReplyError: The answer can't be understood, or contradicts itself.
    """
    payload = _decode(answer, settings.json.loads)
    succeeded = 200 <= answer.status < 300
    if 300 <= answer.status < 400 or answer.status < 200:
        raise _not_understood(operation, answer, payload, "redirects are never followed")
    changes = operation.effect is not CallEffect.READ
    if succeeded and changes and payload is not _NOT_JSON and has_doubled_key(answer.content, payload):
        raise _not_understood(operation, answer, payload, "it has a key twice, and only one of the values was read")
    error = _published_error(payload)
    if error is not None or not succeeded:
        if succeeded and changes and _shows_a_success(operation, answer, payload):
            raise _not_understood(operation, answer, payload, "it shows an error, and beside it that the call was done")
        raise _refusal(operation, answer, payload, error or {}, base_url=settings.base_url, said=said)
    if answer.broken is not None:
        raise _not_understood(operation, answer, payload, answer.broken)
    result = _structure(operation, answer, payload)
    if isinstance(result, SendReply):
        _check_accepted(operation, answer, result, settings)
    return result


def _decode(answer: Response, loads: Callable[[bytes], Any]) -> Any:
    if answer.broken is not None or not answer.content:
        return _NOT_JSON
    try:
        return loads(answer.content)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _raw(answer: Response, payload: Any) -> Any:
    return answer.content if payload is _NOT_JSON else payload


def _published_error(payload: Any) -> Mapping[str, Any] | None:
    """Find the error in either of the two published shapes: in ``data``, as every capture has it, or at the root."""
    if not isinstance(payload, dict):
        return None
    data = payload.get("data")
    for place, other in ((data, payload), (payload, data)):
        if isinstance(place, dict) and (place.get("error") or place.get("error_code")):
            missing = [] if place.get("error") and place.get("error_code") else ["error", "error_code"]
            # One half of the error may stand in each place.
            halves = {name: other[name] for name in missing if isinstance(other, dict) and other.get(name)}
            return {**place, **{name: one for name, one in halves.items() if not place.get(name)}}
    return None


def _not_understood(operation: Operation[Any], answer: Response, payload: Any, why: str) -> ReplyError:
    read = operation.effect is CallEffect.READ and 200 <= answer.status < 300
    return ReplyError(
        f"the answer can't be understood: {why}",
        operation=operation.path,
        status=answer.status,
        request_id=_request_id(payload),
        raw=_raw(answer, payload),
        carried_out=True if read else None,
    )


# --- refusals ----------------------------------------------------------------------------------------------------


def _shows_a_success(operation: Operation[Any], answer: Response, payload: Any) -> bool:
    """Whether an answer with an error also shows that the call was carried out."""
    if _is_send(operation):
        return accepts_a_message(answer.content) or has_item_beside_error(payload)
    # In other calls an id may be the one that the caller named.
    return has_result_beside_error(payload)


def _is_send(operation: Operation[Any]) -> bool:
    """Whether a call sends messages: its result says that one was accepted, or is a list of such results.

    A call that this version has no model for can be one.
    """
    kind = operation.result
    items = get_args(kind)
    if kind is AnyReply:
        return operation.effect is CallEffect.ONCE
    return issubclass(get_origin(kind) or kind, SendReply) or bool(items and hasattr(items[0], "accepted"))


def _refusal(
    operation: Operation[Any],
    answer: Response,
    payload: Any,
    error: Mapping[str, Any],
    *,
    base_url: str,
    said: object,
) -> ApiError:
    code = _text(error.get("error_code")).rpartition(".")[2] or None
    message = _text(error.get("error")) or f"no reason was given with status {answer.status}"
    kind = kind_of(answer.status, code, message, said, operation.path)
    if answer.status == 404 and not error and not base_url.endswith("/v3"):
        message += "; the base URL does not end in /v3, which is where the API is"
    details: dict[str, Any] = {
        "operation": operation.path,
        "status": answer.status,
        "code": code,
        "request_id": _request_id(payload),
        "field_errors": _field_errors(error.get("field_validation_errors")),
        "raw": _raw(answer, payload),
    }
    if kind is RateLimitError:
        details["retry_after"] = answer.retry_after
    return kind(message, **details)


def _field_errors(value: Any) -> dict[str, str]:
    """Read ``field_validation_errors``: one object officially; lists and maps have been reported."""
    found: dict[str, str] = {}
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            continue
        if "fieldname" in one or "message" in one:
            found[_text(one.get("fieldname"))] = _text(one.get("message"))
        else:
            found.update((str(name), _text(problem)) for name, problem in one.items())
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


# --- results -----------------------------------------------------------------------------------------------------


def _request_id(payload: Any) -> str | None:
    """Find the request id: at the root, or inside ``data`` as some calls have it."""
    if not isinstance(payload, dict):
        return None
    data = payload.get("data")
    found = payload.get("request_id") or (data.get("request_id") if isinstance(data, dict) else None)
    return found if isinstance(found, str) else None


def _structure(operation: Operation[T], answer: Response, payload: Any) -> T:
    kind: Any = operation.result
    request_id = _request_id(payload)
    data = payload.get("data", payload) if isinstance(payload, dict) else payload
    raw = None if payload is _NOT_JSON else payload
    if issubclass(get_origin(kind) or kind, EmptyReply):
        return cast("T", _done(operation, answer, payload, data))
    if kind is AnyReply:
        if payload is _NOT_JSON and answer.content:
            raise _not_understood(operation, answer, payload, "it is not JSON")
        return cast("T", AnyReply(data=None if payload is _NOT_JSON else data, request_id=request_id, raw=raw))
    if payload is _NOT_JSON:
        raise _not_understood(operation, answer, payload, "it is not JSON" if answer.content else "it is empty")
    if get_origin(kind) is ListReply:
        return cast("T", _listing(operation, answer, payload, data, get_args(kind)[0]))
    if (found := object_for(kind, data)) is not None:
        made = loose().structure(found, kind)
        if not isinstance(made, SendReply) and is_lost(made, found):
            raise _not_understood(operation, answer, payload, "nothing in it can be read")
        return cast("T", stamp(made, request_id or _request_id(found), raw))
    if operation.effect is CallEffect.READ and data is not payload and is_flat(data) and list_in(kind) is None:
        # A later version of the API, which has other fields. Where a list is looked for, it would be told as empty.
        return cast("T", stamp(cast("Reply", kind()), request_id, raw))
    strict = operation.effect is CallEffect.READ or issubclass(kind, SendReply)
    if holds_an_object(data) or (strict and not isinstance(data, dict)):
        raise _not_understood(
            operation, answer, payload, f"an object is documented, and it is a {type(data).__name__} without its fields"
        )
    # Nothing came, or a word: then it was carried out, and there is nothing to read; the whole answer is in raw.
    return cast("T", stamp(cast("Reply", kind()), request_id, raw))


def _done(operation: Operation[Any], answer: Response, payload: Any, data: Any) -> EmptyReply:
    """Make the result of a call that answers with a word, or with nothing at all."""
    kind: Any = operation.result
    request_id = _request_id(payload)
    if payload is _NOT_JSON:
        text = text_in(answer.content) if operation.empty_answer or not answer.content.strip() else None
        if text is None:
            raise _not_understood(operation, answer, payload, "it is not JSON")
        return cast("EmptyReply", kind(message=text or None, raw=answer.content or None))
    if innermost(data) is False or error_in(data):
        raise _not_understood(operation, answer, payload, "a word is documented, and it tells of something that failed")
    found = object_for(kind, data)
    made: EmptyReply = kind() if found is None else loose().structure(found, kind)
    if made.message is None:
        made = attrs.evolve(cast("Any", made), message=word_in(data if found is None else found.get("message")))
    return stamp(made, request_id or _request_id(found), payload)


def _listing(operation: Operation[Any], answer: Response, payload: Any, data: Any, item: Any) -> ListReply[Any]:
    found = [] if data is None else list_for(item, data)
    if found is None and isinstance(data, dict) and not holds_an_object(data):
        # An empty list inside an object, or an empty object, as some languages write an empty list.
        found = [] if any(isinstance(one, list) for one in data.values()) or data is not payload else None
    if found is None:
        raise _not_understood(
            operation, answer, payload, f"an array is documented, and it is a {type(data).__name__} without its items"
        )
    items: tuple[Any, ...] = loose().structure(found, tuple[item, ...])
    if are_lost(items, found):
        raise _not_understood(operation, answer, payload, "nothing in it can be read")
    return ListReply(items, request_id=_request_id(payload), raw=payload)


def _check_accepted(operation: Operation[Any], answer: Response, result: SendReply, settings: Settings) -> None:
    """Raise unless the answer of a send says that it was accepted."""
    accepted = result.accepted
    if accepted is None:
        raise _not_understood(operation, answer, result.raw, "it does not clearly say whether the message was accepted")
    if accepted and getattr(result, "failed", 0) is None and b'"failed"' in answer.content:
        # Of another type, or in another place than the documented one.
        if accepts_a_message(answer.content, {"failed"}):
            raise _not_understood(operation, answer, result.raw, "it shows a success, and beside it that one failed")
    elif accepted is False and accepts_a_message(answer.content, OF_E_MAILS):
        # In another place than the documented one, or of another type: the texts of a refused SMS have ids too.
        raise _not_understood(operation, answer, result.raw, "it shows a refusal, and beside it that one was accepted")
    if accepted or not settings.raise_on_refused:
        return
    reasons = "; ".join(reason.replace("\n", " ") for reason in result.refusals) or "no reason was given"
    raise SendRefusedError(
        f"nothing was accepted: {reasons}",
        operation=operation.path,
        failures=result.refusals,
        status=answer.status,
        request_id=result.request_id,
        result=result,
    )
