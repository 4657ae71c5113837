"""Do errors survive pickling and copying, belong to the right families, and tell what they must and no more?

Celery and multiprocessing pickle whatever a task raises; an error that does not pickle hides what happened.
"""

import copy
import pickle
import re
import traceback

import pytest

from smtp2go_async import errors
from smtp2go_async._error_base import BaseError
from smtp2go_async.endpoints.email import EmailSent
from smtp2go_async.errors import (
    ApiError,
    ArgumentTypeError,
    AuthenticationError,
    BadRequestError,
    BulkStoppedError,
    HandlerError,
    InboxError,
    InvalidArgumentError,
    JournalError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PagingError,
    PermissionDeniedError,
    RateLimitError,
    ReplyError,
    ReplyTimeoutError,
    SendRefusedError,
    ServerError,
    Smtp2goError,
    TransportError,
    WebhookError,
)

KEY = "api-" + "A1b2" * 8
OF_THE_API = {
    "operation": "/email/send",
    "status": 400,
    "code": "API_EXCEPTION",
    "request_id": "0b6f2a51-7c3e-4d19-9a80-5e4c1f7d2b36",
    "field_errors": {"to": "is bad"},
    "raw": {"data": {"error": "no", "deep": [1, {"a": None}]}},
}

FULL = [
    Smtp2goError("no", operation="/email/send"),
    InvalidArgumentError("to[1]: no", argument="to[1]"),
    ArgumentTypeError("to[1]: no", argument="to[1]"),
    TransportError("no", operation="/email/send"),
    NotSentError("no", operation="/email/send"),
    BulkStoppedError("no", operation="/email/send", report={"sent": 3}),
    JournalError("no", operation="/email/send"),
    OutcomeUnknownError("no", operation="/email/send"),
    ReplyTimeoutError("no", operation="/email/send"),
    ReplyError("no", operation="/email/send", status=200, raw=b"<html>", carried_out=True),
    ApiError("no", **OF_THE_API),
    BadRequestError("no", **OF_THE_API),
    AuthenticationError("no", **OF_THE_API),
    PermissionDeniedError("no", **OF_THE_API),
    NotFoundError("no", **OF_THE_API),
    RateLimitError("no", **OF_THE_API, retry_after=61.5),
    ServerError("no", **OF_THE_API),
    SendRefusedError(
        "no",
        operation="/email/send",
        failures=["no route\nat all", "b"],
        status=200,
        request_id="r-1",
        result=EmailSent(failed=1, raw={"data": {"failed": 1}}),
    ),
    PagingError("no", operation="/activity/search", items=17, last=EmailSent(email_id="x")),
    WebhookError("no", operation="webhook"),
    InboxError("no"),
    HandlerError("no"),
]
EMPTY = [type(one)() for one in FULL]

WAYS = {
    **{
        f"pickle {protocol}": lambda error, p=protocol: pickle.loads(pickle.dumps(error, p))
        for protocol in (2, pickle.HIGHEST_PROTOCOL)
    },
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def kinds():
    todo, found = [Smtp2goError], []
    while todo:
        found.append(todo.pop())
        todo += [one for one in found[-1].__subclasses__() if one.__module__ == errors.__name__]
    return found


def test_the_tests_below_have_every_error():
    assert {type(one) for one in FULL} == set(kinds())


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("error", FULL + EMPTY, ids=lambda one: type(one).__name__)
def test_an_error_comes_back_with_everything_that_it_had(error, way):
    again = way(error)
    assert type(again) is type(error)
    assert again is not error
    assert vars(again) == vars(error)
    assert again.args == error.args
    assert (str(again), repr(again)) == (str(error), repr(error))
    assert again.carried_out is error.carried_out


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one.__name__)
def test_notes_come_along(kind, way):
    error = kind("no")
    error.add_note("An earlier attempt may have done it.")
    error.add_note("Another.")
    assert way(error).__notes__ == ["An earlier attempt may have done it.", "Another."]


