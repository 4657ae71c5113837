"""The DNS records that sender domains need, and what of them has been published. No I/O: nothing is looked up."""

from zlib import crc32

from attrs import frozen

DKIM_TARGET = "dkim.smtp2go.net"
RETURN_TARGET = "return.smtp2go.net"
TRACK_TARGET = "track.smtp2go.net"

# The suffixes of two labels that matter in tests; a full list would be a dependency of its own.
_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "gov", "net", "nom", "org"})
_COUNTRY_CODE = 2  # letters


@frozen
class CnameRecord:
    """A CNAME record: a name, and the name that it must point to."""

    name: str
    target: str


@frozen
class NameParts:
    """A domain name taken apart: ``mail``, ``example`` and ``co.uk`` of ``mail.example.co.uk``."""

    subdomain: str | None
    domain: str
    suffix: str


def parts_of(name: str) -> NameParts:
    """Take a domain name apart."""
    labels = name.split(".")
    long_suffix = len(labels) > 2 and len(labels[-1]) == _COUNTRY_CODE and labels[-2] in _SECOND_LEVELS
    first = len(labels) - (3 if long_suffix else 2)
    return NameParts(".".join(labels[:first]) or None, labels[first], ".".join(labels[first + 1 :]))


def number_of(domain: str) -> str:
    """Return the six digits in the selectors of a domain: the same for the same domain, in every run."""
    return f"{crc32(domain.encode()) % 900_000 + 100_000}"


class DnsZone:
    """The records that were published."""

    def __init__(self) -> None:
        self._records: dict[str, str] = {}

    def clear(self) -> None:
        """Forget all records."""
        self._records.clear()

    def publish(self, record: CnameRecord) -> None:
        """Let a record be found from now on."""
        self._records[record.name] = record.target

    def status_of(self, record: CnameRecord) -> str:
        """Return what a look-up says against a record: nothing when the record is as it must be."""
        found = self._records.get(record.name)
        if found == record.target:
            return ""
        result = "no results" if found is None else f"{found}., not {record.target}."
        return f"Lookup CNAME({record.name}.) returned {result}"
