"""Write the waiting twin of each group of calls: ``smtp2go_async/_sync/`` from ``smtp2go_async/endpoints/`` and bulk.

    python tools/make_sync.py            write the files
    python tools/make_sync.py --check    only say which files are not as they would be written, and which don't belong

A twin has the same signatures and docstrings, taken over letter by letter, and forwards each call; no logic is copied.
"""

import argparse
import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

PACKAGE = Path(__file__).resolve().parent.parent / "smtp2go_async"
WIDTH = 120

Method = ast.AsyncFunctionDef | ast.FunctionDef

HEADER = '''\
# Written by tools/make_sync.py from {package}/{module}.py: change that file, then run `nox -s sync`.
"""The waiting twin of `smtp2go_async.{package}.{module}`."""
'''


def twin_of(source: str, module: str, package: str = "endpoints", base: str = "SyncGroup") -> str:
    """Return the text of the twin of one file.

    Args:
        source: The text of the file.
        module: Its name.
        package: Where it is.
        base: What forwards the calls; `_sync/_group.py` has it.
    """
    tree = ast.parse(source)
    lines = source.splitlines()
    group = next(node for node in tree.body if isinstance(node, ast.ClassDef) and _is_group(node))
    methods = [node for node in group.body if _is_call(node)]
    used = {name for method in methods for name in _names(method)}
    parts = [HEADER.format(package=package, module=module)]
    parts.append("\n".join(_imports(tree, used, beside=f"..{package}.", module=module, group=group.name, base=base)))
    parts.append(f"\n\nclass {group.name}({base}[Async{group.name}]):")
    parts.append(f'    """{ast.get_docstring(group)}"""\n\n    __slots__ = ()\n')
    parts.append("\n\n".join(_forward(method, lines) for method in methods))
    return "\n".join(parts) + "\n"


def _is_group(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "EndpointGroup" for base in node.bases)


def _is_call(node: ast.stmt) -> TypeGuard[Method]:
    """Tell whether this is a public method: one that awaits, or one that gives an iterator over pages."""
    return isinstance(node, (ast.AsyncFunctionDef, ast.FunctionDef)) and not node.name.startswith("_")


def _names(method: Method) -> Iterator[str]:
    arguments = method.args
    everything = [*arguments.args, *arguments.kwonlyargs, *([arguments.kwarg] if arguments.kwarg else [])]
    parts: list[ast.expr | None] = [one.annotation for one in everything]
    parts += [*arguments.defaults, *arguments.kw_defaults, method.returns]
    for part in parts:
        if part is not None:
            found = (node.id for node in ast.walk(part) if isinstance(node, ast.Name))
            yield from map(_waiting, found)


def _imports(tree: ast.Module, used: set[str], *, beside: str, module: str, group: str, base: str) -> Iterator[str]:
    """List what the signatures need: the original's own imports, and what the original defines."""
    outside: list[str] = []
    inside: list[tuple[str, list[str]]] = [("._group", [base])]
    for node in tree.body:
        if isinstance(node, ast.Import):
            needed = [alias for alias in node.names if (alias.asname or alias.name) in used]
            outside += [f"import {one.name}" + (f" as {one.asname}" if one.asname else "") for one in needed]
        elif isinstance(node, ast.ImportFrom):
            named = [_waiting(alias.name) for alias in node.names]
            names = sorted({name for name in named if name in used})
            where = (beside if node.level == 1 else "." * node.level) + (node.module or "")
            if names and node.level == 0:
                outside.append(f"from {where} import {', '.join(names)}")
            elif names:
                inside.append((where, names))
    defined = sorted(used & set(_defined(tree)))
    inside.append((f"{beside}{module}", [*defined, f"{group} as Async{group}"]))
    yield from outside
    if outside:
        yield ""
    for where, names in sorted(inside, key=lambda one: (one[0].startswith("._"), one[0])):
        yield _wrapped(f"from {where} import ", sorted(names, key=str.swapcase), "")


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _waiting(text: str) -> str:
    return text.replace("AsyncIterator", "Iterator").replace("OutcomeStream", "SyncOutcomeStream")


def _forward(method: Method, lines: Sequence[str]) -> str:
    """Take over the signature and docstring as they stand, and forward the call."""
    docstring = method.body[0]
    if ast.get_docstring(method) is None or docstring.end_lineno is None:
        raise SystemExit(f"{method.name} has no docstring")
    signature = "\n".join(lines[method.lineno - 1 : docstring.lineno - 1])
    text = _waiting(signature).replace("    async def ", "    def ", 1)
    text += "\n" + "\n".join(lines[docstring.lineno - 1 : docstring.end_lineno])
    arguments = method.args
    if arguments.vararg is not None or arguments.posonlyargs:
        raise SystemExit(f"{method.name} takes arguments in a way that can't be forwarded here")
    passed = [one.arg for one in arguments.args[1:]] + [f"{one.arg}={one.arg}" for one in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        passed.append(f"**{arguments.kwarg.arg}")
    returns = ast.unparse(method.returns) if method.returns is not None else ""
    forward = "_run" if isinstance(method, ast.AsyncFunctionDef) else "_stream" if "Stream" in returns else "_iterate"
    call = _wrapped(f"        return self.{forward}(", [f"self._async.{method.name}", *passed], ")")
    return f"{text}\n{call}"


def _wrapped(start: str, parts: Sequence[str], end: str) -> str:
    """Join as the formatter would: on one line if it fits, else one part a line."""
    line = start + ", ".join(parts) + end
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()))
    if not end:
        start, end = start + "(", ")"
    body = "".join(f"{indent}    {part},\n" for part in parts)
    return f"{start}\n{body}{indent}{end}"


def twins() -> dict[Path, str]:
    """Return the text of every file that belongs into ``_sync/``."""
    written = {
        PACKAGE / "_sync" / path.name: twin_of(path.read_text(encoding="utf-8"), path.stem)
        for path in sorted((PACKAGE / "endpoints").glob("[!_]*.py"))
    }
    # Its calls have something to settle when they are interrupted.
    bulk = (PACKAGE / "bulk" / "sender.py").read_text(encoding="utf-8")
    written[PACKAGE / "_sync" / "bulk.py"] = twin_of(bulk, "sender", "bulk", "SyncSettlingGroup")
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if something would change")
    check = parser.parse_args(arguments).check
    wanted = twins()
    strays = [path for path in (PACKAGE / "_sync").glob("[!_]*.py") if path not in wanted]
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if check:
        for path in stale:
            print(f"{path.relative_to(PACKAGE.parent)} is not as tools/make_sync.py would write it")
        for path in strays:
            print(f"{path.relative_to(PACKAGE.parent)} has no original in endpoints/")
        return 1 if stale or strays else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    for path in strays:
        path.unlink()
    print(f"{len(wanted)} twins: {len(stale)} written, {len(strays)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
