"""One shared `httpx.AsyncClient` with its defaults, `post(json=...)` and `response.json()`; a file is read whole,
made base64 and put into the JSON. The measure of all ratios. `httpx.Client` for calls one after the other.
"""

from typing import Any

import httpx

from ._mail import FIELDS, KEY, Awaited, Waiting, with_attachment

HEADERS = {"X-Smtp2go-Api-Key": KEY}


class Httpx(Awaited):
    """Bare httpx, awaited."""

    library: Any = httpx

    def __init__(self, url: str) -> None:
        self._client = self.library.AsyncClient(headers=HEADERS)
        self._url = f"{url}/v3/email/send"

    async def send(self) -> None:
        await self._post(FIELDS)

    async def attach(self, path: str) -> None:
        await self._post(with_attachment(path))

    async def _post(self, fields: dict[str, Any]) -> None:
        response = await self._client.post(self._url, json=fields)
        assert response.json()["data"]["succeeded"] == 1

    async def aclose(self) -> None:
        await self._client.aclose()


class HttpxWaiting(Waiting):
    """Bare httpx, waited for."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(headers=HEADERS)
        self._url = f"{url}/v3/email/send"

    def send(self) -> None:
        assert self._client.post(self._url, json=FIELDS).json()["data"]["succeeded"] == 1

    def close(self) -> None:
        self._client.close()
