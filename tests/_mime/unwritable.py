"""Messages that can't be written."""

from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from _mime.making import addressed, older, unwritable


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_header_inside_a_header():
    return older(Subject="secret\r\nBcc: secret@example.com")


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_body_inside_a_header():
    return older(Subject="secret\n\nsecret")


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_bare_carriage_return_in_a_header():
    return older(Subject="secret\rBcc: secret@example.com")


@unwritable("the header Subject has a line break in it, after which another header would begin")
def a_header_inside_a_header_of_a_signed_part():
    part = MIMEText("secret")
    part["Subject"] = "secret\r\nBcc: secret@example.com"
    message = addressed(MIMEMultipart("signed"))
    message.attach(part)
    return message


@unwritable("the header Subject has a value of the type int, and text is needed")
def a_number_in_a_header():
    return older(Subject=5, X_Note="secret")


@unwritable("the header Subject has a value of the type NoneType, and text is needed")
def nothing_in_a_header():
    return older(Subject=None, X_Note="secret")


@unwritable("the header Subject holds a lone surrogate, which is not valid text")
def half_a_surrogate_pair_in_a_header():
    return older(Subject="secret \ud800")


@unwritable("a header has a name that no header can have")
def a_name_with_a_space():
    message = older()
    message["secret word"] = "x"
    return message


@unwritable("a header has a name that no header can have")
def a_name_with_a_line_break():
    message = older()
    message["Subject\r\nsecret"] = "x"
    return message


@unwritable("the content of the message is int, where text is needed")
def a_number_as_content():
    message = addressed(Message(), Subject="secret")
    message.set_payload(5)
    return message


@unwritable("the content of part 2 is not ASCII and was set without a charset; use set_payload(text, 'utf-8')")
def content_without_a_charset():
    part = Message()
    part.set_payload("secret é")
    message = addressed(MIMEMultipart())
    message.attach(MIMEText("secret"))
    message.attach(part)
    return message


@unwritable("the message has parts, and its Content-Type is text/plain, not multipart")
def parts_in_a_text():
    message = addressed(MIMEMultipart())
    message.attach(MIMEText("secret"))
    message.replace_header("Content-Type", "text/plain")
    return message


@unwritable("part 1.1 is a str, where a part of a message is needed")
def text_among_the_parts():
    inner, message = MIMEMultipart(), addressed(MIMEMultipart())
    inner.set_payload(["secret"])
    message.attach(inner)
    return message


@unwritable("the message holds 2 messages, and can hold one")
def two_messages_in_one():
    message = addressed(Message(), Content_Type="message/rfc822")
    message.set_payload([older("secret"), older("secret")])
    return message


@unwritable("its parts are nested too deeply")
def a_message_in_itself():
    message = addressed(MIMEMultipart(), Subject="secret")
    message.attach(message)
    return message
