"""Messages that were read, some of them signed, as other programs made them."""

from email import message_from_bytes, policy

from _mime.making import ODD, odd, older

SIGNED_PARTS = (
    b"--b1\r\n"
    b"Content-Type: multipart/mixed; \r\n"
    b'\tboundary="b2"\r\n'
    b"X-Long: " + b"word " * 40 + b"\r\n"
    b"   more\r\n"
    b"\r\n"
    b"--b2\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
    b"From J\xc3\xa9 " + b"y" * 1200 + b"  \r\n"
    b"\r\n"
    b"--b2\r\n"
    b"Content-Type: application/x-data\r\n"
    b'Content-Disposition: attachment; filename="' + b"name " * 30 + b'.bin"\r\n'
    b"\r\n"
    b"a\r\nb\r\n"
    b"--b2--\r\n"
    b"\r\n"
    b"--b1\r\n"
    b"Content-Type: application/pkcs7-signature\r\n"
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"AAAA\r\n"
    b"--b1--\r\n"
)
SIGNED = (
    b"From: shop@example.com\r\n"
    b"To: jane@example.com\r\n"
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
    b' micalg=sha-256; boundary="b1"\r\n'
    b"\r\n" + SIGNED_PARTS
)
DKIM = (
    b"DKIM-Signature: v=1; a=rsa-sha256; bh=" + b"x" * 44 + b";\r\n b=" + b"y" * 300 + b"\r\n"
    b"From: shop@example.com\r\n"
    b"To: jane@example.com\r\n"
    b"Subject: " + b"long " * 40 + b"end\r\n"
    b"List-Unsubscribe: <mailto:a@example.com>,<https://example.com/" + b"z" * 90 + b">\r\n"
    b"\r\n"
    b"From the start\r\n" + b"z" * 1200 + b"\r\n"
)
EIGHT_BITS = (
    b"From: Jos\xe9 <jose@example.com>\n"
    b"To: jane@example.com\n"
    b"Subject: Gr\xfc\xdfe\n\taus K\xc3\xb6ln\n"
    b"X-Long: " + b"\xfc word " * 40 + b"end\n"
    b"\n"
    b"H\xe9 \xff\n"
)


@odd
def octets_in_headers():
    return message_from_bytes(EIGHT_BITS)


@odd
def octets_in_headers_of_a_newer_message():
    return message_from_bytes(EIGHT_BITS, policy=policy.default)


@odd
def broken_headers():
    return message_from_bytes(b"From: a@example.com\nTo: b@example.com\nSubject : x\nthis is no header\n\nbody\n")


@odd
def a_header_that_begins_as_a_continuation():
    return message_from_bytes(b" first\nFrom: a@example.com\nTo: b@example.com\nX-Empty:\n\nbody\n")


@odd
def folds_of_another_program():
    raw = b"From: a@example.com\r\nTo: b@example.com,\r\n\tc@example.com\r\nSubject: a\r\n  b  \r\n\tc\r\n\r\nbody\r\n"
    return message_from_bytes(raw, policy=policy.default)


@odd
def a_multipart_without_a_boundary():
    return message_from_bytes(b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed\n\nx\n--x\n")


@odd
def a_multipart_without_an_end():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n"
    )


@odd
def text_before_and_after_the_parts():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"From before \xe9\n--x\n\nhi\n--x--\nafter\nthat"
    )


@odd
def a_report_about_a_delivery():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n\nhi\n"
        b"--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        b"Final-Recipient: rfc822; c@example.com\nAction: failed\n\n"
        b"--x\nContent-Type: message/rfc822\n\nSubject: first\n\nbody\n--x--\n"
    )


@odd
def a_message_in_base64_inside():
    return message_from_bytes(
        b"From: a@example.com\nTo: b@example.com\nContent-Type: message/rfc822\n"
        b"Content-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQpoaQ0K\n"
    )


@odd
def the_line_of_a_mailbox_before_the_headers():
    message = older()
    message.set_unixfrom("From nobody Mon Jan  1 00:00:00 2026")
    return message


for _name, _rules in {
    "compat32": policy.compat32,
    "default": policy.default,
    "smtp": policy.SMTP,
    "refold_all": policy.default.clone(refold_source="all"),
    "seven_bits": policy.default.clone(cte_type="7bit"),
    "older_seven_bits": policy.compat32.clone(cte_type="7bit"),
}.items():
    ODD[f"signed_{_name}"] = lambda rules=_rules: message_from_bytes(SIGNED, policy=rules)
    ODD[f"signed_with_lf_{_name}"] = lambda rules=_rules: message_from_bytes(
        SIGNED.replace(b"\r\n", b"\n"), policy=rules
    )
    ODD[f"dkim_{_name}"] = lambda rules=_rules: message_from_bytes(DKIM, policy=rules)
