"""Domains of addresses in the one form that goes out, ASCII, and characters that no address may hold."""

import functools
import re
import unicodedata

from .problems import invalid

MAX_DOMAIN_LENGTH = 253
"""Characters, written in ASCII (RFC 1035, section 2.3.4, without the length bytes)."""

MAX_LABEL_LENGTH = 63
"""Characters between two full stops (the same place)."""

LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
"""One part of a domain: 1 to 63 letters, digits and hyphens, no hyphen at an edge. Underscores are in no standard for
mail, and they are in real addresses."""

_IDEOGRAPHIC_STOP = "\u3002"
"""UTS 46 takes it for a full stop, though no normalization makes one of it."""

_ASCII_DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")

_ODD = re.compile(r"[^A-Za-z0-9_.\x80-\U0010ffff-]")

# Default_Ignorable_Code_Point of Unicode: nothing is shown for these. Not all are of the category Cf, and some are not
# assigned yet.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def character(letter: str) -> str:
    """Return the number and the name of a character in Unicode."""
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()


def check_domain(domain: str, argument: str, offset: int = 0) -> str:
    """Return the domain of an address as it goes out: ASCII as it is, and anything else by IDNA 2008.

    What is not ASCII goes through the mapping of UTS 46 first, as in browsers: it becomes lower case and composed
    (NFC), while ß and the final sigma, which IDNA 2008 knows, stay. The mapping would also drop invisible characters
    and turn look-alikes (fullwidth letters and stops) into ASCII; those are refused instead, since the address could be
    another domain than its author sees. A full stop at the end is refused as in ASCII.

    Args:
        domain: What stands behind the @.
        argument: What an error calls the address.
        offset: Where the domain begins in the text that was given, for positions in errors.

    Raises:
        ValueError: It can't be the domain of an address; it is not in the message.
    """
    if len(domain) <= MAX_DOMAIN_LENGTH and _ASCII_DOMAIN.fullmatch(domain):
        return domain
    for position, letter in enumerate(domain, offset):
        if not letter.isascii():
            check_no_look_alike(letter, argument, position)
    problem = _problem(domain, offset)
    if not problem:
        try:
            return _encoded(domain)
        except UnicodeError as error:  # that of idna is one; it holds the domain, so it is not the cause of ours
            problem = _not_allowed(domain, offset, str(error))
    raise invalid(argument, problem)


def check_no_look_alike(letter: str, argument: str, position: int) -> None:
    """Refuse a character that does not show in an address, or that looks like another character there.

    Args:
        letter: A character that is not ASCII.
        argument: What an error calls the address.
        position: Where it stands in the text that was given.

    Raises:
        ValueError: It is such a character; the message says where, and the character's name.
    """
    composed = unicodedata.normalize("NFC", letter)
    if _IGNORABLE.match(letter) or unicodedata.category(letter) in ("Cf", "Zs"):
        problem = "which does not show"
    elif composed.isascii() or letter == _IDEOGRAPHIC_STOP or unicodedata.normalize("NFKC", letter) != composed:
        problem = "which looks like another character; write the other one"
    else:
        return
    raise invalid(argument, f"must not hold {character(letter)} at position {position}, {problem}")


def _problem(domain: str, offset: int) -> str:
    """Return the problem of a domain that is wrong in every script."""
    labels = domain.split(".")
    longest = max(map(len, labels))
    if odd := _ODD.search(domain):
        position = offset + odd.start()
        return f"must have letters, digits and hyphens in its domain, not {character(odd[0])} at position {position}"
    if "" in labels:
        problem = "has two full stops in a row, or one at an edge"
    elif len(domain) > MAX_DOMAIN_LENGTH:
        problem = f"has {len(domain):,} characters, more than {MAX_DOMAIN_LENGTH}"
    elif longest > MAX_LABEL_LENGTH:
        problem = f"has {longest:,} characters, more than {MAX_LABEL_LENGTH}, between two full stops"
    elif any(label[0] == "-" or label[-1] == "-" for label in labels):
        problem = "has a hyphen at the edge of a part"
    else:
        return ""
    return f"must be an e-mail address or a domain, not one whose domain {problem}"


def _not_allowed(domain: str, offset: int, reason: str) -> str:
    """Return the rule of IDNA 2008 that a domain breaks, without the domain, which idna's own words may quote."""
    found = re.search(r"U\+([0-9A-F]{4,6})", reason)
    odd = chr(int(found[1], 16)) if found else ""
    if odd and odd in domain:
        position = offset + domain.index(odd)
        return f"must not hold {character(odd)} at position {position}, which IDNA 2008 does not allow in a domain"
    detail = "" if "'" in reason else f" ({reason})"
    return f"must have a domain that IDNA 2008 allows{detail}"


@functools.lru_cache(maxsize=256)
def _encoded(domain: str) -> str:
    # idna comes with httpx and with anyio: each of them requires it. Its tables take a while to load, so only a program
    # that has such an address waits for them.
    import idna

    return idna.encode(domain, uts46=True).decode("ascii")
