"""E-mails and results as objects for JSON, so that they can go through a queue or into a store."""

import base64
import datetime as dt
import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, cast

import attrs

from .._content.blobs import Blob, FileChangedError, PathBlob
from .period import CalendarPeriod

if TYPE_CHECKING:
    from ..message import Attachment, Email

A = TypeVar("A", bound="Attachment")

Files = Literal["base64", "paths"]

_TEXTS = ("sender", "subject", "html_body", "text_body", "template_id", "template_data", "fastaccept")
_LISTS = ("to", "cc", "bcc", "reply_to")
_SOURCES = ("path", "base64", "url")


# --- results -----------------------------------------------------------------------------------------------------


def result_to_dict(result: Any, *, raw: bool) -> dict[str, Any]:
    """Return the fields of a result under their names, ready for JSON."""
    found = _plain(result)
    if raw:
        answer = result.raw
        found["raw"] = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    assert isinstance(found, dict)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, CalendarPeriod):
        return value.text
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if attrs.has(type(value)):
        return {one.name: _plain(getattr(value, one.name)) for one in attrs.fields(type(value)) if one.name != "raw"}
    return value


# --- e-mails -----------------------------------------------------------------------------------------------------


class PortableEmail:
    """What an `Email` has for JSON."""

    __slots__ = ()

    def to_dict(self, *, files: Files = "base64") -> dict[str, Any]:
        """Return the e-mail as an object for JSON, of which `from_dict` makes an equal one.

        For a queue such as Celery, RQ or SQS. What was not given is left out, and ``template_data`` is there as it is.

        Args:
            files: What becomes of attachments and inlines. ``"base64"`` puts the content of each in, which is read
                here: from a coroutine, call this in a thread when there are large ones. ``"paths"`` puts in the
                absolute path of each, for a program that finds the same file there. A `Attachment.from_url` stays a
                URL in either case.

        Raises:
            ValueError: A file that can't be read, or with ``"paths"`` one that has no path; or ``template_data`` that
                JSON can't hold.
            TypeError: As above, for ``template_data``.

        Example:
            >>> from smtp2go_async import Email
            >>> email = Email(sender="a@example.com", to="b@example.com", subject="Hello", text_body="Hi")
            >>> email.to_dict()
            {'sender': 'a@example.com', 'subject': 'Hello', 'text_body': 'Hi', 'to': ['b@example.com']}
        """
        return _email_to_dict(cast("Email", self), files)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make an e-mail of an object such as `to_dict` returns, with all the checks of the constructor.

        A path in it is opened when the e-mail is sent, so it should come from a program that you trust.

        Args:
            data: The arguments of the constructor by their names. Of each attachment ``filename``, ``mimetype`` and
                one of ``path``, ``base64`` and ``url``; a ``schedule`` as ISO 8601.

        Raises:
            ValueError: Names what is unknown, missing or wrong.
            TypeError: Names what has the wrong type.

        Example:
            >>> from smtp2go_async import Email
            >>> data = {"sender": "a@example.com", "to": ["b@example.com"], "subject": "Hello", "text_body": "Hi"}
            >>> Email.from_dict(data).subject
            'Hello'
        """
        return cast("Self", _email_from_dict(cast("type[Email]", cls), data))


def _email_to_dict(email: "Email", files: Files) -> dict[str, Any]:
    if files not in ("base64", "paths"):
        raise ValueError(f"files: 'base64' or 'paths' is needed, not {files!r}")
    found: dict[str, Any] = {name: one for name in _TEXTS if (one := getattr(email, name)) is not None}
    found |= {name: list(one) for name in _LISTS if (one := getattr(email, name))}
    if email.custom_headers:
        found["custom_headers"] = [list(pair) for pair in email.custom_headers]
    for name in ("attachments", "inlines"):
        if one := getattr(email, name):
            found[name] = [_file_to_dict(file, files, f"{name}[{number}]") for number, file in enumerate(one)]
    if email.schedule is not None:
        found["schedule"] = email.schedule.isoformat()
    if email.template_data is not None:
        _need_json(email.template_data)
    return found


def _need_json(template_data: Any) -> None:
    try:
        json.dumps(template_data, allow_nan=False)
    except RecursionError as error:
        raise ValueError("template_data: is nested too deeply for JSON") from error
    except (TypeError, ValueError) as error:
        raise type(error)(f"template_data: {error}") from error


def _file_to_dict(file: "Attachment", files: Files, where: str) -> dict[str, Any]:
    about = {"filename": file.filename, "mimetype": file.mimetype}
    if file.blob is None:
        return {**about, "url": file.url}
    if files == "base64":
        return {**about, "base64": base64.b64encode(_content_of(file.blob, where)).decode()}
    if isinstance(file.blob, PathBlob):
        # The program that reads this can have another working directory.
        return {**about, "path": os.path.abspath(file.blob.path)}
    raise ValueError(f"{where}: {file.filename!r} has no path; files='base64' takes its content along")


def _content_of(blob: Blob, where: str) -> bytes:
    try:
        with blob.opened(blob.measure()) as chunks:
            return b"".join(chunks)
    except (ValueError, FileChangedError) as error:
        raise ValueError(f"{where}: {error}") from error


def _email_from_dict(kind: type["Email"], data: Mapping[str, Any]) -> "Email":
    from ..message import Attachment, Inline

    found = dict(_known(data, [one.name for one in attrs.fields(kind)], "data"))
    for name in ("sender", "to"):
        if name not in found:
            raise ValueError(f"{name}: is missing")
    for name, of in (("attachments", Attachment), ("inlines", Inline)):
        if isinstance(found.get(name), (list, tuple)):
            found[name] = [_file_from(of, one, f"{name}[{number}]") for number, one in enumerate(found[name])]
    if isinstance(found.get("custom_headers"), (list, tuple)):
        found["custom_headers"] = [tuple(one) if isinstance(one, list) else one for one in found["custom_headers"]]
    if isinstance(found.get("schedule"), str):
        try:
            found["schedule"] = dt.datetime.fromisoformat(found["schedule"])
        except ValueError as error:
            raise ValueError("schedule: is not a time in ISO 8601") from error
    return kind(**found)


def _file_from(kind: type[A], value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    found = _known(value, ("filename", "mimetype", *_SOURCES), where)
    sources = [name for name in _SOURCES if found.get(name) is not None]
    if len(sources) != 1:
        raise ValueError(f"{where}: one of path, base64 and url is needed, not {len(sources)} of them")
    source, name, mimetype = found[sources[0]], found.get("filename"), found.get("mimetype")
    if not isinstance(source, str):
        raise TypeError(f"{where}: {sources[0]}: text is needed, not a {type(source).__name__}")
    try:
        if sources == ["url"]:
            return kind.from_url(source, name, mimetype=mimetype)
        return kind(source if sources == ["path"] else _decoded(source), name, mimetype=mimetype)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where}: {error}") from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("base64: is not base64") from error


def _known(data: Any, names: "list[str] | tuple[str, ...]", where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        hint = "; write json.loads(...) around JSON" if isinstance(data, (str, bytes, bytearray)) else ""
        raise TypeError(f"{where}: an object is needed, not a {type(data).__name__}{hint}")
    for name in data:
        if name not in names:
            raise ValueError(f"{where}: {name!r} is not possible here; {', '.join(names)} are")
    return data
