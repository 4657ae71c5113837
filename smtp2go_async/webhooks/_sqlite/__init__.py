"""The SQLite file of an inbox: its tables, how it is opened and forked, and the writes of many calls in one commit."""
