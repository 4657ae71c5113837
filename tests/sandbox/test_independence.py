"""The sandbox has the provider's rules from the facts: what it shared with the client would never show a fault there."""

import ast
from pathlib import Path

from smtp2go_async import sandbox


def test_the_sandbox_takes_nothing_from_the_client_but_the_key_that_both_know():
    taken = set()
    for path in Path(sandbox.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                taken |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom | ast.Import):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                taken |= {name for name in names if name.startswith("smtp2go_async")}
    assert taken == {"_settings.SANDBOX_KEY"}
