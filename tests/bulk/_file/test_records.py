"""Rows of files: what is read, and what is said of what can't be."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp2go_async import Email, EmailFile
from smtp2go_async.bulk._file import records

on = pytest.mark.parametrize
HEADER = "id,email,name\n"
GOOD = HEADER + "1,jane@example.com,Jane\n2,joe@example.com,Joe\n"


def hello(row):
    return Email(sender="news@example.com", to=row["email"], subject=f"Hello {row['name']}", text_body="Hi")


@pytest.fixture
def problem(tmp_path):
    """Return a function that returns what a check says, behind the path."""

    def find(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ValueError) as caught:
            EmailFile(path, hello, reference="id").check()
        return str(caught.value).removeprefix(f"{tmp_path}/")

    return find


LATIN = GOOD.encode() + "3,jo@example.com,Jörg\n".encode("latin-1")
FAR = GOOD.encode() + b"".join(b"x%d,jane@example.com,J\xc3\xa4ne\n" % n for n in range(5000)) + b"y,\xff\n"


@on(
    ("content", "said"),
    [
        ("", "line 1: must name the columns, not be empty"),
        ("\n \n", "line 1: must name the columns, not be empty"),
        (HEADER, "line 1: must be followed by rows, and there are none"),
        ("id,email,name,email\n", "line 1: must name each column once, not more than once: email"),
        (HEADER + "1,jane@example.com\n", "line 2: must have 3 columns, as the header has, not 2"),
        (HEADER + "\n1,jane@example.com,Jane,x\n", "line 3: must have 3 columns, as the header has, not 4"),
        ("id,email,\n1,jane@example.com,x\n", "line 2: must not have a value in a column that has no name"),
        ("id,mail,name\n1,jane@example.com,Jane\n", "line 2: no column 'email'; there are id, mail, name"),
        ("nr,email,name\n1,jane@example.com,Jane\n", "line 2: no column 'id'; there are nr, email, name"),
        (HEADER + ",jane@example.com,Jane\n", "line 2: column 'id': the reference must have 1 to 255 characters, not 0"),
        (HEADER + "1" * 10_000 + ",jane@example.com,Jane\n", "line 2: column 'id': the reference must have 1 to 255 characters, not 10,000"),
        (HEADER + '1,jane@example.com,"Jane\n2,joe@example.com,Joe\n', "line 2: the file must not end within quotes; is something still writing it?"),
        (HEADER + '1,"jane@example.com" ,Jane\n', "line 2: must be CSV: ',' expected after '\"'"),
        (HEADER + '1,jane@example.com,"' + "x" * 200_000 + '"\n', "line 2: must have values of at most 131,072 characters; is a quote not closed?"),
        (HEADER + '1,jane@example.com,"' + "x\n" * 200_000, "line 2: must have values of at most 131,072 characters; is a quote not closed?"),
        (HEADER + "1,jane@example.com,Ja\0ne\n2,joe@example.com,Joe\n", "line 2: must not hold a NUL character; if the file is UTF-16, give encoding='utf-16-le' or -be; check=False sends the other rows"),
        (LATIN, f"line 4: must be utf-8, and byte {LATIN.index(0xF6)} of the file is not (invalid start byte); give its encoding"),
        (FAR, f"line 5,004: must be utf-8, and byte {FAR.index(0xFF):,} of the file is not (invalid start byte); give its encoding"),
        (GOOD.encode("utf-16")[:-1], f"line 3: must be utf-16, and byte {len(GOOD) * 2} of the file is not (truncated data); give its encoding"),
        (HEADER + '1,jane@example.com,"a\nb"\n', "line 2: subject: must not hold the control character U+000A at position 7"),
    ],
    ids=lambda item: str(item)[:40],
)  # fmt: skip
def test_a_bad_csv_file_is_refused_with_its_line_and_why(problem, content, said):
    assert problem(content) == f"list.csv, {said}"


@on("separator", ["|", ":"])
def test_a_header_that_was_not_split_asks_for_the_delimiter(problem, separator):
    header = HEADER.strip().replace(",", separator)
    assert problem(f"{header}\n1{separator}jane@example.com{separator}Jane\n") == (
        f"list.csv, line 2: no column 'id'; there are {header}; give the delimiter, if these are several columns"
    )


@on(
    ("line", "said"),
    [
        ("[1, 2]", "must be a JSON object, not a list"),
        ("null", "must be a JSON object, not a NoneType"),
        ('{"id" 1}', "must be JSON: Expecting ':' delimiter at character 7"),
        ('{"id":', "must be JSON: Expecting value at character 7"),
        ('{"id": 1, "id": 2}', "must be JSON that can be read: the name 'id' is in the object more than once"),
        ('{"id": NaN}', "must be JSON that can be read: NaN is not JSON"),
        ("[" * 100_000, "must be JSON that can be read, not nested too deep"),
        ('{"id": 1.5}', "column 'id': the reference must be a str, not a float"),
        ('{"id": true}', "column 'id': the reference must be a str, not a bool"),
        ('{"id": null}', "column 'id': the reference must be a str, not None"),
        ('{"id": "2"}', "no column 'email'; there are id"),
        ('{"id": "2", "email": 5, "name": "x"}', "to: must be an address or a list of addresses, not an int"),
        ('{"id": "\\u0007", "email": "x"}', "column 'id': the reference must not hold control characters or lone surrogates"),
    ],
    ids=lambda item: str(item)[:40],
)  # fmt: skip
def test_a_bad_json_line_is_refused_with_its_number_and_why(problem, line, said):
    good = '{"id": 1, "email": "jane@example.com", "name": "x"}\n'
    assert problem(f"{good}\n{line}\n{good.replace('1', '9')}", "list.jsonl") == (
        f"list.jsonl, line 3: {said}; check=False sends the other rows"
    )


def test_a_json_line_without_an_end_may_still_be_written(problem):
    assert problem('{"id": 1', "list.jsonl").endswith("; the file ends in this line: is something still writing it?")


def test_an_endless_line_is_not_read_to_its_end(problem, monkeypatch):
    monkeypatch.setattr(records, "MAX_LINE_LENGTH", 1000)
    assert problem("x" * 5000, "list.jsonl") == "list.jsonl, line 1: must have less than 1,000 characters"


def test_the_limit_of_the_csv_module_stays_what_it_was(tmp_path):
    before = csv.field_size_limit()
    (tmp_path / "list.csv").write_text(GOOD)
    EmailFile(tmp_path / "list.csv", hello).check()
    assert csv.field_size_limit() == before


names = st.text("abcdefgh", min_size=1, max_size=4)
cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(names, min_size=2, max_size=5, unique=True).flatmap(lambda some: st.tuples(st.just(some), st.lists(st.lists(cells, min_size=len(some), max_size=len(some)), max_size=6))), st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))  # fmt: skip
def test_any_text_that_is_written_as_csv_is_read_again(tmp_path_factory, table, delimiter, encoding):
    header, rows = table
    path = tmp_path_factory.mktemp("csv") / "list.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    expected = [dict(zip(header, row, strict=True)) for row in rows if any(cell.strip() for cell in row)]
    seen = []
    list(EmailFile(path, lambda row: seen.append(row) or hello({"email": "jane@example.com", "name": "x"})))
    assert seen == expected


# --- Excel's first line --------------------------------------------------------------------------------------------


def rows_of(path, **options):
    return [(reference, made.to, made.subject) for reference, made in EmailFile(path, hello, reference="id", **options)]


@on(
    "begin", ["sep={}\n", "sep={}\r\n", "SEP={}\n", '"sep={}"\r\n', "\nsep={}\n", "sep={0}{0}{0}\n", "\ufeffsep={}\r\n"]
)
@on("delimiter", [";", ",", "\t", "|", ":"])
@on("given", [False, True])
def test_the_line_in_which_excel_names_the_delimiter_is_understood(tmp_path, begin, delimiter, given):
    table = GOOD.replace(",", delimiter)
    (tmp_path / "list.csv").write_text(begin.format(delimiter) + table, encoding="utf-8", newline="")
    assert rows_of(tmp_path / "list.csv", **({"delimiter": delimiter} if given else {})) == [
        ("1", ("jane@example.com",), "Hello Jane"),
        ("2", ("joe@example.com",), "Hello Joe"),
    ]


def test_after_a_separator_line_commas_in_the_header_do_not_count(tmp_path):
    (tmp_path / "list.csv").write_text("sep=;\nid;email;name;a,b,c,d,e,f\n1;jane@example.com;Jane;x\n")
    assert rows_of(tmp_path / "list.csv") == [("1", ("jane@example.com",), "Hello Jane")]


@on(
    ("content", "said"),
    [
        ("sep=;\n", "line 1: must name the columns, not be empty"),
        ("sep=;\nid;email;name\n", "line 2: must be followed by rows, and there are none"),
        ("sep=;\nid;email;name\n1;jane@example.com\n", "line 3: must have 3 columns, as the header has, not 2"),
        (
            "sep=;\n\nid;email;name\n\n1;jane;Jane\n",
            "line 5: to: must be an e-mail address with one @, not a text without @",
        ),
    ],
)
def test_a_separator_line_counts_as_a_line(problem, content, said):
    assert problem(content) in (f"list.csv, {said}", f"list.csv, {said.replace('line 2', 'line 1')}")


def test_a_separator_line_that_contradicts_the_argument_is_refused(tmp_path):
    (tmp_path / "list.csv").write_text("sep=;\n" + GOOD.replace(",", ";"))
    with pytest.raises(
        ValueError, match="line 1: must name ',' as the character between columns, not ';'; give delimiter=';'"
    ):
        EmailFile(tmp_path / "list.csv", hello, delimiter=",").check()
    (tmp_path / "list.tsv").write_text("sep=;\n" + GOOD.replace(",", ";"))
    with pytest.raises(
        ValueError, match=r"line 1: must name '\\t' as the character between columns, not ';'; give delimiter=';'"
    ):
        EmailFile(tmp_path / "list.tsv", hello).check()
    assert len(rows_of(tmp_path / "list.tsv", delimiter=";")) == 2


@on("header", ["sep=,id,email,name", "sep,id,email,name", "sep=,email,name,id", "sep=;x,id,email,name"])
def test_a_header_that_only_starts_like_a_separator_line_is_a_header(tmp_path, header):
    row = ",".join(
        {"id": "1", "email": "jane@example.com", "name": "Jane"}.get(item, "x") for item in header.split(",")
    )
    (tmp_path / "list.csv").write_text(f"{header}\n{row}\n")
    assert rows_of(tmp_path / "list.csv") == [("1", ("jane@example.com",), "Hello Jane")]


# --- addresses -----------------------------------------------------------------------------------------------------


def test_an_address_with_an_invisible_character_is_refused_with_its_line(problem):
    content = HEADER + "1,jane@example.com,Jane\n2,jo\u200be@example.com,Joe\n"
    assert problem(content).startswith(
        "list.csv, line 3: to: must not hold U+200B ZERO WIDTH SPACE at position 2, which"
    )
    from_template = EmailFile.from_template
    with pytest.raises(ValueError, match=r"^sender: must not hold U\+00AD SOFT HYPHEN at position 9"):
        from_template("list.csv", "welcome", sender="news@exam\u00adple.com")


def test_the_same_address_in_two_scripts_has_one_fingerprint():
    from smtp2go_async.bulk._journal.hashes import fingerprints_of
    from smtp2go_async.bulk._plan import recipients_of

    forms = ["jane@bücher.example", "JANE@BÜCHER.example", "jane@xn--bcher-kva.example", "jane@bu\u0308cher.example"]
    recipients = [recipients_of(hello({"email": item, "name": "Jane"})) for item in forms]
    assert len(set(fingerprints_of("journal", recipients))) == 1
