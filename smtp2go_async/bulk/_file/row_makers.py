"""Make e-mails of rows without a function of the caller's: from a template of the account, or from texts."""

import html
import string
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from ...message import Email
from .records import MissingColumnError


@attrs.frozen
class FromTemplate:
    """Makes an `Email` whose template gets the columns."""

    template_id: str
    sender: str
    to: str | tuple[str, str]
    data: frozenset[str] | None
    parts: Mapping[str, Any]

    def __call__(self, row: Mapping[str, Any]) -> Email:
        """Make it."""
        to = row[self.to] if isinstance(self.to, str) else [tuple(row[name] for name in self.to)]
        data = dict(row) if self.data is None else {name: row[name] for name in self.data}
        return Email(sender=self.sender, to=to, template_id=self.template_id, template_data=data, **self.parts)


class _Text(string.Template):
    """Text with placeholders; those in braces can have any name, since columns do."""

    braceidpattern = r"[^{}]+"


class _Words(dict[str, str]):
    """The columns of a row as texts, made when they are asked for."""

    def __init__(self, row: Mapping[str, Any], escaped: bool, html_columns: Collection[str]) -> None:
        super().__init__()
        self._row = row
        self._escaped = escaped
        self._html_columns = html_columns

    def __missing__(self, name: str) -> str:
        value = self._row[name]
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise TypeError(f"column {name!r} holds a {type(value).__name__}; text or a number is needed")
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
                compiled = _compiled(value, name, used) if name not in ("attachments", "inlines") else value
            except RecursionError:
                raise ValueError(f"{name}: is nested too deeply") from None
            (self._varying if used else self._fixed)[name] = compiled
            if name == "to" and not used:
                raise ValueError("to: has no placeholder, such as $email, so all would go to one address")
            if name == "html_body" and (wrong := sorted(set(html_columns) - used)):
                raise ValueError(f"html_columns: {', '.join(wrong)} stands nowhere in html_body")

    def __call__(self, row: Mapping[str, Any]) -> Email:
        """Make it."""
        plain, escaped = _Words(row, False, ()), _Words(row, True, self._html_columns)
        filled = {}
        for name, value in self._varying.items():
            try:
                filled[name] = _filled(value, escaped if name == "html_body" else plain)
            except (MissingColumnError, TypeError) as error:
                raise type(error)(f"{name}: {error}") from None
        return Email(**self._fixed, **filled)


def _compiled(value: Any, part: str, used: set[str]) -> Any:
    """Return a value with its texts made ready, and note the placeholders in them."""
    if isinstance(value, str):
        text = _Text(value)
        if not text.is_valid():
            raise ValueError(f"{part}: a $ in it begins no placeholder; $$ is the character itself")
        used.update(text.get_identifiers())
        return text if text.get_identifiers() else text.substitute()
    if isinstance(value, Mapping):
        return {name: _compiled(one, part, used) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_compiled(one, part, used) for one in value)
    return value


def _filled(value: Any, words: _Words) -> Any:
    if isinstance(value, _Text):
        return value.substitute(words)
    if isinstance(value, dict):
        return {name: _filled(one, words) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_filled(one, words) for one in value)
    return value
