"""The example with two containers, as far as it goes without any."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import anyio
import httpx
import pytest
import yaml

from smtp2go_async import AsyncClient
from smtp2go_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "examples" / "compose.yml").read_text(encoding="utf-8"))["services"]
APP, SANDBOX = SERVICES["app"], SERVICES["sandbox"]


def last_command(service):
    """Return the words of the last of a service's commands, for which the others prepare."""
    shell, flag, line = service["command"]
    assert (shell, flag) == ("sh", "-c")
    words = shlex.split(line.split("&&")[-1])
    assert words[:2] == ["exec", "python"]
    return words[2:]


@pytest.mark.parametrize("service", [APP, SANDBOX])
def test_each_service_installs_the_package_and_what_it_needs(service):
    needs = "'/tmp/source[sandbox]'" if service is SANDBOX else "/tmp/source "
    assert "cp -r /source /tmp/source" in service["command"][2]
    assert f"pip install --quiet --root-user-action ignore {needs}" in service["command"][2]
    assert service["volumes"] == ["..:/source:ro"]


def test_the_app_s_environment_is_accepted_and_leads_to_the_sandbox(monkeypatch):
    for name, value in APP["environment"].items():
        monkeypatch.setenv(name, value)
    assert repr(AsyncClient()) == "<AsyncClient http://sandbox:8025/v3>"
    assert APP["depends_on"] == {"sandbox": {"condition": "service_healthy"}}


def test_the_sandbox_listens_to_other_machines_where_the_app_looks_for_it():
    words = last_command(SANDBOX)
    assert words == ["-m", "smtp2go_async.sandbox", "--host", "0.0.0.0", "--port", "8025"]
    assert SANDBOX["ports"] == ["127.0.0.1:8025:8025"]


def test_the_app_sends_its_e_mail_to_a_sandbox_on_another_host():
    """0.0.0.0 is this machine, and no name of loopback."""
    sandbox = [sys.executable, *last_command(SANDBOX)[:-1], "0"]
    with subprocess.Popen(sandbox, stdout=subprocess.PIPE, text=True) as serving:
        try:
            lines = dict(
                line.strip().split("  ", 1)
                for line in iter(serving.stdout.readline, "Ctrl-C ends it.\n")
                if "  " in line.strip()
            )
            url = lines["base URL"].strip()
            assert lines["API key"].strip() == APP["environment"]["SMTP2GO_API_KEY"]
            environment = {**os.environ, **APP["environment"], "SMTP2GO_BASE_URL": url.replace("127.0.0.1", "0.0.0.0")}
            (program,) = last_command(APP)
            command = [sys.executable, program.replace("/source", str(ROOT), 1)]
            said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
            assert (said.stderr, said.returncode) == ("", 0)
            arrived = httpx.get(lines["e-mails"].strip(), trust_env=False, verify=False).json()
        finally:
            serving.kill()
    assert said.stdout == f"accepted: {arrived[0]['email_id']}\n"


def test_the_app_reports_an_e_mail_that_was_not_accepted():
    with Sandbox() as sandbox:
        sandbox.refuse_sender("shop@example.com")
        environment = {**os.environ, "SMTP2GO_API_KEY": sandbox.api_key, "SMTP2GO_BASE_URL": sandbox.base_url}
        command = [sys.executable, str(ROOT / "examples" / "hello.py")]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("not accepted: ")


def test_a_sandbox_of_another_host_is_used_by_its_key_alone():
    async def main():
        with Sandbox(host="0.0.0.0") as sandbox:
            url = sandbox.base_url.replace("127.0.0.1", "0.0.0.0")
            async with AsyncClient(sandbox.api_key, base_url=url) as client:
                await client.email.send("shop@example.com", "jane@example.com", subject="Hello", text_body="Hi")
            return [email.subject for email in sandbox.sent]

    assert anyio.run(main) == ["Hello"]


def test_a_sandbox_without_its_v3_says_what_is_missing(key):
    from smtp2go_async import NotFoundError

    async def main():
        with Sandbox() as sandbox:
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url.removesuffix("/v3")) as client:
                await client.email.send("shop@example.com", "jane@example.com", subject="Hello", text_body="Hi")

    with pytest.raises(NotFoundError, match="the base URL does not end in /v3"):
        anyio.run(main)
