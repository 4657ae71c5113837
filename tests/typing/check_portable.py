"""Never run, only checked: what type checkers see of e-mails, results and errors that go through JSON."""

from typing import Any, assert_type

from smtp2go_async import ApiError, AsyncClient, Email, NotSentError, RateLimitError, Smtp2goError


async def portable(client: AsyncClient, email: Email, data: dict[str, Any]) -> None:
    assert_type(email.to_dict(), dict[str, Any])
    assert_type(email.to_dict(files="paths"), dict[str, Any])
    assert_type(Email.from_dict(data), Email)
    assert_type((await client.email.send_message(email)).to_dict(), dict[str, Any])
    assert_type((await client.email.send_batch([email])).to_dict(raw=True), dict[str, Any])
    assert_type((await client.activity.search()).to_dict(), dict[str, Any])
    assert_type((await client.api_keys.remove("id")).to_dict(), dict[str, Any])

    email.to_dict(files="path")  # type: ignore[arg-type]
    email.to_dict("paths")  # type: ignore[call-arg]
    Email.from_dict([email])  # type: ignore[arg-type]


def errors(data: dict[str, Any]) -> None:
    assert_type(Smtp2goError.from_dict(data), Smtp2goError)
    assert_type(RateLimitError.from_dict(data), RateLimitError)
    assert_type(RateLimitError.from_dict(data).retry_after, float | None)
    assert_type(NotSentError("no").to_dict(masked=False), dict[str, Any])
    assert_type(ApiError("no").args, tuple[Any, ...])
    assert_type(ApiError("no", {"status": 400}), ApiError)
    assert_type(ApiError(*ApiError("no").args), ApiError)

    Smtp2goError.from_dict("no")  # type: ignore[arg-type]
    NotSentError("no", "/email/send")  # type: ignore[arg-type]
