"""Distinguish the provider's own words in the text of an error from its quotations of the caller's input.

Limits and an unknown key are recognised by whole sentences, which must not stand in anything that the caller sent. The
table in `refusals` also looks for a few words; before that, the caller's texts and everything in quotation marks are
taken out of the error's text. A text can also be quoted in part, escaped, or in other letters. So when a text of the
caller is not found whole in the error, the words that it contains decide nothing.
"""

import base64
import binascii
import enum
import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote_plus

from .._content.blobs import MemoryBlob


class Words(enum.Enum):
    """The meaning of the provider's own words."""

    NOTHING = "nothing that decides"
    KEY_UNKNOWN = "the key is unknown"
    LIMIT = "a limit is used up"
    KEY_MISSING = "the key does not exist, in other words"
    ABOUT_THE_KEY = "about the key"
    MISSING = "something does not exist"


# A sentence can end with advice: from a year to the next the provider changed ", please try" to ". Please try".
_ADVICE = r"(?:[.!]|[.,;] please [^'\"]*)?"

_KEY_UNKNOWN: Final = re.compile(rf"(an api user matching the passed ['\"]?api_key['\"]? was not found){_ADVICE}")
"""The sentence for a key of the right form that belongs to no account, seen with the statuses 400 and 500."""

_LIMIT: Final = re.compile(
    r"(api key rate ?limit exceeded"
    r"|(?:this endpoint is|you are) rate limited to \w+ (?:requests?|calls?) (?:every|per|a) (?:\d+ )?\w+)"
    rf"{_ADVICE}"
)
"""The sentences for a limit that a key has of its own, and for a limit that an endpoint has."""

_MALFORMED: Final = re.compile(r"(the api key passed was not) ")
"""The start of the sentence for a key of the wrong form, as captured in 2017."""

_ABOUT_THE_KEY: Final = re.compile(r"\bapi[ _-]?key\b")
_MISSING: Final = re.compile(r"\bnot found\b|\b(?:does not|doesn['\u2019]t) exist\b")

# The same words in the caller's texts, after `_plain`. The word "api_keys" is excepted: it is the name of a group.
_PLAIN_KEY: Final = re.compile("api ?key(?!s)")
_PLAIN_MISSING: Final = re.compile("not ?found|does ?n ?o? ?t ?exist")
_DECISIVE: Final = (_PLAIN_KEY, _PLAIN_MISSING)
_LAST_WORDS: Final = ("key", "found", "exist")

_CLOSING: Final = {
    "'": "'",
    '"': '"',
    "`": "`",
    "\u2018": "\u2019",
    "\u201a": "\u2018\u2019",
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u2039": "\u203a",
}
# A mark after a letter is an apostrophe and opens no quotation.
_OPENING: Final = re.compile(rf"(?<!\w)[{''.join(_CLOSING)}]")

_SEPARATORS: Final = re.compile(r"[\W_]+")
_TAG: Final = re.compile(r"<[^<>]*>")
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
_TAKEN_OUT: Final = " \ufffc "

MAX_MADE_PLAIN: Final = 1_000_000
"""Characters of a request that are searched in every disguise, which takes some tenths of a second."""

_MAX_HEADER_CHARACTERS: Final = 100_000


def words_of(message: str, fields: object = None, path: str = "") -> Words:
    """Return the meaning of an error's text, going by the provider's own words.

    Args:
        message: The text.
        fields: The fields of the request.
        path: The path of the call, which the provider may quote as well.
    """
    text = _flat(html.unescape(message) if "&" in message else message)
    for sentence, words in ((_KEY_UNKNOWN, Words.KEY_UNKNOWN), (_LIMIT, Words.LIMIT)):
        if found := sentence.fullmatch(text):
            return Words.NOTHING if _stands_in(found[1], fields) else words
    if (start := _MALFORMED.match(text)) and not _stands_in(start[1], fields):
        return Words.ABOUT_THE_KEY
    if not (_ABOUT_THE_KEY.search(text) or _MISSING.search(text)):
        # The quick way out for most errors: the request need not be searched.
        return Words.NOTHING
    own, hidden = _own_words(text, fields, path)
    about_key = _PLAIN_KEY not in hidden and _ABOUT_THE_KEY.search(own) is not None
    missing = _PLAIN_MISSING not in hidden and _MISSING.search(own) is not None
    if about_key:
        return Words.KEY_MISSING if missing else Words.ABOUT_THE_KEY
    return Words.MISSING if missing else Words.NOTHING


