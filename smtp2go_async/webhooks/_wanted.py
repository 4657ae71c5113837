"""The webhook that is wanted, and how it differs from the webhooks that exist. No I/O in here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

import attrs

from .._values.checks import check_text, check_word, check_words
from .._values.problems import invalid, not_one_of, wrong_type
from ..endpoints.webhooks import Webhook
from ..errors import ReplyError
from .auth import WebhookAuth
from .events import EVENT_CLASSES

EVENT_NAMES: Final = tuple(name for name in EVENT_CLASSES if not name.startswith("sms_"))
SMS_EVENT_NAMES: Final = tuple(name[4:] for name in EVENT_CLASSES if name.startswith("sms_"))
"""Without the ``sms_`` that they have in the reports."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_ALWAYS_ECHOED: Final = frozenset({"subject", "message-id"})
"""Headers that are always reported, so that it does not matter whether a webhook lists them."""

_KEY_LENGTH: Final = 16
"""Characters of an API key that the provider shows; it masks the rest."""


# --- what is wanted --------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True, repr=False)
class Wanted:
    """The webhook that is to exist, with the arguments of ``client.webhooks.add``."""

    url: str
    own_parameters: frozenset[str]
    """The parameters of the query that hold a token of the authentication."""
    events: tuple[str, ...]
    sms_events: tuple[str, ...]
    headers: tuple[str, ...]
    usernames: tuple[str, ...]
    auth_header_type: str = ""
    auth_header_value: str = ""

    def arguments(self) -> dict[str, Any]:
        # All of them in each call: it is not documented whether an edit keeps what is left out.
        return {
            "url": self.url,
            "events": self.events,
            "sms_events": self.sms_events,
            "headers": self.headers,
            "usernames": self.usernames,
            "output_format": "json",
            "auth_header_type": self.auth_header_type,
            "auth_header_value": self.auth_header_value,
        }


def wanted_webhook(
    *,
    url: str,
    events: Iterable[str],
    sms_events: Iterable[str],
    auth: WebhookAuth | None,
    headers: Iterable[str],
    usernames: Iterable[str],
) -> Wanted:
    """Check the arguments, and return the webhook that they describe."""
    check_word(url, "url")
    _split(url, "url")
    found = _names(events, "events", EVENT_NAMES)
    found_sms = _names(sms_events, "sms_events", SMS_EVENT_NAMES)
    if not found and not found_sms:
        raise invalid("events", "must not be empty; give 1 or more events, or sms_events")
    fields: Mapping[str, str] = {}
    if auth is not None:
        if not callable(getattr(auth, "for_setup", None)):
            raise wrong_type("auth", "BearerAuth, BasicAuth, QueryToken or None", auth)
        fields = auth.for_setup(url)
    called = check_text(fields.get("url", url), "url")
    return Wanted(
        url=called,
        own_parameters=frozenset(_parameters(called) - _parameters(url)),
        events=found,
        sms_events=found_sms,
        headers=_unique(check_words(_listed(headers), "headers"), str.lower),
        usernames=_unique(check_words(_listed(usernames), "usernames"), _shown_user),
        auth_header_type=fields.get("auth_header_type", ""),
        auth_header_value=fields.get("auth_header_value", ""),
    )


def _listed(words: Iterable[str]) -> Any:
    # A set has no order, and is not a sequence; its words in one order give the same request each time.
    return sorted(words) if isinstance(words, (set, frozenset)) else words


def _names(words: Iterable[str], argument: str, known: Sequence[str]) -> tuple[str, ...]:
    given = check_words(_listed(words), argument)
    for number, word in enumerate(given):
        if argument == "events" and word.removeprefix("sms_") in SMS_EVENT_NAMES and word not in known:
            raise invalid(f"events[{number}]", "must be an event of e-mails; texts are asked for with sms_events")
        if word not in known:
            raise not_one_of(f"{argument}[{number}]", known, word)
    return tuple(word for word in known if word in given)


def _unique(words: Iterable[str], key: Callable[[str], str]) -> tuple[str, ...]:
    return tuple({key(word): word for word in reversed(list(words))}.values())[::-1]


# --- which webhook it is, and how it differs -------------------------------------------------------------------------


