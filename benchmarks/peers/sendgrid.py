"""`SendGridAPIClient.send(Mail(...))` in threads with one shared client, the `Mail` made for each send. It uses urllib,
with a connection for each call. A file is base64 text in the JSON.
"""

import importlib
from typing import Any

from ._mail import FILE_NAME, FILE_TYPE, HTML, RECIPIENT, SENDER_ADDRESS, SUBJECT, TEXT, Waiting, read_base64

sendgrid: Any = importlib.import_module("sendgrid")
helpers: Any = importlib.import_module("sendgrid.helpers.mail")


class Sendgrid(Waiting):
    """The official sendgrid package."""

    def __init__(self, url: str) -> None:
        self._client = sendgrid.SendGridAPIClient("SG.0", host=url)

    def _mail(self) -> Any:
        return helpers.Mail((SENDER_ADDRESS, "Shop"), RECIPIENT, SUBJECT, TEXT, HTML)

    def send(self) -> None:
        assert self._client.send(self._mail()).status_code == 202

    def attach(self, path: str) -> None:
        mail = self._mail()
        mail.attachment = helpers.Attachment(
            helpers.FileContent(read_base64(path)), helpers.FileName(FILE_NAME), helpers.FileType(FILE_TYPE)
        )
        assert self._client.send(mail).status_code == 202
