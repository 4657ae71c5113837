"""Stand-ins for what web frameworks give as an upload, with the attributes of the frameworks' own classes."""


class FlaskUpload:
    """As werkzeug's FileStorage: ``name`` is the form's field, and the rest is the stream's."""

    def __init__(self, stream, filename, name="upload"):
        self.stream, self.filename, self.name = stream, filename, name

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def __bool__(self):
        return bool(self.filename)


class DjangoUpload:
    """As Django's UploadedFile: ``name`` is the file's, and the methods are those of the file inside."""

    def __init__(self, file, name):
        self.file, self.name, self.field_name = file, name, "upload"

    read = property(lambda self: self.file.read)
    seek = property(lambda self: self.file.seek)
    tell = property(lambda self: self.file.tell)
    closed = property(lambda self: self.file.closed)

    def seekable(self):
        return self.file.seekable()

    def __len__(self):
        return 0
