"""Functions that make the e-mail of a row: from a template of the account, or from texts with placeholders."""

import html
import os
import string
import traceback
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from ..._values.checks import check_text
from ..._values.problems import invalid, mistyped, with_article, wrong_type
from ...errors import ArgumentTypeError
from ...message import Email
from .records import MissingColumnError


@attrs.frozen
class FromTemplate:
    """Makes an `Email` of a template, with the columns as its variables."""

    template_id: str
    sender: str
    to: str | tuple[str, str]
    data: frozenset[str] | None
    parts: Mapping[str, Any]

    def __call__(self, row: Mapping[str, Any]) -> Email:
        """Make the e-mail of a row."""
        to = row[self.to] if isinstance(self.to, str) else [tuple(row[name] for name in self.to)]
        data = dict(row) if self.data is None else {name: row[name] for name in self.data}
        return Email(sender=self.sender, to=to, template_id=self.template_id, template_data=data, **self.parts)


class _Text(string.Template):
    """Text with placeholders. In braces they can have any name, since columns have any name."""

    braceidpattern = r"[^{}]+"


class _ColumnTexts(dict[str, str]):
    """The columns of a row as texts, each made when a placeholder asks for it."""

    def __init__(self, row: Mapping[str, Any], escaped: bool, html_columns: Collection[str]) -> None:
        super().__init__()
        self._row = row
        self._escaped = escaped
        self._html_columns = html_columns

    def __missing__(self, name: str) -> str:
        value = self._row[name]
        # JSON can hold null, true or a list, whose Python spelling must not end up in an e-mail.
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise mistyped(f"column {name!r}", f"must hold text or a number, not {with_article(value)}")
        text = str(value)
        self[name] = html.escape(text) if self._escaped and name not in self._html_columns else text
        return self[name]


class FromStrings:
    """Makes an `Email` of texts with placeholders."""

    def __init__(self, parts: Mapping[str, Any], html_columns: Collection[str]) -> None:
        self._html_columns = html_columns
        self._fixed: dict[str, Any] = {}
        self._varying: dict[str, Any] = {}
        for name, value in parts.items():
            used: set[str] = set()
            try:
                # Attachments are the same for all, and may hold any bytes.
                compiled = _compiled(value, name, used) if name not in ("attachments", "inlines") else value
            except RecursionError:
                raise invalid(name, "must not be nested too deeply") from None
            # Parts without a placeholder are made once, and not for each row.
            (self._varying if used else self._fixed)[name] = compiled
            if name == "to" and not used:
                raise invalid("to", "must have a placeholder, such as $email, or all would go to a single address")
            if name == "html_body" and (wrong := sorted(set(html_columns) - used)):
                raise invalid("html_columns", f"must be columns that html_body uses, not {', '.join(wrong)}")

    def __call__(self, row: Mapping[str, Any]) -> Email:
        """Make the e-mail of a row."""
        plain, escaped = _ColumnTexts(row, False, ()), _ColumnTexts(row, True, self._html_columns)
        filled = {}
        for name, value in self._varying.items():
            try:
                filled[name] = _filled(value, escaped if name == "html_body" else plain)
            except MissingColumnError as error:
                raise MissingColumnError(f"{name}: {error}") from None
            except ArgumentTypeError as error:
                raise mistyped(name, str(error)) from None
        return Email(**self._fixed, **filled)


def _compiled(value: Any, part: str, used: set[str]) -> Any:
    """Return a value with its texts as templates, and add the names of their placeholders to ``used``."""
    if isinstance(value, str):
        text = _Text(value)
        if not text.is_valid():
            raise invalid(part, "must have a placeholder after each $; $$ is the character itself")
        used.update(text.get_identifiers())
        return text if text.get_identifiers() else text.substitute()
    if isinstance(value, Mapping):
        return {name: _compiled(item, part, used) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_compiled(item, part, used) for item in value)
    return value


def _filled(value: Any, columns: _ColumnTexts) -> Any:
    if isinstance(value, _Text):
        return value.substitute(columns)
    if isinstance(value, dict):
        return {name: _filled(item, columns) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_filled(item, columns) for item in value)
    return value


def problem_of(error: object) -> str:
    """Return the text of a row's problem, with the place in the caller's own code if it was found there."""
    text = str(error)
    if isinstance(error, Exception) and error.__traceback__ is not None:
        *_, last = traceback.walk_tb(error.__traceback__)
        code = last[0].f_code
        # An error of this package's own needs no place: its text names the argument.
        if not last[0].f_globals.get("__name__", "").startswith(__name__.partition(".")[0]):
            text = f"{type(error).__name__}: {text} ({os.path.basename(code.co_filename)}, line {last[1]})"
    return text


def column_names(value: Collection[str] | None, argument: str) -> frozenset[str] | None:
    """Return the names of columns that a caller gave, without repeats."""
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise wrong_type(argument, "a list of column names", value)
    return frozenset([check_text(name, f"{argument}[{number}]") for number, name in enumerate(value)])
