"""Templates -> texts: Handlebars, bounded in work and in size. No I/O.

The provider renders with HandlebarsJS, and has not published which helpers it has; here there are those that Handlebars
itself has (``#if``, ``#unless``, ``#each``, ``#with``, ``lookup``), and no partials. What stands in ``html_body`` is
escaped for HTML, what stands in the subject and in ``text_body`` is not.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from .rules import RequestError

MAX_TAGS: Final = 10_000
"""Expressions in a template."""
MAX_STEPS: Final = 50_000
"""Values that are read and turns of loops while a text is made: one to two seconds."""
MAX_CHARACTERS: Final = 100_000_000
"""Characters that the text could have at most, counted from above."""

_CHARACTERS_OF_STEP: Final = 100
# A partial can call itself, and the sandbox keeps none that another template could have.
_PARTIAL: Final = re.compile(r"\{{2,4}[\s~#]*+[>*]")


def render(name: str, source: str, data: dict[str, Any], *, is_html: bool) -> str:
    """Return the text that a template makes of data.

    Args:
        name: What the template is called in the error, such as ``subject``.
        source: The template.
        data: The values of its variables; a variable without a value is empty.
        is_html: Whether the values are escaped for HTML.

    Raises:
        RequestError: The template is wrong, or makes too much of the data.
    """
    if "{{" not in source:
        return source
    tags = source.count("{{")
    if tags > MAX_TAGS:
        raise _refused(name, f"it has more than {MAX_TAGS} expressions")
    if _PARTIAL.search(source):
        raise _refused(name, "it has a partial, and partials are not supported")
    try:
        text = _compiled(source, is_html)(_Budget(source, tags).wrapped(data))
    except _TooMuchError as error:
        raise _refused(name, str(error)) from None
    # The library has errors of its own, and ValueError for most mistakes; no mistake in a template may end the sandbox.
    except RequestError:
        raise
    except Exception as error:
        raise _refused(name, _shown(error)) from None
    # JSON can spell half a surrogate pair, which a message cannot carry.
    return text.encode("utf-8", "replace").decode()


def _refused(name: str, reason: str) -> RequestError:
    # The provider has not published how it refuses a template that cannot be rendered.
    return RequestError(400, "API_EXCEPTION", f"The {name} of the template could not be rendered: {reason}")


def _shown(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


@lru_cache(maxsize=64)
def _compiled(source: str, is_html: bool) -> Callable[[Any], str]:
    try:
        from dotpromptz_handlebars import Handlebars
    except ImportError:
        raise RequestError(
            500, "API_EXCEPTION", "The sandbox needs a library for templates: pip install 'smtp2go-async[sandbox]'"
        ) from None
    handlebars = Handlebars(escape_html=is_html)
    # It would print to the terminal.
    handlebars.unregister_helper("log")
    return handlebars.compile(source)


class _TooMuchError(Exception):
    """A template makes too much of its data."""


class _Budget:
    """Counts the work and the characters of a rendering, by what it reads of the data.

    A loop reads a list or an object, so counting there bounds everything that a template can do: what stands between
    its loops is bounded by its own length.
    """

    def __init__(self, source: str, tags: int) -> None:
        self._length = len(source)
        self._tags = tags
        # The library reads the text of an expression anew each time, so a turn takes longer with long expressions.
        inside = sum(len(part.partition("}}")[0]) for part in source.split("{{")[1:])
        self._steps_of_turn = 1 + inside // _CHARACTERS_OF_STEP
        self._steps = 0
        self._characters = self._length

    def wrapped(self, value: Any) -> Any:
        """Return a value that counts when something is read of it."""
        if isinstance(value, dict):
            return _Object(value, self)
        return _List(value, self) if isinstance(value, list) else value

    def read(self, value: Any) -> Any:
        """Count a value that is read, which every expression of the template could show."""
        self._count(1, len(value) * self._tags if isinstance(value, str) else 0)
        return self.wrapped(value)

    def turn(self, value: Any) -> Any:
        """Count a turn of a loop, which could write the whole template."""
        self._count(self._steps_of_turn, self._length)
        return self.read(value)

    def _count(self, steps: int, characters: int) -> None:
        self._steps += steps
        self._characters += characters
        if self._steps > MAX_STEPS:
            raise _TooMuchError(f"it takes more than {MAX_STEPS} steps")
        if self._characters > MAX_CHARACTERS:
            raise _TooMuchError(f"it could have more than {MAX_CHARACTERS} characters")


class _Object(dict[str, Any]):
    def __init__(self, values: dict[str, Any], budget: _Budget) -> None:
        super().__init__(values)
        self._budget = budget

    def __getitem__(self, name: str) -> Any:
        return self._budget.read(super().__getitem__(name))

    def get(self, name: str, default: Any = None) -> Any:
        return self._budget.read(super().get(name, default))

    def items(self) -> Any:
        return [(name, self._budget.turn(value)) for name, value in super().items()]


class _List(list[Any]):
    def __init__(self, values: list[Any], budget: _Budget) -> None:
        super().__init__(values)
        self._budget = budget

    def __getitem__(self, index: Any) -> Any:
        return self._budget.read(super().__getitem__(index))

    def __iter__(self) -> Iterator[Any]:
        for value in super().__iter__():
            yield self._budget.turn(value)