def test_a_deep_copy_shares_nothing_that_can_be_changed():
    error = ApiError("no", **OF_THE_API)
    again = copy.deepcopy(error)
    again.raw["data"]["deep"].append(2)
    again.field_errors["cc"] = "new"
    assert error.raw["data"]["deep"] == [1, {"a": None}]
    assert error.field_errors == {"to": "is bad"}


def test_an_attribute_that_somebody_added_comes_along():
    error = NotSentError("no")
    error.task_id = "t-1"
    assert pickle.loads(pickle.dumps(error)).task_id == "t-1"


def test_an_error_that_was_raised_pickles_without_its_traceback():
    try:
        raise OutcomeUnknownError("no", operation="/email/send") from OSError("lost")
    except OutcomeUnknownError as raised:
        again = pickle.loads(pickle.dumps(raised))
    assert again.__traceback__ is None
    assert str(again) == "/email/send: no"


def test_a_subclass_of_a_callers_own_pickles_too():
    again = pickle.loads(pickle.dumps(OwnError("no", status=402, code="PAY")))
    assert (type(again), again.status, again.code) == (OwnError, 402, "PAY")


class OwnError(ApiError):
    pass


# --- the tree ----------------------------------------------------------------------------------------------------


def drawn():
    """Read the tree in the docstring: each error with its parent, its other family, carried_out and retryable."""
    line = re.compile(
        r"^    ((?:[│ ]  )*)([├└] )?(\w+)(?: \((\w+)\))? +(.*?)(?:  +(no|yes|unless final|not a send|by its cause))$"
    )
    tree, path = {}, []
    for match in filter(None, map(line.match, errors.__doc__.splitlines())):
        deep, branch, name, family, says, again = match.groups()
        level = 0 if branch is None else len(deep) // 3 + 1
        path[level:] = [name]
        told = re.match(r"(False|True|None):", says) if level else None
        tree[name] = (path[level - 1] if level else None, family, told[1] if told else None, again)
    return tree


def test_the_tree_in_the_docstring_is_the_real_one():
    real = {}
    for one in kinds():
        ours = [base.__name__ for base in one.__bases__ if issubclass(base, Smtp2goError)]
        others = [
            base.__name__
            for base in one.__bases__
            if not issubclass(base, Smtp2goError) and base not in (Exception, BaseError)
        ]
        real[one.__name__] = (ours[0] if ours else None, others[0] if others else None)
        assert len(ours) <= 1
        assert len(others) <= 1
    assert {name: (parent, family) for name, (parent, family, *_) in drawn().items()} == real


@pytest.mark.parametrize(("name", "parent", "told"), [(name, one[0], one[2]) for name, one in drawn().items()])
def test_carried_out_is_what_the_tree_says(name, parent, told):
    while told is None and parent is not None:
        parent, _, told, _ = drawn()[parent]
    assert str(getattr(errors, name)("no").carried_out) == (told or "None")


@pytest.mark.parametrize(
    ("kind", "carried_out"),
    [
        (InvalidArgumentError, False),
        (ArgumentTypeError, False),
        (NotSentError, False),
        (OutcomeUnknownError, None),
        (ReplyTimeoutError, None),
        (ReplyError, None),
        (ApiError, False),
        (BadRequestError, False),
        (AuthenticationError, False),
        (PermissionDeniedError, False),
        (NotFoundError, False),
        (RateLimitError, False),
        (ServerError, None),
        (SendRefusedError, False),
        (WebhookError, None),
        (InboxError, False),
        (HandlerError, None),
    ],
)
def test_carried_out_written_out_by_hand(kind, carried_out):
    assert kind("no").carried_out is carried_out
    assert kind.carried_out is carried_out


@pytest.mark.parametrize("carried_out", [True, False, None])
def test_a_reply_error_says_for_itself_whether_the_call_was_carried_out(carried_out):
    assert ReplyError("no", carried_out=carried_out).carried_out is carried_out
    assert SendRefusedError("no", carried_out=carried_out).carried_out is carried_out


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (InvalidArgumentError, ValueError),
        (ArgumentTypeError, TypeError),
        (NotSentError, ConnectionError),
        (NotSentError, OSError),
        (ReplyTimeoutError, TimeoutError),
        (ReplyTimeoutError, OutcomeUnknownError),
        (RateLimitError, ApiError),
        (ServerError, ApiError),
    ],
)
def test_code_that_catches_the_family_catches_the_error(kind, family):
    with pytest.raises(family):
        raise kind("no")


