"""The e-mail that a caller composes: an `Email` with its `Attachment`s and `Inline` images."""

import datetime as dt
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import attrs

from ._content.blobs import Blob
from ._content.file_names import checked_cid, checked_file_name, last_part, own_name
from ._content.media_types import guess_type
from ._content.portable_email import PortableEmail
from ._content.sources import blob_of, check_content, line_for
from ._masking import repr_masked, repr_personal, repr_url, shown_half_made
from ._values.address import (
    AddressLike,
    HeadersLike,
    address_header,
    check_headers,
    format_address,
    format_addresses,
    optional_addresses,
)
from ._values.checks import check_bool, check_line, check_no_control_characters, check_text
from ._values.dates import check_aware, format_schedule
from ._values.options import Options
from ._values.problems import invalid, renamed, wrong_type
from ._values.signatures import name_arguments_of_class

A = TypeVar("A", bound="Attachment")

AttachmentContent = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO
"""Bytes, the path of a file, or a file that is open in binary mode."""


@name_arguments_of_class
@shown_half_made
@attrs.frozen(init=False)
class Attachment:
    """A file that goes with an e-mail.

    A path, an open file on the disk and a `io.BytesIO` are read while the e-mail is sent, so their size costs no
    memory; they must stay as they are until then. Any other open file (a pipe, a socket, gzip, a member of a zip) is
    copied here, beyond 1 MB to the disk, and 256 MB at most. Where that may take long, make the attachment in a thread:
    ``await asyncio.to_thread(Attachment, file)``.

    Args:
        content: Bytes, the path of a file, or a file open in binary mode (sent from where it stands to its end). Of an
            upload that is read by awaiting, give the file inside: ``Attachment(upload.file, upload.filename)``.
        filename: The name that the recipient sees, without folders before it; the file's own when left out, which of
            an upload is its ``filename``.
        mimetype: For example ``"application/pdf"``; guessed from the file name when left out.

    Raises:
        ValueError: No such file, a directory, a file that can't be read, is closed or stands at its end (an empty file
            is attached), bytes or a temporary file without a file name, or a name with control characters.
        TypeError: Content of another kind, a file open in text mode, or a file that is read by awaiting.

    Example:
        >>> Attachment(b"a,b", filename="list.csv").mimetype
        'text/csv'
    """

    filename: str = attrs.field(repr=repr_masked)
    mimetype: str
    blob: Blob | None = attrs.field(repr=False)
    url: str | None = attrs.field(repr=repr_url)

    if TYPE_CHECKING:

        def __attrs_init__(self, filename: str, mimetype: str, blob: Blob | None, url: str | None) -> None: ...

    def __init__(self, content: AttachmentContent, filename: str | None = None, *, mimetype: str | None = None) -> None:
        try:
            check_content(content, type(self).__name__)
        except (TypeError, ValueError) as error:
            raise renamed("content", error) from error
        filename = own_name(content) if filename is None else check_text(filename, "filename")
        try:
            blob = blob_of(content, last_part(filename))
        except (TypeError, ValueError) as error:
            raise renamed("content", error) from error
        self.__attrs_init__(*self._checked_names(filename, mimetype), blob, None)

    @classmethod
    def from_url(cls: type[A], url: str, filename: str | None = None, *, mimetype: str | None = None) -> A:
        """Attach a file that the provider fetches from an address on the web; it keeps a copy for 24 hours.

        Args:
            url: An ``http`` or ``https`` address.
            filename: The name that the recipient sees; the last part of the address when left out.
            mimetype: Guessed from the file name when left out.

        Raises:
            ValueError: The address has another scheme, or there is no file name in it and none given.
        """
        url = check_no_control_characters(check_text(url, "url"), "url")
        if not url.lower().startswith(("http://", "https://")):
            raise invalid("url", "must be an http or https address")
        last = url.split("://", 1)[1].partition("?")[0].partition("#")[0].rpartition("/")
        if filename is None and not (last[0] and last[2]):
            raise invalid("filename", "must be given, since the url has no file name in it")
        made = cls.__new__(cls)
        made.__attrs_init__(*cls._checked_names(last[2] if filename is None else filename, mimetype), None, url)
        return made

    @classmethod
    def _checked_names(cls, filename: str, mimetype: str | None) -> tuple[str, str]:
        """Return the file name as the recipient sees it, and the media type."""
        filename = cls._name_of(filename)
        kind = "" if mimetype is None else check_no_control_characters(check_text(mimetype, "mimetype"), "mimetype")
        return filename, kind or guess_type(filename) or "application/octet-stream"

    @classmethod
    def _name_of(cls, given: object) -> str:
        return checked_file_name(given)

    def to_field(self) -> dict[str, Any]:
        """Return the request field for this file."""
        source = {"url": self.url} if self.blob is None else {"fileblob": self.blob}
        return {"filename": self.filename, "mimetype": self.mimetype, **source}


