"""How a `Receiver` knows that a request comes from the provider: by a secret, since SMTP2GO signs nothing."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, runtime_checkable
from urllib.parse import quote

import attrs

from .._masking import shown_half_made
from .._values.checks import check_line, check_word
from .._values.problems import invalid
from ._receive.head import Headers, Query, query_values, read_headers, read_query


@runtime_checkable
class WebhookAuth(Protocol):
    """Decides whether a request comes from the provider. `BearerAuth` is one; you can write your own."""

    def accepts(self, headers: Mapping[str, str], query: str, /) -> bool:
        """Return whether the request has the secret; only ``True`` lets it in.

        Args:
            headers: The headers by their names in lower case. A character stands for a byte (latin-1).
            query: What the URL has after its ``?``, as it came.
        """
        ...

    def for_setup(self, url: str | None = None) -> dict[str, str]:
        """Return the arguments with which `client.webhooks.add` makes the provider send the secret.

        Args:
            url: The URL of the receiver. If it is given, it is among the arguments, as the provider has to call it.
        """
        ...


@attrs.frozen(repr=False)
class _Secrets:
    """Secrets, the first of which is the newest; compared without telling by the time how much of a guess is right."""

    texts: tuple[str, ...]
    _digests: tuple[bytes, ...]

    @classmethod
    def of(cls, texts: tuple[str, ...]) -> "_Secrets":
        # A sender writes a secret that is not ASCII in the one or the other encoding.
        forms = [form for text in texts for form in _encodings(text)]
        return cls(texts, tuple(hashlib.sha256(form).digest() for form in forms))

    def __repr__(self) -> str:
        return f"<{len(self.texts)} secrets>"

    def match(self, *readings: bytes) -> bool:
        """Return whether one reading of what came is one of the secrets."""
        found = False
        # Digests have one length, so that the time does not tell the length of a secret either; and each is compared,
        # so that it does not tell which of them it was.
        for reading in readings:
            digest = hashlib.sha256(reading).digest()
            for own in self._digests:
                found |= hmac.compare_digest(digest, own)
        return found


def _encodings(text: str) -> list[bytes]:
    try:
        return [*{text.encode(): None, text.encode("latin-1"): None}]
    except UnicodeEncodeError:
        return [text.encode()]


@shown_half_made
class _SecretAuth:
    """What the four have in common: several secrets, and a repr without them."""

    challenge: ClassVar[str] = ""
    """What the answer 401 has as ``WWW-Authenticate``."""

    _secrets: _Secrets

    __slots__ = ()

    if TYPE_CHECKING:
        # attrs makes it.
        def __attrs_init__(self, *values: Any) -> None: ...

    def __repr__(self) -> str:
        count = len(self._secrets.texts)
        return f"<{type(self).__name__} with {count} secret{'s' if count > 1 else ''}>"


@attrs.frozen(init=False, repr=False)
class BearerAuth(_SecretAuth):
    """Accept requests with the header ``Authorization: Bearer <token>``.

    Args:
        *tokens: The secrets that are accepted. To change the secret without losing an event, put the new one first,
            set the webhook up anew, and then leave the old one out. `secrets.token_urlsafe` makes good ones.

    Raises:
        ValueError: No token, or a token that is empty, has blanks at its ends or control characters.
        TypeError: A token is not a text.

    Example:
        >>> auth = BearerAuth("a long random text")
        >>> auth
        <BearerAuth with 1 secret>
        >>> auth.for_setup()
        {'auth_header_type': 'bearer', 'auth_header_value': 'a long random text'}
    """

    challenge: ClassVar[str] = "Bearer"

    _secrets: _Secrets

    def __init__(self, *tokens: str) -> None:
        found = _header_values(tokens, "tokens")
        for number, token in enumerate(found):
            if token.lower().startswith("bearer "):
                raise invalid(f"tokens[{number}]", "must be the token alone, without the word Bearer before it")
        self.__attrs_init__(_Secrets.of(found))

    def accepts(self, headers: Headers, _query: Query = None, /) -> bool:
        """Return whether the headers have one of the tokens; a mapping or pairs, of text or bytes, in any case."""
        given = _authorization(headers, "bearer")
        return given is not None and self._secrets.match(given)

    def for_setup(self, url: str | None = None) -> dict[str, str]:
        """Return the arguments for `client.webhooks.add`, which make the provider send the first token."""
        return _setup(url, auth_header_type="bearer", auth_header_value=self._secrets.texts[0])


@attrs.frozen(init=False, repr=False)
class BasicAuth(_SecretAuth):
    """Accept requests with the header ``Authorization: Basic ...`` of a user and a password.

    The provider sends it also if the webhook's URL has a user and a password.

    Args:
        username: The user.
        *passwords: The secrets that are accepted; the first is set up, as with `BearerAuth`.

    Raises:
        ValueError: No password, or the user or a password is empty or has control characters, or the user has a colon.
        TypeError: One of them is not a text.
    """

    challenge: ClassVar[str] = 'Basic realm="webhooks", charset="UTF-8"'

    _secrets: _Secrets

    def __init__(self, username: str, *passwords: str) -> None:
        user = check_word(username, "username")
        if ":" in user:
            raise invalid("username", "must not have a colon, which ends it in the header")
        found = _checked(passwords, "passwords")
        self.__attrs_init__(_Secrets.of(tuple(f"{user}:{password}" for password in found)))

    def accepts(self, headers: Headers, _query: Query = None, /) -> bool:
        """Return whether the headers have the user with one of the passwords."""
        given = _authorization(headers, "basic")
        if given is None:
            return False
        # Some senders leave the padding out.
        given = given.rstrip(b"=")
        try:
            decoded = base64.b64decode(given + b"=" * (-len(given) % 4), validate=True)
        except ValueError:
            return False
        return self._secrets.match(decoded)

    def for_setup(self, url: str | None = None) -> dict[str, str]:
        """Return the arguments for `client.webhooks.add`, which make the provider send the first password."""
        value = base64.b64encode(self._secrets.texts[0].encode()).decode("ascii")
        return _setup(url, auth_header_type="basic", auth_header_value=value)


@attrs.frozen(init=False, repr=False)
class HeaderAuth(_SecretAuth):
    """Accept requests with a secret in a header of your own, which a proxy in front of the receiver adds.

    SMTP2GO itself sends no header but ``Authorization``: see `BearerAuth`.

    Args:
        name: The name of the header, such as ``X-Webhook-Secret``, in any letter case.
        *values: The secrets that are accepted.

    Raises:
        ValueError: It is no name of a header, or a value is missing, empty, has blanks at its ends or control
            characters.
        TypeError: One of them is not a text.
    """

    name: str
    _secrets: _Secrets

    def __init__(self, name: str, *values: str) -> None:
        if not _HEADER_NAME.fullmatch(check_word(name, "name")):
            raise invalid("name", "must be the name of a header: ASCII letters, digits and hyphens")
        self.__attrs_init__(name.lower(), _Secrets.of(_header_values(values, "values")))

    def accepts(self, headers: Headers, _query: Query = None, /) -> bool:
        """Return whether the header has one of the secrets."""
        given = read_headers(headers).get(self.name)
        return given is not None and self._secrets.match(given.strip(" \t").encode("latin-1"))

    def for_setup(self, url: str | None = None) -> dict[str, str]:  # noqa: ARG002 - as the other three
        """Refuse, since the provider can't be asked to send such a header.

        Raises:
            ValueError: Always.
        """
        raise invalid(
            "auth",
            f"must be BearerAuth, BasicAuth or QueryToken to set a webhook up: SMTP2GO sends no header {self.name}; "
            "use HeaderAuth behind a proxy that adds the header",
        )


@attrs.frozen(init=False, repr=False)
class QueryToken(_SecretAuth):
    """Accept requests with a secret in the query of the URL: ``https://example.com/events?token=...``.

    URLs are written to the logs of servers and proxies, so prefer `BearerAuth`.

    Args:
        *tokens: The secrets that are accepted; the first is set up, as with `BearerAuth`.
        name: The name of the parameter.

    Raises:
        ValueError: No token, or a token or the name is empty or has control characters.
        TypeError: One of them is not a text.
    """

    name: str
    _secrets: _Secrets

    def __init__(self, *tokens: str, name: str = "token") -> None:
        self.__attrs_init__(check_word(name, "name"), _Secrets.of(_checked(tokens, "tokens")))

    def accepts(self, _headers: Headers, query: Query = None, /) -> bool:
        """Return whether the query has one of the tokens, once; it may be text, bytes or a mapping."""
        found = [*query_values(read_query(query), self.name)]
        return len(found) == 1 and self._secrets.match(*found[0])

    def for_setup(self, url: str | None = None) -> dict[str, str]:
        """Return the URL with the first token in its query.

        Raises:
            ValueError: No URL was given, or its query has a parameter of that name already.
        """
        if url is None:
            raise invalid("url", "must be given, since the token becomes a part of it")
        address, hash_sign, fragment = check_word(url, "url").partition("#")
        path, _, query = address.partition("?")
        # Not `read_query`, since this text is the caller's own and not one that a server made of bytes.
        if any(query_values(quote(query, safe="%&=+"), self.name)):
            raise invalid("url", f"must not have a parameter {self.name!r} yet")
        query = f"{query.rstrip('&')}&" if query.strip("&") else ""
        token = f"{quote(self.name, safe='')}={quote(self._secrets.texts[0], safe='')}"
        return {"url": f"{path}?{query}{token}{hash_sign}{fragment}"}


_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
"""Not all that HTTP allows: servers drop or rename headers with an underscore."""

_CREDENTIALS: Final = re.compile(r"([^ \t]+)[ \t]+(.+)", re.DOTALL)


def _authorization(headers: Headers, scheme: str) -> bytes | None:
    """Return what the header ``Authorization`` has after its scheme, or ``None`` if it has another scheme."""
    found = _CREDENTIALS.fullmatch(read_headers(headers).get("authorization", "").strip(" \t"))
    if found is None or found[1].lower() != scheme:
        return None
    return found[2].encode("latin-1")


def _checked(secrets: tuple[str, ...], argument: str) -> tuple[str, ...]:
    if not secrets:
        raise invalid(argument, "must be 1 secret or more")
    # A short secret is accepted, and without a warning: tests use short ones with good reason, and the length of a
    # text does not tell whether it is hard to guess.
    return tuple(_secret(secret, f"{argument}[{number}]") for number, secret in enumerate(secrets))


def _secret(secret: object, argument: str) -> str:
    text = check_line(secret, argument)
    if not text.strip():
        raise invalid(argument, "must not be empty")
    return text


def _header_values(secrets: tuple[str, ...], argument: str) -> tuple[str, ...]:
    found = _checked(secrets, argument)
    for number, text in enumerate(found):
        if text != text.strip(" "):
            raise invalid(f"{argument}[{number}]", "must not begin or end with a blank, which a header would lose")
    return found


def _setup(url: str | None, **arguments: str) -> dict[str, str]:
    return arguments if url is None else {"url": url, **arguments}
