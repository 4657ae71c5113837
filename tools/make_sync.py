"""Write the synchronous side of the package, ``smtp2go_async/_sync/``, from the asynchronous one.

    python tools/make_sync.py            write the files
    python tools/make_sync.py --check    only name the files that differ from what would be written, and strays

| written from         | file                    | what it has                                                |
|----------------------|-------------------------|------------------------------------------------------------|
| endpoints/<group>.py | _sync/<group>.py        | the group: the same signatures and docstrings, forwarded   |
| bulk/sender.py       | _sync/bulk.py           | the same, for a group that settles what is under way       |
| _groups.py           | _sync/groups.py         | the properties by which a `SyncClient` has its groups      |
| client.py            | _sync/client.py         | `__init__`, `with_options` and `call` of `SyncClient`      |

Everything is read from and made as syntax trees, and laid out as ``ruff format`` lays it out; no logic is copied.
"""

import argparse
import ast
import copy
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeGuard

PACKAGE = Path(__file__).resolve().parent.parent / "smtp2go_async"
WIDTH = 120

SYNCHRONOUS: Mapping[str, str] = {"AsyncIterator": "Iterator", "OutcomeStream": "SyncOutcomeStream"}
"""Names in signatures, and their counterparts for callers that do not await."""

STAND_ALONE = frozenset({"AsyncClient"})
"""Names that the bodies of the client's methods use, beside those in their signatures."""

Method = ast.AsyncFunctionDef | ast.FunctionDef
Imports = dict[str, set[str]]
"""Names by the module that they come from, as it is written in an import; an empty set imports the module itself."""


def header(original: str, docstring: str) -> str:
    return (
        f"# Written by tools/make_sync.py from {original}: change that file, then run `nox -s sync`.\n"
        f'"""{docstring}"""\n'
    )


# --- signatures --------------------------------------------------------------------------------------------------


class Rewriting(ast.NodeTransformer):
    """Puts the synchronous names into an expression, and collects all the names in it.

    Constants become names that are spelled as in the source, since `ast.unparse` would write other quotes and numbers.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.names: set[str] = set()

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Rename, and remember the name for the imports."""
        name = SYNCHRONOUS.get(node.id, node.id)
        self.names.add(name)
        return ast.Name(name)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Keep the spelling of the source."""
        return ast.Name(ast.get_source_segment(self.source, node) or repr(node.value))

    def annotation(self, node: ast.expr) -> str:
        """Return an annotation as text; an annotation in quotes is read too."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            inner = Rewriting(node.value)
            text = inner.text(ast.parse(node.value, mode="eval").body)
            self.names |= inner.names
            return f'"{text}"'
        return self.text(node)

    def text(self, node: ast.expr) -> str:
        """Return an expression as text."""
        return ast.unparse(self.visit(copy.deepcopy(node)))


class Signature:
    """A method's signature without ``async``, and the arguments that forward a call of it."""

    def __init__(self, method: Method, source: str) -> None:
        arguments = method.args
        if arguments.vararg is not None or arguments.posonlyargs:
            raise SystemExit(f"{method.name} takes arguments in a way that can't be forwarded here")
        rewriting = Rewriting(source)
        parts = ["self"]
        defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
        for argument, default in list(zip(arguments.args, defaults, strict=True))[1:]:
            parts.append(_parameter(argument, default, rewriting))
        if arguments.kwonlyargs:
            parts.append("*")
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            parts.append(_parameter(argument, default, rewriting))
        if arguments.kwarg is not None:
            parts.append("**" + _parameter(arguments.kwarg, None, rewriting))
        self.returns = rewriting.annotation(method.returns) if method.returns is not None else "None"
        self.names = rewriting.names
        self.text = wrapped(f"    def {method.name}(", parts, f") -> {self.returns}:")
        self.passed = [argument.arg for argument in arguments.args[1:]]
        self.passed += [f"{argument.arg}={argument.arg}" for argument in arguments.kwonlyargs]
        if arguments.kwarg is not None:
            annotation = arguments.kwarg.annotation
            if isinstance(annotation, ast.Subscript):
                # jedi reads the keys of a class that is called, and not those of an annotation.
                self.passed.append(f"**{ast.unparse(annotation.slice)}(**{arguments.kwarg.arg})")
            else:
                self.passed.append(f"**{arguments.kwarg.arg}")


def _parameter(argument: ast.arg, default: ast.expr | None, rewriting: Rewriting) -> str:
    if argument.annotation is None:
        raise SystemExit(f"{argument.arg} has no annotation")
    text = f"{argument.arg}: {rewriting.annotation(argument.annotation)}"
    return text if default is None else f"{text} = {rewriting.text(default)}"


def wrapped(start: str, parts: Sequence[str], end: str) -> str:
    """Join parts as the formatter does: on one line, else all of them on the next, else each on a line of its own."""
    line = start + ", ".join(parts) + end
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()))
    inner = f"{indent}    " + ", ".join(parts)
    if len(inner) > WIDTH:
        inner = "\n".join(f"{indent}    {part}," for part in parts)
    return f"{start}\n{inner}\n{indent}{end}"


