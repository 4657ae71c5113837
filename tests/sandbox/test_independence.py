"""The sandbox has the provider's rules from the API's facts: a rule shared with the client would never show a fault."""

import ast
from pathlib import Path

from smtp2go_async import sandbox

HOME = Path(sandbox.__file__).parent


def imported_names(path):
    """Yield the names that a file of the sandbox imports from the rest of the package."""
    inside = len(path.relative_to(HOME).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level > inside:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (module for module in modules if module.startswith("smtp2go_async"))


def test_the_sandbox_imports_nothing_from_the_client_but_the_fixed_key():
    taken = {name for path in HOME.rglob("*.py") for name in imported_names(path)}
    assert taken == {"_wire.settings.SANDBOX_KEY"}
