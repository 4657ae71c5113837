"""The rooms of the package import only what stands below them, and the tool that prints the rooms sees every import."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("rooms", ROOT / "tools" / "rooms.py")
rooms = importlib.util.module_from_spec(SPEC)
# The dataclasses of the module look their module up while it is being loaded.
sys.modules["rooms"] = rooms
SPEC.loader.exec_module(rooms)

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = rooms.read_table(CONTRIBUTING)
HOUSE = rooms.House(ROOT / "smtp2go_async", [*TABLE])

OUTSIDE = {
    "httpx": ["_http/"],
    "httpcore": ["_http/"],
    "h11": ["_http/"],
    "pyreqwest": ["_http/"],
    "cattrs": ["_models/"],
    "starlette": ["sandbox/"],
    "uvicorn": ["sandbox/"],
    # The database of a journal, the table of references that were seen, and the database of an inbox.
    "sqlite3": ["bulk/_journal/", "bulk/_seen.py", "webhooks/_sqlite/"],
    # Everything else is written for asyncio and trio alike, by anyio. These rooms need what anyio does not have:
    # _http/ tells apart who was cancelled, and pyreqwest knows no other loop; _sync/ owns an event loop in a thread;
    # bulk/_run/ tells whether this task was cancelled or the rows that it waits for; uvicorn serves on asyncio;
    # webhooks/_receive/ goes on when a server cancels a task.
    "asyncio": ["_http/", "_sync/", "bulk/_run/", "sandbox/", "webhooks/_receive/"],
    "trio": [],
    "anyio": [
        "sandbox/",
        "_sync/",
        "client.py",
        "_groups.py",
        "bulk/sender.py",
        "bulk/stream.py",
        "bulk/reconcile.py",
        "bulk/_run/",
        "bulk/rows.py",
        "bulk/_journal/",
        "_calls.py",
        "_http/",
        "_wire/",  # reads files in worker threads
        "_pacing/",  # wakes the calls that wait for their turn, each in its own event loop
        "webhooks/from_activity.py",
        "webhooks/receiver.py",
        "webhooks/_work.py",
        "webhooks/_handling.py",
        "webhooks/sqlite_inbox.py",
        "webhooks/_receive/",
        "_runtime/",  # runs in the thread of the caller
    ],
}
"""The rooms that may import a package; a package that is not here may be imported by any room."""


def listed(found):
    """Return a message with a line for each item, since pytest shortens a long list."""
    return "\n".join(["", *found])


def test_the_table_has_every_room_and_no_other():
    missing, extra = sorted(set(HOUSE.rooms) - set(TABLE)), sorted(set(TABLE) - set(HOUSE.rooms))
    assert not missing + extra, f"not in CONTRIBUTING.md: {missing}; not in the package: {extra}"


def test_every_file_and_folder_that_contributing_names_exists():
    named = re.findall(r"`([\w./]+(?:\.\w+|/))`", CONTRIBUTING)
    assert len(named) > 40
    found = [name for name in named if not any((start / name).exists() for start in (ROOT, ROOT / "smtp2go_async"))]
    assert not found, listed(found)


def test_no_room_imports_a_room_above_it():
    found = rooms.told(HOUSE, HOUSE.upward())
    assert not found, listed(found)


def test_no_rooms_import_each_other_in_a_circle():
    found = [" <-> ".join(circle) for circle in HOUSE.circles()]
    assert not found, listed(found)


def test_only_these_rooms_import_http_event_loops_and_databases():
    found = [
        f"smtp2go_async/{arrow.source}:{arrow.line}: {HOUSE.room_of(arrow.source)} imports {arrow.target}"
        for arrow in HOUSE.arrows
        if arrow.kind > rooms.Kind.TYPES
        and HOUSE.room_of(arrow.source) not in OUTSIDE.get(arrow.target.partition(".")[0], HOUSE.rooms)
    ]
    assert not found, listed(found)


def test_no_other_room_imports_the_sandbox():
    arrows = [arrow for (_, other), found in HOUSE.between().items() if other == "sandbox/" for arrow in found]
    found = rooms.told(HOUSE, arrows)
    assert not found, listed(found)


def types_of(path):
    """Yield the classes and the aliases of types that a file defines: each name, and whether it is a class."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield node.name, True
        elif isinstance(node, ast.Assign) and not ast.unparse(node.value).startswith(("TypeVar(", "ParamSpec(")):
            yield from ((target.id, False) for target in node.targets if isinstance(target, ast.Name))


def test_no_class_has_the_name_of_another_class_or_alias():
    homes, classes = defaultdict(set), set()
    for path in HOUSE.lines:
        # A blocking group has the name of the group that it is generated from.
        if not path.startswith("_sync/"):
            for name, is_class in types_of(ROOT / "smtp2go_async" / path):
                homes[name].add(path)
                classes |= {name} if is_class else set()
    found = [f"{name}: {', '.join(sorted(homes[name]))}" for name in sorted(classes) if len(homes[name]) > 1]
    assert not found, listed(found)


