"""Calls of an invented group, and parsing a response to them."""

import json

import pytest

from smtp2go_async._model_class import model
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.errors import ReplyError
from smtp2go_async.reply import AnyReply, EmptyReply, ListReply, Reply
from smtp2go_async.retry import CallEffect

SETTINGS = Settings(api_key="api-" + "A1b2" * 8, base_url="https://api.example.com/v3")


@model
class Thing(Reply):
    """A result with one field."""

    name: str = ""


READ = Operation("/thing/view", Thing, effect=CallEffect.READ)
CONVERGES = Operation("/thing/edit", Thing, effect=CallEffect.CONVERGES)
ONCE = Operation("/thing/add", Thing, effect=CallEffect.ONCE)
LIST = Operation("/thing/list", ListReply[Thing], effect=CallEffect.READ)
LIST_ONCE = Operation("/thing/add_all", ListReply[Thing], effect=CallEffect.ONCE)
WORDS = Operation("/thing/words", ListReply[str], effect=CallEffect.READ)
ANY = Operation("/thing/new", AnyReply, effect=CallEffect.ONCE)
WORD = Operation("/thing/delete", EmptyReply, effect=CallEffect.CONVERGES)

HTML = b"<html><body>Welcome</body></html>"
NO_OBJECTS = [None, "a word", "", 17, True, [], ["a word"]]


def parse(operation, payload, status=200, **response):
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse_response(operation, Response(status, content, **response), SETTINGS)


def reply_error(operation, payload, status=200, **response):
    with pytest.raises(ReplyError) as caught:
        parse(operation, payload, status, **response)
    assert caught.value.operation == operation.path
    assert caught.value.status == status
    return caught.value
