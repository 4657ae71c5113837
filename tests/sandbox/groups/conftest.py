from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from smtp2go_async import AsyncClient, RetryPolicy
from smtp2go_async.sandbox import Sandbox
from smtp2go_async.sandbox.account import Account
from smtp2go_async.sandbox.rules import RequestError


@pytest.fixture
def run(sandbox: Sandbox, backend: str, client_options: dict[str, Any]) -> Callable[..., Any]:
    """Return a function that does something with a client of the sandbox, which may have another key."""

    def run(work: Callable[[AsyncClient], Awaitable[Any]], key: str = sandbox.api_key) -> Any:
        async def main() -> Any:
            options = {"base_url": sandbox.base_url, "retry": RetryPolicy.none(), **client_options}
            async with AsyncClient(key, **options) as client:
                return await work(client)

        return anyio.run(main, backend=backend)

    return run


@pytest.fixture
def refusal(account: Account) -> Callable[..., tuple[int, str]]:
    """Return a function that makes a call that must be refused: it returns the status, and the field or the sentence."""

    def refusal(path: str, /, *, method: str = "POST", key: Any = None, **body: Any) -> tuple[int, str]:
        with pytest.raises(RequestError) as caught:
            account.call(path, body, method=method, key=key)
        data = caught.value.data
        return caught.value.status, data.get("field_validation_errors", {}).get("fieldname") or data["error"]

    return refusal
