"""The process around a call: forks, imports, and threads."""