def docstring_of(method: Method, source: str) -> str:
    """Return a method's docstring with its quotes and indentation, as the source has it."""
    statement = method.body[0]
    if ast.get_docstring(method) is None:
        raise SystemExit(f"{method.name} has no docstring")
    return " " * statement.col_offset + str(ast.get_source_segment(source, statement))


# --- imports -----------------------------------------------------------------------------------------------------


def imports_of(body: Iterable[ast.stmt], used: set[str], package: str) -> tuple[Imports, set[str]]:
    """Return the imports among statements that names need, and the whole lines of ``import x as y``.

    Args:
        body: The statements; those under ``if TYPE_CHECKING`` are a body of their own.
        used: The names.
        package: The room of the file, with a dot: what ``.module`` means there is written as seen from ``_sync``.
    """
    found: Imports = {}
    plain: set[str] = set()
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name) in used:
                    plain.add(f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else ""))
        elif isinstance(node, ast.ImportFrom):
            names = {SYNCHRONOUS.get(alias.name, alias.name) for alias in node.names} & used
            if names:
                found.setdefault(_seen_from_sync(node, package), set()).update(names)
    return found, plain


def _seen_from_sync(node: ast.ImportFrom, package: str) -> str:
    module = node.module or ""
    if node.level == 0:
        return module
    # A file of the package itself has no room, and _sync is one below it.
    level = node.level if package else node.level + 1
    return f"..{package}{module}" if package and level == 1 else "." * level + module


def defined_in(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def import_lines(imports: Imports, plain: Iterable[str] = (), indent: str = "") -> Iterator[str]:
    """Yield lines of imports in the linter's order: the standard library, then the package from far to near."""
    outside = sorted(module for module in imports if not module.startswith("."))
    inside = sorted((module for module in imports if module.startswith(".")), key=_distance)
    yield from (indent + line for line in sorted(plain))
    yield from (_import_line(module, imports[module], indent) for module in outside)
    if (outside or plain) and inside:
        yield ""
    yield from (_import_line(module, imports[module], indent) for module in inside)


def _distance(module: str) -> tuple[int, str]:
    return -(len(module) - len(module.lstrip("."))), module.lower()


def _import_line(module: str, names: Iterable[str], indent: str) -> str:
    ordered = sorted(names, key=_rank)
    line = f"{indent}from {module} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return line
    body = "".join(f"{indent}    {name},\n" for name in ordered)
    return f"{indent}from {module} import (\n{body}{indent})"


def _rank(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name.lower()


# --- a group -----------------------------------------------------------------------------------------------------


def group_file(source: str, module: str, package: str = "endpoints", base: str = "SyncGroup") -> str:
    """Return the text of the synchronous file of one group.

    Args:
        source: The text of the asynchronous file.
        module: Its name.
        package: Its room.
        base: The class that forwards the calls; `_sync/_group.py` has it.
    """
    tree = ast.parse(source)
    group = next(node for node in tree.body if isinstance(node, ast.ClassDef) and _is_group(node))
    methods = [node for node in group.body if _is_call(node)]
    signatures = {method.name: Signature(method, source) for method in methods}
    used = {name for signature in signatures.values() for name in signature.names}
    imports, plain = imports_of(tree.body, used, f"{package}.")
    own = imports.setdefault(f"..{package}.{module}", set())
    own |= {group.name, *(used & set(defined_in(tree)))}
    imports["._group"] = {base}
    parts = [header(f"{package}/{module}.py", f"The synchronous side of `smtp2go_async.{package}.{module}`.")]
    parts += import_lines(imports, plain)
    parts.append(f"\n\nclass Sync{group.name}({base}[{group.name}]):")
    parts.append(f'    """{ast.get_docstring(group)}"""\n\n    __slots__ = ()\n')
    parts.append("\n\n".join(_forwarded(method, signatures[method.name], source) for method in methods))
    return "\n".join(parts) + "\n"


def _is_group(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "EndpointGroup" for base in node.bases)


def _is_call(node: ast.stmt) -> TypeGuard[Method]:
    """Whether this is a public method: one that is awaited, or one that returns an iterator."""
    return isinstance(node, (ast.AsyncFunctionDef, ast.FunctionDef)) and not node.name.startswith("_")


def _forwarded(method: Method, signature: Signature, source: str) -> str:
    if isinstance(method, ast.AsyncFunctionDef):
        forward = "_run"
    else:
        forward = "_stream" if "Stream" in signature.returns else "_iterate"
    arguments = [f"self._async.{method.name}", *signature.passed]
    call = wrapped(f"        return self.{forward}(", arguments, ")")
    return f"{signature.text}\n{docstring_of(method, source)}\n{call}"


# --- the class that holds the groups -----------------------------------------------------------------------------


def groups_file(source: str) -> str:
    """Return the text of the file that has `SyncGroups`, from that of `AsyncGroups`."""
    tree = ast.parse(source)
    groups = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "AsyncGroups")
    imports: Imports = {"..client": {"AsyncClient"}, "._loop_thread": {"LoopThread"}}
    properties = []
    for node in groups.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        origin = next(statement for statement in node.body if isinstance(statement, ast.ImportFrom))
        kind = f"Sync{origin.names[0].name}"
        module = _sync_module(origin.module or "")
        imports[f".{module}"] = {kind}
        properties.append(
            f'    @cached_property\n    def {node.name}(self) -> "{kind}":\n{docstring_of(node, source)}\n'
            f"        from .{module} import {kind}\n\n"
            f"        return {kind}(self._async.{node.name}, self._thread)"
        )
    parts = [header("_groups.py", "The groups of calls of `SyncClient`; each is imported when it is first touched.")]
    parts += ["from typing import TYPE_CHECKING\n", "from .._groups import cached_property\n", "if TYPE_CHECKING:"]
    parts += import_lines(imports, indent="    ")
    parts.append('\n\nclass SyncGroups:\n    """The groups of `SyncClient`."""\n')
    # For type checkers only: at run time the names in these two would be looked for in vain.
    parts.append('    if TYPE_CHECKING:\n        _async: "AsyncClient"\n        _thread: "LoopThread"\n')
    parts.append("\n\n".join(properties))
    return "\n".join(parts) + "\n"


def _sync_module(module: str) -> str:
    """Return the name in ``_sync`` of a group's module: ``endpoints.email`` is ``email``, ``bulk.sender`` ``bulk``."""
    package, _, name = module.partition(".")
    return name if package == "endpoints" else package


# --- the client --------------------------------------------------------------------------------------------------

BODIES: Mapping[str, tuple[str, str]] = {
    "__init__": ("self._async = AsyncClient(", "self._thread = thread_for(self._async, http_client)"),
    "with_options": (
        "copy._async = self._async.with_options(",
        "return copy",
    ),
    "call": ("return self._thread.run(", ""),
}
"""How a method of the client starts to forward its arguments, and what follows."""


def client_file(source: str) -> str:
    """Return the text of the file with those methods of `SyncClient` that have a signature of `AsyncClient`."""
    tree = ast.parse(source)
    client = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "AsyncClient")
    methods = [node for node in client.body if isinstance(node, Method) and node.name in BODIES]
    signatures = {method.name: Signature(method, source) for method in methods}
    used = {name for signature in signatures.values() for name in signature.names}
    imports, plain = imports_of(tree.body, used, "")
    for_types = [node for node in tree.body if isinstance(node, ast.If)]
    typed, _ = imports_of((statement for node in for_types for statement in node.body), used, "")
    imports.setdefault("typing", set()).add("TYPE_CHECKING")
    imports["..client"] = set(STAND_ALONE)
    imports["._group"] = {"thread_for"}
    imports[".groups"] = {"SyncGroups"}
    parts = [header("client.py", "The methods of `SyncClient` that have the signatures of `AsyncClient`.")]
    parts += import_lines(imports, plain)
    parts += ["\nif TYPE_CHECKING:", *import_lines(typed, indent="    ")]
    parts += ["else:", *(f"    {name} = Any" for name in sorted(set().union(*typed.values())))]
    parts.append("\n\nclass SyncClientBase(SyncGroups):")
    parts.append('    """Makes the calls of an `AsyncClient` in the thread of its event loop."""\n')
    parts.append("\n\n".join(_client_method(method, signatures[method.name], source) for method in methods))
    return "\n".join(parts) + "\n"


