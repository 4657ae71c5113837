"""What API keys, SMTP users and authenticated IP addresses share: how what they send is limited, tracked and kept."""

import datetime as dt
from typing import Annotated, Any, Literal

import attrs

from .._models.model import MaskedAddress, SentAsText, model, named
from .._models.period import CalendarPeriod, format_period
from .._values.checks import check_count
from .._values.options import Options

SendingStatus = Literal["allowed", "blocked", "sandbox"] | str
"""The documented ones; others may come. ``sandbox`` takes messages and delivers none; they count to the quota."""

DefaultLimit = Annotated[int, SentAsText()]
"""E-mails in a period: a number here and in some answers, documented as text."""


class SendingOptions(Options, total=False):
    """Options of an API key, SMTP user or authenticated IP address; each can be left out."""

    description: str | None
    """A comment."""
    custom_ratelimit: bool | None
    """Limit what it sends to the next two."""
    custom_ratelimit_value: int | None
    """E-mails in a period; kept only with ``custom_ratelimit=True``."""
    custom_ratelimit_period: str | dt.timedelta | CalendarPeriod | None
    """The period, for example ``timedelta(minutes=30)`` or the API's ``"2 days"``."""
    ip_pool: int | None
    """Send from the dedicated addresses of this pool; `dedicated_ips.view` lists them."""
    feedback_enabled: bool | None
    """Add an unsubscribe footer, made of the next two."""
    feedback_html: str | None
    feedback_text: str | None
    open_tracking_enabled: bool | None
    click_tracking_enabled: bool | None
    archive_enabled: bool | None
    """Keep a copy of what is sent; on paid plans."""
    audit_email: str | None
    """An address that gets a blind copy of every e-mail."""
    bounce_notifications: str | None
    """``from`` (back to the sender), ``drop``, or an address to send them to."""
    status: SendingStatus | None
    subaccount_id: str | None
    """Act for this subaccount."""


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
    """How what somebody sends is limited, tracked and kept: the fields that all three kinds have."""

    description: str = ""
    custom_ratelimit: bool = attrs.field(default=False, metadata=named("custom_ratelimit", "custom_rate_limit"))
    """Whether the next two are in force. The API spells it in two ways."""
    custom_ratelimit_value: int | None = None
    custom_ratelimit_period: CalendarPeriod | None = None
    default_ratelimit_value: DefaultLimit | None = None
    """What is in force otherwise."""
    default_ratelimit_period: CalendarPeriod | None = None
    ip_pool: int | None = attrs.field(default=None, metadata=named("ippool", "ip_pool"))
    """The pool of dedicated addresses; ``ippool`` in the API's answers."""
    feedback_enabled: bool | None = None
    feedback_domain: str | None = None
    """Was taken out of the API in April 2025, and still comes."""
    feedback_html: str | None = None
    feedback_text: str | None = None
    open_tracking_enabled: bool | None = None
    click_tracking_enabled: bool | None = None
    archive_enabled: bool | None = None
    audit_email: MaskedAddress | None = None
    bounce_notifications: MaskedAddress | None = None
    """``from``, ``drop``, or an address."""
    status: SendingStatus | None = None
