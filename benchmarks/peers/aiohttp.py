"""One shared `aiohttp.ClientSession` with its defaults (100 connections), otherwise as bare httpx."""

import importlib
from typing import Any

from ._mail import FIELDS, KEY, Awaited, with_attachment

aiohttp: Any = importlib.import_module("aiohttp")


class Aiohttp(Awaited):
    """Bare aiohttp."""

    def __init__(self, url: str) -> None:
        self._session = aiohttp.ClientSession(headers={"X-Smtp2go-Api-Key": KEY})
        self._url = f"{url}/v3/email/send"

    async def send(self) -> None:
        await self._post(FIELDS)

    async def attach(self, path: str) -> None:
        await self._post(with_attachment(path))

    async def _post(self, fields: dict[str, Any]) -> None:
        async with self._session.post(self._url, json=fields) as response:
            assert (await response.json())["data"]["succeeded"] == 1

    async def aclose(self) -> None:
        await self._session.close()
