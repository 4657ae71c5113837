"""Each call shows every argument by its name and with its meaning, to a reader, a REPL and an editor.

An editor that reads the source without running it is asked as well, by way of jedi: a library that completes nothing
after ``client.`` looks empty there.
"""

import inspect
import json
import pydoc
import re
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

import smtp2go_async
from smtp2go_async import AsyncClient, Email, SyncClient
from smtp2go_async._values.options import key_texts
from smtp2go_async._values.signatures import bundle_of
from smtp2go_async.message import EmailParts

ROOT = Path(smtp2go_async.__file__).parents[1]
FACTS = json.loads((Path(__file__).parents[1] / "contract" / "operations.json").read_text(encoding="utf-8"))
OPERATIONS = sorted(FACTS)
CLIENTS = {"AsyncClient": AsyncClient("api-" + "A" * 32), "SyncClient": SyncClient("api-" + "A" * 32)}
GROUPS = sorted({name.partition(".")[0] for name in OPERATIONS})

each_client = pytest.mark.parametrize("client", CLIENTS)
each_operation = pytest.mark.parametrize("operation", OPERATIONS)


def method_of(client: str, operation: str) -> Any:
    group, _, name = operation.partition(".")
    return getattr(getattr(CLIENTS[client], group), name)


def arguments_of(client: str, operation: str) -> list[str]:
    return list(inspect.signature(method_of(client, operation)).parameters)


def described(text: str) -> list[str]:
    """Return the arguments that a docstring describes."""
    entries = text.partition("\nArgs:\n")[2].partition("\n\n")[0]
    return re.findall(r"^    (\w+): \S", entries, re.MULTILINE)


@each_client
@each_operation
def test_the_signature_has_every_field_of_the_call(client, operation):
    fields = {*FACTS[operation]["fields"], *FACTS[operation].get("more_arguments", {})}
    parameters = inspect.signature(method_of(client, operation)).parameters
    assert set(parameters) == fields
    assert all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values())
    assert all(parameter.annotation is not parameter.empty for parameter in parameters.values())


@each_client
@each_operation
def test_the_types_of_all_arguments_are_found_by_their_names(client, operation):
    method = method_of(client, operation)
    assert {*typing.get_type_hints(method)} == {*arguments_of(client, operation), "return"}


@each_client
def test_the_types_of_the_arguments_of_a_client_are_found(client):
    kind = getattr(smtp2go_async, client)
    assert {*typing.get_type_hints(kind.__init__)} == {*inspect.signature(kind).parameters, "return"}
    assert inspect.signature(kind, eval_str=True)


@pytest.mark.parametrize("name", [name for name in smtp2go_async.__all__ if name[0].isupper()])
def test_the_types_of_the_attributes_of_a_public_name_are_found(name):
    assert isinstance(typing.get_type_hints(getattr(smtp2go_async, name)), dict)


@each_client
@each_operation
def test_the_docstring_describes_every_argument_in_order(client, operation):
    assert described(inspect.getdoc(method_of(client, operation))) == arguments_of(client, operation)


@each_client
@each_operation
def test_help_shows_the_same(client, operation):
    text = pydoc.render_doc(method_of(client, operation), renderer=pydoc.plaintext)
    # Python 3.13 writes a long signature with a line for each argument.
    signature = text.partition(inspect.getdoc(method_of(client, operation)).splitlines()[0])[0]
    for argument in arguments_of(client, operation):
        assert re.search(rf"^        {argument}: \S", text, re.MULTILINE), argument
        assert re.search(rf"[(,\s]{argument}: ", signature), argument


@each_operation
def test_no_description_refers_to_another_page(operation):
    bundle = bundle_of(inspect.unwrap(method_of("AsyncClient", operation)))
    if bundle is not None:
        assert list(key_texts(bundle)) == list(bundle.__annotations__)


@each_operation
def test_the_docstring_links_to_the_page_of_the_call(operation):
    text = inspect.getdoc(method_of("AsyncClient", operation))
    call = f"``{FACTS[operation]['method']} {FACTS[operation]['path']}``"
    assert re.search(rf"{re.escape(call)}\s\(https://developers\.smtp2go\.com/reference/[a-z0-9-]+\)", text)


@pytest.mark.parametrize("group", GROUPS)
@each_client
def test_the_docstring_of_a_group_links_to_the_reference(client, group):
    assert "https://developers.smtp2go.com/reference/" in inspect.getdoc(type(getattr(CLIENTS[client], group)))


# --- misspelt arguments ---------------------------------------------------------------------------------------------


@each_client
@each_operation
def test_a_misspelt_argument_is_told_the_nearest(client, operation):
    for argument in arguments_of(client, operation):
        misspelt = argument + "x"
        with pytest.raises(TypeError) as caught:
            method_of(client, operation)(**{misspelt: "a"}) if client == "SyncClient" else _started(operation, misspelt)
        expected = (
            rf"\b{operation.partition('.')[2]}\(\) got an unexpected keyword argument '{misspelt}'; did you mean "
        )
        assert re.search(expected + rf"'{argument}'\?$", str(caught.value))


