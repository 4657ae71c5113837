"""Ready messages for ``email.send_mime``, written as bytes."""
