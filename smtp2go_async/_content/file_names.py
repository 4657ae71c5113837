"""The name of a file as its recipient sees it: what a caller gave, or what the content itself is called."""

import os
import re

from .._values.checks import check_no_control_characters, check_text
from .._values.domains import character
from .._values.problems import invalid

_SEPARATOR = re.compile(r"[/\\]")
_COMPRESSED = ("gzip", "bz2", "lzma", "compression")
"""The modules whose files read as the content inside, and have the name of the compressed file."""
_COMPRESSED_ENDINGS = (".gz", ".bz2", ".xz", ".lzma", ".zst")

# These characters change the order in which a name is shown, and make an .exe look like a .pdf.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def checked_file_name(value: object) -> str:
    """Return the name that a caller gave, without folders.

    Raises:
        ValueError: The name is empty, means a folder, or holds characters that hide what it is.
        TypeError: The name is not a text.
    """
    # The recipient's program would drop the folders, and they may say something private.
    return _checked(last_part(check_text(value, "filename")), "filename")


def checked_cid(value: object) -> str:
    """Return the name of an inline image, without the marks that stand around it in HTML and in headers.

    Raises:
        ValueError: As for a file name; or there is an angle bracket in it.
        TypeError: The name is not a text.
    """
    name = check_no_control_characters(check_text(value, "cid"), "cid").strip()
    # The caller may copy the cid from the HTML body, or from the Content-ID header of the part.
    for _ in range(2):
        name = name[4:].lstrip() if name[:4].lower() == "cid:" else name
        name = name[1:-1].strip() if name[:1] == "<" and name[-1:] == ">" else name
    if found := re.search(r"[<>]", name):
        raise invalid(
            "cid", f"must be the name behind cid: in the HTML body, not hold {found[0]} at position {found.start()}"
        )
    return _checked(name, "cid")


def _checked(value: str, argument: str) -> str:
    name = check_no_control_characters(value, argument)
    if not name.strip():
        raise invalid(argument, "must not be empty")
    if name in (".", ".."):
        raise invalid(argument, f"must be the name of a file, not {name!r}")
    if found := _TURNS.search(name):
        raise invalid(
            argument, f"must not hold {character(found[0])} at position {found.start()}, which disguises a name"
        )
    return name


def last_part(name: str) -> str:
    """Return a file name without the folders before it, in the writing of any system."""
    return _SEPARATOR.split(name)[-1]


def own_name(content: object) -> str:
    """Return the file name that a content brings with it.

    An upload's ``filename`` comes first: in Flask and others ``name`` is the name of the form's field.

    Raises:
        ValueError: The content has no file name.
    """
    if isinstance(content, (str, os.PathLike)):
        return last_part(os.fsdecode(content))
    compressed = type(content).__module__.partition(".")[0] in _COMPRESSED
    if not compressed and hasattr(content, "filename"):
        if name := _last_part_of(getattr(content, "filename", None)):
            return name
        raise invalid("filename", "must be given, since the upload has no file name (was no file chosen?)")
    # By the module: the class of `NamedTemporaryFile` has no public name.
    if any(base.__module__ == "tempfile" for base in type(content).__mro__):
        raise invalid(
            "filename",
            "must be given, since a temporary file has no name for a recipient; of an upload upload.filename",
        )
    if _has_the_name_of_its_archive(content):
        raise invalid("filename", "must be given, since the member of this tar file does not tell its own name")
    for attribute in ("name", "path"):  # files of fsspec have a path
        if name := _last_part_of(getattr(content, attribute, None)):
            stem, ending = os.path.splitext(name)
            return stem if compressed and ending.lower() in _COMPRESSED_ENDINGS else name
    raise invalid("filename", "must be given with bytes, and with files without a name")


def _has_the_name_of_its_archive(content: object) -> bool:
    """Whether a content is a member of a tar file on CPython 3.11, where members have the name of the archive."""
    archive = getattr(getattr(content, "raw", None), "fileobj", None)
    return type(content).__module__ == "tarfile" and getattr(content, "name", "") == getattr(archive, "name", "")


def _last_part_of(name: object) -> str:
    """Return the last part of a possible file name, or nothing; ``<stdin>`` is not the name of a file."""
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    if not isinstance(name, str) or (name.startswith("<") and name.endswith(">")):
        return ""
    return last_part(name).strip()
