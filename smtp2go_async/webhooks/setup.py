"""Set a webhook up so that exactly the wanted one exists, however often a program that needs it is started."""

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import attrs

from .._model_class import model
from .._values.problems import invalid
from ..endpoints.webhooks import Webhook
from ..errors import ReplyError, Smtp2goError
from ._clients import check_client
from ._wanted import Found, Wanted, differences, find, settings_of, wanted_webhook
from .auth import WebhookAuth

if TYPE_CHECKING:
    from ..client import AsyncClient
    from ..sync import SyncClient


@model
class EnsuredWebhook:
    """The webhook that exists now, and what was done for it."""

    id: int
    created: bool = False
    """Whether it was added."""
    changed: tuple[str, ...] = ()
    """The fields of a webhook that existed and were changed; their names as in `client.webhooks.edit`."""
    rewritten: tuple[str, ...] = ()
    """The fields that were written again, since the provider does not show what they are."""
    removed: tuple[int, ...] = ()
    """The ids of webhooks that were removed, since each was a copy of this webhook."""
    similar: tuple[int, ...] = ()
    """The ids of webhooks whose URLs differ in the query alone. They were left alone: look whether one of them reports
    to the same receiver, with an old token, for example."""
    webhook: Webhook = attrs.field(factory=Webhook)
    """As the provider shows it now."""


async def ensure_webhook(
    client: "AsyncClient",
    url: str,
    *,
    events: Iterable[str],
    sms_events: Iterable[str] = (),
    auth: WebhookAuth | None = None,
    headers: Iterable[str] = (),
    usernames: Iterable[str] = (),
) -> EnsuredWebhook:
    """Make sure that events are reported to a URL exactly as said: add the webhook, change it, or leave it alone.

    ``POST /webhook/view``, then ``/webhook/add`` or ``/webhook/edit`` if anything differs. Call it each time that a
    program starts; the second time, it changes nothing. The reports are in JSON, and a webhook that was disabled is
    enabled.

    A webhook is the same if its host, port and path are, with or without a slash at the end, and its query without the
    token of a `QueryToken`. Its user and password, its scheme, and all else are changed. Copies of a webhook, as
    several programs make that start together, are removed but for the first. An `add` whose outcome is unknown is
    looked for, and never repeated.

    Args:
        client: The client; with a ``subaccount_id`` the webhook is the subaccount's.
        url: Where the receiver is: an ``http`` or ``https`` URL.
        events: Events of e-mails: ``processed``, ``delivered``, ``open``, ``click``, ``bounce``, ``spam``,
            ``unsubscribe``, ``resubscribe`` or ``reject``. The API may not know ``resubscribe``.
        sms_events: Events of texts: ``sending``, ``submitted``, ``delivered``, ``failed``, ``rejected`` or ``opt-out``.
        auth: The same object that the `Receiver` has; the provider sends its first secret. ``None`` for no secret: one
            that the webhook has is taken away, and a receiver that wants it then answers 401 to every event.
        headers: Names of e-mail headers to report with each event, such as `BULK_HEADER`; the subject and the
            Message-ID are always reported.
        usernames: SMTP users and API keys whose e-mails are reported; all if empty.

    Raises:
        InvalidArgumentError: An argument is wrong, before any call. Or several webhooks report to the URL, and differ:
            it is for you to say which of them is to stay.
        ReplyError: The provider took the webhook and left some of the events out: the text names them. Or the webhook
            was added or changed, and then could not be looked at.
        ApiError: The provider refused, for example since the plan has no more webhooks: free plans have 1, paid
            plans 10.
        OutcomeUnknownError: It is not known whether the webhook was added, and it could not be found. Try again later.

    Example:
        auth = BearerAuth(os.environ["WEBHOOK_TOKEN"])
        receiver = Receiver(router, auth=auth, inbox=inbox)
        await ensure_webhook(client, "https://example.com/webhooks/smtp2go", events=["bounce", "spam"], auth=auth)
    """
    check_client(client, is_async=True, twin="ensure_webhook_sync")
    steps = _steps(
        wanted_webhook(url=url, events=events, sms_events=sms_events, auth=auth, headers=headers, usernames=usernames)
    )
    try:
        method, arguments = next(steps)
        while True:
            try:
                reply = await getattr(client.webhooks, method)(**arguments)
            except Smtp2goError as error:
                method, arguments = steps.throw(error)
            else:
                method, arguments = steps.send(reply)
    except StopIteration as end:
        return _result_of(end)


