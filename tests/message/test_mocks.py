"""A mock says that it is of any class, and a subclass of text answers in its own way: neither gets into an e-mail."""

import enum
from email.headerregistry import Address
from unittest import mock

import pytest

from smtp2go_async import ArgumentTypeError, Email

MAIL = {"sender": "a@example.com", "to": "b@example.com", "subject": "x", "text_body": "y"}


@pytest.mark.parametrize("kind", [mock.Mock, mock.MagicMock])
@pytest.mark.parametrize("spec", [str, tuple, list, dict, Address])
@pytest.mark.parametrize("argument", ["sender", "to", "cc", "bcc", "reply_to", "custom_headers", "attachments"])
def test_a_mock_is_refused_by_the_name_of_its_argument(argument, spec, kind):
    with pytest.raises(ArgumentTypeError, match=rf"^{argument}: must be .+, not a unittest\.mock\.{kind.__name__}$"):
        Email(**MAIL | {argument: kind(spec=spec)})


@pytest.mark.parametrize("spec", [str, tuple, list, Address])
@pytest.mark.parametrize("argument", ["to", "cc", "custom_headers"])
def test_a_mock_in_a_list_is_refused_by_its_place(argument, spec):
    with pytest.raises(ArgumentTypeError, match=rf"^{argument}\[0\]: must be "):
        Email(**MAIL | {argument: [mock.MagicMock(spec=spec)]})


class Office(enum.StrEnum):
    SHOP = "shop@example.com"


@pytest.mark.parametrize("argument", ["sender", "to", "cc", "bcc", "reply_to"])
def test_the_text_of_a_subclass_is_kept_and_not_its_object(argument):
    kept = getattr(Email(**MAIL | {argument: Office.SHOP}), argument)
    (address,) = [kept] if argument == "sender" else kept
    assert (type(address), address) == (str, "shop@example.com")
