"""A file for each group of the API: its models, its operations and its methods on a single page."""
