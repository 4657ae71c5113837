"""Print the rooms of the package and which room imports which, as the code has it today.

    python tools/rooms.py                    every room, what it imports, arrows that point up, circles
    python tools/rooms.py --files endpoints  the files of one room, and what each of them imports
    python tools/rooms.py --dot              the same arrows for Graphviz: ... --dot | dot -Tsvg > rooms.svg

A room is a folder of the package, or a file that stands beside folders: `endpoints/`, `client.py`, `bulk/_run/`,
`bulk/sender.py`. A folder that the table names is a single room with all the folders in it, as `sandbox/` is. The order
of the rooms, from top to bottom, is the table "Where things are" of CONTRIBUTING.md. A room imports only rooms that
stand below it there.
"""

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "smtp2go_async"
TABLE, DOOR = "## Where things are", "__init__.py"


class Kind(IntEnum):
    """When an import happens, the weakest first."""

    TYPES = 0  # under `if TYPE_CHECKING`: never, when the program runs
    LATE = 1  # inside a function: when it is called
    LOADING = 2  # when the file itself is imported


WHEN = {Kind.TYPES: ", for type checkers", Kind.LATE: ", inside a function", Kind.LOADING: ""}
MARKS = {Kind.TYPES: "({})", Kind.LATE: "{}*", Kind.LOADING: "{}"}


@dataclass(frozen=True, order=True)
class Arrow:
    """One imported name: from a file and its line to a file, or to a package that is not ours."""

    source: str
    line: int
    target: str
    name: str
    kind: Kind


