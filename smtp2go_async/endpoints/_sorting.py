"""What the searches of several groups share."""

from typing import Literal

SortDirection = Literal["asc", "desc"] | str
"""The documented directions; the API may add others."""
