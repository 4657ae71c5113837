"""The head of a list is recognised by the marks that a journal kept of it."""

import pytest

from smtp2go_async.bulk._journal.corrections import has_same_head
from smtp2go_async.bulk._journal.hashes import mark_of


@pytest.mark.parametrize(
    ("kept", "marks", "same"),
    [
        ("", "", True),
        ("", "abc", True),
        ("abc", "abc", True),
        ("abc", "abcdef", True),
        ("abc", "xabyc", True),
        ("abc", "ab", False),
        ("abc", "acb", False),
        ("abc", "bc", False),
        ("aa", "a", False),
        ("aa", "aba", True),
        ("abc", "", False),
    ],
)
def test_a_list_has_the_same_head_when_all_kept_marks_come_in_the_same_order(kept, marks, same):
    assert has_same_head(list(kept), marks) is same


def test_the_first_digits_of_a_mark_are_enough():
    mark = mark_of("j", "a", ["a@example.com"])
    assert has_same_head([mark[:2]], [mark])
