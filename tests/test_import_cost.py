"""What does each step load? A program that imports the package and sends nothing must not pay for it.

Each test asks ``sys.modules`` in a fresh interpreter; a stopwatch would say something else on every machine.
"""

import ast
import subprocess
import sys

import pytest

# The library's own names that nothing but a first call, or a first touch, may load.
LATE = ["cattrs", "tenacity", "smtp2go_async.sync", "smtp2go_async._sync._loop_thread", "smtp2go_async.sandbox"]


def loaded(*statements):
    """Run statements one after the other, and return what each of them loaded."""
    # Nothing else is imported there, since what is loaded already would not be noticed.
    source = "import sys\nsteps = []\n"
    for one in statements:
        source += f"before = set(sys.modules)\n{one}\nsteps.append(sorted(set(sys.modules) - before))\n"
    command = [sys.executable, "-W", "error", "-c", source + "print(steps)"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.stderr, ended.returncode) == ("", 0)
    return [set(step) for step in ast.literal_eval(ended.stdout)]


def test_importing_the_package_loads_nothing_else():
    assert loaded("import smtp2go_async") == [{"smtp2go_async"}]


def test_looking_at_the_package_loads_nothing():
    steps = loaded("import smtp2go_async", "dir(smtp2go_async); smtp2go_async.__all__; smtp2go_async.__version__")
    assert steps[1] == set()


def test_an_unknown_name_loads_nothing():
    assert loaded("import smtp2go_async", "hasattr(smtp2go_async, 'Nothing')")[1] == set()


def test_an_error_loads_the_errors_and_no_other_package():
    modules = loaded("import collections.abc, re, typing", "from smtp2go_async import NotSentError")[1]
    assert modules == {
        f"smtp2go_async{one}" for one in ("", "._error_base", "._runtime", "._runtime.loading", "._masking", ".errors")
    }


def test_composing_an_email_needs_no_http():
    (modules,) = loaded("from smtp2go_async import Email, Attachment")
    assert modules.isdisjoint({"httpx", "httpcore", "ssl", "smtp2go_async.client", *LATE})


def test_only_a_domain_that_is_not_ascii_loads_its_tables():
    mail = "Email(sender='a@example.com', to='{}', reply_to='Jane <b@example.com>', subject='x', text_body='y')"
    steps = loaded("from smtp2go_async import Email", mail.format("b@example.com"), mail.format("b@b\xfccher.example"))
    assert "idna" not in steps[0] | steps[1]
    assert "idna" in steps[2]


def test_touching_the_client_loads_neither_http_nor_what_only_a_call_needs():
    (modules,) = loaded("from smtp2go_async import AsyncClient")
    assert modules.isdisjoint({"httpx", "smtp2go_async.endpoints", *LATE})


def test_making_a_client_loads_no_group_and_nothing_that_only_a_call_needs():
    modules = loaded("from smtp2go_async import AsyncClient", "client = AsyncClient('api-' + 'A' * 32)")[1]
    assert "httpx" in modules
    assert modules.isdisjoint({"smtp2go_async.endpoints", "trio", *LATE})


@pytest.mark.parametrize(("group", "other"), [("sms", "email"), ("email", "sms")])
def test_touching_a_group_loads_that_group_and_not_the_other(group, other):
    modules = loaded(
        "from smtp2go_async import AsyncClient; client = AsyncClient('api-' + 'A' * 32)", f"client.{group}"
    )[1]
    assert f"smtp2go_async.endpoints.{group}" in modules
    assert f"smtp2go_async.endpoints.{other}" not in modules
    assert modules.isdisjoint(LATE)


def test_touching_a_group_again_loads_nothing():
    steps = loaded("from smtp2go_async import AsyncClient; client = AsyncClient('api-' + 'A' * 32).sms", "client")
    assert steps[1] == set()


def test_a_call_that_succeeds_needs_no_retries():
    (modules,) = loaded(
        "from smtp2go_async._wire.response import Response, parse_response\n"
        "from smtp2go_async._wire.settings import Settings\n"
        "from smtp2go_async.endpoints.sms import SUMMARY\n"
        "settings = Settings(api_key='api-' + 'A' * 32, base_url='https://api.example.com')\n"
        'parse_response(SUMMARY, Response(200, b\'{"data": {"total_messages": 1}}\'), settings)'
    )
    assert "cattrs" in modules
    assert "tenacity" not in modules


def test_the_synchronous_client_loads_the_generated_groups_late_too():
    steps = loaded("from smtp2go_async import SyncClient", "client = SyncClient('api-' + 'A' * 32)", "client.sms")
    assert {"smtp2go_async._sync.sms", "smtp2go_async._sync.email"}.isdisjoint(steps[0] | steps[1])
    assert "smtp2go_async._sync.sms" in steps[2]
    assert "smtp2go_async._sync.email" not in steps[2]
