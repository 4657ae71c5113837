"""Receive what SMTP2GO reports about e-mails and texts: every event, once, from any framework.

    from smtp2go_async.webhooks import BearerAuth, Bounced, Receiver, Router, SqliteInbox

    router = Router()

    @router.on(Bounced, bounce="hard")
    async def remove(event: Bounced) -> None:
        await addresses.remove(event.recipient)

    receiver = Receiver(router, auth=BearerAuth("a long random text"), inbox=SqliteInbox("events.db"))
    app.mount("/webhooks/smtp2go", receiver.asgi)             # and receiver.work() in a task or a process of its own

This package needs neither an HTTP library nor a web framework to be imported.
"""
