"""An API key of the account, as a call with it needs to know it. No I/O and no state."""

from attrs import field, frozen

from .rules import masked_key

EVERY_ENDPOINT = "*"


@frozen(kw_only=True)
class AccountKey:
    """A key, and what it may do. Its repr shows the key masked."""

    secret: str = field(repr=masked_key)
    endpoints: tuple[str, ...] = (EVERY_ENDPOINT,)
    """Paths of calls, and patterns such as ``/email/*``."""
    status: str = "allowed"
    """``allowed``, ``blocked`` or ``sandbox``."""
    subaccount: str = ""
    """Id of the subaccount that the key belongs to; empty for the master account."""

    @property
    def username(self) -> str:
        """Return the short form of the key, under which the provider's reports list it."""
        return self.secret[:16]
