"""One form for telephone numbers, however they are written; what could mean two numbers is refused and not guessed."""

import re
from typing import Final

from .number_plans import COUNTRY_CODE, DIGITS, DROPS_ZERO, code_of
from .problems import invalid, wrong_type

MIN_DIGITS, MAX_DIGITS = 7, 15
"""Digits of a number with its country code: the shortest in use (Niue, Tokelau), and the most that E.164 allows."""

_LONGEST_TEXT = 60
"""Characters; no writing of one number has more."""

_NORMAL = re.compile(rf"\+(?!(?:{'|'.join(sorted(DROPS_ZERO))})0)(?:1[0-9]{{10}}|[2-9][0-9]{{6,14}})")
"""A number in its one form. North American numbers all have eleven digits with their country code."""

# Invisible characters that contact lists and web pages put around a number. Those that turn the direction of writing to
# the left are not among them: a reader of the number may have seen its parts in another order.
_SEEN: Final = (
    dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u202a\u202c\u202d\u2060\u2066\u2068\u2069\ufeff"))
    | dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
    | dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D], "-")
)

_FIRST_DIGITS = re.compile("[0-9]+")
# "+49 171/1234567" has its slash behind the area code. Elsewhere an extension or a second number follows.
_SLASH = re.compile(r"\A((?:[^0-9/]*[0-9]){3,7}\)?) ?/ ?([0-9](?:[ .-]?[0-9]){4,})\Z")

_BETWEEN = r"(?:[ .-]|\ -\ )"
_WRITTEN = re.compile(
    rf"""
    (?:\(\+(?P<boxed>[0-9]+)\){_BETWEEN}?|(?P<lead>\+[ ]?|00{_BETWEEN}?)?)
    (?:(?P<head>[0-9]+(?:{_BETWEEN}[0-9]+)*)?{_BETWEEN}?\((?P<area>[0-9]{{1,5}})\){_BETWEEN}?)?
    (?P<tail>(?:[0-9]+{_BETWEEN})*[0-9]{{2,}})
    """,
    re.VERBOSE,
)
_NO_DIGITS = re.compile("[^0-9]+")
_MORE = re.compile(r"[0-9]{9}[^0-9]+[0-9]|[0-9]{7}[^0-9]+[0-9]{7}|[0-9]{7}\.0+$|\.00?$")
"""More than one number: an extension, decimals or a second number behind a first that has all its digits."""
_NO_AREA = ("10", "11")
"""No area code of North America begins with 0 or 1."""
_WITHOUT_CODE = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}|[0-9]{7}")
"""Without a + either a North American number that lacks its country code, or one of a small country that has it."""


def normal_number(number: object, argument: str = "number") -> str:
    """Return a number with its country code as ``+12025550123``, whatever it was written with.

    A number may begin with ``+`` or ``00``, or with the country code itself. Spaces, dots and hyphens may stand between
    its digits, and parentheses around its area code.

    Raises:
        TypeError: The number is not text.
        ValueError: It is not one number, or could mean another number; the text gives the reason without the number.
    """
    if not isinstance(number, str):
        raise wrong_type(argument, "a str", number)
    if _NORMAL.fullmatch(number) and _fits(number[1:]):
        return str.__str__(number)
    if (
        _NORMAL.fullmatch(f"+{number}")
        and _fits(number, is_international=False)
        and not _WITHOUT_CODE.fullmatch(number)
    ):
        return f"+{number}"
    try:
        return _read((number if number.isascii() or len(number) > _LONGEST_TEXT else number.translate(_SEEN)).strip())
    except _WrongError as error:
        raise invalid(argument, f"must be a telephone number with its country code; {error}") from None


def _fits(digits: str, *, is_international: bool = True) -> bool:
    """Return whether a number has a country code that is in use, and as many digits as the numbers behind it have.

    Without a + too few digits, or no area code behind the 1, mean that the country code is missing.
    """
    code = code_of(digits)
    if not code:
        return False
    fewest, most = DIGITS[code]
    behind = len(digits) - len(code)
    return behind <= most and (is_international or (behind >= fewest and digits[:2] not in _NO_AREA))


def digits_of(number: str) -> str:
    """Return the digits of a number that the API has written; it always has the country code, and may have no +."""
    return _NO_DIGITS.sub("", number)


class _WrongError(Exception):
    """The reason why a text is not a number."""


def _read(text: str) -> str:
    text = _SLASH.sub(r"\1-\2", text)
    found = _WRITTEN.fullmatch(text)
    if found is None or len(text) > _LONGEST_TEXT or _MORE.search(text):
        raise _WrongError(_why_not(text))
    boxed, lead, head, area = found["boxed"], found["lead"], found["head"], found["area"]
    if area is not None and not head and not boxed:
        if not lead:
            raise _WrongError("it begins with an area code in parentheses, so its country code is missing")
        # The country code is what is in parentheses, as in "+(44) 20".
        boxed, area = area, None
    if boxed and not COUNTRY_CODE.fullmatch(boxed):
        raise _WrongError("the digits in parentheses behind the + are no country code")
    before = (boxed or "") + digits_of(head or "")
    if area is not None:
        # The way in which Ukraine's numbers are written most: its code is 380.
        area = area if before == "38" and area[0] == "0" else _dialled_from_abroad(before, area)
    digits = before + (area or "") + digits_of(found["tail"])
    is_international = bool(boxed or lead)
    _check(digits, is_international=is_international)
    if not boxed:
        first = _FIRST_DIGITS.search(text, found.end("lead"))
        assert first is not None
        _check_begin(digits, first[0], is_international=is_international)
    return f"+{digits}"


