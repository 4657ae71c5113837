"""What every group of calls shares."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .._operation import Operation
from .._values.arguments import check_calls

if TYPE_CHECKING:
    from ..client import AsyncClient

T = TypeVar("T")


class EndpointGroup:
    """The calls of one group, made through one client; their arguments are checked against their annotations."""

    __slots__ = ("_client",)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        check_calls(cls)

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    async def _call(self, operation: Operation[T], fields: Mapping[str, Any]) -> T:
        return await self._client._call(operation, fields)
