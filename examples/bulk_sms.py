"""Send a text to many numbers. Started again with the same journal, it goes on where it was stopped or cut off.

    python examples/bulk_sms.py                                            # to 1,000 made-up numbers, in a sandbox
    python examples/bulk_sms.py "Closed on Monday" --csv numbers.csv --journal monday.journal --real

The CSV has a column number. With --real it goes out, with the key in SMTP2GO_API_KEY; else nothing leaves this machine.
To try Ctrl-C or a crash, start `python -m smtp2go_async.sandbox` and give --sandbox-url and --journal.
"""

import argparse
import contextlib
import csv
import os
import sys
from collections.abc import Iterator

from smtp2go_async import Journal, Progress, Smtp2goError, SyncClient
from smtp2go_async.sandbox import Sandbox


def made_up(count: int) -> Iterator[str]:
    """Yield numbers, as from a database. Each is its own reference, so it gets the text once."""
    for number in range(count):
        yield f"+1{202 + number // 10_000}555{number % 10_000:04}"


def from_csv(path: str) -> Iterator[str]:
    """Yield the numbers of a file; they may be written as +1 (202) 555-0123."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if "number" not in (rows.fieldnames or ()):
            raise ValueError(f"{path}: there is no column number")
        for row in rows:
            yield row["number"] or ""


def send(client: SyncClient, options: argparse.Namespace) -> int:
    """Send to all numbers, print the result, and return the exit status."""
    if options.resend_unknown and not settle(client, options):
        print("Those are sent now, too.")
    with Progress(None if options.csv else options.count, "Texts") as progress:
        report = client.bulk.send_sms(
            from_csv(options.csv) if options.csv else made_up(options.count),
            options.content,
            sender=options.sender,
            journal=options.journal,
            resend_unknown=options.resend_unknown,
            on_outcome=progress,
        )
    print(report, *report.problems[:10], sep="\n  ")
    return 0 if settle(client, options) and not report.refused + report.failed else 1


def unknown_in(journal: str | None) -> int:
    """Count the numbers whose outcome is unknown."""
    return Journal(journal).counts()["unknown"] if journal and os.path.exists(journal) else 0


def settle(client: SyncClient, options: argparse.Namespace) -> bool:
    """Search for texts whose outcome is unknown: no response came, or a run was cut off."""
    if not unknown_in(options.journal):
        return True
    # The account shows a text after two minutes; a sandbox shows it at once.
    found = client.bulk.reconcile(options.journal, wait=options.real)
    print(f"Of the unknown texts {found.settled:,} were sent; {found.unknown:,} were not found: most likely not sent.")
    return not found.unknown


def main(options: argparse.Namespace) -> int:
    """Send from the account, or in a sandbox."""
    with contextlib.ExitStack() as stack:
        if options.real:
            client = SyncClient()  # the key from SMTP2GO_API_KEY
        else:
            url = options.sandbox_url or stack.enter_context(Sandbox()).base_url
            client = SyncClient(Sandbox().api_key, base_url=url)
        return send(stack.enter_context(client), options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", nargs="?", default="Your parcel is on its way", help="over 160 characters cost more")
    parser.add_argument("--count", type=int, default=1000, help="made-up numbers (default: %(default)s)")
    parser.add_argument("--csv", help="a file with the column number instead")
    parser.add_argument("--sender", help="number to send from (default: the account's)")
    parser.add_argument("--journal", help="file that remembers how far this text came")
    parser.add_argument("--resend-unknown", action="store_true", help="send what stays unknown; that can send twice")
    parser.add_argument("--sandbox-url", help="a sandbox that runs already, such as http://127.0.0.1:8025/v3")
    parser.add_argument("--real", action="store_true", help="really send")
    given = parser.parse_args()
    if given.real and not given.journal:
        parser.error("--real needs a --journal: after a crash, a run without one could not go on without sending twice")
    try:
        sys.exit(main(given))
    except KeyboardInterrupt:
        sys.exit("Stopped. The calls under way are settled. With a --journal, the same command goes on from here.")
    except (Smtp2goError, ValueError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
