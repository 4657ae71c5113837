"""What ITU-T E.164 and the numbering plans say of country codes: which there are, and how long the numbers are."""

import re
from typing import Final

_SHORT_CODES = "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
COUNTRY_CODE: Final = re.compile(rf"{_SHORT_CODES}|(?!{_SHORT_CODES})[2-9][0-9]{{2}}")
"""No country code begins with another country code (ITU-T E.164)."""

_DROPS_ZERO = (
    20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 51, 53, 54, 55, 57, 58, 60, 61, 62, 63, 64, 66, 81, 82, 84, 86,
    90, 91, 92, 93, 94, 95, 98, 211, 212, 213, 218, 231, 232, 233, 234, 243, 249, 250, 251, 252, 254, 255, 256,
    260, 261, 262, 263, 264, 265, 291, 353, 355, 358, 359, 370, 373, 374, 377, 380, 381, 382, 383, 385, 386, 387,
    389, 421, 423, 508, 590, 591, 593, 594, 595, 596, 598, 686, 850, 855, 856, 880, 886, 961, 962, 963, 964, 966,
    967, 970, 971, 972, 976, 977, 994, 995, 996,
)  # fmt: skip
DROPS_ZERO: Final = frozenset(map(str, _DROPS_ZERO))
"""Country codes behind which the 0 of calls within the country is left out, so that ``+44 (0)20`` means ``+4420``.

From the metadata of libphonenumber 9.0.43: the codes whose national prefix is 0 in all of their regions. Behind all
others the 0 belongs to the number (Italy, San Marino, Côte d'Ivoire) or there is none (North America, Spain, Denmark).
"""

_PLANS: Final = {
    (4, 5): "290",
    (4, 7): "683 690",
    (4, 11): "352",
    (4, 13): "43",
    (5, 5): "247 500 682",
    (5, 7): "676 677 678 688",
    (5, 8): "686",
    (5, 9): "27",
    (5, 10): "82 358 685",
    (5, 15): "49",
    (6, 6): "298 299 672 681 687",
    (6, 7): "597",
    (6, 9): "40 252 359 376 421 508",
    (6, 10): "53 63 95 98 880",
    (6, 12): "39",
    (7, 7): "238 239 246 248 269 291 297 501 592 673 674 679 680 691 692 960",
    (7, 8): "230 241 267 372 507 599 670 675 961 975",
    (7, 9): "46 48 220 231 254 265 354 423 595 967",
    (7, 10): "243 353",
    (7, 11): "86",
    (7, 12): "62 381 882",
    (8, 8): (
        "45 47 65 216 222 223 226 227 228 232 235 236 253 257 266 268 350 356 357 370 371 373 374 382 386 389 "
        "502 503 504 505 506 509 591 598 689 852 853 965 968 973 974 993"
    ),
    (8, 9): "32 36 51 66 213 224 250 258 264 355 377 385 387 593 855 886 962 963 970 971",
    (8, 10): "20 57 60 64 378 850 856 964 976 977",
    (8, 12): "383 972",
    (9, 9): (
        "33 34 41 56 61 93 94 211 212 218 221 233 237 240 242 244 245 249 251 255 256 260 261 262 263 351 375 "
        "380 420 590 594 596 966 992 994 995 996 998"
    ),
    (9, 10): "44 81 84 92 881",
    (9, 11): "31",
    (9, 12): "870",
    (10, 10): "1 7 30 58 90 91 225 229 234",
    (10, 11): "52 54 55",
    (5, 12): "379 800 808 878 883 888 979 991 997",
}

DIGITS: Final = {code: limits for limits, codes in _PLANS.items() for code in codes.split()}
"""The fewest and the most digits of a number behind its country code, for every country code that is in use.

From the same metadata: the lengths of numbers of fixed and mobile lines in all regions of a code. Two exceptions: many
lists still have the 1 that Mexico had behind its code until 2019, and of codes that no region has to itself little is
known.
"""


def code_of(digits: str) -> str:
    """Return the country code that these digits begin with, or nothing if no country has it."""
    for length in (2, 3, 1):
        if digits[:length] in DIGITS:
            return digits[:length]
    return ""
