"""An API key of the account, and what it may do. No I/O and no state."""

from fnmatch import fnmatchcase

from attrs import Factory, field, frozen

from .rules import masked_key
from .sender_settings import SenderSettings

EVERY_ENDPOINT = "*"


@frozen(kw_only=True)
class AccountKey:
    """A key. Its repr shows the key masked."""

    secret: str = field(repr=masked_key)
    endpoints: tuple[str, ...] = (EVERY_ENDPOINT,)
    """Paths of calls, and patterns such as ``/email/*``."""
    subaccount: str = ""
    """Id of the subaccount that the key belongs to; empty for the master account."""
    settings: SenderSettings = field(factory=SenderSettings)

    username: str = field(init=False, default=Factory(lambda key: key.secret[:16], takes_self=True))
    """The short form of the key, under which the provider's reports list it."""

    def may_call(self, path: str) -> bool:
        """Return whether the endpoints of the key include a path or all of a pattern."""
        if EVERY_ENDPOINT in self.endpoints or path in self.endpoints:
            return True
        return any("*" in endpoint and fnmatchcase(path, endpoint) for endpoint in self.endpoints)
