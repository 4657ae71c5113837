"""An e-mail as an object for JSON, with its files, so that it can go through a queue or into a store."""

import base64
import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, Self, cast

import attrs

from .._values.problems import invalid, not_one_of, one_of, renamed, within, wrong_type
from .blobs import Blob, FileChangedError, PathBlob

Files = Literal["base64", "paths"]

_TEXTS = ("sender", "subject", "html_body", "text_body", "template_id", "template_data", "fastaccept")
_LISTS = ("to", "cc", "bcc", "reply_to")
_SOURCES = ("path", "base64", "url")


class PortableEmail:
    """The part of an `Email` that turns it into an object for JSON, and back."""

    __slots__ = ()

    _FILE_KINDS: ClassVar[Mapping[str, Any]] = {}
    """The classes of the files that an e-mail has, by the names of its fields."""

    def to_dict(self, *, files: Files = "base64") -> dict[str, Any]:
        """Return the e-mail as an object for JSON, of which `from_dict` makes an equal one.

        For a queue such as Celery, RQ or SQS. Arguments that were not given are left out, and ``template_data`` is
        there as it is.

        Args:
            files: What becomes of attachments and inlines. ``"base64"`` puts in the content of each file, which is
                read here: in a coroutine, call this in a thread when there are large files. ``"paths"`` puts in the
                absolute path of each file, for a program that finds the same file there. An `Attachment.from_url`
                stays a URL in either case.

        Raises:
            ValueError: A file can't be read, or with ``"paths"`` has no path; or JSON can't hold ``template_data``.
            TypeError: JSON has no form for something in ``template_data``.

        Example:
            >>> from smtp2go_async import Email
            >>> email = Email(sender="a@example.com", to="b@example.com", subject="Hello", text_body="Hi")
            >>> email.to_dict()
            {'sender': 'a@example.com', 'subject': 'Hello', 'text_body': 'Hi', 'to': ['b@example.com']}
        """
        return _email_to_dict(self, files)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make an e-mail of an object such as `to_dict` returns, with all the checks of the constructor.

        A path in the object is opened when the e-mail is sent, so the object should come from a program that you trust.

        Args:
            data: The arguments of the constructor by their names. Of each attachment ``filename``, ``mimetype`` and
                either ``path``, ``base64`` or ``url``; a ``schedule`` as ISO 8601.

        Raises:
            ValueError: An argument is unknown, missing or wrong; the message names it.
            TypeError: An argument has the wrong type; the message names it.

        Example:
            >>> from smtp2go_async import Email
            >>> data = {"sender": "a@example.com", "to": ["b@example.com"], "subject": "Hello", "text_body": "Hi"}
            >>> Email.from_dict(data).subject
            'Hello'
        """
        return cls(**_arguments(data, attrs.fields_dict(cast("Any", cls)), cls._FILE_KINDS))


def _email_to_dict(email: Any, files: Files) -> dict[str, Any]:
    if files not in (known := ("base64", "paths")):
        raise not_one_of("files", known, str(files))
    found: dict[str, Any] = {name: text for name in _TEXTS if (text := getattr(email, name)) is not None}
    found |= {name: list(addresses) for name in _LISTS if (addresses := getattr(email, name))}
    if email.custom_headers:
        found["custom_headers"] = [list(pair) for pair in email.custom_headers]
    for name in ("attachments", "inlines"):
        if attached := getattr(email, name):
            found[name] = [_file_to_dict(file, files, f"{name}[{number}]") for number, file in enumerate(attached)]
    if email.schedule is not None:
        found["schedule"] = email.schedule.isoformat()
    if email.template_data is not None:
        _need_json(email.template_data)
    return found


def _need_json(template_data: Any) -> None:
    try:
        json.dumps(template_data, allow_nan=False)
    except RecursionError as error:
        raise invalid("template_data", "must not be nested too deeply for JSON") from error
    except (TypeError, ValueError) as error:
        raise renamed("template_data", error) from error


def _file_to_dict(file: Any, files: Files, where: str) -> dict[str, Any]:
    about = {"filename": file.filename, "mimetype": file.mimetype}
    if file.blob is None:
        return {**about, "url": file.url}
    if files == "base64":
        return {**about, "base64": base64.b64encode(_content_of(file.blob, where)).decode()}
    if isinstance(file.blob, PathBlob):
        # The program that reads the path can have another working directory.
        return {**about, "path": os.path.abspath(file.blob.path)}
    raise invalid(where, f"must be a file with a path, not {file.filename!r}; files='base64' takes its content along")


def _content_of(blob: Blob, where: str) -> bytes:
    try:
        with blob.opened(blob.measure()) as chunks:
            return b"".join(chunks)
    except (ValueError, FileChangedError) as error:
        raise renamed(where, error) from error


def _arguments(data: Mapping[str, Any], names: Iterable[str], file_kinds: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(_known(data, list(names), "data"))
    for name in ("sender", "to"):
        if name not in found:
            raise invalid(name, "must be given")
    for name, kind in file_kinds.items():
        if isinstance(found.get(name), (list, tuple)):
            found[name] = [_file_from(kind, file, f"{name}[{number}]") for number, file in enumerate(found[name])]
    if isinstance(found.get("custom_headers"), (list, tuple)):
        found["custom_headers"] = [tuple(pair) if isinstance(pair, list) else pair for pair in found["custom_headers"]]
    if isinstance(found.get("schedule"), str):
        try:
            found["schedule"] = dt.datetime.fromisoformat(found["schedule"])
        except ValueError as error:
            raise invalid("schedule", "must be a time in ISO 8601") from error
    return found


def _file_from(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    found = _known(value, ("filename", "mimetype", *_SOURCES), where)
    sources = [name for name in _SOURCES if found.get(name) is not None]
    if len(sources) != 1:
        raise invalid(where, f"must have one of path, base64 and url, not {len(sources)} of them")
    source, name, mimetype = found[sources[0]], found.get("filename"), found.get("mimetype")
    if not isinstance(source, str):
        raise wrong_type(f"{where}.{sources[0]}", "a str", source)
    try:
        if sources == ["url"]:
            return kind.from_url(source, name, mimetype=mimetype)
        return kind(source if sources == ["path"] else _decoded(source), name, mimetype=mimetype)
    except (TypeError, ValueError) as error:
        # The object has its content under another key than an attachment.
        is_source = getattr(error, "argument", None) == "content"
        raise within(where, renamed(sources[0], error) if is_source else error) from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise invalid("base64", "must be base64") from error


def _known(data: Any, names: "list[str] | tuple[str, ...]", where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        hint = "; write json.loads(...) around JSON" if isinstance(data, (str, bytes, bytearray)) else ""
        raise wrong_type(where, "an object", data, hint)
    for name in data:
        if name not in names:
            raise invalid(where, f"each key must be {one_of(names, str(name))}")
    return data
