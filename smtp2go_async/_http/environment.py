"""The proxies and certificates that the environment names for an address."""

import os
import urllib.request
from urllib.parse import urlsplit


def proxy_of(base_url: str) -> str | None:
    """Return the proxy that the environment names for an address, as the standard library finds it.

    Raises:
        ValueError: The environment names an invalid proxy. Connecting without it could bypass a rule of the network.
    """
    scheme, _, rest = base_url.partition("://")
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(rest.partition("/")[0]):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(proxy)
    # Reading `port` also checks it: urlsplit raises a ValueError for a port that is not a number.
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname or parts.port == 0:
        # Without its value, which can hold a password.
        raise ValueError("the environment names an invalid proxy")
    return proxy


def missing_certificates() -> str:
    """Return a text about a variable that names missing certificates: no error of Python's mentions the variable."""
    for name, kind in (("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "directory")):
        path = os.environ.get(name)
        if path and not os.path.exists(path):
            return f"; {name} names {path!r}, where there is no {kind}"
    return ""


def variables_to_check(error: Exception) -> str:
    """Return a text about the variables that may be the reason for an error while connections were made."""
    if isinstance(error, ImportError) or type(error) is ValueError:
        # A proxy of another kind: SOCKS needs a package that may be missing, and any other scheme is refused.
        names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")]
    else:
        names = ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"]
    # The names alone, since the value of a proxy can be a secret.
    given = [name for name in names if os.environ.get(name)]
    return f"; look at what {' and '.join(given)} names" if given else ""
