"""Every operation at once: the project's own table of facts about the API, against the endpoint methods."""

import importlib
import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest
from _models.strict import strict

from smtp2go_async import AsyncClient
from smtp2go_async._operation import Operation
from smtp2go_async._wire.response import Response, parse_response
from smtp2go_async._wire.settings import Settings
from smtp2go_async.reply import EmptyReply, ListReply

FACTS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "operations.json").read_text())
ENDPOINTS = Path(importlib.import_module("smtp2go_async.endpoints").__file__ or "").parent
CLIENT = AsyncClient("api-" + "A" * 32)
SETTINGS = Settings(api_key="api-" + "A" * 32, base_url="https://api.smtp2go.com/v3")


def _operations() -> dict[tuple[str, str], Operation[Any]]:
    found = {}
    for file in ENDPOINTS.glob("[!_]*.py"):
        module = importlib.import_module(f"smtp2go_async.endpoints.{file.stem}")
        for value in vars(module).values():
            if isinstance(value, Operation):
                found[value.method, value.path] = value
    return found


OPERATIONS = _operations()


def _method(name: str) -> Any:
    group, method = name.split(".")
    return getattr(getattr(CLIENT, group), method)


def _arguments(name: str) -> dict[str, bool]:
    """Return the arguments of a method, and whether each must be given."""
    arguments = inspect.signature(_method(name)).parameters.values()
    return {argument.name: argument.default is inspect.Parameter.empty for argument in arguments}


def _operation(name: str) -> Operation[Any]:
    return OPERATIONS[FACTS[name]["method"], FACTS[name]["path"]]


def test_every_operation_of_the_package_is_in_the_table() -> None:
    assert set(OPERATIONS) == {(fact["method"], fact["path"]) for fact in FACTS.values()}


@pytest.mark.parametrize("name", FACTS)
def test_its_arguments_are_named_as_the_fields(name: str) -> None:
    assert set(_arguments(name)) == {*FACTS[name]["fields"], *FACTS[name].get("more_arguments", {})}


REQUIRED_BESIDES = {"ip_allow_list.set_enabled": {"enabled"}} | {
    f"ip_allow_list.{method}": {"ip_address"} for method in ("add", "edit", "remove")
}
"""Arguments that the reference calls optional, and without which the call has nothing to do."""


@pytest.mark.parametrize("name", FACTS)
def test_exactly_the_required_arguments_have_no_default(name: str) -> None:
    needed = {argument for argument, must in _arguments(name).items() if must}
    required = {field for field, fact in FACTS[name]["fields"].items() if fact.get("required")}
    assert needed == required | REQUIRED_BESIDES.get(name, set())


@pytest.mark.parametrize("name", FACTS)
def test_its_docstring_names_the_call(name: str) -> None:
    assert f"``{FACTS[name]['method']} {FACTS[name]['path']}``" in inspect.getdoc(_method(name))


@pytest.mark.parametrize("name", FACTS)
def test_its_effect_is_as_in_the_table(name: str) -> None:
    assert _operation(name).effect.name == FACTS[name]["effect"]


@pytest.mark.parametrize("name", FACTS)
def test_it_takes_the_subaccount_of_the_client_exactly_where_the_api_has_it(name: str) -> None:
    assert _operation(name).takes_subaccount == ("subaccount_id" in FACTS[name]["fields"])


EXAMPLES = [(name, example) for name, fact in FACTS.items() for example in fact["examples"]]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_each_example_response_structures_strictly(name: str, example: Any) -> None:
    kind = _operation(name).result
    data = example and example["data"]
    if isinstance(kind, type) and issubclass(kind, EmptyReply) and not isinstance(data, dict):
        assert data is None or isinstance(data, str)
    elif getattr(kind, "__origin__", None) is ListReply:
        assert strict().structure(data, tuple[kind.__args__[0], ...])
    else:
        # Some calls nest the request id, which every result has beside its fields.
        assert strict().structure({key: value for key, value in data.items() if key != "request_id"}, kind)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_each_example_response_becomes_the_result_of_the_call(name: str, example: Any) -> None:
    operation = _operation(name)
    content = b"" if example is None else json.dumps(example).encode()
    result = parse_response(operation, Response(200, content), SETTINGS)
    assert isinstance(result, getattr(operation.result, "__origin__", operation.result))
    assert result.raw == example
    assert example is None or result.request_id.startswith("5e1c8e52")


# --- against the published specification, where it is at hand ------------------------------------------------------

SPECIFICATION = Path(os.environ.get("SMTP2GO_OPENAPI") or ENDPOINTS.parents[2] / "shared" / "api" / "openapi.yml")


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    if not SPECIFICATION.exists():
        pytest.skip("the provider's specification is not here; SMTP2GO_OPENAPI can name it")
    yaml = pytest.importorskip("yaml")
    with SPECIFICATION.open(encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


@pytest.mark.parametrize("name", FACTS)
def test_the_table_agrees_with_the_published_specification(name: str, specification: dict[str, Any]) -> None:
    fact = FACTS[name]
    published = specification["paths"][fact["path"]][fact["method"].lower()]
    body = published.get("requestBody", {}).get("content", {}).get("application/json", {})
    required = body.get("schema", {}).get("required", ())
    fields = {
        field: {"type": found["type"], **({"required": True} if field in required else {})}
        for field, found in body.get("schema", {}).get("properties", {}).items()
    }
    ours = {field: kind for field, kind in fact["fields"].items() if "newer" not in kind}
    assert ours == {field: kind for field, kind in fields.items() if field not in fact.get("left_out", {})}
    assert _operation(name).empty_response == ("content" not in published["responses"]["200"])
    # What is left out, for a reason, must be there to be left out; what is newer must not be there yet.
    assert set(fact.get("left_out", {})) <= {*fields, *required}
    assert not {field for field, kind in fact["fields"].items() if "newer" in kind} & set(fields)


def test_the_table_has_every_operation_of_the_published_specification(specification: dict[str, Any]) -> None:
    published = {
        (method.upper(), path)
        for path, methods in specification["paths"].items()
        for method in methods
        if method in ("post", "patch", "get", "put", "delete")
    }
    assert published == {(fact["method"], fact["path"]) for fact in FACTS.values()}
