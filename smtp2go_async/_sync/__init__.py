"""The groups of `SyncClient`: all but ``_group.py`` is written by ``tools/make_sync.py`` from ``endpoints/``."""
