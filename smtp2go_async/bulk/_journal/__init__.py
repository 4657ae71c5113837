"""The file of a journal: its tables, what is written to it, and how a damaged file is noticed.

==================  ============================================================================
`file`              `JournalFile`: opens, locks, writes and closes the SQLite file
`schema`            its tables, and the trigger that applies the log to the rows
`log`               `LogEntry` and `Log`: the table that each commit is written to first
`row_states`        `Claim`, `Settled` and `JournalRow`: a row before, during and after its call
`group_commit`      `GroupCommit`: the commits of many calls in one transaction
`hashes`            the keyed hashes that stand for references and recipients
`corrections`       whether a list is the same as before, some of its rows corrected
`files_at_start`    what is checked before SQLite opens the file
`files_in_use`      what is checked while a run uses it
`wal_end`           whether SQLite's write-ahead log (the WAL, ``-wal``) was cut short
`seal`              the few bytes that say which WAL belongs to the file
`lock`              the lock that keeps other programs out
`export`            the rows as CSV
==================  ============================================================================
"""
