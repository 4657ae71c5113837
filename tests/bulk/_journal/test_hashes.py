"""Hashes tell references, recipients and journals apart, and say no more."""

from smtp2go_async import Journal
from smtp2go_async.bulk._journal.hashes import fingerprints_of, mark_of, tokens_of


def test_the_token_of_an_email_differs_between_references_and_between_journals():
    found = {*tokens_of("first", ["a", "b"]), *tokens_of("second", ["a"])}
    assert len(found) == 3
    assert tokens_of("first", ["a"])[0] in found


def test_a_fingerprint_does_not_depend_on_how_an_address_is_capitalised():
    assert len(set(fingerprints_of("j", [["Jane@Example.com"], ["jane@example.com"]]))) == 1


def test_a_fingerprint_tells_recipients_apart():
    found = set(fingerprints_of("j", (["a"], ["b"], ["a", "b"], ["b", "a"], [])))
    assert len(found) == 5


def test_the_marks_of_rows_tell_references_recipients_and_journals_apart():
    found = {
        mark_of(*row)
        for row in [("j", "a", ["1"]), ("j", "a", ["2"]), ("j", "b", ["1"]), ("k", "a", ["1"]), ("j", "a", [])]
    }
    assert len(found) == 5


def test_an_anonymous_fingerprint_fits_many_addresses(path):
    with Journal(path, recipients="none") as journal:
        kept = {journal.fingerprint([f"{number}@example.com"])[:3] for number in range(50_000)}
    assert len(kept) > 4000
