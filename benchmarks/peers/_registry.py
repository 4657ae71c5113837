"""Who is compared: the name of each contender, its adapter, and the code that makes its client ready."""

import ast
import textwrap
from dataclasses import dataclass
from pathlib import Path

OURS = "smtp2go-async"
FAST = "smtp2go-async, fast"
BASELINE = "httpx"
OFFICIAL = "smtp2go"


@dataclass(frozen=True)
class Contender:
    """A library, used in a certain way."""

    name: str
    kind: str
    """``"ours"``, ``"sdk"`` of a mail provider, or ``"http"`` library."""
    adapter: str
    """The module here and the class in it."""
    packages: tuple[str, ...]
    """Whose versions are told."""
    ready: str = ""
    """What a program runs until it can send; empty where another way of using the same library says it."""
    batches: bool = False
    attaches: bool = True
    without: tuple[str, ...] = ()
    """Modules that must not be found, though they are installed here."""


def _key(text: str) -> str:
    return f"from smtp2go_async import AsyncClient; AsyncClient('api-' + '0' * 32{text})"


_AIOHTTP = """\
import asyncio, aiohttp
async def main():
    await aiohttp.ClientSession().close()
asyncio.run(main())"""

CONTENDERS = [
    Contender(
        OURS, "ours", "ours:Ours", ("smtp2go-async", "anyio", "cattrs"), _key(""), batches=True, without=("orjson",)
    ),
    Contender(FAST, "ours", "ours:Fast", ("smtp2go-async", "orjson"), _key(", transport='fast'"), batches=True),
    Contender(BASELINE, "http", "httpx:Httpx", ("httpx", "httpcore", "h11"), "import httpx; httpx.AsyncClient()"),
    Contender("httpx2", "http", "httpx2:Httpx2", ("httpx2",), "import httpx2; httpx2.AsyncClient()"),
    Contender("aiohttp", "http", "aiohttp:Aiohttp", ("aiohttp",), _AIOHTTP),
    Contender(
        "pyreqwest",
        "http",
        "pyreqwest:Pyreqwest",
        ("pyreqwest",),
        "from pyreqwest.client import ClientBuilder; ClientBuilder().build()",
    ),
    Contender(
        OFFICIAL,
        "sdk",
        "smtp2go:Smtp2go",
        ("smtp2go", "requests", "urllib3"),
        "from smtp2go.core import Smtp2goClient; Smtp2goClient('api-0')",
        attaches=False,
    ),
    Contender("resend", "sdk", "resend:Resend", ("resend",), "import resend; resend.api_key = 're_0'", batches=True),
    Contender("resend, threads", "sdk", "resend:ResendWaiting", ("resend",)),
    Contender(
        "mailgun",
        "sdk",
        "mailgun:Mailgun",
        ("mailgun",),
        "from mailgun.client import AsyncClient; AsyncClient(auth=('api', '0'))",
    ),
    Contender(
        "sendgrid",
        "sdk",
        "sendgrid:Sendgrid",
        ("sendgrid", "python-http-client"),
        "import sendgrid; sendgrid.SendGridAPIClient('SG.0')",
    ),
    Contender(
        "postmark",
        "sdk",
        "postmark:Postmark",
        ("postmark-python", "pydantic", "tenacity"),
        "import postmark; postmark.ServerClient('0')",
        batches=True,
    ),
    Contender(
        "mailersend",
        "sdk",
        "mailersend:Mailersend",
        ("mailersend",),
        "import mailersend; mailersend.AsyncMailerSendClient(api_key='mlsn.0')",
        batches=True,
    ),
]

# Blocking clients, with one call after the other.
OURS_WAITING = "SyncClient"
WAITING = [
    Contender(OURS_WAITING, "ours", "ours:OursWaiting", ("smtp2go-async",), without=("orjson",)),
    Contender("httpx.Client", "http", "httpx:HttpxWaiting", ("httpx",)),
    Contender("requests.Session", "http", "requests:Requests", ("requests",)),
    next(contender for contender in CONTENDERS if contender.name == OFFICIAL),
]

BY_NAME = {contender.name: contender for contender in [*CONTENDERS, *WAITING]}
SDKS = [contender.name for contender in CONTENDERS if contender.kind == "sdk"]


def first_send(contender: Contender, url: str) -> str:
    """Return a program's statements from its first import to the reply of its first send."""
    module, _, kind = contender.adapter.partition(":")
    return textwrap.dedent(f"""\
        import asyncio
        from peers.{module} import {kind}
        from peers._mail import Awaited
        async def main():
            peer = {kind}({url!r})
            await peer.send()
        if issubclass({kind}, Awaited):
            asyncio.run(main())
        else:
            {kind}({url!r}).send()
        """)


def usage(contender: Contender) -> str:
    """Return how a contender is used, from the docstring of its adapter."""
    path = Path(__file__).parent / f"{contender.adapter.partition(':')[0]}.py"
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(told.split())
