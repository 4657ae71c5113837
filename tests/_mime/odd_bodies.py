"""Messages whose bodies or parts are unusual."""

from email import encoders, policy
from email.header import Header
from email.message import Message, MIMEPart
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from _mime.making import BINARY, addressed, modern, odd, older

# --- bodies -------------------------------------------------------------------------------------------------------


@odd
def text_in_8_bits():
    message = addressed(Message(), Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding="8bit")
    message.set_payload("Jané\n".encode().decode("ascii", "surrogateescape"))
    return message


@odd
def text_in_8_bits_where_7_are_asked_for():
    message = modern()
    message.set_content("Jané\n", cte="8bit")
    message.policy = policy.SMTP.clone(cte_type="7bit")
    return message


@odd
def binary_data_as_it_is():
    part = MIMEApplication(BINARY, _encoder=encoders.encode_noop)
    part["Content-Transfer-Encoding"] = "binary"
    message = addressed(MIMEMultipart())
    message.attach(part)
    return message


@odd
def binary_data_that_says_it_has_8_bits():
    message = addressed(MIMEMultipart())
    message.attach(MIMEApplication(BINARY, _encoder=encoders.encode_7or8bit))
    return message


@odd
def binary_data_in_quoted_printable():
    message = addressed(MIMEMultipart())
    message.attach(MIMEApplication(b"a\nb\x00\xff\r\nc", _encoder=encoders.encode_quopri))
    return message


@odd
def lines_that_begin_with_from():
    message = addressed(MIMEMultipart())
    message.preamble = "From here\n"
    message.attach(MIMEText("From me\nFrom you\n>From them\n"))
    return message


@odd
def a_bare_carriage_return():
    return older("a\rb\rc\n")


@odd
def ends_of_lines_of_both_kinds():
    return older("a\r\nb\nc\r\n")


@odd
def lines_of_3000_characters():
    return older("x" * 3000 + "\nFrom y\n")


@odd
def lines_of_3000_octets_in_8_bits():
    message = addressed(Message(), Content_Type="text/plain; charset=utf-8", Content_Transfer_Encoding="8bit")
    message.set_payload(("é" * 1500 + "\n").encode().decode("ascii", "surrogateescape"))
    return message


@odd
def nothing_in_it():
    return addressed(Message())


@odd
def an_empty_text():
    return older("")


@odd
def text_where_parts_should_be():
    message = addressed(Message(), Content_Type="multipart/mixed; boundary=x")
    message.set_payload("no parts\nhere\n")
    return message


# --- parts --------------------------------------------------------------------------------------------------------


@odd
def parts_of_all_kinds():
    message = modern("text é\n")
    message.add_alternative("<img src='cid:logo'>", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG\r\n", "image", "png", cid="<logo>")
    message.add_attachment(BINARY, maintype="application", subtype="pdf", filename="Ü.pdf")
    return message


@odd
def an_older_multipart_with_files():
    message = addressed(MIMEMultipart(), Subject="x")
    message.attach(MIMEText("Grüße", "plain"))
    message.attach(MIMEText("<p>x", "html"))
    part = MIMEApplication(BINARY * 1000)
    part.add_header("Content-Disposition", "attachment", filename="Ü.pdf")
    message.attach(part)
    return message


@odd
def an_email_in_an_email():
    message = modern(Subject="outer")
    message.add_attachment(modern("inner é\n", Subject="Grüße", Cc="Jörg <j@example.com>"))
    return message


@odd
def an_older_message_in_an_email():
    message = modern(Subject="outer")
    message.make_mixed()
    message.attach(MIMEMessage(older("inner é\n", Subject=Header("Grüße", "utf-8"))))
    return message


@odd
def an_email_in_an_older_message():
    message = addressed(MIMEMultipart())
    message.attach(MIMEMessage(modern("inner é\n", Subject="Grüße", Cc='"Müller, Jörg" <j@example.com>')))
    return message


@odd
def a_digest():
    message = addressed(MIMEMultipart("digest"))
    message.attach(MIMEMessage(older()))
    message.attach(MIMEMessage(older(Subject="two")))
    return message


@odd
def a_part_as_a_message():
    message = MIMEPart(policy=policy.default)
    message["To"] = "ann@example.com"
    message.set_content("é\n")
    return message


@odd
def the_same_boundary_inside_and_outside():
    message = addressed(MIMEMultipart("mixed", boundary="XX"))
    inner = MIMEMultipart("alternative", boundary="XX")
    inner.attach(MIMEText("a"))
    inner.attach(MIMEText("<b>", "html"))
    message.attach(inner)
    message.attach(MIMEText("c"))
    return message


@odd
def the_boundary_in_a_text():
    message = addressed(MIMEMultipart("mixed", boundary="XX"))
    message.attach(MIMEText("a\n--XX\n--XX--\nb\n"))
    message.attach(MIMEText("c"))
    return message


@odd
def a_boundary_that_is_none():
    message = addressed(MIMEMultipart("mixed", boundary="ü\n"))
    message.attach(MIMEText("a"))
    return message


@odd
def an_encrypted_message():
    message = addressed(MIMEMultipart("encrypted", protocol="application/pgp-encrypted"))
    message.attach(MIMEApplication(b"Version: 1\n", "pgp-encrypted", _encoder=encoders.encode_7or8bit))
    message.attach(MIMEApplication(b"-----BEGIN PGP\nabc\n", "octet-stream", _encoder=encoders.encode_7or8bit))
    return message
