"""Send a newsletter to many. Started again with the same journal, it goes on where it was stopped or cut off.

    python examples/bulk_newsletter.py                                     # to 1,000 made-up readers, in a sandbox
    python examples/bulk_newsletter.py --csv readers.csv --journal news.journal --sender news@example.com --real

The CSV has the columns id, email and name. With --real it goes out, with the key in SMTP2GO_API_KEY; else nothing
leaves this machine. To try Ctrl-C or a crash, start `python -m smtp2go_async.sandbox`, and give --sandbox-url and
--journal.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

import anyio

from smtp2go_async import AsyncClient, EmailFile, Journal, Progress, Smtp2goError
from smtp2go_async.sandbox import Sandbox


def made_up(folder: str, count: int) -> Path:
    """Write a list of readers; yours comes from elsewhere."""
    path = Path(folder, "readers.csv")
    rows = (f"{number},reader{number}@example.com,Reader {number}\n" for number in range(1, count + 1))
    with path.open("w", encoding="utf-8") as file:
        file.writelines(["id,email,name\n", *rows])
    return path


async def send(client: AsyncClient, path: str | Path, options: argparse.Namespace) -> int:
    """Send to all readers of a file, print the result, and return the exit status."""
    emails = EmailFile.from_strings(
        path,
        sender=options.sender,
        to=[("$name", "$email")],
        subject="News for $name",
        html_body="<h1>Dear $name</h1><p>This is all that is new.</p>",  # names are escaped
        text_body="Dear $name,\n\nthis is all that is new.\n",
        reference="id",  # by which the journal knows a reader
    )
    if options.resend_unknown and not await settle(client, options):
        print("Those are sent now, too.")
    # The run makes every e-mail once before it sends any, so that a bad row is found in time.
    with Progress(emails, "Newsletter") as progress:
        again = options.resend_unknown
        report = await client.bulk.send(
            emails, via=options.via, journal=options.journal, resend_unknown=again, on_outcome=progress
        )
    print(report, *report.problems[:10], sep="\n  ")
    return 0 if await settle(client, options) and not report.refused + report.failed else 1


def unknown_in(journal: str | None) -> int:
    """Count the e-mails whose outcome is unknown."""
    return Journal(journal).counts()["unknown"] if journal and os.path.exists(journal) else 0


async def settle(client: AsyncClient, options: argparse.Namespace) -> bool:
    """Search for e-mails whose outcome is unknown: no response came, or a run was cut off."""
    if not unknown_in(options.journal):
        return True
    # The account's activity shows an e-mail after two minutes; a sandbox shows it at once.
    found = await client.bulk.reconcile(options.journal, wait=options.real)
    print(
        f"Of the unknown e-mails {found.settled:,} were sent; {found.unknown:,} were not found: most likely not sent."
    )
    return not found.unknown


async def main(options: argparse.Namespace) -> int:
    """Send to the account, or to a sandbox."""
    async with contextlib.AsyncExitStack() as stack:
        if options.real:
            client = AsyncClient()  # the key from SMTP2GO_API_KEY
        else:
            url = options.sandbox_url or stack.enter_context(Sandbox()).base_url
            client = AsyncClient(Sandbox().api_key, base_url=url)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = options.csv or made_up(folder, options.count)
        return await send(await stack.enter_async_context(client), path, options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="made-up readers (default: %(default)s)")
    parser.add_argument("--csv", help="a file with the columns id, email and name instead")
    parser.add_argument("--sender", default="News <news@example.com>")
    parser.add_argument("--journal", help="file that remembers how far this newsletter came")
    parser.add_argument("--via", choices=("send", "batch"), default="send", help="batch is much faster")
    parser.add_argument("--resend-unknown", action="store_true", help="send what stays unknown; that can send twice")
    parser.add_argument("--sandbox-url", help="a sandbox that runs already, such as http://127.0.0.1:8025/v3")
    parser.add_argument("--real", action="store_true", help="really send")
    given = parser.parse_args()
    if given.real and not given.journal:
        parser.error("--real needs a --journal: after a crash, a run without one could not go on without sending twice")
    try:
        sys.exit(anyio.run(main, given))
    except KeyboardInterrupt:
        sys.exit("Stopped. The calls under way are settled. With a --journal, the same command goes on from here.")
    except (Smtp2goError, ValueError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