def ensure_webhook_sync(
    client: "SyncClient",
    url: str,
    *,
    events: Iterable[str],
    sms_events: Iterable[str] = (),
    auth: WebhookAuth | None = None,
    headers: Iterable[str] = (),
    usernames: Iterable[str] = (),
) -> EnsuredWebhook:
    """Make sure that events are reported to a URL exactly as said, with a `SyncClient`; see `ensure_webhook`."""
    check_client(client, is_async=False, twin="ensure_webhook")
    steps = _steps(
        wanted_webhook(url=url, events=events, sms_events=sms_events, auth=auth, headers=headers, usernames=usernames)
    )
    try:
        method, arguments = next(steps)
        while True:
            try:
                reply = getattr(client.webhooks, method)(**arguments)
            except Smtp2goError as error:
                method, arguments = steps.throw(error)
            else:
                method, arguments = steps.send(reply)
    except StopIteration as end:
        return _result_of(end)


def _result_of(end: StopIteration) -> EnsuredWebhook:
    result: EnsuredWebhook = end.value
    return result


# --- the steps, without I/O ------------------------------------------------------------------------------------------

_Step = tuple[str, dict[str, Any]]
"""The name of a method of ``client.webhooks``, and its arguments."""


def _steps(wanted: Wanted) -> Generator[_Step, Any, EnsuredWebhook]:
    """Yield the calls to make, be sent their replies, and return the result."""
    found = find((yield "view", {}), wanted)
    is_new = not found.same
    added: Webhook | None = None
    if is_new:
        try:
            added = yield "add", wanted.arguments()
        except Smtp2goError as error:
            # It may have been added; or another program has added it, and the plan has no more. Never add it again.
            try:
                found = find((yield "view", {}), wanted)
            except Smtp2goError as view_error:
                # Not the error of the look, which would say that nothing was carried out.
                raise error from view_error
            if not found.same:
                raise
        else:
            # Programs that start together each add it.
            found = yield from _look_again("added", wanted)
    pairs = found.same if added is None else found.same or [(added, wanted.arguments())]
    webhook, shown = pairs[0]
    if webhook.id is None:
        raise _unclear("the provider added the webhook and did not tell its id")
    copies = [other for other, _ in pairs[1:]]
    if any(settings_of(other, wanted) != settings_of(webhook, wanted) for other in copies):
        ids = ", ".join(str(one.id) for one, _ in pairs)
        raise invalid(
            "url",
            f"must have 1 webhook, not {len(pairs)} that differ (ids {ids}): events would be reported more than once; "
            "remove all but one of them with client.webhooks.remove(id)",
        )
    changed, unseen = differences(webhook, shown, wanted)
    if added is None and (changed or unseen):
        arguments = wanted.arguments()
        if webhook.disabled is not None:
            arguments["disabled"] = False
        if webhook.custom_headers is not None:
            arguments["custom_headers"] = webhook.custom_headers
        yield "edit", {"id": webhook.id, **arguments}
        webhook = _still_there((yield from _look_again("changed", wanted)), webhook.id)
    for other in copies:
        try:
            yield "remove", {"id": other.id}
        except Smtp2goError:
            # Another program may have removed it at the same time.
            left = find((yield "view", {}), wanted)
            if any(one.id == other.id for one, _ in left.same):
                raise
    _check_events(webhook, wanted)
    return EnsuredWebhook(
        id=webhook.id or 0,
        created=is_new,
        changed=() if is_new else tuple(changed),
        rewritten=() if is_new else tuple(unseen),
        removed=tuple(other.id for other in copies if other.id is not None),
        similar=found.similar,
        webhook=webhook,
    )


def _look_again(done: str, wanted: Wanted) -> Generator[_Step, Any, Found]:
    """Yield the call that shows the webhooks after a change; its failure must not say that nothing was carried out."""
    try:
        return find((yield "view", {}), wanted)
    except Smtp2goError as error:
        raise _unclear(f"it was {done}, and could not be looked at afterwards; call ensure_webhook again") from error


def _still_there(found: Found, id: int) -> Webhook:
    for webhook, _ in found.same:
        if webhook.id == id:
            return webhook
    raise _unclear("the provider took the change of the webhook, and does not show the webhook any more")


def _check_events(webhook: Webhook, wanted: Wanted) -> None:
    """Compare the events, since the API was seen to leave out unknown names without a word."""
    missing = [
        f"{name!r} ({field})"
        for field in ("events", "sms_events")
        for name in getattr(wanted, field)
        if name not in getattr(webhook, field)
    ]
    if missing:
        raise _unclear(
            f"the webhook exists, and the provider has left out {', '.join(missing)}: such events will not be "
            "reported. Ask for the others alone if you can do without them"
        )


def _unclear(problem: str) -> ReplyError:
    return ReplyError(f"webhook: {problem}", carried_out=True)
