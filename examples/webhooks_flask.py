"""Receive webhooks in Flask: each event is stored before it is answered, and then given to the handlers.

    python examples/webhooks_flask.py 8000

Needs flask. Prints a curl command that does as SMTP2GO does.

The environment variable WEBHOOK_TOKEN is the secret that SMTP2GO sends; without it, each process makes up another. An
event that comes twice is handled once: give it another id to see it again. Events are kept in events.db in the current
folder.
"""

import logging
import os
import secrets
import sys
import threading

from flask import Flask

from smtp2go_async.webhooks import BearerAuth, Bounced, Delivered, Receiver, Router, SqliteInbox

PATH = "/webhooks/smtp2go"
TOKEN = os.environ.get("WEBHOOK_TOKEN") or secrets.token_urlsafe(32)

router = Router()
receiver = Receiver(router, auth=BearerAuth(TOKEN), inbox=SqliteInbox("events.db"))


@router.on(Bounced, bounce="hard")
def remove(event: Bounced) -> None:
    """Stop sending to an address that does not work."""
    print(f"remove {event.recipient}", flush=True)


@router.on(Delivered)
def note(event: Delivered) -> None:
    """Note what arrived."""
    print(f"e-mail {event.email_id} arrived", flush=True)


app = Flask(__name__)
# A view may return a WSGI app, which answers in its place.
app.add_url_rule(PATH, view_func=lambda: receiver.wsgi, endpoint="smtp2go", methods=["POST"])

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    logging.basicConfig(level=logging.INFO)  # shows why a handler failed
    event = '{"event": "bounce", "bounce": "hard", "id": "1", "email_id": "1abc", "rcpt": "jane@example.com"}'
    headers = f"-H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json'"
    print(f"curl {headers} -d '{event}' http://127.0.0.1:{port}{PATH}", flush=True)
    # A thread that is cut off loses no event. With gunicorn, which imports this file, do it in a process of its own:
    #     gunicorn -w 2 webhooks_flask:app, and python -c "import webhooks_flask; webhooks_flask.receiver.sync.work()"
    threading.Thread(target=receiver.sync.work, daemon=True).start()
    app.run(port=port)
