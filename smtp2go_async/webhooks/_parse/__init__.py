"""The body of a webhook's request -> an event: content types, encodings, names of events, fields in every spelling."""
