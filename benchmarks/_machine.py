"""What a benchmark ran on, for the page of its results: no names of hosts, no paths."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1]
    return platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def machine() -> dict[str, str]:
    """Describe the machine and its Python."""
    # Only the numbers of the kernel's version, since the rest names builds and clouds.
    kernel = re.match(r"[\d.]*\d", platform.release())
    return {
        "CPU": f"{_cpu()}, {os.cpu_count()} cores",
        "memory": _memory(),
        "kernel": f"{platform.system()} {kernel[0] if kernel else ''}".strip(),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each package that is installed."""
    found = {}
    for name in sorted(set(packages)):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
