"""A misspelt argument of a class that callers make is named together with the nearest argument that exists."""

import pytest

from smtp2go_async import AsyncClient, Attachment, EmailFile, Inline, Journal, Pacer, Progress, RetryPolicy, SyncClient


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
