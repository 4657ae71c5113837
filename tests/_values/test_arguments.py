"""Are arguments checked by what their annotations say, and is nothing else about a method changed by that?"""

import asyncio
import datetime as dt
import inspect
import pydoc
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict, Unpack
from unittest import mock

import pytest

from smtp2go_async import AsyncClient, CalendarPeriod, SyncClient
from smtp2go_async._groups import AsyncGroups
from smtp2go_async._values.arguments import FREE_TEXT, Arguments, check_calls, check_of, unchecked

on = pytest.mark.parametrize

CLIENT = AsyncClient("api-" + "A" * 32)
METHODS = [
    (group, name)
    for group in vars(AsyncGroups)
    if not group.startswith("_")
    for name in vars(type(getattr(CLIENT, group)))
    if not name.startswith("_")
]


class Deep(TypedDict, total=False):
    """What an option can hold."""

    names: Sequence[str]
    really: bool


class Options(TypedDict, total=False):
    """Options of a call."""

    comment: str | None
    many: Sequence[str] | None
    deep: Deep | None


class Group:
    """What a newcomer writes: annotations, and nothing else."""

    async def ask(
        self, id: str, count: int = 1, *, since: dt.datetime | None = None, **options: Unpack[Options]
    ) -> Any:
        """Ask."""
        return {"id": id, "count": count, "since": since, **options}

    def iterate(self, *, limit: int | None = None) -> Any:
        """Give one by one."""
        return [limit]

    async def _hidden(self, id: str) -> Any:
        return id

    kind = "group"


check_calls(Group)


def ask(*args: Any, **named: Any) -> Any:
    return asyncio.run(Group().ask(*args, **named))


# --- what is accepted ---------------------------------------------------------------------------------------------


def test_a_value_that_fits_is_passed_on():
    noon = dt.datetime(2026, 6, 1, 12)
    found = ask("a", 2, since=noon, comment="", many=("b", "c"), deep={"names": "d"})
    assert found == {
        "id": "a", "count": 2, "since": noon, "comment": "", "many": ["b", "c"], "deep": {"names": ["d"]}
    }  # fmt: skip


def test_none_is_passed_on_only_for_an_optional_argument():
    assert ask("a", since=None, comment=None, many=None, deep=None)["comment"] is None
    for wrong in ({"id": None}, {"id": "a", "count": None}, {"id": "a", "deep": {"names": None}}):
        with pytest.raises(TypeError, match=r"must be .*, not None$"):
            ask(**wrong)


