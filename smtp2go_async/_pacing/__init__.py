"""The gate and the turns of calls at a `Pacer`, the published limits, and waiting for a turn."""
