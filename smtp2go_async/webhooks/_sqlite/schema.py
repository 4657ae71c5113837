"""The tables of an inbox's file."""

from typing import Final

APPLICATION_ID: Final = 0x53324749
"""In the header of every inbox's file ("S2GI"), which tells it from the databases of other programs."""

SCHEMA_VERSION: Final = 1
"""In the header, too. A file of a newer version is refused, since its states may mean something else."""

PRUNED: Final = "pruned"
"""The state of an event that was deleted and must still be recognised. Its row holds no address and no content."""

TABLES: Final = (
    # The body is the last column: SQLite reads a row from its start, so a look at the other columns is quick.
    # `due` is when a waiting event is tried next or when a lease ends, and else when the event was received. `delay` is
    # how long that wait was to be: a wait that starts in the future shows that the clock was put back.
    # `recipients` holds hashes, which is all that comparing them needs; and `detail` what else tells two events apart.
    """
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        due REAL NOT NULL,
        delay REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        lease TEXT,
        received REAL NOT NULL,
        source TEXT NOT NULL,
        id TEXT,
        fingerprint TEXT NOT NULL,
        name TEXT NOT NULL,
        email_id TEXT,
        time REAL,
        recipients TEXT NOT NULL,
        detail TEXT,
        error TEXT,
        content_type TEXT NOT NULL,
        body BLOB NOT NULL
    )
    """,
    "CREATE INDEX events_by_state ON events (state, due)",
    "CREATE INDEX events_by_email ON events (email_id, name) WHERE email_id IS NOT NULL",
    # Small, and looked at for each event that a webhook brings.
    "CREATE INDEX events_of_activity ON events (email_id, name) WHERE source = 'activity'",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
