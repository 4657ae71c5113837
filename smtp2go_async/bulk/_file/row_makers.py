"""Functions that make the e-mail of a row: from a template of the account, or from texts with placeholders."""

import html
import string
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from ..._values.problems import invalid, mistyped, with_article
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
