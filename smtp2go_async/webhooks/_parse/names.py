"""The names of events: the documented words, and every other spelling that the same event can come under."""

from typing import Final, Literal, NamedTuple

from ..events import EVENT_CLASSES, Event

MAX_NAME_LENGTH: Final = 40
"""Characters of a name that is looked up; the longest known name has 14."""


class NamedKind(NamedTuple):
    """What the name of an event says."""

    name: str
    """The documented word."""
    event_class: type[Event]
    bounce: Literal["hard", "soft"] | None = None
    """What kind of bounce the name says it is; activity has no other place for it."""


# Beside the documented words: words of activity and of other libraries, and the words that set a webhook up, which have
# no "sms_" before them. "delivered" and "rejected" are words of both; the fields of a text decide.
_OTHERS: Final = {
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "spam": "spamcomplaint",
    "unsubscribe": "unsubscribed",
    "resubscribe": "resubscribed",
    "reject": "rejected",
    "sms_sending": "sending",
    "sms_submitted": "submitted",
    "sms_failed": "failed",
    "sms_opt-out": "optout smsoptedout optedout",
}
_BOUNCES: Final[dict[Literal["hard", "soft"], str]] = {
    "hard": "hardbounced hardbounce",
    "soft": "softbounced softbounce",
}
_SEPARATORS: Final = str.maketrans("", "", "-_ ")


def _plain(name: str) -> str:
    return name.translate(_SEPARATORS)


def _kinds() -> dict[str, NamedKind]:
    known = {name: NamedKind(name, event_class) for name, event_class in EVENT_CLASSES.items()}
    found = {_plain(name): kind for name, kind in known.items()}
    found |= {other: known[name] for name, others in _OTHERS.items() for other in others.split()}
    for bounce, others in _BOUNCES.items():
        found |= {other: known["bounce"]._replace(bounce=bounce) for other in others.split()}
    # The documented words as they are, since they are looked up first.
    return found | known


_KINDS: Final = _kinds()
_OF_TEXTS: Final = {
    name: _KINDS[f"sms{name}"] for name in ("sending", "submitted", "delivered", "failed", "rejected", "optout")
}


def kind_of(name: str, *, is_of_a_text: bool = False) -> NamedKind | None:
    """Return what a name says, or ``None`` if it is not known. Case and separators in it do not matter.

    Args:
        name: The name as it came, without blanks around it.
        is_of_a_text: Whether the event has a telephone number: ``delivered`` is then an event of a text.
    """
    if is_of_a_text and len(name) <= MAX_NAME_LENGTH and (kind := _OF_TEXTS.get(_plain(name.lower()))) is not None:
        return kind
    kind = _KINDS.get(name)
    if kind is None and len(name) <= MAX_NAME_LENGTH:
        kind = _KINDS.get(_plain(name.lower()))
    return kind
