"""The groups of calls that an account of the sandbox answers, a file for each group of the API."""
