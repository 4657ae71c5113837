"""Receive webhooks in Django: each event is stored before it is answered, and then given to the handlers.

    python examples/webhooks_django.py 8000

Needs django and uvicorn; the view works under WSGI, too. Prints a curl command that does as SMTP2GO does.

The environment variable WEBHOOK_TOKEN is the secret that SMTP2GO sends; without it, each process makes up another. An
event that comes twice is handled once: give it another id to see it again. Events are kept in events.db in the current
folder.
"""

import logging
import os
import secrets
import sys
import threading

import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import path

from smtp2go_async.webhooks import BearerAuth, Bounced, Delivered, Receiver, Router, SqliteInbox

TOKEN = os.environ.get("WEBHOOK_TOKEN") or secrets.token_urlsafe(32)

router = Router()
receiver = Receiver(router, auth=BearerAuth(TOKEN), inbox=SqliteInbox("events.db"))


@router.on(Bounced, bounce="hard")
def remove(event: Bounced) -> None:
    """Stop sending to an address that does not work; a plain handler may use Django's ORM."""
    print(f"remove {event.recipient}", flush=True)


@router.on(Delivered)
def note(event: Delivered) -> None:
    """Note what arrived."""
    print(f"e-mail {event.email_id} arrived", flush=True)


urlpatterns = [path("webhooks/smtp2go", receiver.django)]

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    logging.basicConfig(level=logging.INFO)  # shows why a handler failed
    csrf = "django.middleware.csrf.CsrfViewMiddleware"
    settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[csrf], ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY=TOKEN)
    event = '{"event": "bounce", "bounce": "hard", "id": "1", "email_id": "1abc", "rcpt": "jane@example.com"}'
    headers = f"-H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json'"
    print(f"curl {headers} -d '{event}' http://127.0.0.1:{port}/webhooks/smtp2go", flush=True)
    # In a project: a management command that calls receiver.sync.work(), with handlers that call
    # django.db.close_old_connections() first, as Django does at each request. A thread that is cut off loses no event.
    threading.Thread(target=receiver.sync.work, daemon=True).start()
    uvicorn.run(get_asgi_application(), port=port, lifespan="off")
