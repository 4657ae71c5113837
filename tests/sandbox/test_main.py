"""python -m smtp2go_async.sandbox."""

import signal
import socket
import subprocess
import sys

import httpx
import pytest

from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.__main__ import main


def interrupted():
    raise KeyboardInterrupt


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C there without its console")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_program_serves_until_it_is_stopped_and_ends_with_0(email, ending):
    command = [sys.executable, "-m", "smtp2go_async.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            shown = {}
            for line in iter(process.stdout.readline, "Ctrl-C ends it.\n"):
                assert process.poll() is None
                label, _, value = line.strip().partition("  ")
                shown[label] = value.strip()
            headers = {"X-Smtp2go-Api-Key": shown["API key"]}
            answer = httpx.post(
                f"{shown['base URL']}/email/send", json=email(), headers=headers, trust_env=False, verify=False
            )
            listed = httpx.get(shown["e-mails"], trust_env=False, verify=False).json()
            process.send_signal(ending)
            _, errors = process.communicate(timeout=5)
        finally:
            process.kill()
    assert answer.json()["data"]["email_id"] == listed[0]["email_id"]
    assert (process.returncode, errors) == (0, "")


def test_the_program_prints_the_key_and_the_addresses(capsys):
    key = "api-" + "K" * 32
    assert main(["--port", "0", "--api-key", key], wait=interrupted) == 0
    shown = capsys.readouterr().out
    assert key in shown
    for address in ("/v3\n", "/sandbox/emails\n", "/sandbox/sms\n", "/sandbox/requests\n", "/sandbox/counts\n"):
        assert address in shown


def test_the_options_of_the_program_reach_the_sandbox(monkeypatch):
    made = {}

    class Noted(Sandbox):
        def __init__(self, **arguments):
            made.update(arguments)
            super().__init__(**arguments)

    monkeypatch.setattr("smtp2go_async.sandbox.__main__.Sandbox", Noted)
    assert main(["--port", "0"], wait=lambda: None) == 0
    usual = {
        "allowed_hosts": [],
        "activity_lag": 0.0,
        "activity_per_minute": 60,
        "keep_requests": 10_000,
        "allow_webhooks_to": [],
        "time_factor": 1.0,
        "chaos": 0.0,
        "seed": 0,
    }
    assert {name: made[name] for name in usual} == usual
    options = "--activity-lag 120 --activity-per-minute 0 --keep-requests 5 --chaos 0.05 --seed 7 --allow-host sandbox --allow-host x"
    options += " --allow-webhooks-to hook --time-factor 60"
    assert main(["--port", "0", *options.split()], wait=lambda: None) == 0
    told = {
        "allowed_hosts": ["sandbox", "x"],
        "activity_lag": 120.0,
        "activity_per_minute": None,
        "keep_requests": 5,
        "allow_webhooks_to": ["hook"],
        "time_factor": 60.0,
        "chaos": 0.05,
        "seed": 7,
    }
    assert {name: made[name] for name in told} == told


def test_the_program_ends_with_0_when_its_waiting_ends():
    assert main(["--port", "0"], wait=lambda: None) == 0


def test_a_port_in_use_is_named_and_ends_with_1(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)], wait=interrupted) == 1
    assert f"Cannot listen on 127.0.0.1 port {port}: Address already in use" in capsys.readouterr().err


def test_an_address_of_another_machine_is_named_and_ends_with_1(capsys):
    assert main(["--host", "192.0.2.1"], wait=interrupted) == 1
    assert "Cannot listen on 192.0.2.1 port 8025: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--api-key", "secret"], "32 letters and digits"),
        (["--port", "99999"], "0 to 65535"),
        (["--chaos", "2"], "from 0 to 1"),
        (["--activity-lag", "-1"], "activity_lag"),
        (["--time-factor", "0"], "time_factor: must be more than 0"),
        (["--allow-webhooks-to", "hook:80"], "allow_webhooks_to[0]: must be a name or an address"),
        (["--allow-host", "sandbox:8025"], "allowed_hosts[0]: must be a name or an address"),
    ],
)
def test_an_invalid_option_is_named(capsys, options, said):
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_the_waiting_goes_on_until_ctrl_c(monkeypatch):
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("smtp2go_async.sandbox.__main__.time.sleep", sleep)
    assert main(["--port", "0"]) == 0
    assert len(naps) == 3


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_program_on_all_addresses_prints_that_it_has_other_names(capsys, host, shown):
    assert main(["--port", "0", "--host", host], wait=interrupted) == 0
    assert ("  by name   http://<name of this machine or container>:" in capsys.readouterr().out) is shown
