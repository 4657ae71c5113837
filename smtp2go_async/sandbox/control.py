"""The pages under ``/sandbox``, for a sandbox in a process of its own: they show what arrived, and make calls fail."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from .account import Account
from .counting import count
from .faults import Faults
from .records import ReceivedRequest, SentEmail, StoredSchedule, StoredSms, parsed_json

ADDRESSES = {
    "GET /sandbox/emails": "the e-mails that would have gone out",
    "GET /sandbox/emails/{email_id}": "an e-mail as it would have gone out (message/rfc822)",
    "GET /sandbox/scheduled": "the e-mails that wait for their scheduled time",
    "GET /sandbox/sms": "the texts that would have gone out",
    "GET /sandbox/requests": "the API calls that came in",
    "GET /sandbox/counts?by=": "how many e-mails by subject or recipient, texts by destination, calls by path",
    "GET /sandbox/counts?header=": "how many e-mails by the value of a custom header",
    "POST /sandbox/fail": "let the next API calls fail, with the arguments of Sandbox.fail_next",
    "POST /sandbox/chaos": "let a share of the API calls fail, with the arguments of Sandbox.chaos",
    "POST /sandbox/clear": "forget everything",
}


def control_routes(account: Account, faults: Faults, guard: Middleware) -> list[BaseRoute]:
    """Return the routes of these pages, each behind the guard."""

    async def front_page(_: Request) -> Response:
        return _json(
            {
                "what": "SMTP2GO sandbox: the API is under /v3, nothing is really sent",
                "addresses": ADDRESSES,
            }
        )

    async def emails(_: Request) -> Response:
        return _list(_email, account.sent)

    async def email_by_id(request: Request) -> Response:
        wanted = request.path_params["email_id"]
        for email in account.sent:
            if email.email_id == wanted:
                return Response(email.raw, media_type="message/rfc822")
        return _json({"error": "no such e-mail"}, 404)

    async def scheduled(_: Request) -> Response:
        return _list(_scheduled, account.scheduled)

    async def sms(_: Request) -> Response:
        return _list(_sms, account.sms)

    async def requests(_: Request) -> Response:
        return _list(_request, account.requests)

    async def fail(request: Request) -> Response:
        try:
            faults.plan(**await _arguments(request))
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return Response(status_code=204)

    async def counts(request: Request) -> Response:
        asked = request.query_params
        try:
            return _json(count(account, asked.get("by"), header=asked.get("header")))
        except ValueError as error:
            return _json({"error": str(error)}, 400)

    async def chaos(request: Request) -> Response:
        try:
            faults.chaos(**await _arguments(request))
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return Response(status_code=204)

    async def clear(_: Request) -> Response:
        account.clear()
        faults.clear()
        return Response(status_code=204)

    local = [guard]
    return [
        Route("/", front_page, methods=["GET"], middleware=local),
        Route("/sandbox/emails", emails, methods=["GET"], middleware=local),
        Route("/sandbox/emails/{email_id}", email_by_id, methods=["GET"], middleware=local),
        Route("/sandbox/scheduled", scheduled, methods=["GET"], middleware=local),
        Route("/sandbox/sms", sms, methods=["GET"], middleware=local),
        Route("/sandbox/requests", requests, methods=["GET"], middleware=local),
        Route("/sandbox/fail", fail, methods=["POST"], middleware=local),
        Route("/sandbox/counts", counts, methods=["GET"], middleware=local),
        Route("/sandbox/chaos", chaos, methods=["POST"], middleware=local),
        Route("/sandbox/clear", clear, methods=["POST"], middleware=local),
    ]


def _json(content: Any, status: int = 200) -> Response:
    # All ASCII, because a recorded body may hold half a surrogate pair, which UTF-8 cannot carry.
    return Response(json.dumps(content), status, media_type="application/json")


def _list(view: Callable[[Any], Mapping[str, Any]], items: Iterable[Any]) -> Response:
    return Response(f"[{', '.join([_item(view, item) for item in items])}]", media_type="application/json")


def _item(view: Callable[[Any], Mapping[str, Any]], item: Any) -> str:
    """Return the JSON of an item; an item that can't be shown must not hide the others of its list."""
    try:
        return json.dumps(view(item))
    except Exception as error:
        return json.dumps({"error": f"can't be shown ({type(error).__name__})", **_names(item)})


def _names(item: Any) -> Mapping[str, Any]:
    names = ("email_id", "schedule_id", "message_id", "request_id", "sender", "recipients", "subject", "method", "path")
    return {name: getattr(item, name) for name in names if isinstance(getattr(item, name, None), str | tuple)}


async def _arguments(request: Request) -> dict[str, Any]:
    arguments = parsed_json(await request.body())
    if not isinstance(arguments, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - ValueError for every mistake of a caller
    return arguments


def _email(email: SentEmail) -> Mapping[str, Any]:
    return {
        "email_id": email.email_id,
        "via": email.via,
        "sender": email.sender,
        "recipients": email.recipients,
        "subject": email.subject,
        "size": len(email.raw),
        "attachments": [
            {
                "filename": file.filename,
                "mimetype": file.mimetype,
                "size": len(file.content),
                "sha256": file.sha256,
                "cid": file.cid,
                "url": file.url,
            }
            for file in email.attachments
        ],
        "request_id": email.request_id,
        "received_at": email.received_at.isoformat(),
        "template_id": email.template_id,
        "template_data": email.template_data,
        "schedule_id": email.schedule_id,
    }


def _scheduled(item: StoredSchedule) -> Mapping[str, Any]:
    return {
        "schedule_id": item.schedule_id,
        "schedule": item.schedule.isoformat(),
        "client_ip": item.client_ip,
        "email": _email(item.email),
    }


def _sms(text: StoredSms) -> Mapping[str, Any]:
    return {
        "message_id": text.message_id,
        "destination": text.destination,
        "sender": text.sender,
        "content": text.content,
        "units": text.units,
        "status": text.status,
        "request_id": text.request_id,
        "received_at": text.received_at.isoformat(),
    }


def _request(received: ReceivedRequest) -> Mapping[str, Any]:
    return {
        "method": received.method,
        "path": received.path,
        "headers": dict(received.headers),
        "body": received.body,
        "size": received.size,
        "status": received.status,
    }
