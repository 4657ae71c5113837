"""The value of an option that was left out, for options where ``None`` means something."""

from typing import Final


class Unset:
    """The type of `UNSET`, for annotations."""

    def __repr__(self) -> str:
        # Signatures in help() and in the documentation show the default like this.
        return "..."


UNSET: Final = Unset()
