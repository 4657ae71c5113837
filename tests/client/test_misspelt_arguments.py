"""A misspelt argument of a class that callers make is named together with the nearest argument that exists."""

import pytest

from smtp2go_async import AsyncClient, Attachment, Inline, Journal, RetryPolicy, SyncClient


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        (AsyncClient, "apikey", "api_key"),
        (SyncClient, "apikey", "api_key"),
        (RetryPolicy, "attempt", "attempts"),
        (Attachment, "file_name", "filename"),
        (Inline, "mime_type", "mimetype"),
        (Journal, "recipient", "recipients"),
    ],
)
def test_the_error_names_the_public_class_and_the_nearest_argument(kind, wrong, right):
    text = rf"^{kind.__name__}\.__init__\(\) got an unexpected keyword argument '{wrong}'; did you mean '{right}'\?$"
    with pytest.raises(TypeError, match=text):
        kind(**{wrong: "x"})