@name_arguments_of_class
class Inline(Attachment):
    """An image shown inside the HTML body, as ``<img src="cid:logo">``.

    Args:
        content: As for an `Attachment`.
        cid: The name that the HTML body uses after ``cid:``; the file's own name when left out. A ``cid:`` before it
            and angle brackets around it are dropped.
        mimetype: Guessed from the file's name, or from the cid, when left out.
    """

    __slots__ = ()

    def __init__(self, content: AttachmentContent, cid: str | None = None, *, mimetype: str | None = None) -> None:
        if mimetype is None and cid is not None:
            # A cid often has no ending to guess the type from.
            with suppress(ValueError):
                mimetype = guess_type(own_name(content))
        try:
            super().__init__(content, cid, mimetype=mimetype)
        except (TypeError, ValueError) as error:
            if getattr(error, "argument", None) != "filename":
                raise
            # A caller of this class knows the argument as cid.
            raise renamed("cid", error) from error

    @classmethod
    def _name_of(cls, given: object) -> str:
        return checked_cid(given)

    @property
    def cid(self) -> str:
        """The name to use in the HTML body; the API calls it ``filename``."""
        return self.filename


def _files(kind: type[A], value: Sequence[A | str | os.PathLike[str]], argument: str) -> tuple[A, ...]:
    if isinstance(value, (str, bytes, os.PathLike, Attachment)) or not issubclass(type(value), Sequence):
        raise wrong_type(argument, "a list", value)
    files = []
    for number, item in enumerate(value):
        where = f"{argument}[{number}]"
        if isinstance(item, kind):
            files.append(item)
        elif isinstance(item, (str, os.PathLike)):
            try:
                files.append(kind(item))
            except (TypeError, ValueError) as error:
                raise renamed(where, error) from error
        else:
            line = line_for(item, kind.__name__)
            raise wrong_type(where, f"an {kind.__name__} or a path", item, f"; write {line}" if line else "")
    return tuple(files)


# Type checkers read the types of an Email's arguments from the signatures of the converters, and only if these are
# named functions.

_Addresses = AddressLike | Sequence[AddressLike]


def _sender(value: AddressLike) -> str:
    return format_address(value, "sender")


def _to(value: _Addresses) -> tuple[str, ...]:
    # Nearly every e-mail has a single recipient.
    return (format_address(value, "to"),) if type(value) is str else format_addresses(value, "to")


def _cc(value: _Addresses | None) -> tuple[str, ...]:
    return () if value is None else optional_addresses(value, "cc")


def _bcc(value: _Addresses | None) -> tuple[str, ...]:
    return () if value is None else optional_addresses(value, "bcc")


def _reply_to(value: _Addresses | None) -> tuple[str, ...]:
    return () if value is None else optional_addresses(value, "reply_to")


def _subject(value: str | None) -> str | None:
    return None if value is None else check_line(value, "subject")


def _html_body(value: str | None) -> str | None:
    return None if value is None else check_text(value, "html_body")


def _text_body(value: str | None) -> str | None:
    return None if value is None else check_text(value, "text_body")


def _template_id(value: str | None) -> str | None:
    return None if value is None else check_text(value, "template_id")


