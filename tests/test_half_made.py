"""Can an object be shown whose ``__init__`` raised, or has not ended yet?

A traceback with local variables, a debugger and a service that collects errors call `repr` on whatever they find, and an
error in there hides the one that they are about.
"""

import importlib
import inspect
import pkgutil
import traceback
from typing import Any

import pytest

import smtp2go_async
from smtp2go_async import (
    AsyncClient,
    Attachment,
    Email,
    EmailFile,
    Inline,
    Journal,
    Pacer,
    Progress,
    SyncClient,
    sandbox,
)
from smtp2go_async._content.blobs import MemoryBlob
from smtp2go_async._operation import Operation
from smtp2go_async._wire.settings import Settings
from smtp2go_async.bulk._journal.row_states import JournalRow
from smtp2go_async.errors import Smtp2goError
from smtp2go_async.pacing import PacerState


def _models() -> "set[type[Any]]":
    """Find all results: the classes that users get and never import."""
    endpoints = importlib.import_module("smtp2go_async.endpoints")
    modules = [f"{endpoints.__name__}.{one.name}" for one in pkgutil.iter_modules(endpoints.__path__)]
    values = [value for name in modules for value in vars(importlib.import_module(name)).values()]
    return {one for one in values if inspect.isclass(one) and hasattr(one, "__attrs_attrs__") and one is not MemoryBlob}


PUBLIC = {one for name in smtp2go_async.__all__ if inspect.isclass(one := getattr(smtp2go_async, name))}
PUBLIC |= {sandbox.Sandbox}
ENUMS = {smtp2go_async.CallEffect}
CLASSES = sorted(
    (PUBLIC | _models() | {JournalRow, Operation, PacerState, Settings}) - ENUMS,
    key=lambda one: (one.__module__, one.__name__),
)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_object_of_which_nothing_is_made_can_be_shown(kind):
    blank = kind.__new__(kind)
    assert kind.__name__ in repr(blank)
    assert isinstance(str(blank), str)


def test_the_classes_are_found():
    assert len(CLASSES) > 90


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Email, {"sender": 5, "to": "jane@example.com"}),
        (Email, {"sender": "shop@example.com", "to": []}),
        (Email, {"sender": "shop@example.com", "to": "jane@example.com", "subject": "x", "text_body": 5}),
        (Email, {"sender": "shop@example.com", "to": "jane@example.com"}),
        (Attachment, {"content": 5, "filename": "a.txt"}),
        (Attachment, {"content": b"a", "filename": "a\n.txt"}),
        (Inline, {"content": b"a", "cid": "a\nb"}),
        (AsyncClient, {"api_key": "wrong"}),
        (AsyncClient, {"api_key": "api-" + "A" * 32, "auth": "none"}),
        (SyncClient, {"api_key": "wrong"}),
        (Pacer, {"clock": 5, "late": 1}),
        (Journal, {"path": 5}),
        (Journal, {"path": "a", "recipients": "b"}),
        (EmailFile, {"path": "a.csv", "make": 5}),
        (Progress, {"total": "a"}),
        (sandbox.Sandbox, {"port": -1}),
        (smtp2go_async.RetryPolicy, {"attempts": 0}),
    ],
)
def test_a_traceback_with_local_variables_can_be_made_of_what_an_init_raises(kind, arguments):
    with pytest.raises((TypeError, ValueError)) as caught:
        kind(**arguments)
    lines = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert str(caught.value) in lines
    assert "repr() failed" not in lines, "newer Pythons say so instead of raising"


def test_what_goes_wrong_in_the_repr_of_a_whole_object_is_not_hidden():
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("odd")

    with pytest.raises(RuntimeError, match="odd"):
        repr(smtp2go_async.AnyReply(data=Odd()))


@pytest.mark.parametrize("kind", [one for one in CLASSES if issubclass(one, Smtp2goError)])
def test_an_error_of_which_nothing_is_made_has_what_its_handlers_read(kind):
    blank = kind.__new__(kind)
    for name in inspect.get_annotations(kind):
        getattr(blank, name)
    assert blank.operation is None
