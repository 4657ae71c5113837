"""One run of `client.bulk`, from its list to its report."""
