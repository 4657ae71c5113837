# Written by tools/make_sync.py from endpoints/smtp_users.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.smtp_users`."""

from typing import Unpack

from ..endpoints.smtp_users import SmtpUser, SmtpUserList, SmtpUserOptions, SmtpUserResults, SmtpUsers
from ..reply import ListReply
from ._group import SyncGroup


class SyncSmtpUsers(SyncGroup[SmtpUsers]):
    """Users of the SMTP servers (https://developers.smtp2go.com/reference/view-smtp-users)."""

    __slots__ = ()

    def add(self, username: str, **options: Unpack[SmtpUserOptions]) -> SmtpUserResults:
        """Add a user.

        ``POST /users/smtp/add`` (https://developers.smtp2go.com/reference/add-an-smtp-user). The answer holds the
        password, even if the API made it up.

        Args:
            username: 5 to 100 characters; it may be an e-mail address.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username is too short or too long, the password is empty, or the rate limit is out of range.
        """
        return self._run(self._async.add, username, **SmtpUserOptions(**options))

    def edit(self, username: str, **options: Unpack[SmtpUserOptions]) -> SmtpUserResults:
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
        return self._run(self._async.edit, username, **SmtpUserOptions(**options))

    def patch(self, username: str, **options: Unpack[SmtpUserOptions]) -> ListReply[SmtpUser]:
        """Change some options of a user and keep the others.

        ``PATCH /users/smtp/edit`` (https://developers.smtp2go.com/reference/patch-smtp-user)

        Args:
            username: An existing user.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username or the password is empty, or the rate limit is out of range.
        """
        return self._run(self._async.patch, username, **SmtpUserOptions(**options))

    def remove(self, username: str, *, subaccount_id: str | None = None) -> SmtpUserResults:
        """Remove a user. Programs that log in with it can't send any more.

        ``POST /users/smtp/remove`` (https://developers.smtp2go.com/reference/remove-an-smtp-user). The answer holds the
        removed user, with the password.

        Args:
            username: The user to remove.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.remove, username, subaccount_id=subaccount_id)

    def view(self, *, username: str | None = None, subaccount_id: str | None = None) -> SmtpUserList:
        """List the users of the account, with their passwords.

        ``POST /users/smtp/view`` (https://developers.smtp2go.com/reference/view-smtp-users)

        Args:
            username: List nothing but this user.
            subaccount_id: The subaccount to act for.
        """
        return self._run(self._async.view, username=username, subaccount_id=subaccount_id)
