"""What is a call, and what can it not be?"""

import attrs
import pytest

from smtp2go_async import CallEffect, EmptyReply
from smtp2go_async._operation import Operation


def test_an_operation_has_no_default_effect():
    with pytest.raises(TypeError, match="effect"):
        Operation("/email/send", EmptyReply)


@pytest.mark.parametrize("effect", [None, "once", True])
def test_an_effect_is_one_of_the_three(effect):
    with pytest.raises(TypeError, match=r"^effect: must be a CallEffect, not "):
        Operation("/email/send", EmptyReply, effect=effect)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "email/send",
        "/email/send/",
        "//email",
        "/email?a=1",
        "/email#a",
        "/é",
        "/email/send\n",
        "/email/../domain",
        "/.",
        "/email/..",
    ],
)
def test_a_path_is_one_of_the_api(path):
    with pytest.raises(ValueError, match=r"^path: must be a path of the API, for example "):
        Operation(path, EmptyReply, effect=CallEffect.READ)


@pytest.mark.parametrize("method", ["post", "TRACE", ""])
def test_a_method_is_one_of_http(method):
    with pytest.raises(ValueError, match=r"^method: must be one of 'POST', 'PATCH', 'GET', 'PUT', 'DELETE', not "):
        Operation("/email/send", EmptyReply, effect=CallEffect.READ, method=method)


@pytest.mark.parametrize(
    ("argument", "value"), [("path", None), ("path", b"/email/send"), ("method", None), ("method", ["POST"])]
)
def test_a_path_and_a_method_are_text(argument, value):
    with pytest.raises(TypeError, match=rf"^{argument}: must be a str, not "):
        Operation(**{"path": "/email/send", "result": EmptyReply, "effect": CallEffect.READ, argument: value})


def test_a_path_has_an_end():
    assert Operation("/" + "a" * 199, EmptyReply, effect=CallEffect.READ)
    with pytest.raises(ValueError, match=r"^path: must have at most 200 characters, not 201$"):
        Operation("/" + "a" * 200, EmptyReply, effect=CallEffect.READ)


def test_an_operation_is_frozen():
    operation = Operation("/email/send", EmptyReply, effect=CallEffect.ONCE)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        operation.effect = CallEffect.READ


@pytest.mark.parametrize(
    ("path", "is_email"),
    [
        ("/email/send", True),
        ("/email/mime", True),
        ("/email/batch", True),
        ("/email/scheduled/search", True),
        ("/sms/send", False),
        ("/template/add", False),
        ("/emailish/send", False),
        ("/stats/email_summary", False),
    ],
)
def test_the_larger_limit_is_for_the_email_calls_alone(path, is_email):
    assert Operation(path, EmptyReply, effect=CallEffect.READ).is_email is is_email
