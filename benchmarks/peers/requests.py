"""A `requests.Session`, for calls one after the other."""

import importlib
from typing import Any

from ._mail import FIELDS, KEY, Waiting

requests: Any = importlib.import_module("requests")


class Requests(Waiting):
    """Bare requests."""

    def __init__(self, url: str) -> None:
        self._session = requests.Session()
        self._session.headers["X-Smtp2go-Api-Key"] = KEY
        self._url = f"{url}/v3/email/send"

    def send(self) -> None:
        assert self._session.post(self._url, json=FIELDS).json()["data"]["succeeded"] == 1

    def close(self) -> None:
        self._session.close()
