"""The options that API keys, SMTP users and authenticated IP addresses share, for limits, tracking and archiving."""

import datetime as dt
from typing import Annotated, Any, Literal

import attrs

from .._model_class import MaskedAddress, SentAsText, model, named
from .._values.checks import check_count
from .._values.options import Options
from ..period import CalendarPeriod, format_period

SendingStatus = Literal["allowed", "blocked", "sandbox"] | str
"""The documented values; the API may add others. ``sandbox`` accepts e-mails, delivers none, and counts them."""

DefaultLimit = Annotated[int, SentAsText()]
"""E-mails in a period: a number here and in some answers, although the API documents it as text."""


class SendingOptions(Options, total=False):
    """Options of an API key, SMTP user or authenticated IP address; each can be left out."""

    description: str | None
    """A comment."""
    custom_ratelimit: bool | None
    """True to limit sending to ``custom_ratelimit_value`` e-mails in each ``custom_ratelimit_period``."""
    custom_ratelimit_value: int | None
    """E-mails in a period, 0 or more; the API keeps it only with ``custom_ratelimit=True``."""
    custom_ratelimit_period: str | dt.timedelta | CalendarPeriod | None
    """The period, for example ``timedelta(minutes=30)`` or the API's own ``"2 days"``."""
    ip_pool: int | None
    """The id of the pool of dedicated IP addresses to send from; `dedicated_ips.view` lists the pools."""
    feedback_enabled: bool | None
    """True to add an unsubscribe footer, made of ``feedback_html`` and ``feedback_text``."""
    feedback_html: str | None
    """The footer of HTML bodies."""
    feedback_text: str | None
    """The footer of plain text bodies."""
    open_tracking_enabled: bool | None
    """True to record when e-mails are opened."""
    click_tracking_enabled: bool | None
    """True to record clicks on links in e-mails."""
    archive_enabled: bool | None
    """True to keep a copy of every e-mail; on paid plans."""
    audit_email: str | None
    """An address that gets a blind copy of every e-mail."""
    bounce_notifications: str | None
    """The receiver of bounce notifications: ``from`` (the sender), ``drop`` (none), or an address."""
    status: SendingStatus | None
    """``allowed``, ``blocked``, or ``sandbox``, which accepts e-mails and delivers none; they count to the quota."""
    subaccount_id: str | None
    """The subaccount to act for."""


def sending_fields(options: SendingOptions) -> dict[str, Any]:
    """Return options as the API takes them."""
    fields: dict[str, Any] = {**options}
    if fields.get("custom_ratelimit_period") is not None:
        fields["custom_ratelimit_period"] = format_period(fields["custom_ratelimit_period"], "custom_ratelimit_period")
    if (custom_ratelimit_value := fields.get("custom_ratelimit_value")) is not None:
        check_count(custom_ratelimit_value, "custom_ratelimit_value", least=0)
    return fields


@model
class Sending:
    """The limits, tracking and archiving of a sender: the fields that all three kinds have."""

    description: str = ""
    custom_ratelimit: bool = attrs.field(default=False, metadata=named("custom_ratelimit", "custom_rate_limit"))
    """Whether the next two fields are in force. The API spells this field in two ways."""
    custom_ratelimit_value: int | None = None
    custom_ratelimit_period: CalendarPeriod | None = None
    default_ratelimit_value: DefaultLimit | None = None
    """The limit that is in force otherwise."""
    default_ratelimit_period: CalendarPeriod | None = None
    ip_pool: int | None = attrs.field(default=None, metadata=named("ippool", "ip_pool"))
    """The pool of dedicated addresses; ``ippool`` in the API's answers."""
    feedback_enabled: bool | None = None
    feedback_domain: str | None = None
    """Removed from the API in April 2025, but still in answers."""
    feedback_html: str | None = None
    feedback_text: str | None = None
    open_tracking_enabled: bool | None = None
    click_tracking_enabled: bool | None = None
    archive_enabled: bool | None = None
    audit_email: MaskedAddress | None = None
    bounce_notifications: MaskedAddress | None = None
    """``from``, ``drop``, or an address."""
    status: SendingStatus | None = None
