"""The length of an `EmailFile`: as many as the iteration gives, without an e-mail being made."""

import os
import tracemalloc

import pytest

from smtp2go_async import Email, EmailFile
from smtp2go_async.bulk import rows as module

on = pytest.mark.parametrize
TOKEN_HEADER = "id,email,name\n"
GOOD = TOKEN_HEADER + "1,jane@example.com,Jane\n2,joe@example.com,Joe\n"


def hello(row):
    return Email(sender="news@example.com", to=row["email"], subject=f"Hello {row['name']}", text_body="Hi")


def refuse_to_make(_row):
    raise AssertionError("an e-mail was made")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def reads(monkeypatch):
    """Return a list that gets an item each time the rows of a file are read."""
    found = []
    records = module.records

    def counting(*args):
        found.append(args)
        return records(*args)

    monkeypatch.setattr(module, "records", counting)
    return found


@on(
    ("content", "name", "count"),
    [
        (GOOD, "list.csv", 2),
        (GOOD[:-1], "list.csv", 2),
        (TOKEN_HEADER, "list.csv", 0),
        (TOKEN_HEADER + '1,jane@example.com,"a\nb\r\n\nc"\n2,joe@example.com,"""Joe"""\n', "list.csv", 2),
        (f"\n\n{GOOD}\n , ,\n,,\n3,jo@example.com,Jo\n\n", "list.csv", 3),
        ("sep=;\n" + GOOD.replace(",", ";"), "list.csv", 2),
        (GOOD.replace(",", "\t").encode("utf-16"), "list.tsv", 2),
        (GOOD + "3,too,many,columns\n4,no,x\n1,jane@example.com,duplicate\n5,a\0@example.com,x\n", "list.csv", 6),
        ('{"id": 1, "email": "a@example.com", "name": "x"}\n\n  \nnull\n{"id": 2}\n{', "list.jsonl", 4),
        ("", "list.jsonl", 0),
    ],
    ids=["two rows", "no last line break", "header only", "line breaks in quotes", "blank rows", "sep", "utf-16", "bad rows", "json", "no json"],
)  # fmt: skip
def test_the_length_is_the_number_of_items_that_the_iteration_gives(content, name, count, write):
    path = write(content, name)
    assert len(EmailFile(path, hello, reference="id", check=False)) == count
    assert sum(1 for _ in EmailFile(path, hello, reference="id", check=False)) == count


def test_no_email_is_made_to_count_the_rows(write):
    assert len(EmailFile(write(GOOD), refuse_to_make)) == 2


def test_a_file_is_not_counted_again_until_it_changes(write, reads):
    path = write(GOOD)
    emails = EmailFile(path, hello)
    assert [len(emails), len(emails), len(reads)] == [2, 2, 1]
    with path.open("a") as file:
        file.write("3,jo@example.com,Jo\n")
    assert [len(emails), len(emails), len(reads)] == [3, 3, 2]


def test_a_checked_file_is_not_read_again_to_count_it(write, reads):
    emails = EmailFile(write(GOOD), hello)
    assert [emails.check(), len(emails), len(reads)] == [2, 2, 1]


def test_a_file_that_grows_while_it_is_counted_is_an_error_and_is_counted_anew_later(write, monkeypatch):
    path = write(GOOD)
    emails = EmailFile(path, hello)
    records = module.records

    def growing(*args):
        for number, found in enumerate(records(*args)):
            if number == 0:
                with path.open("a") as file:
                    file.write("3,jo@example.com,Jo\n")
            yield found

    with monkeypatch.context() as patched:
        patched.setattr(module, "records", growing)
        with pytest.raises(ValueError, match=r"list\.csv, line 4: the file must not change while it is read"):
            len(emails)
    assert len(emails) == 3


@on(
    ("content", "text"),
    [
        ("", "line 1: must name the columns, not be empty"),
        (GOOD.encode() + b"3,\xff", "line 4: must be utf-8, and byte 62 of the file is not"),
        (GOOD + '3,"', "line 4: the file must not end within quotes"),
        ("id,id\n1,2\n", "line 1: must name each column once"),
    ],
)
def test_a_file_that_can_not_be_read_to_its_end_has_no_length(content, text, write):
    with pytest.raises(ValueError, match=text):
        len(EmailFile(write(content), hello))


def test_a_missing_file_and_a_pipe_have_no_length(tmp_path):
    with pytest.raises(FileNotFoundError):
        len(EmailFile(tmp_path / "missing.csv", hello))
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ValueError, match="must be a file that can be read more than once"):
        len(EmailFile(tmp_path / "pipe.csv", hello))


def test_a_file_is_true_without_being_read(tmp_path):
    assert EmailFile(tmp_path / "missing.csv", hello)


def test_counting_a_hundred_thousand_rows_keeps_only_a_few_in_memory(write):
    path = write(TOKEN_HEADER + "".join(f"{number},reader{number}@example.com,Reader\n" for number in range(100_000)))
    emails = EmailFile(path, refuse_to_make, reference="id")
    tracemalloc.start()
    try:
        assert len(emails) == 100_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 3_000_000
    assert peak < 500_000
