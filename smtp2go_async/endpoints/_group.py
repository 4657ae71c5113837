"""The base class of every group of calls."""

from collections.abc import Mapping
from typing import Any, TypeVar

from .._calls import Calls
from .._operation import Operation
from .._values.arguments import check_calls

T = TypeVar("T")


class EndpointGroup:
    """The calls of one group, made through one `Calls`; arguments are checked against their annotations."""

    __slots__ = ("_calls",)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        check_calls(cls)

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def _call(self, operation: Operation[T], fields: Mapping[str, Any]) -> T:
        return await self._calls.call(operation, fields)
