"""Send to many, with a journal: `client.bulk`."""