def _started(operation: str, argument: str) -> None:
    call = method_of("AsyncClient", operation)(**{argument: "a"})
    try:
        call.send(None)
    finally:
        call.close()


def test_an_argument_that_is_like_no_other_is_refused_without_a_guess():
    with pytest.raises(TypeError, match=r"Emails\.send\(\) got an unexpected keyword argument 'zzz'$"):
        CLIENTS["SyncClient"].email.send("a@example.com", "b@example.com", zzz=1)


def test_a_misspelt_argument_of_an_email_is_told_the_nearest():
    with pytest.raises(TypeError, match=r"^Email\.__init__\(\) got .* argument 'subjet'; did you mean 'subject'\?$"):
        Email(sender="a@example.com", to="b@example.com", subjet="Hello")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("jane.doe@example.com", "***@example.com"),
        ("+12025550199", "+***"),
        ("api-" + "A1b2" * 8, "api-***"),
        ("x" * 10_000, "x" * 50),
    ],
)
def test_an_argument_whose_name_is_data_is_masked_and_cut(name, shown):
    # As when a row of a CSV file without a head is given as keywords.
    with pytest.raises(TypeError) as caught:
        CLIENTS["SyncClient"].email.send("a@example.com", "b@example.com", **{name: "x"})
    assert str(caught.value) == f"SyncEmails.send() got an unexpected keyword argument {shown!r}"
    with pytest.raises(TypeError, match=re.escape(repr(shown))):
        Email(**{name: "x"})


def test_an_email_shows_its_arguments():
    assert list(inspect.signature(Email).parameters) == ["sender", "to", *EmailParts.__annotations__]


# --- made when somebody looks ---------------------------------------------------------------------------------------


def run(program: str, *options: str) -> str:
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout


def test_touching_and_calling_a_group_reads_no_source():
    program = (
        "import inspect, linecache\n"
        "from smtp2go_async import AsyncClient\n"
        "method = AsyncClient('api-' + 'A' * 32).activity.search\n"
        "print(any(name.endswith('activity.py') for name in linecache.cache))\n"
        "inspect.getdoc(method)\n"
        "print(any(name.endswith('activity.py') for name in linecache.cache))\n"
    )
    assert run(program).split() == ["False", "True"]


def test_without_the_source_the_options_are_still_named():
    program = (
        "import inspect\n"
        "from smtp2go_async import SyncClient\n"
        "method = SyncClient('api-' + 'A' * 32).activity.search\n"
        "def no_source(*_): raise OSError\n"
        "inspect.getsource = no_source\n"
        "print(inspect.getdoc(method))\n"
    )
    assert "    search_sender: See `ActivityFilters`.\n" in run(program)


def test_without_docstrings_the_signature_has_the_options():
    program = (
        "import inspect\n"
        "from smtp2go_async import SyncClient\n"
        "method = SyncClient('api-' + 'A' * 32).activity.search\n"
        "print(inspect.getdoc(method), 'search_sender' in inspect.signature(method).parameters)\n"
    )
    assert run(program, "-OO").split() == ["None", "True"]


def test_a_docstring_is_text_in_every_way():
    text = CLIENTS["AsyncClient"].webhooks.add.__doc__
    assert isinstance(text, str)
    assert "sms_events: Events of texts" in text
    assert str(text) == text == f"{text}" == text + ""
    assert len(text) == len(str(text))
    assert text.splitlines() == str(text).splitlines()
    assert hash(text) == hash(str(text))
    assert CLIENTS["SyncClient"].webhooks.add.__doc__ == text


# --- editors ---------------------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("group", GROUPS)
@each_client
def test_an_editor_completes_the_group_and_the_arguments_of_each_call(client, group):
    jedi = pytest.importorskip("jedi")
    start = f"from smtp2go_async import {client}\nclient = {client}()\nclient."
    project = jedi.Project(ROOT)

    def script(text: str) -> Any:
        return jedi.Script(start + text, project=project)

    public = {name for name in dir(type(getattr(CLIENTS[client], group))) if not name.startswith("_")}
    assert group in {completion.name for completion in script("").complete()}
    assert {found.name for found in script(f"{group}.").complete() if not found.name.startswith("_")} == public
    for operation in OPERATIONS:
        if operation.startswith(f"{group}."):
            (signature,) = script(f"{operation}(").get_signatures()
            assert [parameter.name for parameter in signature.params] == arguments_of(client, operation), operation


@pytest.mark.once
@each_client
def test_a_prompt_completes_the_arguments_of_a_call(client):
    jedi = pytest.importorskip("jedi")
    names = {"client": CLIENTS[client]}
    assert "subject=" in {found.name for found in jedi.Interpreter("client.email.send(su", [names]).complete()}
    (signature,) = jedi.Interpreter("client.activity.search(", [names]).get_signatures()
    assert [parameter.name for parameter in signature.params] == arguments_of(client, "activity.search")


@pytest.mark.once
def test_an_editor_completes_the_public_names():
    jedi = pytest.importorskip("jedi")
    found = jedi.Script("import smtp2go_async\nsmtp2go_async.", project=jedi.Project(ROOT)).complete()
    assert set(smtp2go_async.__all__) <= {completion.name for completion in found}
