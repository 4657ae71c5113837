"""``python -m smtp2go_async.sandbox``: a local SMTP2GO until Ctrl-C or SIGTERM.

As soon as the sandbox serves, it prints lines of a label, two spaces and a value, such as
``base URL  http://127.0.0.1:8025/v3``, with the actual port for ``--port 0``. The last line is ``Ctrl-C ends it.``
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence

from . import Sandbox
from .account import KEPT_REQUESTS
from .activity import ACTIVITY_PER_MINUTE


def main(argv: Sequence[str] | None = None, *, wait: Callable[[], None] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM. Return the exit status: 0, or 1 when the address cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m smtp2go_async.sandbox",
        description="SMTP2GO on this machine, for tests. Nothing is really sent.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8025, help="port to listen on, 0 for a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="host name under which /sandbox/... may be used from other machines, too, such as another container; "
        "these pages need no key (may be repeated)",
    )
    parser.add_argument("--api-key", help="the only key that the account has (default: a fixed key)")
    parser.add_argument(
        "--activity-lag",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="seconds until /activity/search finds a sent e-mail; about 120 at the provider (default: %(default)s)",
    )
    parser.add_argument(
        "--activity-per-minute",
        type=int,
        default=ACTIVITY_PER_MINUTE,
        metavar="CALLS",
        help="calls of /activity/search that are answered in a minute, 0 for all (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-requests",
        type=int,
        default=KEPT_REQUESTS,
        metavar="NUMBER",
        help="how many of the newest calls to keep; e-mails and texts are all kept (default: %(default)s)",
    )
    parser.add_argument(
        "--allow-webhooks-to",
        action="append",
        default=[],
        metavar="HOST",
        help="host of webhooks that are called beside those of this machine (may be repeated)",
    )
    parser.add_argument(
        "--time-factor",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="how many times faster than at the provider a failed webhook is tried again (default: 1)",
    )
    parser.add_argument(
        "--chaos",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of the calls that fail, from 0 to 1 (default: 0)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="another seed lets other calls fail under --chaos (default: %(default)s)"
    )
    options = parser.parse_args(argv)
    try:
        sandbox = Sandbox(
            host=options.host,
            port=options.port,
            api_key=options.api_key,
            allowed_hosts=options.allow_host,
            activity_lag=options.activity_lag,
            activity_per_minute=options.activity_per_minute or None,
            keep_requests=options.keep_requests,
            allow_webhooks_to=options.allow_webhooks_to,
            time_factor=options.time_factor,
            chaos=options.chaos,
            seed=options.seed,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        with sandbox:
            _introduce(sandbox, everywhere=options.host in ("0.0.0.0", "::"))  # noqa: S104
            (wait or _wait_for_ever)()
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        reason = error.strerror or error
        print(f"Cannot listen on {options.host} port {options.port}: {reason}. Try another --port.", file=sys.stderr)
        return 1
    return 0


def _introduce(sandbox: Sandbox, *, everywhere: bool) -> None:
    home = sandbox.base_url.removesuffix("/v3")
    port = home.rpartition(":")[2]
    by_name = f"  by name   http://<name of this machine or container>:{port}/v3\n" if everywhere else ""
    print(
        f"SMTP2GO sandbox. Nothing is really sent.\n\n"
        f"  base URL  {sandbox.base_url}\n"
        f"{by_name}"
        f"  API key   {sandbox.api_key}\n"
        f"  e-mails   {home}/sandbox/emails\n"
        f"  texts     {home}/sandbox/sms\n"
        f"  requests  {home}/sandbox/requests\n"
        f"  counts    {home}/sandbox/counts\n"
        f"  the rest  {home}/\n\n"
        f"Ctrl-C ends it.",
        flush=True,
    )


def _wait_for_ever() -> None:
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    # A container is stopped with SIGTERM; without this it would end with a status that looks like a crash.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