def _split(url: str, argument: str) -> SplitResult:
    # The URL is in no message: it can hold a password.
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() in _DEFAULT_PORTS and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass
    raise invalid(argument, "must be a URL that starts with http:// or https:// and a host")


def _place(url: str) -> tuple[str, int | None, str] | None:
    """Return what says which receiver a URL leads to; ``None`` if it is no URL."""
    try:
        parts = _split(url, "url")
    except ValueError:
        return None
    port = None if parts.port == _DEFAULT_PORTS[parts.scheme.lower()] else parts.port
    return (parts.hostname or "").rstrip("."), port, parts.path.rstrip("/")


def _query(url: str, without: frozenset[str]) -> list[tuple[str, str]]:
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return sorted(pair for pair in pairs if pair[0] not in without)


def _parameters(url: str) -> set[str]:
    return {name for name, _ in _query(url, frozenset())}


def _shown_user(username: str) -> str:
    """Return how a user is compared: the provider shows an API key in full, in short, or masked."""
    return username[:_KEY_LENGTH] if username.startswith("api-") else username


def _comparable(field: str, value: Any) -> Any:
    """Return a form of a field's value that is the same for all that mean the same."""
    if field in ("events", "sms_events"):
        return frozenset(value)
    if field == "headers":
        return frozenset(name.lower() for name in value) - _ALWAYS_ECHOED
    if field == "usernames":
        return frozenset(map(_shown_user, value))
    if field == "url":
        parts = urlsplit(value)
        user = parts.netloc.rpartition("@")[0]
        has_slash = len(parts.path) > 1 and parts.path.endswith("/")
        return parts.scheme.lower(), user, _place(value), has_slash, parts.query
    return value.lower() if field in ("output_format", "auth_header_type") else value


def _is_unseen(field: str, webhook: Webhook, shown: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether the provider does not show what a field is, of a webhook that is to have a secret."""
    if not field.startswith("auth_header_") or not wanted.auth_header_type:
        return False
    if field == "auth_header_type":
        return field not in shown
    value = webhook.auth_header_value
    # Masked, or left out.
    return "***" in value or (not value and (field not in shown or bool(webhook.auth_header_type)))


def differences(webhook: Webhook, shown: Mapping[str, Any], wanted: Wanted) -> tuple[list[str], list[str]]:
    """Return the fields that differ, and the fields of which it can't be told."""
    changed: list[str] = []
    unseen: list[str] = []
    for field, value in wanted.arguments().items():
        if _comparable(field, getattr(webhook, field)) == _comparable(field, value):
            continue
        (unseen if _is_unseen(field, webhook, shown, wanted) else changed).append(field)
    if webhook.disabled:
        changed.append("disabled")
    return changed, unseen


def settings_of(webhook: Webhook, wanted: Wanted) -> list[Any]:
    """Return all that makes a webhook another webhook than its copy."""
    fields = [_comparable(field, getattr(webhook, field)) for field in wanted.arguments()]
    return [*fields, webhook.disabled, webhook.custom_headers]


@attrs.frozen(repr=False)
class Found:
    """The webhooks that report to the URL, each with the object that it was read from."""

    same: Sequence[tuple[Webhook, Mapping[str, Any]]]
    similar: tuple[int, ...]


def find(reply: Any, wanted: Wanted) -> Found:
    place, query = _place(wanted.url), _query(wanted.url, wanted.own_parameters)
    raw = reply.raw.get("data") if isinstance(reply.raw, Mapping) else None
    objects = raw if isinstance(raw, list) and len(raw) == len(reply) else [raw] * len(reply)
    same: list[tuple[Webhook, Mapping[str, Any]]] = []
    similar: list[int] = []
    for number, webhook in enumerate(reply):
        if _place(webhook.url) != place:
            continue
        if webhook.id is None:
            raise ReplyError("webhook: the provider shows a webhook for the URL without an id, so it can't be changed")
        if _query(webhook.url, wanted.own_parameters) != query:
            similar.append(webhook.id)
            continue
        shown = objects[number]
        same.append((webhook, shown if isinstance(shown, Mapping) else {}))
    same.sort(key=lambda pair: pair[0].id or 0)
    return Found(same, tuple(similar))
