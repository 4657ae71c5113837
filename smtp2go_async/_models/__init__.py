"""The results of calls: their classes, how they are read from JSON, and how they become JSON again."""
