"""The file of a journal: its schema, what is written to it, and how a damaged file is noticed."""