class Package:
    """A small package, written file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root / "house"

    def write(self, files: dict[str, str]) -> None:
        for name, text in {"__init__.py": '__version__ = "1"\n', **files}.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def read(self, *order: str) -> object:
        return rooms.House(self.root, order)


@pytest.fixture
def package(tmp_path):
    return Package(tmp_path)


def text_of(lines):
    return "\n".join(lines)


def test_a_room_is_a_folder_or_a_file_beside_folders(package):
    package.write(
        {"client.py": "", "bulk/sender.py": "", "bulk/_run/run.py": "", "bulk/_run/stop.py": "", "wire/body.py": ""}
    )
    found = package.read().rooms
    assert {room: sorted(files) for room, files in found.items()} == {
        "__init__.py": ["__init__.py"],
        "client.py": ["client.py"],
        "bulk/sender.py": ["bulk/sender.py"],
        "bulk/_run/": ["bulk/_run/run.py", "bulk/_run/stop.py"],
        "wire/": ["wire/body.py"],
    }


def test_a_folder_that_the_table_names_is_a_room_with_all_the_folders_in_it(package):
    package.write({"client.py": "", "box/account.py": "", "box/groups/keys.py": "", "boxes/one.py": ""})
    found = package.read("client.py", "box/").rooms
    assert sorted(found["box/"]) == ["box/account.py", "box/groups/keys.py"]
    assert set(found) == {"__init__.py", "client.py", "box/", "boxes/"}


def test_an_import_points_to_the_file_that_it_names(package):
    package.write(
        {
            "errors.py": "",
            "wire/body.py": "from ..errors import Wrong\nfrom .. import errors\nfrom . import codec\nimport house.errors\n",
            "wire/codec.py": "",
        }
    )
    found = [(arrow.line, arrow.target) for arrow in package.read().arrows]
    assert found == [(1, "errors.py"), (2, "errors.py"), (3, "wire/codec.py"), (4, "errors.py")]


def test_imports_for_type_checkers_and_inside_functions_are_arrows_of_their_own_kind(package):
    package.write(
        {
            "errors.py": "",
            "client.py": (
                "from typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n    from .errors import A\nelse:\n    from .errors import B\n"
                "class Client:\n    def call(self):\n        from .errors import C\n"
                "try:\n    from .errors import D\nexcept ImportError:\n    pass\n"
            ),
        }
    )
    kinds = {arrow.name: arrow.kind.name for arrow in package.read().arrows if arrow.target == "errors.py"}
    assert kinds == {"A": "TYPES", "B": "LOADING", "C": "LATE", "D": "LOADING"}


def test_an_upward_import_is_told_with_its_file_line_and_rooms(package):
    package.write({"client.py": "", "errors.py": "\nfrom .client import Client, Other\n"})
    house = package.read("client.py", "errors.py")
    assert rooms.told(house, house.upward()) == ["house/errors.py:2: errors.py imports client.py: Client, Other"]


def test_imports_inside_a_room_and_of_the_version_are_no_arrows_between_rooms(package):
    package.write({"wire/body.py": "from .codec import a\nfrom .. import __version__\n", "wire/codec.py": ""})
    assert package.read("wire/", "__init__.py").between() == {}


def test_a_circle_over_several_rooms_is_found_and_a_room_beside_it_is_not_part_of_it(package):
    package.write(
        {
            "a.py": "from .b import x\n",
            "b.py": "def f():\n    from .c import x\n",
            "c.py": "from . import a\n",
            "d.py": "from .a import x\n",
        }
    )
    assert package.read("d.py", "a.py", "b.py", "c.py").circles() == [["a.py", "b.py", "c.py"]]


def test_an_import_of_a_file_that_does_not_exist_is_named(package):
    package.write({"client.py": "\nfrom .gone import x\n"})
    with pytest.raises(SystemExit, match=r"^house/client.py:2: there is no file for house.gone$"):
        package.read()


def test_the_table_is_read_from_top_to_bottom_with_continued_lines():
    text = f"{rooms.TABLE}\n\nProse.\n\n```\nclient.py  calls\nwire/      fields,\n           and more\n```\n\n```\nno table\n```\n"
    assert rooms.read_table(text) == {"client.py": "calls", "wire/": "fields, and more"}


def test_the_picture_counts_files_and_marks_weak_arrows(package):
    package.write(
        {
            "client.py": "from .wire import a\ndef f():\n    from .errors import E\n",
            "wire/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..errors import E\n",
            "wire/b.py": "",
            "errors.py": "",
        }
    )
    lines = text_of(rooms.show_rooms(package.read("client.py", "wire/", "errors.py"), {"client.py": ""})).splitlines()
    assert lines[0] == "house: 4 rooms, 5 files, 7 lines; from top to bottom"
    assert lines[3:5] == [
        "    1      3  client.py    wire/ 1, errors.py 1*",
        "    2      3  wire/        errors.py (1)",
    ]
    assert "arrows that point up: none" in lines
    assert "circles: none" in lines
    assert lines[-1] == "not in the table of CONTRIBUTING.md: __init__.py"


def test_the_drawing_has_every_arrow_in_the_style_of_its_kind(package):
    package.write({"client.py": "from .errors import E\n", "errors.py": "def f():\n    from .client import C\n"})
    drawing = text_of(rooms.show_dot(package.read("client.py", "errors.py")))
    assert '"client.py" -> "errors.py" [style=solid];' in drawing
    assert '"errors.py" -> "client.py" [style=dashed, color=red];' in drawing


def test_the_tool_is_a_program_that_prints_the_package_of_this_repository():
    command = [sys.executable, "-W", "error", str(ROOT / "tools" / "rooms.py")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout.startswith(f"smtp2go_async: {len(HOUSE.rooms)} rooms, {len(HOUSE.lines)} files, ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--dot"], 'digraph "smtp2go_async" {'),
        (["--files", "endpoints"], "lines  file "),
        (["--files", "client"], "lines  file "),
    ],
)
def test_the_tool_prints_a_drawing_or_the_files_of_a_room(monkeypatch, capsys, arguments, line):
    monkeypatch.setattr(rooms, "House", lambda package, order: HOUSE)
    assert rooms.main(arguments) == 0
    assert capsys.readouterr().out.startswith(line)


def test_a_room_that_does_not_exist_is_an_error_that_names_the_rooms(capsys):
    with pytest.raises(SystemExit):
        rooms.main(["--files", "cellar"])
    assert "must be one of __init__.py, " in capsys.readouterr().err