def _headers(value: HeadersLike | None) -> tuple[tuple[str, str], ...]:
    return () if value is None else check_headers(value, "custom_headers")


def _attachments(value: Sequence[Attachment | str | os.PathLike[str]] | None) -> tuple[Attachment, ...]:
    return () if value is None else _files(Attachment, value, "attachments")


def _inlines(value: Sequence[Inline | str | os.PathLike[str]] | None) -> tuple[Inline, ...]:
    return () if value is None else _files(Inline, value, "inlines")


def _fastaccept(value: bool | None) -> bool | None:
    return None if value is None else check_bool(value, "fastaccept")


class EmailParts(Options, total=False):
    """What an `Email` can have besides ``sender`` and ``to``."""

    cc: AddressLike | Sequence[AddressLike] | None
    """Up to 100 more recipients, whom all recipients see."""
    bcc: AddressLike | Sequence[AddressLike] | None
    """Up to 100 more recipients, whom no other recipient sees."""
    subject: str | None
    """The subject. Required unless there is a ``template_id``, whose template has its own."""
    html_body: str | None
    """The HTML. This or ``text_body``, or both, unless there is a ``template_id``."""
    text_body: str | None
    """The plain text."""
    reply_to: AddressLike | Sequence[AddressLike] | None
    """Up to 100 addresses that answers go to; sent as the header ``Reply-To``."""
    custom_headers: HeadersLike | None
    """More headers: a mapping, or pairs where a name occurs more than once. Not Content-Type,
    Content-Transfer-Encoding or MIME-Version."""
    attachments: Sequence[Attachment | str | os.PathLike[str]] | None
    """`Attachment`s, or paths of files."""
    inlines: Sequence[Inline | str | os.PathLike[str]] | None
    """`Inline` images that the HTML shows, or paths of files."""
    template_id: str | None
    """The id of a template of the account; the API then ignores the subject and the bodies."""
    template_data: Any
    """The values of the template's variables: any JSON value, nested as you like. Needs a ``template_id``."""
    schedule: dt.datetime | None
    """When to send it: a datetime with a time zone, 10 seconds to 3 days ahead."""
    fastaccept: bool | None
    """True to have the API answer at once and send in the background. Then nothing says whether it was refused."""


