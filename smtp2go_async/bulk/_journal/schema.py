"""The tables of a journal's file, and the trigger that applies its log to its rows.

SQLite applies the log itself, in a single statement and without Python: threads of Python may wait 5 ms for their turn
after each statement while the event loop is busy.

Programs of other versions read these files, so the names in here stay as they are, ``fold`` and ``folded`` among them.
"""

from typing import Final

from .seal import SEAL_TABLE

SCHEMA_VERSION: Final = 4


def _upsert(values: str, source: str) -> str:
    """Return the statement that takes rows in.

    The column ``claimed`` holds 0 for a row that never was claimed, and -1 for a row that is claimed already.
    """
    # The WHERE looks idle, but without it SQLite's parser would take the "ON" of the conflict for that of a join.
    return f"""
    INSERT INTO rows (reference, fingerprint, recipient, state, email_id, request_id, detail, error, claimed, settled)
    SELECT {values} FROM {source} WHERE true
    ON CONFLICT (reference) DO UPDATE SET state = excluded.state, email_id = excluded.email_id,
        request_id = excluded.request_id, detail = excluded.detail, error = excluded.error, settled = excluded.settled,
        fingerprint = CASE WHEN excluded.claimed > 0 THEN excluded.fingerprint ELSE rows.fingerprint END,
        recipient = CASE WHEN excluded.claimed > 0 THEN excluded.recipient ELSE rows.recipient END,
        claimed = CASE WHEN excluded.claimed > 0 AND NOT (rows.state = 'unknown' AND rows.claimed > 0)
            THEN excluded.claimed ELSE rows.claimed END
    WHERE excluded.claimed <> 0 OR rows.claimed = 0;
    """  # noqa: S608


# The common case is stored in the keys and values of JSON objects, which SQLite reads as it goes. For a list within a
# list, json_extract would parse the whole list again for each value.
_SENT = "one.key, '', NULL, 'sent', one.value, nullif(call.key, ''), NULL, NULL, -1.0, old.time"
_VALUES = [f"json_extract(value, '$[{number}]')" for number in range(6)]
_SETTLED = f"{_VALUES[0]}, '', NULL, {', '.join(_VALUES[1:])}"
_CLAIM = f"""
    key, CASE type WHEN 'array' THEN {_VALUES[0]} ELSE value END, CASE type WHEN 'array' THEN {_VALUES[1]} END,
    'claimed', NULL, NULL, NULL, NULL, old.time, NULL"""

TABLES: Final = (
    SEAL_TABLE,
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE rows (
        number INTEGER PRIMARY KEY,
        reference TEXT NOT NULL UNIQUE,
        fingerprint TEXT NOT NULL,
        recipient TEXT,
        state TEXT NOT NULL,
        email_id TEXT,
        request_id TEXT,
        detail TEXT,
        error TEXT,
        claimed REAL NOT NULL,
        settled REAL
    )
    """,
    """
    CREATE TABLE log (
        number INTEGER PRIMARY KEY,
        time REAL NOT NULL,
        sent TEXT,
        settled TEXT,
        bad TEXT,
        claims TEXT,
        list TEXT
    )
    """,
    f"""
    CREATE TRIGGER fold AFTER DELETE ON log BEGIN
        {_upsert(_SENT, "json_each(old.sent) AS call, json_each(call.value) AS one")}
        {_upsert(f"{_SETTLED}, -1.0, old.time", "json_each(old.settled)")}
        {_upsert(f"{_SETTLED}, 0.0, old.time", "json_each(old.bad)")}
        {_upsert(_CLAIM, "json_each(old.claims)")}
        INSERT OR REPLACE INTO meta SELECT 'list', old.list WHERE old.list IS NOT NULL;
        INSERT OR REPLACE INTO meta VALUES ('folded', old.number);
    END
    """,  # noqa: S608
)
