"""The TLS context of the process, and how a failure of trust is recognised."""

import functools
import ssl

import httpx


@functools.cache
def ssl_context() -> ssl.SSLContext:
    """Return the only TLS context of the process, since making a context takes some 20 ms."""
    return httpx.create_ssl_context()


def is_about_trust(error: BaseException | None) -> bool:
    """Whether an error was caused by a certificate that is not trusted."""
    # httpx and httpcore wrap the error of ssl, each in an error of its own.
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
