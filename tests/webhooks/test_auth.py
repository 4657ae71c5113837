"""Which requests the four kinds of secrets let in."""

import base64
import copy
import pickle

import pytest

from smtp2go_async import InvalidArgumentError, Smtp2goError
from smtp2go_async.webhooks.auth import BasicAuth, BearerAuth, HeaderAuth, QueryToken, WebhookAuth

SECRET, OLD = "correct-horse-battery", "previous-horse-battery"
ALL = [
    BearerAuth(SECRET, OLD),
    BasicAuth("smtp2go", SECRET, OLD),
    HeaderAuth("X-Secret", SECRET, OLD),
    QueryToken(SECRET, OLD),
]

on = pytest.mark.parametrize


def name(auth):
    return type(auth).__name__


def basic(text, encoding="utf-8"):
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


def request(auth, secret, encoding="utf-8"):
    """Return the headers and the query with which a sender shows a secret."""
    wire = secret.encode(encoding)
    match auth:
        case BearerAuth():
            return [(b"Authorization", b"Bearer " + wire)], b""
        case BasicAuth():
            return [(b"Authorization", b"Basic " + base64.b64encode(b"smtp2go:" + wire))], b""
        case HeaderAuth():
            return [(b"X-Secret", wire)], b""
        case QueryToken():
            return [], b"a=b&token=" + b"".join(b"%%%02X" % byte for byte in wire) + b"&c"


every = on("auth", ALL, ids=name)


@every
def test_each_secret_is_accepted_and_nothing_else(auth):
    assert isinstance(auth, WebhookAuth)
    assert auth.accepts(*request(auth, SECRET))
    assert auth.accepts(*request(auth, OLD))
    for wrong in (SECRET[:-1], SECRET + "x", SECRET.upper(), f"{SECRET},{OLD}", f"{SECRET}\0", "x"):
        assert auth.accepts(*request(auth, wrong)) is False
    assert auth.accepts([], b"") is False
    assert auth.accepts({}, None) is False


@on("encoding", ["utf-8", "latin-1"])
@on("make", [BearerAuth, lambda s: BasicAuth("smtp2go", s), lambda s: HeaderAuth("x-secret", s), QueryToken])
def test_a_secret_with_accents_is_accepted_in_both_encodings(make, encoding):
    auth = make("pässwörter-élevés")
    headers, query = request(auth, "pässwörter-élevés", encoding)
    assert auth.accepts(headers, query)
    # As servers decode it: byte for byte, or as UTF-8 with half a character for each byte that is none.
    for decode in (("latin-1",), ("utf-8", "surrogateescape")):
        assert auth.accepts([(name.decode(), value.decode(*decode)) for name, value in headers], query.decode(*decode))
    assert not auth.accepts(*request(auth, "passworter-eleves", encoding))


@on("make", [BearerAuth, lambda s: BasicAuth("smtp2go", s), lambda s: HeaderAuth("x-secret", s), QueryToken])
def test_a_secret_that_latin_1_has_no_form_for_is_accepted(make):
    auth = make("pąsswőrd-пароль")
    assert auth.accepts(*request(auth, "pąsswőrd-пароль"))


@every
@on(
    "junk",
    [b"\xe9", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"%E9", b"%", b"%zz", b"%00", b"=", b"====", b"a", b" ", b"\t"],
)
def test_no_bytes_raise_or_are_accepted(auth, junk):
    for value in (junk, b"Bearer " + junk, b"Basic " + junk, b"Basic" + junk, b"Bearer\t" + junk, junk * 3):
        headers = [(b"authorization", value), (b"x-secret", value)]
        for query in (b"token=" + value, value, b"&&token&token==", b"token=" + value + b"&token=" + value):
            assert auth.accepts(headers, query) is False
            # As servers decode them: byte for byte, or as UTF-8 with halves of characters.
            for decode in (("latin-1",), ("utf-8", "surrogateescape")):
                texts = [(key.decode(), text.decode(*decode)) for key, text in headers]
                assert auth.accepts(texts, query.decode(*decode)) is False


