"""The content of files that are attached: where it comes from, how long it is, and its media type."""
