"""Manage the users of the SMTP servers."""

from typing import Any, Unpack

from .._model_class import Secret, model
from .._operation import Operation
from .._values.checks import check_word
from ..period import CalendarPeriod
from ..reply import ListReply, Reply
from ..retry import CallEffect
from ._group import EndpointGroup
from ._sending import DefaultLimit, Sending, SendingOptions, sending_fields

MIN_USERNAME_LENGTH, MAX_USERNAME_LENGTH = 5, 100
"""Characters of a new username (the reference of ``/users/smtp/add``)."""


class SmtpUserOptions(SendingOptions, total=False):
    """Options of an SMTP user; each can be left out."""

    email_password: str | None
    """The password: at least 64 bits of entropy, say 12 characters of several kinds. The API makes up a missing one."""


@model
class SmtpUser(Sending):
    """A user of the SMTP servers."""

    username: str = ""
    email_password: Secret | None = None
    """The password in clear, in every answer except that of `patch`. Not shown in reprs."""
    sending_allowed: bool | None = None
    comments: str = ""
    """Documented beside ``description``, but not seen in answers."""


@model
class SmtpUserResults(Reply):
    """The SMTP users that a call concerned."""

    results: tuple[SmtpUser, ...] = ()


@model
class SmtpUserList(SmtpUserResults):
    """SMTP users, and the limit of users that have none of their own."""

    default_ratelimit_value: DefaultLimit | None = None
    default_ratelimit_period: CalendarPeriod | None = None


ADD = Operation("/users/smtp/add", SmtpUserResults, effect=CallEffect.CONVERGES, takes_subaccount=True)
EDIT = Operation("/users/smtp/edit", SmtpUserResults, effect=CallEffect.CONVERGES, takes_subaccount=True)
PATCH = Operation(
    "/users/smtp/edit", ListReply[SmtpUser], effect=CallEffect.CONVERGES, method="PATCH", takes_subaccount=True
)
REMOVE = Operation("/users/smtp/remove", SmtpUserResults, effect=CallEffect.CONVERGES, takes_subaccount=True)
VIEW = Operation("/users/smtp/view", SmtpUserList, effect=CallEffect.READ, takes_subaccount=True)


class SmtpUsers(EndpointGroup):
    """Users of the SMTP servers (https://developers.smtp2go.com/reference/view-smtp-users)."""

    async def add(self, username: str, **options: Unpack[SmtpUserOptions]) -> SmtpUserResults:
        """Add a user.

        ``POST /users/smtp/add`` (https://developers.smtp2go.com/reference/add-an-smtp-user). The answer holds the
        password, even if the API made it up.

        Args:
            username: 5 to 100 characters; it may be an e-mail address.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username is too short or too long, the password is empty, or the rate limit is out of range.
        """
        check_word(username, "username", least=MIN_USERNAME_LENGTH, most=MAX_USERNAME_LENGTH)
        return await self._call(ADD, {"username": username, **_fields(SmtpUserOptions(**options))})

    async def edit(self, username: str, **options: Unpack[SmtpUserOptions]) -> SmtpUserResults:
        """Set the options of a user.

        ``POST /users/smtp/edit`` (https://developers.smtp2go.com/reference/edit-an-smtp-user). It is not documented
        whether options that are left out return to their defaults, and the password to a new random password. `patch`
        keeps them.

        Args:
            username: An existing user.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username or the password is empty, or the rate limit is out of range.
        """
        return await self._call(EDIT, {"username": username, **_fields(SmtpUserOptions(**options))})

    async def patch(self, username: str, **options: Unpack[SmtpUserOptions]) -> ListReply[SmtpUser]:
        """Change some options of a user and keep the others.

        ``PATCH /users/smtp/edit`` (https://developers.smtp2go.com/reference/patch-smtp-user)

        Args:
            username: An existing user.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username or the password is empty, or the rate limit is out of range.
        """
        return await self._call(PATCH, {"username": username, **_fields(SmtpUserOptions(**options))})

    async def remove(self, username: str, *, subaccount_id: str | None = None) -> SmtpUserResults:
        """Remove a user. Programs that log in with it can't send any more.

        ``POST /users/smtp/remove`` (https://developers.smtp2go.com/reference/remove-an-smtp-user). The answer holds the
        removed user, with the password.

        Args:
            username: The user to remove.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(REMOVE, {"username": username, "subaccount_id": subaccount_id})

    async def view(self, *, username: str | None = None, subaccount_id: str | None = None) -> SmtpUserList:
        """List the users of the account, with their passwords.

        ``POST /users/smtp/view`` (https://developers.smtp2go.com/reference/view-smtp-users)

        Args:
            username: List nothing but this user.
            subaccount_id: The subaccount to act for.
        """
        return await self._call(VIEW, {"username": username, "subaccount_id": subaccount_id})


def _fields(options: SmtpUserOptions) -> dict[str, Any]:
    if (email_password := options.get("email_password")) is not None:
        check_word(email_password, "email_password")
    return sending_fields(options)