@on(
    ("arguments", "error", "text"),
    [
        ({"id": 5}, TypeError, "id: must be a str, not an int"),
        ({"id": ["a"]}, TypeError, "id: must be a str, not a list"),
        ({"id": " "}, ValueError, "id: must not be empty"),
        ({"count": True}, TypeError, "count: must be an int, not a bool"),
        ({"count": 2.0}, TypeError, "count: must be an int, not a float"),
        ({"count": 2**63}, ValueError, "count: must be a number of at most 64 bits, not a larger one"),
        ({"since": dt.date(2026, 6, 1)}, TypeError, "since: must be a datetime, not a datetime.date"),
        ({"comment": b"a"}, TypeError, "comment: must be a str, not a bytes"),
        ({"comment": "a\nb"}, ValueError, "comment: must not hold the control character U+000A at position 1"),
        ({"comment": "a\ud800"}, ValueError, "comment: must be valid text, not hold the lone surrogate U+D800 at position 1"),
        ({"many": 5}, TypeError, "many: must be a list of str, not an int"),
        ({"many": {"a"}}, TypeError, "many: must be a list of str, not a set"),
        ({"many": b"a"}, TypeError, "many: must be a list of str, not a bytes"),
        ({"many": ["a", None]}, TypeError, "many[1]: must be a str, not None"),
        ({"many": ["a", "b\0"]}, ValueError, "many[1]: must not hold the control character U+0000 at position 1"),
        ({"deep": []}, TypeError, "deep: must be a mapping, not a list"),
        ({"deep": {"name": "a"}}, TypeError, "deep: each key must be one of 'names', 'really', not 'name'; did you mean 'names'?"),
        ({"deep": {"really": 1}}, TypeError, "deep.really: must be a bool, not an int"),
        ({"deep": {5: 1}}, TypeError, "deep key 0: must be a str, not an int"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_by_name(arguments, error, text):
    with pytest.raises(error) as caught:
        ask(**{"id": "a", **arguments})
    assert str(caught.value) == text


def test_positional_arguments_are_checked_by_their_names():
    with pytest.raises(TypeError, match=r"^count: must be an int, not a str$"):
        ask("a", "b")


def test_texts_and_numbers_of_another_class_become_plain_ones():
    class Text(str):
        __slots__ = ()

        def strip(self, *_: Any) -> Any:
            raise AssertionError("a check asked it")

    class Number(int):
        pass

    found = ask(Text("a"), Number(2), many=Text("b"))
    assert [type(one) for one in (found["id"], found["count"], found["many"][0])] == [str, int, str]
    assert (found["id"], found["count"], found["many"]) == ("a", 2, ["b"])


def test_an_object_that_only_claims_to_be_text_is_refused():
    with pytest.raises(TypeError, match=r"^id: must be a str, not a unittest.mock.MagicMock$"):
        ask(mock.MagicMock(spec=str))


@on(
    ("annotation", "good", "bad"),
    [
        (str, ["", "a b", "Straße", "a\u00a0b", "👩\u200d💻"], [5, None, "a\r", "\u2028", "\x85"]),
        (Literal["a", "b"] | str, ["a", "other"], [5, "a\n"]),
        (Literal["a", "b"], ["a"], ["c", 5, ["a"]]),
        (bool, [True, False], [0, 1, "true", None]),
        (int, [0, -5, 2**63 - 1], [1.0, True, "1", 2**63]),
        (float, [0, 1.5, -2], [True, "1", float("nan"), float("inf"), 10**400]),
        (Sequence[str], [["a"], ("a", "b"), []], [[5], {"a": 1}, iter("a"), range(2), memoryview(b"a")]),
        (str | Sequence[str], ["a", ["a"]], [5, [b"a"]]),
        (Sequence[Literal["a"] | str], [["a", "b"]], [[["a"]]]),
        (Mapping[str, Any], [{}, {"a": object()}], [[], {5: 1}, {"\ud800": 1}, {"": 1}]),
        (dt.datetime | dt.date, [dt.date.max, dt.datetime.min], ["2026-06-01", 5, dt.time()]),
        (
            str | dt.timedelta | CalendarPeriod,
            ["1 day", dt.timedelta(1), CalendarPeriod("1 day")],
            [5, "a\n", dt.date.max],
        ),
        (Annotated[int, "E-mails"], [5], ["5"]),
        (Annotated[str | None, "a name"], ["a"], [5]),
    ],
)
def test_each_annotation_has_its_check(annotation, good, bad):
    check = check_of(annotation, "it")
    for value in good:
        check(value, "it")
    for value in bad:
        with pytest.raises((TypeError, ValueError), match=r"^it\b"):
            check(value, "it")


@on("annotation", [Any, object(), tuple[str, str], str | tuple[str, str], typing.Callable[..., Any], list[int]])
def test_other_annotations_are_not_checked(annotation):
    assert check_of(annotation, "it") is unchecked
    assert unchecked(b"a", "it") == b"a"


# --- what is not changed -------------------------------------------------------------------------------------------


def test_arguments_that_python_refuses_are_refused_as_python_does():
    for wrong, text in (
        (ask, r"missing 1 required positional argument: 'id'$"),
        (lambda: ask("a", 1, 2), r"takes from 2 to 3 positional arguments but 4 were given$"),
        (lambda: ask("a", id="b"), r"got multiple values for argument 'id'$"),
        (lambda: ask("a", colour="red"), r"^Group\.ask\(\) got an unexpected keyword argument 'colour'$"),
        (lambda: Group().iterate(size=1), r"^Group\.iterate\(\) got an unexpected keyword argument 'size'$"),
    ):
        with pytest.raises(TypeError, match=text):
            wrong()


@on(("group", "name"), METHODS)
def test_a_method_looks_as_it_is_written_but_for_its_options(group, name):
    method = vars(type(getattr(CLIENT, group)))[name]
    written = inspect.unwrap(method)
    assert written is not method
    assert (method.__name__, method.__qualname__, method.__module__) == (
        written.__name__, written.__qualname__, written.__module__
    )  # fmt: skip
    assert inspect.iscoroutinefunction(method) == inspect.iscoroutinefunction(written)
    assert inspect.getsource(method) == inspect.getsource(written)
    if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in inspect.signature(written).parameters.values()):
        assert inspect.signature(method) == inspect.signature(written)
        assert pydoc.render_doc(method) == pydoc.render_doc(written)


def test_private_methods_and_other_attributes_stay_as_they_are():
    assert Group.kind == "group"
    assert not hasattr(Group._hidden, "__wrapped__")
    assert Group().iterate(limit=5) == [5]


def test_a_mock_made_from_a_group_awaits_the_same_methods():
    replacement = mock.create_autospec(CLIENT.domains)
    assert isinstance(replacement.view, mock.AsyncMock)
    assert not isinstance(mock.create_autospec(CLIENT.templates).search_all, mock.AsyncMock)


# --- all calls -----------------------------------------------------------------------------------------------------

TAKEN_AS_IT_IS = {
    "attachments", "bcc", "cc", "custom_headers", "destinations", "emails", "inlines", "journal", "message",
    "mime_email", "on_outcome", "reply_to", "template_data", "to",
}  # fmt: skip
"""Arguments whose annotations say less than what is checked: the classes and functions that take them do that."""


@on(("group", "name"), METHODS)
def test_every_argument_is_checked_apart_from_a_few(group, name):
    checks = Arguments(inspect.unwrap(vars(type(getattr(CLIENT, group)))[name])).checks
    missed = {argument for argument, check in checks.items() if check is unchecked} - TAKEN_AS_IT_IS
    assert missed <= ({"sender"} if group == "email" else set())


def _texts() -> "list[tuple[str, str, str]]":
    found = []
    for group, name in METHODS:
        checks = Arguments(inspect.unwrap(vars(type(getattr(CLIENT, group)))[name])).checks
        for argument, check in checks.items():
            try:
                check("some words", argument)
            except (TypeError, ValueError):
                continue
            if check is not unchecked:
                found.append((group, name, argument))
    return found


@on(("group", "name", "argument"), _texts())
def test_a_text_holds_control_characters_only_where_people_write_it(group, name, argument):
    check = Arguments(inspect.unwrap(vars(type(getattr(CLIENT, group)))[name])).checks[argument]
    lines = "first line\r\nsecond\tline"
    if argument in FREE_TEXT and check("a", argument) != ["a"]:
        assert check(lines, argument) == lines
        return
    with pytest.raises(
        ValueError, match=rf"^{argument}(\[0\])?: must not hold the control character U\+000D at position 10$"
    ):
        check(lines, argument)


@on(("group", "name"), METHODS)
def test_a_subaccount_is_never_blank(group, name):
    checks = Arguments(inspect.unwrap(vars(type(getattr(CLIENT, group)))[name])).checks
    if "subaccount_id" in checks:
        with pytest.raises(ValueError, match=r"^subaccount_id: must not be empty$"):
            checks["subaccount_id"]("", "subaccount_id")


def test_the_sync_client_refuses_the_same_arguments():
    with (
        SyncClient("api-" + "A" * 32) as waiting,
        pytest.raises(TypeError, match=r"^domain: must be a str, not a list$"),
    ):
        waiting.domains.view(domain=["example.com"])