@pytest.mark.parametrize("kind", [OutcomeUnknownError, ReplyError, ServerError])
def test_an_unknown_outcome_is_not_in_the_family_that_programs_repeat(kind):
    assert not issubclass(kind, ConnectionError)


# --- the text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Smtp2goError(), ""),
        (Smtp2goError("no"), "no"),
        (Smtp2goError("", operation="/email/send"), "/email/send"),
        (NotSentError("no", operation="/email/send"), "/email/send: no"),
        (ReplyError("no", operation="/email/send", status=502), "/email/send 502: no"),
        (ReplyError("no"), "no"),
        (ApiError("no", operation="/email/send", status=402), "/email/send 402: no"),
        (ApiError("no", operation="/email/send", status=400, code="X"), "/email/send 400 X: no"),
        (ApiError("no", request_id="r-1"), "no (request r-1)"),
        (
            BadRequestError("no", field_errors={"to": "a", "cc": "b"}, request_id="r-1"),
            "no [to: a; cc: b] (request r-1)",
        ),
        (SendRefusedError("no", operation="/sms/send", request_id="r-1"), "/sms/send: no (request r-1)"),
    ],
)
def test_the_text_names_the_operation_the_status_the_code_the_message_and_the_request_id(error, text):
    assert str(error) == text
    assert repr(error) == f"<{type(error).__name__} {text}>"


SECRETS = f"{KEY} Bearer {KEY} secret.jane@example.com <secret.bob@example.com> +12025550123 12025550199"


@pytest.mark.parametrize("kind", kinds(), ids=lambda one: one.__name__)
def test_no_text_shows_keys_addresses_or_numbers(kind):
    error = kind(f"refused: {SECRETS}", operation="/email/send")
    if isinstance(error, ApiError):
        error.field_errors = {"to": SECRETS}
    if isinstance(error, SendRefusedError):
        error.failures = (SECRETS,)
    shown = f"{error} {error!r} {''.join(traceback.format_exception(error))}"
    for secret in (KEY, "secret", "2025550123", "2025550199"):
        assert secret not in shown
    assert "example.com" in shown


def test_what_a_program_needs_is_kept_unmasked_in_the_attributes():
    error = ApiError(SECRETS)
    assert error.message == SECRETS
    assert SendRefusedError("no", failures=[SECRETS]).failures == (SECRETS,)


def test_a_very_long_message_is_cut_in_the_text_and_kept_in_the_attribute():
    error = ApiError("x" * 100_000, operation="/email/send")
    assert len(str(error)) < 3000
    assert len(error.message) == 100_000


@pytest.mark.parametrize("secret", ["secret.person@example.com", KEY, "+12025550123"])
@pytest.mark.parametrize("at", range(1970, 2005, 3))
def test_nothing_shows_because_a_long_message_was_cut_through_it(secret, at):
    shown = str(ApiError("x" * (at - 1) + f" {secret} and more" + " x" * 2000))
    assert secret[:6] not in shown


def test_very_long_field_errors_are_cut_in_the_text():
    error = BadRequestError("no", field_errors={"html_body": "found " + "x" * 100_000})
    assert len(str(error)) < 5000


def test_the_body_and_the_result_are_not_in_the_text():
    error = SendRefusedError("no", result=EmailSent(failures=("secret",)))
    assert "secret" not in f"{error} {error!r}"
    assert "secret" not in str(ApiError("no", raw={"to": "secret"}))
    assert "secret" not in repr(ReplyError("no", raw=b"secret"))


def test_a_text_with_an_error_in_it_is_one_line_in_a_log(caplog):
    import logging

    logging.getLogger("app").error("failed: %s", NotSentError("no", operation="/email/send"))
    assert caplog.messages == ["failed: /email/send: no"]
