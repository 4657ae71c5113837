"""The provider's own SDK: `Smtp2goClient.send` in threads with one shared client. It connects anew for each call. Its
address is a constant of the module, replaced here; the three log lines it prints for each send are turned off. It has
no attachments of its own and passes unknown arguments nowhere, so it is absent from that part.
"""

import importlib
import logging
from typing import Any

from ._mail import HTML, KEY, RECIPIENT, SENDER, SUBJECT, TEXT, Waiting

core: Any = importlib.import_module("smtp2go.core")


class Smtp2go(Waiting):
    """The official smtp2go package."""

    def __init__(self, url: str) -> None:
        core.API_ROOT = f"{url}/v3/"
        logging.getLogger().setLevel(logging.WARNING)
        self._client = core.Smtp2goClient(KEY)

    def send(self) -> None:
        response = self._client.send(sender=SENDER, recipients=[RECIPIENT], subject=SUBJECT, text=TEXT, html=HTML)
        assert response.success
