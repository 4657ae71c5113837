"""One shared client of `pyreqwest.client.ClientBuilder().build()` with its defaults, otherwise as bare httpx."""

import importlib
from typing import Any

from ._mail import FIELDS, KEY, Awaited, with_attachment

client: Any = importlib.import_module("pyreqwest.client")


class Pyreqwest(Awaited):
    """Bare pyreqwest."""

    def __init__(self, url: str) -> None:
        self._client = client.ClientBuilder().default_headers({"X-Smtp2go-Api-Key": KEY}).build()
        self._url = f"{url}/v3/email/send"

    async def send(self) -> None:
        await self._post(FIELDS)

    async def attach(self, path: str) -> None:
        await self._post(with_attachment(path))

    async def _post(self, fields: dict[str, Any]) -> None:
        response = await self._client.post(self._url).body_json(fields).build().send()
        assert (await response.json())["data"]["succeeded"] == 1

    async def aclose(self) -> None:
        await self._client.close()
