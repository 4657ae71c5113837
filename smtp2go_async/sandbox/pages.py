"""Pages of a list, with the token that continues them. No I/O and no state: the token says where the next page starts.

The list must keep its order from page to page.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar

from .call import refused
from .rules import Fields

_Item = TypeVar("_Item")
_NOT_ASKED = ("continue_token", "api_key")


def page_of(found: Sequence[_Item], fields: Fields, size: int) -> tuple[Sequence[_Item], str]:
    """Return the page that a request asks for, and the token of the next one: empty when this is the last.

    Raises:
        RequestError: The token was never given out, or belongs to another search.
    """
    search = hashlib.sha256(json.dumps(fields.without(*_NOT_ASKED), sort_keys=True).encode()).hexdigest()[:16]
    token = fields.text("continue_token")
    start = _start(token, search) if token else 0
    end = start + size
    following = base64.urlsafe_b64encode(f"{search}:{end}".encode()).decode() if end < len(found) else ""
    return found[start:end], following


def _start(token: str, search: str) -> int:
    try:
        made_for, _, start = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        place = int(start)
    except ValueError:
        raise refused("The passed 'continue_token' was never given out") from None
    if made_for != search or place < 0:
        raise refused("The passed 'continue_token' belongs to another search")
    return place
