"""A misspelt argument of a client or a policy is named together with the nearest argument that exists."""

import pytest

from smtp2go_async import AsyncClient, RetryPolicy, SyncClient


@pytest.mark.parametrize("kind", [AsyncClient, SyncClient, RetryPolicy])
def test_the_error_names_the_public_class_and_the_nearest_argument(kind):
    wrong, right = ("attempt", "attempts") if kind is RetryPolicy else ("apikey", "api_key")
    text = rf"^{kind.__name__}\.__init__\(\) got an unexpected keyword argument '{wrong}'; did you mean '{right}'\?$"
    with pytest.raises(TypeError, match=text):
        kind(**{wrong: "x"})
