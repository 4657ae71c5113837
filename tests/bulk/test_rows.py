"""E-mails from files: what is made of good ones, and what is said of bad ones."""

import codecs
import json
import os
import pickle
import threading

import anyio
import pytest

from smtp2go_async import AsyncClient, Email, EmailFile, InvalidArgumentError, Outcome, Smtp2goError
from smtp2go_async.sandbox import Sandbox

on = pytest.mark.parametrize
TOKEN_HEADER = "id,email,name\n"
GOOD = TOKEN_HEADER + "1,jane@example.com,Jane\n2,joe@example.com,Joe\n"


def hello(row):
    return Email(sender="news@example.com", to=row["email"], subject=f"Hello {row['name']}", text_body="Hi")


@pytest.fixture
def file_of(tmp_path):
    """Return a function that writes a file and makes an `EmailFile` of it."""

    def make(content, name="list.csv", maker=hello, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return EmailFile(path, maker, **{"reference": "id", **options})

    return make


@pytest.fixture
def problem(file_of, tmp_path):
    """Return a function that returns what a check says, behind the path."""

    def find(content, *args, **options):
        with pytest.raises(ValueError) as caught:
            file_of(content, *args, **options).check()
        assert isinstance(caught.value, InvalidArgumentError)
        return str(caught.value).removeprefix(f"{tmp_path}{os.sep}")

    return find


def subjects(emails):
    return [(reference, email.subject) for reference, email in emails]


# --- good files --------------------------------------------------------------------------------------------------


@on(
    ("content", "name"),
    [
        (GOOD, "list.csv"),
        (GOOD.replace("\n", "\r\n"), "list.csv"),
        (GOOD.replace("\n", "\r"), "list.csv"),
        (GOOD.replace(",", ";"), "list.csv"),
        (GOOD.replace(",", "\t"), "LIST.TSV"),
        (GOOD.replace("\n", "\n\n,,\n  \n"), "list.csv"),
        ("\n\n" + GOOD.rstrip("\n"), "list.csv"),
        (GOOD.replace(TOKEN_HEADER, ' id, "email",name \n').replace(' "email"', '"email"'), "list.csv"),
        (GOOD.replace("\n", ",\n"), "list.csv"),
        (codecs.BOM_UTF8 + GOOD.encode(), "list.csv"),
        (GOOD.encode("utf-16"), "list.csv"),
        (codecs.BOM_UTF16_BE + GOOD.encode("utf-16-be"), "list.csv"),
        (GOOD.encode("utf-32"), "list.csv"),
        ('{"id": 1, "email": "jane@example.com", "name": "Jane"}\n\n{"id":"2","email":["joe@example.com"],"name":"Joe"}', "list.jsonl"),
        (codecs.BOM_UTF8 + b'{"id": 1, "email": "jane@example.com", "name": "Jane"}\r\n{"id":2,"email":"joe@example.com","name":"Joe"}\r\n', "list.ndjson"),
    ],
)  # fmt: skip
def test_a_file_gives_the_same_emails_each_time_in_every_format(file_of, content, name):
    emails = file_of(content, name)
    assert subjects(emails) == subjects(emails) == [("1", "Hello Jane"), ("2", "Hello Joe")]
    assert emails.check() == 2


def test_columns_that_have_no_name_are_left_out(file_of):
    assert rows_of(file_of("id,,email,\n1,,jane@example.com,\n")) == [{"id": "1", "email": "jane@example.com"}]


@on("header", ['"a;b;c;d",e', '"a\tb\tc",e', "e"])
def test_a_character_within_quotes_is_not_the_delimiter(file_of, header):
    (row,) = rows_of(file_of(f"{header}\n{header.replace('a', 'x').replace('e', 'y;z')}\n", reference=None))
    assert list(row.values())[-1] == "y;z"


def test_without_a_reference_column_emails_come_alone(file_of):
    assert [email.to for email in file_of(GOOD, reference=None)] == [("jane@example.com",), ("joe@example.com",)]


def test_a_cell_keeps_its_line_breaks_and_later_lines_keep_their_numbers(file_of, problem):
    texts = [row["text"] for row in rows_of(file_of('id,text\n1,"a\r\nb\n\rc"\n'))]
    assert texts == ["a\r\nb\n\rc"]
    assert problem('id,email,name\n1,jane@example.com,"a\nb\n"\n2,joe,"c\nd"\n').startswith(
        "list.csv: 2 bad rows\n  line 2:"
    )
    assert problem('id,email,name,text\n1,jane@example.com,x,"a\n\nb"\n2,joe,x,c\n').startswith("list.csv, line 5: to:")


def rows_of(emails):
    """Return the rows that a file's function gets."""
    seen = []
    emails._make = lambda row: (
        seen.append(row) or Email(sender="a@example.com", to="b@example.com", subject="c", text_body="d")
    )
    list(emails)
    return seen


# --- bad files ---------------------------------------------------------------------------------------------------


def test_all_bad_rows_are_reported_together_and_the_same_problem_once(problem):
    found = problem(TOKEN_HEADER + "1,jane@example.com,x\n2,no,x\n1,joe@example.com,x\n3,no,x\n4,jo@example.com\n")
    assert found.splitlines() == [
        "list.csv: 4 bad rows; check=False sends the other rows",
        "  lines 3, 5: to: must be an e-mail address with one @, not a text without @",
        "  line 4: must have its own reference, not '1', which is in line 2 already",
        "  line 6: must have 3 columns, as the header has, not 2",
    ]


@pytest.mark.parametrize(
    ("rows", "hint"),
    [
        ("1,jane@example.com,x\n2,no,x\n", "; check=False sends the other rows"),
        ("1,no,x\n2,no,x\n", ""),
        ("1,no,x\n1,no,x\n", ""),
        ('1,jane@example.com,x\n2,no,x\n3,joe@example.com,"x\n', ""),
    ],
    ids=["some rows are good", "none is good", "the same reference twice", "the rest can't be read"],
)
def test_an_error_about_bad_rows_says_how_to_send_the_good_rows_if_that_sends_any(problem, rows, hint):
    title = problem(TOKEN_HEADER + rows).splitlines()[0]
    assert "".join(title.partition(";")[1:]) == hint


def test_an_unreadable_rest_is_reported_together_with_the_bad_rows_before_it(problem):
    lines = problem(TOKEN_HEADER + '1,no,x\n2,jane@example.com,"x\n').splitlines()
    assert [line.partition(":")[0] for line in lines] == ["list.csv", "  line 2", "  line 3"]


def test_the_lines_of_the_error_stay_whatever_a_cell_holds(file_of):
    odd = "a\nERROR forged\x1b[31m\u2028b"
    with pytest.raises(InvalidArgumentError) as caught:
        file_of(TOKEN_HEADER + "1,no,x\n2,x,y\n", maker=lambda row: {}[odd + row["email"]]).check()
    error = caught.value
    title, *problems = str(error).splitlines()
    assert title == f"{error.argument}: 2 bad rows"
    assert [problem.partition(":")[0] for problem in problems] == ["  line 2", "  line 3"]
    assert all(problem.isprintable() for problem in problems)


def test_the_error_about_bad_rows_pickles_and_is_one_line_after_json(file_of):
    with pytest.raises(InvalidArgumentError) as caught:
        file_of(TOKEN_HEADER + "1,no,x\n2,,y\n").check()
    error = caught.value
    for again in (pickle.loads(pickle.dumps(error)), type(error)(*json.loads(json.dumps(error.args)))):
        assert (type(again), str(again), again.argument) == (type(error), str(error), error.argument)
    again = Smtp2goError.from_dict(json.loads(json.dumps(error.to_dict())))
    assert type(again) is InvalidArgumentError
    assert str(again) == str(error).replace("\n", " ")
    assert (again.carried_out, again.retryable) == (False, False)


def test_the_error_about_bad_rows_keeps_every_row_however_long_their_problems_are(file_of):
    with pytest.raises(InvalidArgumentError) as caught:
        file_of(
            TOKEN_HEADER + "".join(f"{n},x,y\n" for n in range(20)),
            maker=lambda row: {}[f"{row['id']} " + "long " * 200],
        ).check()
    assert len(str(caught.value).splitlines()) == 21


def test_a_check_ends_after_twenty_bad_rows(file_of):
    made = []

    def make(row):
        made.append(row)
        return hello(row)

    with pytest.raises(ValueError, match="20 bad rows, and perhaps more\n  lines 2, 3, .*, 20, 21: to"):
        file_of(TOKEN_HEADER + "".join(f"{n},no,x\n" for n in range(100)), maker=make).check()
    assert len(made) == 20


def test_a_report_of_bad_rows_shows_no_address_and_no_number(problem):
    bad = "jane@example.com,jane@example.com,+12025550123\n"
    for found in (
        problem(TOKEN_HEADER + bad + bad),
        problem(TOKEN_HEADER + bad + bad + bad),
        problem(bad + bad),
        problem(TOKEN_HEADER.replace("id", "jane@example.com,jane@example.com")),
        problem(TOKEN_HEADER + bad, maker=lambda row: {}[row["email"] + row["name"]]),
        problem(TOKEN_HEADER + bad + "x" + bad, maker=lambda row: {}[row["email"] + row["name"]]),
        problem(TOKEN_HEADER + bad, maker=lambda row: {}["x" * 476 + " " + row["email"]]),
    ):
        assert "***@" in found
        assert "jane" not in found
        assert "2025550123" not in found


def test_an_error_in_the_function_of_the_caller_says_where_it_is(problem):
    assert problem(GOOD, maker=lambda row: row["email"].sent).startswith(
        "list.csv: 2 bad rows\n  lines 2, 3: AttributeError: "
    )
    assert "(test_rows.py, line " in problem(GOOD, maker=lambda row: row["email"].sent)
    assert "(test_rows.py" not in problem(GOOD.replace("email", "mail"))


def test_a_function_that_does_not_return_an_email_is_reported(problem):
    assert "make: must return an Email, not None" in problem(GOOD, maker=lambda row: None)


def test_a_pipe_or_a_directory_is_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name in ("pipe.csv", "folder.csv"):
        emails = EmailFile(tmp_path / name, hello)
        for work in (emails.check, lambda emails=emails: list(emails)):
            with pytest.raises(ValueError, match=f"{name}: must be a file that can be read more than once"):
                work()
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        EmailFile(tmp_path / "nothing.csv", hello).check()


def test_a_file_that_changes_is_noticed(file_of, tmp_path):
    emails = file_of(GOOD)
    path = tmp_path / "list.csv"
    first = iter(emails)
    next(first)
    with path.open("a") as file:
        file.write("3,jo@example.com,Jo\n")
    with pytest.raises(
        ValueError, match="line 4: the file must not change while it is read; is something still writing it"
    ):
        list(first)
    assert emails.check() == 3
    with path.open("a") as file:
        file.write("4,ann@example.com,Ann\n")
    with pytest.raises(ValueError, match="line 1: the file must not change after it was checked"):
        next(iter(emails))
    assert emails.check() == len(list(emails)) == 4


def test_a_checked_file_is_not_read_again_until_it_changes(file_of):
    made = []
    emails = file_of(GOOD, maker=lambda row: made.append(row) or hello(row))
    assert [emails.check(), emails.check(), len(made)] == [2, 2, 2]


@on(
    ("options", "said"),
    [
        ({"format": "xml"}, "format: must be one of 'csv', 'jsonl', not 'xml'"),
        ({"delimiter": ",,"}, "delimiter: must be a single character"),
        ({"format": "jsonl", "delimiter": ","}, "delimiter: must be a single character, and only for CSV"),
        ({"encoding": "latin-99"}, "encoding: must be a text encoding that Python knows, not 'latin-99'"),
        ({"encoding": "base64"}, "encoding: must be a text encoding that Python knows, not 'base64'"),
        ({"reference": " "}, "reference: must not be empty"),
    ],
)
def test_wrong_options_are_refused_when_it_is_made(options, said):
    with pytest.raises(ValueError, match=said):
        EmailFile("list.csv", hello, **options)


def test_a_file_of_unknown_format_is_refused_when_it_is_made():
    with pytest.raises(
        ValueError,
        match=r"format: must be given as 'csv' or 'jsonl', since the ending of 'list.csv.gz' does not say it",
    ):
        EmailFile("list.csv.gz", hello)
    with pytest.raises(
        ValueError, match=r"^format: must be 'csv' or 'jsonl', and 'list.XLSX' is a workbook; save it as CSV$"
    ):
        EmailFile("list.XLSX", hello)

    async def make(row):
        return hello(row)

    for wrong in (None, make):
        with pytest.raises(TypeError, match="make: must be a function that returns an Email"):
            EmailFile("list.csv", wrong)


# --- in a run ----------------------------------------------------------------------------------------------------


def test_nothing_is_sent_of_a_file_with_a_bad_row(file_of, backend):
    async def main(emails):
        with Sandbox() as sandbox:
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as client:
                try:
                    return await client.bulk.send(emails), sandbox.requests
                except ValueError as error:
                    return error, sandbox.requests

    found, requests = anyio.run(main, file_of(GOOD + "3,no,x\n"), backend=backend)
    assert (type(found), requests) == (InvalidArgumentError, ())
    report, requests = anyio.run(
        main, file_of(GOOD + "3,no,x\n,jo@example.com,Jo\n1,a@example.com,x\n", check=False), backend=backend
    )
    assert (report.sent, report.failed, len(requests)) == (2, 3, 2)
    assert [outcome.reference for outcome in report.problems] == ["3", "line 5", "1"]


def test_without_checks_a_bad_row_is_an_outcome_and_an_unreadable_file_still_an_error(file_of):
    emails = file_of(GOOD + "3,no,x\n", check=False)
    assert emails.check() is None
    outcome = list(emails)[2]
    assert isinstance(outcome, Outcome)
    assert (outcome.reference, outcome.status) == ("3", "failed")
    assert str(outcome.error).endswith("line 4: to: must be an e-mail address with one @, not a text without @")
    assert [
        outcome.reference
        for outcome in file_of(GOOD.replace("jane@", "")[:-1], check=False, reference=None)
        if isinstance(outcome, Outcome)
    ] == ["1"]
    with pytest.raises(ValueError, match="line 4: must be utf-8, and byte"):
        list(file_of(GOOD.encode() + b"3,\xff", check=False))
    with pytest.raises(ValueError, match="line 2: to: must be an e-mail address"):
        list(file_of(GOOD.replace("jane@", "")))


def test_a_check_ends_when_the_call_that_waits_for_it_is_cancelled(file_of, backend):
    made = []

    async def main():
        with anyio.CancelScope() as scope:

            def make(row):
                made.append(threading.current_thread())
                if len(made) == 10:
                    anyio.from_thread.run_sync(scope.cancel)
                return hello(row)

            emails = file_of(TOKEN_HEADER + "".join(f"{n},jane@example.com,x\n" for n in range(3000)), maker=make)
            await anyio.to_thread.run_sync(emails.check)

    anyio.run(main, backend=backend)
    assert 10 <= len(made) < 1000


def test_a_check_ends_with_the_program(script, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(TOKEN_HEADER + "".join(f"{n},jane@example.com,x\n" for n in range(3000)))
    source = f"""
        import threading
        from smtp2go_async import Email, EmailFile
        made = []
        def make(row):
            # It has more rows to make when the main thread is at its end.
            threading.main_thread().join()
            made.append(1)
            return Email(sender="a@example.com", to=row["email"], subject="x", text_body="x")
        def check():
            try:
                EmailFile({str(path)!r}, make).check()
            finally:
                print(len(made) < 1000, flush=True)
        threading.Thread(target=check).start()
    """
    assert script(source) == "True"
