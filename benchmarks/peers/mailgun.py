"""One shared `mailgun.client.AsyncClient` (httpx2, 100 connections). It sends a form, not JSON. A file goes as it is,
in multipart, read by the `ChunkedStreamer` of its README (whose builder refuses files over the 25 MB Mailgun takes).
"""

import importlib
import os
from typing import Any

from ._mail import FILE_NAME, FILE_TYPE, HTML, RECIPIENT, SENDER, SUBJECT, TEXT, Awaited

client: Any = importlib.import_module("mailgun.client")
builders: Any = importlib.import_module("mailgun.builders")

MAIL: dict[str, Any] = {"from": SENDER, "to": [RECIPIENT], "subject": SUBJECT, "html": HTML, "text": TEXT}


class Mailgun(Awaited):
    """The official mailgun package."""

    def __init__(self, url: str) -> None:
        self._client = client.AsyncClient(auth=("api", "0"), api_url=url)

    async def send(self) -> None:
        response = await self._client.messages.create(domain="example.com", data=MAIL)
        assert response.json()["id"]

    async def attach(self, path: str) -> None:
        file = builders.ChunkedStreamer(path, safe_base_dir=os.path.dirname(path))
        files = [("attachment", (FILE_NAME, file, FILE_TYPE))]
        response = await self._client.messages.create(domain="example.com", data=MAIL, files=files)
        assert response.json()["id"]

    async def aclose(self) -> None:
        await self._client.aclose()