def _own_words(text: str, fields: object, path: str) -> tuple[str, set[re.Pattern[str]]]:
    """Return a text without its quotations, and the words in it that may still be the caller's."""
    whole: set[str] = set()
    hidden: set[re.Pattern[str]] = set()
    disguises = _Disguises()
    for sent in (path, *_texts(fields)):
        if sent is None:
            hidden.update(_DECISIVE)
        elif holds := _decisive(sent, disguises):
            flat = _flat(sent)
            if flat in text:
                whole.add(flat)
            else:
                hidden.update(holds)
    for flat in sorted(whole, key=len, reverse=True):
        text = text.replace(flat, _TAKEN_OUT)
    # The provider writes the name of this field in quotation marks, so it is not a quotation of the caller.
    text = re.sub(r"(?<!\w)(['\"`])api_key\1(?!\w)", "api_key", text)
    return _without_quotations(text), hidden


def _without_quotations(text: str) -> str:
    """Take out quotations, each from its first mark to the last mark of the same kind.

    Marks inside a quotation must not end it early. A quotation without an end was cut off, so it goes on to the end of
    the text. The end for each kind of mark is searched only once, because a text can have a million marks.
    """
    ends: dict[str, int] = {}
    pieces: list[str] = []
    done = 0
    for mark in _OPENING.finditer(text):
        if mark.start() < done:
            continue
        closing = _CLOSING[mark[0]]
        if closing not in ends:
            ends[closing] = max((end.start() for end in re.finditer(rf"[{closing}](?!\w)", text)), default=-1)
        pieces.append(text[done : mark.start()])
        done = ends[closing] + 1 if ends[closing] > mark.start() else len(text)
    return _TAKEN_OUT.join([*pieces, text[done:]])


class _Disguises:
    """Makes the forms in which the caller's texts are searched, up to a limit of characters."""

    def __init__(self) -> None:
        self.left = MAX_MADE_PLAIN

    def forms(self, text: str) -> list[str] | None:
        """Return a text in the forms that are searched; ``None`` when that would take too long."""
        self.left -= len(text)
        if self.left < 0:
            return None
        forms = [_plain(text)]
        if any(mark in text for mark in "&%+<"):
            forms.append(_plain(_TAG.sub("", unquote_plus(html.unescape(text)))))
        return forms


def _decisive(text: str, disguises: _Disguises) -> Sequence[re.Pattern[str]]:
    """Return the decisive words that a text of the caller contains."""
    lower = text.lower()
    if text.isascii() and not any(word in lower for word in _LAST_WORDS):
        return ()
    forms = disguises.forms(lower)
    return _DECISIVE if forms is None else [words for words in _DECISIVE if any(words.search(form) for form in forms)]


def _stands_in(sentence: str, fields: object) -> bool:
    """Whether a sentence stands in a text that the caller sent."""
    wanted = _plain(sentence)
    last = sentence.rpartition(" ")[2]
    disguises = _Disguises()
    for sent in _texts(fields):
        if sent is None or (last not in (lower := sent.lower()) and sent.isascii()):
            continue
        if sentence in lower or any(wanted in form for form in disguises.forms(lower) or ()):
            return True
    return False


def _plain(text: str) -> str:
    """Return letters and digits with single spaces between them, so that all spellings of a text become equal."""
    if not text.isascii():
        text = "".join(
            letter for letter in unicodedata.normalize("NFKD", text) if unicodedata.category(letter) not in ("Mn", "Cf")
        )
    return _SEPARATORS.sub(" ", text.lower())


def _flat(text: str) -> str:
    return " ".join(text.lower().split())


def _texts(fields: object) -> Iterator[str | None]:
    """Yield all texts in a request's fields, however deep, and ``None`` for a text that can't be read here."""
    waiting: list[Any] = [fields]
    if isinstance(fields, Mapping):
        # The field for the key is written by this client and not by the caller.
        waiting = [*(name for name in fields if name != "api_key"), *fields.values()]
        if (mime := fields.get("mime_email")) is not None:
            yield from _of_mime(mime)
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            waiting += part
            waiting += part.values()
        elif isinstance(part, (list, tuple)):
            waiting += part


def _of_mime(mime: object) -> Iterator[str | None]:
    """Yield the texts of a ready message, and ``None`` for a message in a file, which is not read again here."""
    if isinstance(mime, MemoryBlob):
        data = mime.data
    elif isinstance(mime, str):
        try:
            data = base64.b64decode(mime)
        except (binascii.Error, ValueError):
            return
    else:
        yield None
        return
    text = data.decode("utf-8", "replace")
    yield text
    from email.header import decode_header, make_header  # here, because only an error of this call needs it

    unfolded = re.sub(r"\r?\n[ \t]+", " ", text[:_MAX_HEADER_CHARACTERS])
    for words in re.findall(rf"(?:{_ENCODED_WORD.pattern}\s*)+", unfolded):
        try:
            yield str(make_header(decode_header(words.strip())))
        except (LookupError, ValueError):
            # The encoded words can't be read, so they may say anything.
            yield None
