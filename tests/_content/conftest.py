"""A file on the disk, and the files that bodies open."""

import pytest
from _content.changes import SIZE

from smtp2go_async._content import blobs as _blobs


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"x" * SIZE)
    return path


@pytest.fixture
def opened(monkeypatch):
    """List the files that a body opens."""
    files = []

    def spy(*args, **options):
        files.append(open(*args, **options))  # noqa: SIM115 - closing it is what is tested
        return files[-1]

    monkeypatch.setattr(_blobs, "open", spy, raising=False)
    return files
