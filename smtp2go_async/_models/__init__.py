"""JSON -> results: the converter, and the shapes in which the provider sends what its reference describes otherwise."""
