"""With how many examples a property is tested; tests/conftest.py has the profiles."""

from typing import Any

from hypothesis import settings

USUAL = 100
"""The examples of a property that names no number."""


def examples(number: int, **more: Any) -> settings:
    """Return settings with this number of examples, or with as many times more as the profile has."""
    return settings(max_examples=number * settings.default.max_examples // USUAL, **more)