def _client_method(method: Method, signature: Signature, source: str) -> str:
    start, after = BODIES[method.name]
    arguments = signature.passed if method.name != "call" else ["self._async.call", *signature.passed]
    lines = [signature.text]
    if method.name != "__init__":
        # The examples in it are for callers that do not await.
        lines.append(docstring_of(method, source).replace("await client.", "client."))
    if method.name == "with_options":
        lines += ["        copy = object.__new__(type(self))", "        copy._thread = self._thread"]
    lines.append(wrapped(f"        {start}", arguments, ")"))
    lines += [f"        {after}"] if after else []
    return "\n".join(lines)


# --- all files ---------------------------------------------------------------------------------------------------


def wanted_files() -> dict[Path, str]:
    """Return the text of every file that is written into ``_sync/``."""

    def read(*parts: str) -> str:
        return PACKAGE.joinpath(*parts).read_text(encoding="utf-8")

    written = {
        PACKAGE / "_sync" / path.name: group_file(path.read_text(encoding="utf-8"), path.stem)
        for path in sorted((PACKAGE / "endpoints").glob("[!_]*.py"))
    }
    # An interrupted call of bulk has something to settle before it ends.
    bulk = group_file(read("bulk", "sender.py"), "sender", "bulk", "SyncSettlingGroup")
    written[PACKAGE / "_sync" / "bulk.py"] = bulk
    written[PACKAGE / "_sync" / "groups.py"] = groups_file(read("_groups.py"))
    written[PACKAGE / "_sync" / "client.py"] = client_file(read("client.py"))
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 if something would change")
    check = parser.parse_args(arguments).check
    wanted = wanted_files()
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
    print(f"{len(wanted)} files: {len(stale)} written, {len(strays)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
