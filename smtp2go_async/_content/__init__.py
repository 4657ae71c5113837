"""The content of attached files: its source, its length and its media type; and an e-mail with its files as JSON."""
