"""Receive webhooks in Starlette: each event is stored before it is answered, and then given to the handlers.

    python examples/webhooks_starlette.py 8000

Needs starlette and uvicorn, and works the same in FastAPI: FastAPI(lifespan=work_beside), and
app.router.add_route(PATH, receiver.asgi). Prints a curl command that does as SMTP2GO does.

The environment variable WEBHOOK_TOKEN is the secret that SMTP2GO sends; without it, each process makes up another. An
event that comes twice is handled once: give it another id to see it again. Events are kept in events.db in the current
folder.
"""

import logging
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from smtp2go_async.webhooks import BearerAuth, Bounced, Delivered, Receiver, Router, SqliteInbox

PATH = "/webhooks/smtp2go"
TOKEN = os.environ.get("WEBHOOK_TOKEN") or secrets.token_urlsafe(32)

router = Router()
receiver = Receiver(router, auth=BearerAuth(TOKEN), inbox=SqliteInbox("events.db"))


@router.on(Bounced, bounce="hard")
async def remove(event: Bounced) -> None:
    """Stop sending to an address that does not work."""
    print(f"remove {event.recipient}", flush=True)


@router.on(Delivered)
def note(event: Delivered) -> None:
    """Note what arrived; a plain function runs in a thread."""
    print(f"e-mail {event.email_id} arrived", flush=True)


@asynccontextmanager
async def work_beside(_app: Starlette) -> AsyncIterator[None]:
    """Give the stored events to the handlers for as long as the server runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(receiver.work)
        yield
        group.cancel_scope.cancel()


app = Starlette(routes=[Route(PATH, receiver.asgi)], lifespan=work_beside)

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    logging.basicConfig(level=logging.INFO)  # shows why a handler failed
    event = '{"event": "bounce", "bounce": "hard", "id": "1", "email_id": "1abc", "rcpt": "jane@example.com"}'
    headers = f"-H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json'"
    print(f"curl {headers} -d '{event}' http://127.0.0.1:{port}{PATH}", flush=True)
    uvicorn.run(app, port=port)
