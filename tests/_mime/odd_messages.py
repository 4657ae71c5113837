"""Messages of the standard library that are unusual, and what each of them says.

Each maker returns a new message. `said` reads one as its owner means it, `read` reads the bytes that went out; what they
return must be equal.
"""

from _mime import odd_bodies, odd_headers, odd_read, unwritable
from _mime.making import BINARY, ODD, UNWRITABLE, URL, modern, older
from _mime.odd_read import DKIM, EIGHT_BITS, SIGNED_PARTS
from _mime.reading import read, said

__all__ = [
    "BINARY",
    "DKIM",
    "EIGHT_BITS",
    "ODD",
    "SIGNED_PARTS",
    "UNWRITABLE",
    "URL",
    "modern",
    "odd_bodies",
    "odd_headers",
    "odd_read",
    "older",
    "read",
    "said",
    "unwritable",
]
