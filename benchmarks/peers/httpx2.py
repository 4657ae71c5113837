"""One shared `httpx2.AsyncClient` with its defaults, otherwise as bare httpx."""

import importlib
from typing import Any

from ._mail import FIELDS, KEY, Awaited, with_attachment

httpx2: Any = importlib.import_module("httpx2")


class Httpx2(Awaited):
    """Bare httpx2."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.AsyncClient(headers={"X-Smtp2go-Api-Key": KEY})
        self._url = f"{url}/v3/email/send"

    async def send(self) -> None:
        response = await self._client.post(self._url, json=FIELDS)
        assert response.json()["data"]["succeeded"] == 1

    async def attach(self, path: str) -> None:
        response = await self._client.post(self._url, json=with_attachment(path))
        assert response.json()["data"]["succeeded"] == 1

    async def aclose(self) -> None:
        await self._client.aclose()