class House:
    """The files of a package, its rooms in the order of the table, and the arrows; paths start at the package."""

    def __init__(self, package: Path = PACKAGE, order: Sequence[str] = ()) -> None:
        paths = sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)
        texts = {path.relative_to(package).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        self.name = package.name
        self.lines = {path: text.count("\n") for path, text in texts.items()}
        self._whole = {room for room in order if room.endswith("/")}
        self._floors = {".", *(Path(path).parent.parent.as_posix() for path in texts)}
        self.rooms: dict[str, list[str]] = defaultdict(list)
        for path, text in texts.items():
            # The file that only makes a folder a package has a docstring and is no room of its own.
            if path == DOOR or Path(path).name != DOOR or len(ast.parse(text).body) > 1:
                self.rooms[self.room_of(path)].append(path)
        self.order = [*filter(self.rooms.get, order), *sorted(set(self.rooms) - set(order))]
        self.arrows = sorted({arrow for path, text in texts.items() for arrow in self._arrows_of(path, text)})

    def room_of(self, path: str) -> str:
        """Return the room of a file: its folder, or the file itself where that folder has folders in it.

        A folder that the table names is a single room with all the folders in it, as `sandbox/` is.
        """
        for outer in reversed(Path(path).parents):
            if f"{outer}/" in self._whole:
                return f"{outer}/"
        folder = Path(path).parent.as_posix()
        return path if folder in self._floors else f"{folder}/"

    def between(self) -> dict[tuple[str, str], list[Arrow]]:
        """Return the arrows from each room to each other room."""
        found = defaultdict(list)
        for arrow in self.arrows:
            # The version is a constant of the file that Python runs before any other file of the package.
            if arrow.target in self.lines and (arrow.target, arrow.name) != (DOOR, "__version__"):
                ends = self.room_of(arrow.source), self.room_of(arrow.target)
                if ends[0] != ends[1]:
                    found[ends].append(arrow)
        return dict(found)

    def upward(self) -> list[Arrow]:
        """Return the arrows that point to a room above."""
        at = {room: index for index, room in enumerate(self.order)}
        ends = self.between().items()
        return [arrow for (room, other), arrows in ends if at[other] < at[room] for arrow in arrows]

    def circles(self) -> list[list[str]]:
        """Return the sets of rooms that import each other, directly or through others, each in the house's order."""
        reached: dict[str, set[str]] = {room: set() for room in self.rooms}
        for room, other in self.between():
            reached[room].add(other)
        for middle in self.rooms:
            for others in reached.values():
                if middle in others:
                    others.update(reached[middle])
        circles = (tuple(b for b in self.order if b in reached[a] and a in reached[b]) for a in self.order)
        return [list(circle) for circle in dict.fromkeys(circles) if circle]

    def _arrows_of(self, path: str, text: str) -> Iterator[Arrow]:
        folder = [self.name, *Path(path).parts[:-1]]
        for node, kind in _imports(ast.parse(text), Kind.LOADING):
            if isinstance(node, ast.Import):
                wanted = [(alias.name, "") for alias in node.names]
            else:
                start = folder[: len(folder) - node.level + 1] if node.level else []
                module = ".".join([*start, *([node.module] if node.module else [])])
                wanted = [(module, alias.name) for alias in node.names]
            for module, name in wanted:
                target = self._file_of(module, name, f"{path}:{node.lineno}")
                yield Arrow(path, node.lineno, target, name or module, kind)

    def _file_of(self, module: str, name: str, place: str) -> str:
        if module.partition(".")[0] != self.name:
            return module
        for dotted in (f"{module}.{name}", module):
            base = "/".join(dotted.split(".")[1:])
            for path in (f"{base}.py", f"{base}/__init__.py".lstrip("/")):
                if path in self.lines:
                    return path
        raise SystemExit(f"{self.name}/{place}: there is no file for {module}")


def _imports(node: ast.AST, kind: Kind) -> Iterator[tuple[ast.Import | ast.ImportFrom, Kind]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, kind
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imports(child, min(kind, Kind.LATE))
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for statement in child.body:
                yield from _imports(ast.Module([statement], []), Kind.TYPES)
            yield from _imports(ast.Module(child.orelse, []), kind)
        else:
            yield from _imports(child, kind)


def read_table(text: str) -> dict[str, str]:
    """Return the rooms of the table in CONTRIBUTING.md, from top to bottom, with the sentence on each."""
    rooms: dict[str, str] = {}
    block = text.partition(f"{TABLE}\n")[2].partition("```\n")[2].partition("```")[0]
    for line in block.splitlines():
        room, _, sentence = line.partition(" ")
        if room:
            rooms[room] = sentence.strip()
        elif rooms:  # an indented line goes on with the sentence before it
            rooms[[*rooms][-1]] += f" {sentence.strip()}"
    return rooms


def show_rooms(house: House, sentences: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the whole picture."""
    lines = sum(house.lines.values())
    yield f"{house.name}: {len(house.rooms)} rooms, {len(house.lines)} files, {lines} lines; from top to bottom"
    yield ""
    between = house.between()
    rows = [("files", "lines", "room", "imports, and in how many of its files")]
    for room in house.order:
        files = house.rooms[room]
        arrows = [(other, between[room, other]) for other in house.order if (room, other) in between]
        imports = ", ".join(f"{other} {_counted(found)}" for other, found in arrows)
        rows.append((str(len(files)), str(sum(house.lines[path] for path in files)), room, imports or "-"))
    yield from _table(rows)
    yield ""
    yield "3 = three files, when they are imported; 3* = only inside functions; (3) = only for type checkers"
    yield ""
    upward, circles = told(house, house.upward()), house.circles()
    yield f"arrows that point up: {len(upward) or 'none'}"
    yield from (f"  {line}" for line in upward)
    yield f"circles: {len(circles) or 'none'}"
    yield from (f"  {' <-> '.join(circle)}" for circle in circles)
    yield from (f"not in the table of CONTRIBUTING.md: {room}" for room in house.order if room not in sentences)


def show_files(house: House, room: str) -> Iterator[str]:
    """Yield the lines on the files of a room, each with the files of the package that it imports."""
    rows = [("lines", "file", "imports")]
    for path in house.rooms[room]:
        targets: dict[str, Kind] = {}
        for arrow in house.arrows:
            if arrow.source == path and arrow.target in house.lines:
                targets[arrow.target] = max(arrow.kind, targets.get(arrow.target, Kind.TYPES))
        imports = ", ".join(MARKS[kind].format(target) for target, kind in sorted(targets.items()))
        rows.append((str(house.lines[path]), path, imports or "-"))
    yield from _table(rows)


def show_dot(house: House) -> Iterator[str]:
    """Yield a Graphviz drawing: dashed arrows for imports inside functions, dotted ones for type checkers only."""
    styles = {Kind.TYPES: "dotted", Kind.LATE: "dashed", Kind.LOADING: "solid"}
    up = {(house.room_of(arrow.source), house.room_of(arrow.target)) for arrow in house.upward()}
    yield f'digraph "{house.name}" {{'
    yield "  node [shape=box];"
    yield from (f'  "{room}";' for room in house.order)
    for (room, other), arrows in sorted(house.between().items()):
        color = ", color=red" if (room, other) in up else ""
        yield f'  "{room}" -> "{other}" [style={styles[max(arrow.kind for arrow in arrows)]}{color}];'
    yield "}"


def told(house: House, arrows: Iterable[Arrow]) -> list[str]:
    """Return a line of text for each import: its file and line, both rooms, the names and when it happens."""
    names: dict[str, list[str]] = defaultdict(list)
    for arrow in sorted(arrows):
        rooms = f"{house.room_of(arrow.source)} imports {house.room_of(arrow.target)}{WHEN[arrow.kind]}"
        names[f"{house.name}/{arrow.source}:{arrow.line}: {rooms}"].append(arrow.name)
    return [f"{start}: {', '.join(found)}" for start, found in names.items()]


def _counted(arrows: Iterable[Arrow]) -> str:
    kinds: dict[str, Kind] = {}
    for arrow in arrows:
        kinds[arrow.source] = max(arrow.kind, kinds.get(arrow.source, Kind.TYPES))
    return MARKS[max(kinds.values())].format(len(kinds))


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    numeric = [cell.isdigit() for cell in rows[-1]]
    for row in rows:
        cells = zip(row, widths, numeric, strict=True)
        yield "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in cells).rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is asked for, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", metavar="ROOM", help="only the files of this room, such as endpoints or client.py")
    parser.add_argument("--dot", action="store_true", help="print the arrows for Graphviz")
    options = parser.parse_args(arguments)
    sentences = read_table((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    house = House(PACKAGE, [*sentences])
    if options.files is None:
        lines = show_dot(house) if options.dot else show_rooms(house, sentences)
    else:
        names = {name: room for room in house.rooms for name in (room, room.rstrip("/"), room.removesuffix(".py"))}
        if options.files not in names:
            parser.error(f"--files: must be one of {', '.join(house.order)}, not {options.files}")
        lines = show_files(house, names[options.files])
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
