"""A misspelt argument of a class that callers make is named together with the nearest argument that exists."""

import asyncio
import inspect
import re

import pytest

from smtp2go_async import (
    AsyncClient,
    Attachment,
    CallEffect,
    EmailFile,
    Inline,
    Journal,
    Pacer,
    Progress,
    RetryPolicy,
    SyncClient,
)


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        (AsyncClient, "apikey", "api_key"),
        (SyncClient, "apikey", "api_key"),
        (RetryPolicy, "attempt", "attempts"),
        (Attachment, "file_name", "filename"),
        (Inline, "mime_type", "mimetype"),
        (Journal, "recipient", "recipients"),
        (Pacer, "clok", "clock"),
        (Progress, "totl", "total"),
        (EmailFile, "refrence", "reference"),
    ],
)
def test_the_error_names_the_public_class_and_the_nearest_argument(kind, wrong, right):
    text = rf"^{kind.__name__}\.__init__\(\) got an unexpected keyword argument '{wrong}'; did you mean '{right}'\?$"
    with pytest.raises(TypeError, match=text):
        kind(**{wrong: "x"})


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient])
def test_a_misspelt_option_of_a_copy_names_the_public_class_and_the_nearest_option(kind, key):
    client = kind(key)
    text = rf"^{kind.__name__}\.with_options\(\) got an unexpected keyword argument 'timout'; did you mean 'timeout'\?$"
    with pytest.raises(TypeError, match=text):
        client.with_options(timout=3)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"bdy": {}, "effect": CallEffect.READ}, "got an unexpected keyword argument 'bdy'; did you mean 'body'?"),
        ({}, "missing 1 required keyword-only argument: 'effect'"),
    ],
)
def test_a_wrong_call_by_a_path_names_the_public_class(given, problem, key):
    for client, make in ((AsyncClient(key), asyncio.run), (SyncClient(key), None)):
        with pytest.raises(TypeError, match=rf"^{type(client).__name__}\.call\(\) {re.escape(problem)}$"):
            made = client.call("POST", "/some/call", **given)
            make(made)


def test_a_call_by_a_path_is_still_known_to_be_awaited():
    assert inspect.iscoroutinefunction(AsyncClient.call)
    assert not inspect.iscoroutinefunction(SyncClient.call)


@pytest.mark.parametrize(
    ("wrong", "right"), [("refrence", "reference"), ("subjct", "subject"), ("delimeter", "delimiter")]
)
@pytest.mark.parametrize("make", [EmailFile.from_template, EmailFile.from_strings])
def test_a_misspelt_argument_of_a_file_names_the_nearest_of_the_file_and_of_its_emails(make, wrong, right):
    template = {"template": "t"} if make == EmailFile.from_template else {}
    name = rf"EmailFile\.{make.__name__}\(\)"
    with pytest.raises(TypeError, match=rf"^{name} got .* '{wrong}'; did you mean '{right}'\?$"):
        make("x.csv", sender="a@example.com", **template, **{wrong: "x"})
