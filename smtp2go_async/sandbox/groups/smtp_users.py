"""The SMTP users of a sandbox account. No sockets; the sandbox has no SMTP server for them."""

import math
import secrets
import string
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from ..call import Call, Operations, refused
from ..rules import Fields
from ..sender_settings import SenderSettings, read_settings, with_changes

MIN_USERNAME, MAX_USERNAME = 5, 100  # characters
MIN_ENTROPY = 64  # bits of a password

_ALPHABET = string.ascii_letters + string.digits + "!#$%*+-_"


@frozen(kw_only=True)
class SmtpSender:
    """An SMTP user. Its repr does not show the password."""

    username: str
    password: str = field(repr=False)
    settings: SenderSettings


class SmtpUserCalls:
    """The SMTP users of an account and of its subaccounts.

    Args:
        pools: The pools of dedicated IP addresses by their ids.
    """

    def __init__(self, pools: Mapping[int, object]) -> None:
        self._pools = pools
        self.clear()

    def operations(self) -> Operations:
        """Return what answers the calls of this group."""
        return {
            "/users/smtp/add": self._add,
            "/users/smtp/edit": self._edit,
            "PATCH /users/smtp/edit": self._patch,
            "/users/smtp/remove": self._remove,
            "/users/smtp/view": self._view,
        }

    def clear(self) -> None:
        """Forget all SMTP users."""
        self._users: defaultdict[str, dict[str, SmtpSender]] = defaultdict(dict)

    def _add(self, call: Call) -> dict[str, Any]:
        username = call.fields.required("username", call.fields.line("username"))
        if not MIN_USERNAME <= len(username) <= MAX_USERNAME:
            call.fields.fail("username", f"must have {MIN_USERNAME} to {MAX_USERNAME} characters")
        password = _password(call.fields)
        settings = with_changes(SenderSettings(), read_settings(call.fields, self._pools))
        # All accounts of the provider share the names; subaccounts here do so, too.
        if any(username.lower() in users for users in self._users.values()):
            raise refused("An SMTP user with the passed 'username' exists already")
        user = SmtpSender(username=username, password=password or _new_password(), settings=settings)
        return self._kept(call, user)

    def _edit(self, call: Call) -> dict[str, Any]:
        """Replace the settings. Those that are left out have their defaults again, as for API keys; the password stays.

        The provider has published this of API keys only.
        """
        user = self._named(call)
        password = _password(call.fields) or user.password
        settings = with_changes(SenderSettings(), read_settings(call.fields, self._pools))
        return self._kept(call, evolve(user, password=password, settings=settings))

    def _patch(self, call: Call) -> list[dict[str, Any]]:
        user = self._named(call)
        password = _password(call.fields) or user.password
        settings = with_changes(user.settings, read_settings(call.fields, self._pools))
        self._kept(call, evolve(user, password=password, settings=settings))
        return [{"username": user.username, **settings.shown()}]

    def _remove(self, call: Call) -> dict[str, Any]:
        user = self._named(call)
        del self._users[call.subaccount][user.username.lower()]
        return {"results": [_shown(user)]}

    def _view(self, call: Call) -> dict[str, Any]:
        wanted = (call.fields.text("username") or "").lower()
        users = self._users[call.subaccount].values()
        return {
            "results": [_shown(user) for user in users if wanted in ("", user.username.lower())],
            "default_ratelimit_value": 0,
            "default_ratelimit_period": "unlimited",
        }

    def _kept(self, call: Call, user: SmtpSender) -> dict[str, Any]:
        self._users[call.subaccount][user.username.lower()] = user
        return {"results": [_shown(user)]}

    def _named(self, call: Call) -> SmtpSender:
        wanted = call.fields.required("username", call.fields.text("username"))
        user = self._users[call.subaccount].get(wanted.lower())
        if user is None:
            raise refused("No SMTP user was found with the passed 'username'")
        return user


def _password(fields: Fields) -> str | None:
    """Return the password of a request, `None` when it is left out or blank: the account makes one up."""
    password = fields.line("email_password")
    if password and _entropy(password) < MIN_ENTROPY:
        fields.fail("email_password", f"must have an entropy of at least {MIN_ENTROPY} bits")
    return password or None


def _entropy(password: str) -> float:
    """Return the bits of a password whose characters were drawn at random from the kinds of characters that it has."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation + " ")
    choices = sum(len(kind) for kind in kinds if any(character in kind for character in password))
    return len(password) * math.log2(choices) if choices else 0.0


def _new_password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def _shown(user: SmtpSender) -> dict[str, Any]:
    return {"username": user.username, "email_password": user.password, **user.settings.shown_in_results()}
