"""A program that sends a long list and goes on where it was cut off; tests interrupt it, and kill it.

    python program.py MODE URL KEY JOURNAL COUNT

MODE is asyncio, trio or sync, and after a hyphen the call: send, batch, sms or stream. Prints the report.
"""

import sys

import anyio

from smtp2go_async import AsyncClient, Email, RetryPolicy, SyncClient


def emails(count):
    for number in range(1, count + 1):
        yield (
            f"r{number}",
            Email(sender="shop@example.com", to=f"r{number}@example.com", subject=f"r{number}", text_body="Hi"),
        )


def numbers(count):
    return (f"+1202{number:07}" for number in range(1, count + 1))


def arguments(call, journal, count):
    if call == "sms":
        return "send_sms", (numbers(count), "Hello"), {"journal": journal}
    via = {"via": "batch", "batch_size": 50} if call == "batch" else {"via": "send"}
    return "stream" if call == "stream" else "send", (emails(count),), {"journal": journal, **via}


def run_blocking(url, key, name, given, options):
    with SyncClient(key, base_url=url, timeout=10, retry=RetryPolicy.none()) as client:
        if name == "stream":
            return [outcome.status for outcome in client.bulk.stream(*given, **options)].count("sent")
        return getattr(client.bulk, name)(*given, **options)


async def run_async(url, key, name, given, options):
    async with AsyncClient(key, base_url=url, timeout=10, retry=RetryPolicy.none()) as client:
        if name == "stream":
            return [outcome.status async for outcome in client.bulk.stream(*given, **options)].count("sent")
        return await getattr(client.bulk, name)(*given, **options)


def main():
    mode, url, key, journal, count = sys.argv[1:]
    backend, call = mode.split("-")
    name, given, options = arguments(call, journal, int(count))
    if backend == "sync":
        report = run_blocking(url, key, name, given, options)
    else:
        report = anyio.run(run_async, url, key, name, given, options, backend=backend)
    print(report, flush=True)


if __name__ == "__main__":
    main()