@name_arguments_of_class
@shown_half_made
@attrs.frozen(kw_only=True)
class Email(PortableEmail):
    """An e-mail, checked when it is made.

    Addresses are ``"jane@example.com"``, ``"Jane <jane@example.com>"``, ``("Doe, Jane", "jane@example.com")`` or an
    `email.headerregistry.Address`. A domain that is not ASCII is sent in its ASCII form (IDNA 2008 after the mapping of
    UTS 46), so every address has a single form; characters that do not show, or that look like others, are refused. An
    empty list counts as not given, except in ``to``.

    Args:
        sender: The sender's address; the domain or address must be verified with SMTP2GO.
        to: 1 to 100 recipients; a single recipient needs no list.
        cc: Up to 100 more recipients, whom all recipients see.
        bcc: Up to 100 more recipients, whom no recipient sees.
        subject: Needed unless a template is given, which has its own subject.
        html_body: This or ``text_body``, or both, unless a template is given.
        text_body: This or ``html_body``, or both, unless a template is given.
        reply_to: Up to 100 addresses that replies go to; sent as the header ``Reply-To``, whose names are encoded here
            (RFC 2047).
        custom_headers: A mapping, or pairs if a name occurs more than once. Not Content-Type,
            Content-Transfer-Encoding or MIME-Version. In headers with addresses, such as Sender, names are encoded as
            in ``reply_to``.
        attachments: `Attachment`s, or paths.
        inlines: `Inline` images that the HTML body shows, or paths.
        template_id: A template of the account; subject and bodies are then ignored by the API.
        template_data: The template's variables: any JSON value, nested as you like.
        schedule: When to send it: an aware time, at least 10 seconds and at most 3 days ahead when it is sent.
        fastaccept: Let the API answer at once and send in the background. Then no response says whether the e-mail was
            refused.

    Raises:
        ValueError: An argument has a wrong value; the message names the argument and the limit.
        TypeError: An argument has a wrong type; the message names the argument and the right type.
    """

    sender: str = attrs.field(converter=_sender, repr=repr_masked)
    to: tuple[str, ...] = attrs.field(converter=_to, repr=repr_masked)
    cc: tuple[str, ...] = attrs.field(default=None, converter=_cc, repr=repr_masked)
    bcc: tuple[str, ...] = attrs.field(default=None, converter=_bcc, repr=repr_masked)
    subject: str | None = attrs.field(default=None, converter=_subject, repr=repr_personal)
    html_body: str | None = attrs.field(default=None, converter=_html_body, repr=repr_personal)
    text_body: str | None = attrs.field(default=None, converter=_text_body, repr=repr_personal)
    reply_to: tuple[str, ...] = attrs.field(default=None, converter=_reply_to, repr=repr_masked)
    custom_headers: tuple[tuple[str, str], ...] = attrs.field(default=None, converter=_headers, repr=repr_personal)
    attachments: tuple[Attachment, ...] = attrs.field(default=None, converter=_attachments)
    inlines: tuple[Inline, ...] = attrs.field(default=None, converter=_inlines)
    template_id: str | None = attrs.field(default=None, converter=_template_id)
    template_data: Any = attrs.field(default=None, repr=repr_personal)
    schedule: dt.datetime | None = attrs.field(default=None)
    fastaccept: bool | None = attrs.field(default=None, converter=_fastaccept)

    # Without an annotation, which jedi would show as an argument.
    _FILE_KINDS = MappingProxyType({"attachments": Attachment, "inlines": Inline})

    def __attrs_post_init__(self) -> None:
        if self.template_id is None:
            if self.template_data is not None:
                raise invalid("template_data", "must be given together with a template_id")
            if not self.subject:
                raise invalid("subject", "must be given, or a template_id")
            if not (self.html_body or self.text_body):
                raise invalid("html_body", "must be given, or text_body, or a template_id")
        elif not self.template_id:
            raise invalid("template_id", "must not be empty")
        if self.reply_to and any(name.lower() == "reply-to" for name, _ in self.custom_headers):
            raise invalid("reply_to", "must not be given in custom_headers as well; use one of them")
        if self.schedule is not None:
            check_aware(self.schedule, "schedule")

    def to_fields(self, *, now: Callable[[], dt.datetime] | None = None) -> dict[str, Any]:
        """Return the request fields of ``/email/send``; files in it are still files.

        Args:
            now: Returns the time that ``schedule`` is checked against.

        Raises:
            ValueError: ``schedule`` is less than 10 seconds or more than 3 days ahead.
        """
        fields: dict[str, Any] = {"sender": self.sender, "to": self.to}
        headers = self.custom_headers
        if self.reply_to:
            headers = (*headers, ("Reply-To", address_header(self.reply_to)))
        # Line by line: making lists and dicts for absent arguments took most of the time in this method.
        if self.cc:
            fields["cc"] = self.cc
        if self.bcc:
            fields["bcc"] = self.bcc
        if headers:
            fields["custom_headers"] = [{"header": name, "value": value} for name, value in headers]
        if self.attachments:
            fields["attachments"] = [file.to_field() for file in self.attachments]
        if self.inlines:
            fields["inlines"] = [file.to_field() for file in self.inlines]
        if self.subject is not None:
            fields["subject"] = self.subject
        if self.html_body is not None:
            fields["html_body"] = self.html_body
        if self.text_body is not None:
            fields["text_body"] = self.text_body
        if self.template_id is not None:
            fields["template_id"] = self.template_id
        if self.template_data is not None:
            fields["template_data"] = self.template_data
        if self.schedule is not None:
            fields["schedule"] = format_schedule(self.schedule, now=now)
        if self.fastaccept is not None:
            fields["fastaccept"] = self.fastaccept
        return fields