def _dialled_from_abroad(before: str, area: str) -> str:
    """Return the digits in parentheses behind these digits, without a 0 that is dialled within the country only."""
    if area.startswith("0"):
        if area != "0" or before not in DROPS_ZERO:
            raise _WrongError(
                "whether the 0 in parentheses belongs to it is not certain; write it as it is dialled from abroad"
            )
        return ""
    if len(before) > 4:
        raise _WrongError("parentheses can be around its area code only")
    return area


def _check(digits: str, *, is_international: bool) -> None:
    if digits.startswith("0"):
        raise _WrongError(
            "no country code begins with 0" if is_international else "it begins with 0, so its country code is missing"
        )
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS:
        raise _WrongError(f"{MIN_DIGITS} to {MAX_DIGITS} digits are possible, not {len(digits)}")
    if not is_international and _WITHOUT_CODE.fullmatch(digits):
        raise _WrongError(
            f"with {len(digits)} digits and without a + its country code may be missing; write + and the country code"
        )
    code = code_of(digits)
    if not code:
        raise _WrongError("no country has the code that it begins with")
    if digits.startswith("1") and len(digits) != 11:
        raise _WrongError(f"with the country code 1 a number has 11 digits, not {len(digits)}")
    if not _NORMAL.fullmatch(f"+{digits}"):
        raise _WrongError("the 0 behind its country code is dialled within the country only; write it without that 0")
    behind, most = len(digits) - len(code), DIGITS[code][1]
    if behind > most:
        raise _WrongError(
            f"it has {behind} digits behind the country code {code}, where {most} are possible; an extension or a "
            "second number may follow it"
        )
    if not _fits(digits, is_international=is_international):
        raise _WrongError(
            f"without a + its country code may be missing, since with the code {code} it is too short or has no area "
            "code; write + and the country code"
        )


def _check_begin(digits: str, first: str, *, is_international: bool) -> None:
    """Check the first group of digits of a number in groups: it shows where its author has the country code end.

    So "8 (495) 123-45-67" is a number of Moscow, written as within Russia, and not a number of Vietnam (84).
    """
    code = code_of(digits)
    if len(first) < len(code):
        if code != "380" or first != "38" or not is_international:
            raise _WrongError(
                f"its first group of digits is a part of the country code {code}, so it is another number"
            )
    elif not is_international and first not in (digits, code) and len(first) < len(code) + (3 if code == "1" else 2):
        raise _WrongError("without a + its first group of digits can be an area code; write + and the country code")


# --- why a text is no number -------------------------------------------------------------------------------------

_REASONS: Final = tuple(
    (re.compile(pattern, re.DOTALL), reason)
    for pattern, reason in (
        (r"^$", "it is empty"),
        (rf"^.{{{_LONGEST_TEXT + 1}}}", f"it has more than {_LONGEST_TEXT} characters"),
        (r"(?![0-9])\d", "it has digits other than 0 to 9"),
        (r"[\u061c\u200f\u202b\u202e\u2067]", "it has characters that turn the direction of writing"),
        (
            r"^[+-]?[0-9]+[.,]?[0-9]*[eE][+-]?[0-9]+$",
            "it is in scientific notation, in which spreadsheets lose digits; have them write the column as text",
        ),
        (
            r"[0-9]{7}[.,]0+$|[.,]00?$",
            "it ends in .0, since a spreadsheet or pandas took it for an amount; have the column read as text",
        ),
        (r"[\r\n\t\v\f]", "it has more than one line or column"),
        (r"\+.*\+", "it has more than one +"),
        (r"[0-9]\W*(?i:x|ext|extn|extension)\W*[0-9]*$", "an extension follows it, and no text can be sent to one"),
        (r"[/,;#*&|]|\([0-9]*\)$", "an extension or a second number follows it"),
        (r"[^\W\d_]", "it has letters"),
        (r"^[^()]*\([^()]*$|^[^()]*\)|\([^()]*\(|\).*\)", "its parentheses do not match, or there are too many"),
        (rf"[ .-][0-9]$|{_MORE.pattern}", "an extension or a second number may follow it"),
        (r"[^0-9 .()+-]", "it has characters other than digits, spaces, dots, hyphens and parentheses"),
        (r"[0-9 .)-]\+", "its + is not at its head"),
        (r"^[0-9]{0,6}$|^\+[0-9]{0,6}$", f"{MIN_DIGITS} to {MAX_DIGITS} digits are possible"),
    )
)


def _why_not(text: str) -> str:
    for pattern, reason in _REASONS:
        if pattern.search(text):
            return reason
    return "spaces, dots and hyphens can stand alone between its digits only"
