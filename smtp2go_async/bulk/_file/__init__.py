"""Rows of CSV and JSON-lines files, and e-mails made of them."""
