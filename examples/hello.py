"""Send an e-mail, with everything about the account from the environment.

    SMTP2GO_API_KEY=... python examples/hello.py

`SMTP2GO_REGION` or `SMTP2GO_BASE_URL` name the server; see compose.yml for a sandbox in another container.
"""

import sys

from smtp2go_async import Smtp2goError, SyncClient


def main() -> int:
    """Send it and return the exit status: 0 if it was accepted, 1 if not, 2 if that is unknown."""
    with SyncClient() as client:
        try:
            result = client.email.send("shop@example.com", "jane@example.com", subject="Hello", text_body="Hi Jane")
        except Smtp2goError as error:
            print(f"{'perhaps' if error.carried_out is None else 'not'} accepted: {error}", file=sys.stderr)
            return 2 if error.carried_out is None else 1
    print(f"accepted: {result.email_id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
