"""A request out and a response in, with no I/O but reading attached files: settings, bodies, JSON and refusals."""
