# Written by tools/make_sync.py from endpoints/smtp_users.py: change that file, then run `nox -s sync`.
"""The synchronous side of `smtp2go_async.endpoints.smtp_users`."""

from typing import Unpack

from .._models.model import ListReply
from ..endpoints.smtp_users import SmtpUser, SmtpUserList, SmtpUserOptions, SmtpUserResults, SmtpUsers
from ._group import SyncGroup


class SyncSmtpUsers(SyncGroup[SmtpUsers]):
    """Users of the SMTP servers."""

    __slots__ = ()

    def add(self, username: str, **options: Unpack[SmtpUserOptions]) -> SmtpUserResults:
        """Add a user.

        ``POST /users/smtp/add``. The answer holds the password, also one that the API made up.

        Args:
            username: 5 to 100 characters; an e-mail address is possible.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username is too short or too long, the password is empty, or the rate limit is out of range.
        """
        return self._run(self._async.add, username, **SmtpUserOptions(**options))

    def edit(self, username: str, **options: Unpack[SmtpUserOptions]) -> SmtpUserResults:
        """Set the options of a user.

        ``POST /users/smtp/edit``. Options that are left out may go back to their defaults, and the password to one that
        the API makes up: that is not documented. `patch` leaves them as they are.

        Args:
            username: A user that is there already.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username or the password is empty, or the rate limit is out of range.
        """
        return self._run(self._async.edit, username, **SmtpUserOptions(**options))

    def patch(self, username: str, **options: Unpack[SmtpUserOptions]) -> ListReply[SmtpUser]:
        """Change some options of a user, and leave the others as they are.

        ``PATCH /users/smtp/edit``

        Args:
            username: A user that is there already.
            **options: See `SmtpUserOptions`.

        Raises:
            ValueError: The username or the password is empty, or the rate limit is out of range.
        """
        return self._run(self._async.patch, username, **SmtpUserOptions(**options))

    def remove(self, username: str, *, subaccount_id: str | None = None) -> SmtpUserResults:
        """Remove a user. What logs in with it can't send any more.

        ``POST /users/smtp/remove``. The answer holds what was removed, with the password.

        Args:
            username: The user.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.remove, username, subaccount_id=subaccount_id)

    def view(self, *, username: str | None = None, subaccount_id: str | None = None) -> SmtpUserList:
        """List the users of the account, with their passwords.

        ``POST /users/smtp/view``

        Args:
            username: Only this one.
            subaccount_id: Act for this subaccount.
        """
        return self._run(self._async.view, username=username, subaccount_id=subaccount_id)