@every
def test_half_characters_are_not_accepted_and_do_not_raise(auth):
    for text in ("\ud800", "\udce9", "\ud800\udce9", "\U0001f600"):
        headers = {"Authorization": f"Bearer {text}", "X-Secret": text}
        assert auth.accepts(headers, f"token={text}") is False
        assert auth.accepts({"Authorization": f"Basic {text}"}, {"token": text}) is False


@on("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
@on("blanks", [" ", "   ", "\t", " \t "])
def test_the_scheme_has_any_case_and_any_blanks_around_it(scheme, blanks):
    assert BearerAuth(SECRET).accepts({"AUTHORIZATION": f"{blanks}{scheme}{blanks}{SECRET}{blanks}"})
    value = basic(f"u:{SECRET}").replace("Basic ", f"{blanks}bASIC{blanks}")
    assert BasicAuth("u", SECRET).accepts({b"authorization": value.encode()})


@on(
    "value",
    [SECRET, f"Bearer{SECRET}", f"Token {SECRET}", f"Basic {SECRET}", f"Bearer Bearer {SECRET}", "Bearer", "Bearer "],
)
def test_another_scheme_or_none_is_not_accepted(value):
    assert not BearerAuth(SECRET).accepts({"authorization": value})


def test_a_header_that_comes_twice_is_not_accepted_even_if_one_is_right():
    right = ("Authorization", f"Bearer {SECRET}")
    assert BearerAuth(SECRET).accepts([right])
    assert not BearerAuth(SECRET).accepts([right, right])
    assert not BearerAuth(SECRET).accepts([("authorization", "Bearer wrong"), right])
    assert not BearerAuth(SECRET).accepts({"Authorization": [right[1], "Bearer wrong"]})
    assert not HeaderAuth("x-secret", SECRET).accepts([("X-Secret", SECRET), ("x-secret", "wrong")])


def test_headers_may_be_of_http_server_or_of_wsgi_frameworks():
    from email.message import Message

    Headers = pytest.importorskip("werkzeug.datastructures").Headers

    message = Message()
    message["Authorization"] = f"Bearer {SECRET}"
    assert BearerAuth(SECRET).accepts(message)
    assert BearerAuth(SECRET).accepts(Headers([*message.items()]))


def test_base64_without_padding_is_accepted_and_malformed_base64_is_not():
    for password in ("passwd-1", "passwd-12", "passwd-123"):
        auth = BasicAuth("user", password)
        value = basic(f"user:{password}")
        assert auth.accepts({"authorization": value})
        assert auth.accepts({"authorization": value.rstrip("=")})
        assert auth.accepts({"authorization": value + "=="})
        assert not auth.accepts({"authorization": value[:10] + "!" + value[10:]})
        assert not auth.accepts({"authorization": value[:-1].rstrip("=")[:-2]})


def test_a_password_may_have_colons_and_the_user_counts():
    auth = BasicAuth("user", "pass:word:1")
    assert auth.accepts({"authorization": basic("user:pass:word:1")})
    assert not auth.accepts({"authorization": basic("User:pass:word:1")})
    assert not auth.accepts({"authorization": basic("user")})
    assert not auth.accepts({"authorization": basic("pass:word:1")})


def test_a_plus_in_a_query_is_a_blank_or_itself():
    assert QueryToken("two words").accepts({}, "token=two+words")
    assert QueryToken("two words").accepts({}, "token=two%20words")
    assert QueryToken("one+one").accepts({}, "token=one+one")
    assert QueryToken("one+one").accepts({}, "token=one%2Bone")
    assert not QueryToken("one+one").accepts({}, "token=one%20one")


def test_a_token_that_comes_twice_in_the_query_is_not_accepted():
    assert not QueryToken(SECRET).accepts({}, f"token={SECRET}&token={SECRET}")
    assert not QueryToken(SECRET).accepts({}, f"token=wrong&token={SECRET}")
    assert not QueryToken(SECRET).accepts({}, {"token": [SECRET, "wrong"]})
    assert not QueryToken(SECRET).accepts({}, f"Token={SECRET}")


def test_a_query_may_be_a_mapping_and_its_names_may_be_encoded():
    assert QueryToken("two words").accepts({}, {"token": "two words"})
    assert QueryToken("élevé-1234567890").accepts({}, {b"token": ["élevé-1234567890".encode("latin-1")]})
    assert QueryToken(SECRET, name="clé secrète").accepts({}, f"cl%C3%A9+secr%C3%A8te={SECRET}")
    assert QueryToken(SECRET).accepts({}, f"t%6fken={SECRET}")


@every
def test_every_secret_is_compared_whichever_is_right(auth, monkeypatch):
    import hmac

    compared = []

    def compare(one, other):
        compared.append(len(one) == len(other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    counts = set()
    for secret in (SECRET, OLD, "wrong", "w" * 1000):
        compared.clear()
        auth.accepts(*request(auth, secret))
        assert all(compared)
        counts.add(len(compared))
    assert len(counts) == 1
    assert counts.pop() >= 2


@every
def test_no_repr_shows_a_secret_or_a_user(auth):
    shown = f"{auth!r} {auth} {auth._secrets!r} {vars(type(auth)).get('__dict__')}"
    for secret in (SECRET, OLD, base64.b64encode(SECRET.encode()).decode(), "smtp2go:"):
        assert secret not in shown
    assert repr(auth) == f"<{name(auth)} with 2 secrets>"
    assert repr(type(auth).__new__(type(auth))) == f"<{name(auth)}, half made>"


@every
def test_a_copy_and_a_pickled_one_accept_the_same(auth):
    for made in (copy.copy(auth), copy.deepcopy(auth), pickle.loads(pickle.dumps(auth))):
        assert made == auth
        assert made.accepts(*request(auth, OLD))
        assert repr(made) == repr(auth)


KINDS = [
    (BearerAuth, "tokens"),
    (lambda *s: BasicAuth("u", *s), "passwords"),
    (QueryToken, "tokens"),
    (lambda *s: HeaderAuth("X", *s), "values"),
]


@on(("make", "argument"), KINDS)
@on("secret", ["", " ", "a\nb", "a\0b", "\x85", "a\u2028", "\ud800", None, b"bytes-of-a-secret", 12345678, ["a", "b"]])
def test_a_secret_that_can_not_be_sent_is_refused_with_the_name_of_the_argument(make, argument, secret):
    with pytest.raises(Smtp2goError) as caught:
        make(SECRET, secret)
    assert str(caught.value).startswith(f"{argument}[1]: must ")
    assert isinstance(caught.value, (ValueError, TypeError))
    with pytest.raises(InvalidArgumentError, match=f"^{argument}: must be 1 secret or more"):
        make()


def test_a_secret_with_blanks_at_its_ends_is_refused_where_a_header_would_lose_them():
    for make in (BearerAuth, lambda s: HeaderAuth("X-Secret", s)):
        for secret in (" secret-secret-1", "secret-secret-1 "):
            with pytest.raises(InvalidArgumentError, match=r"\[0\]: must not begin or end with a blank"):
                make(secret)
    assert BasicAuth("u", " p ").accepts({"authorization": basic("u: p ")})


def test_a_token_with_its_scheme_before_it_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"^tokens\[0\]: must be the token alone") as caught:
        BearerAuth(f"bearer {SECRET}")
    assert SECRET not in str(caught.value)


@on("username", ["", "a:b", "a\nb"])
def test_a_user_that_can_not_be_sent_is_refused(username):
    with pytest.raises(InvalidArgumentError, match="^username: must "):
        BasicAuth(username, SECRET)


@on("header", ["", "X Secret", "X_Secret", "X-Secret:", "X-Sécret", "X\n"])
def test_a_name_that_is_no_header_is_refused(header):
    with pytest.raises(InvalidArgumentError, match="^name: must "):
        HeaderAuth(header, SECRET)


def test_headers_and_queries_of_another_type_are_errors_of_the_caller():
    for headers in (None, 5, "authorization", [("a",)], {"a": 5}, {5: "a"}, {"a": None}):
        with pytest.raises(TypeError, match="^headers: must be "):
            BearerAuth(SECRET).accepts(headers)
    for query in (5, [("a",)], {"a": 5}):
        with pytest.raises(TypeError, match="^query: must be "):
            QueryToken(SECRET).accepts({}, query)
