"""Bounds what an upload can cost, before any form looks at it."""

from django.core.files.uploadhandler import FileUploadHandler

# Bytes kept of one file: a little more than the largest that a form takes, so that the form can say it is too large.
MOST = 12_000_000


class Cap(FileUploadHandler):
    """Stands in front of the handlers that keep a file, and hands on no more than `MOST` bytes of it."""

    chunk_size = 64 * 1024

    def receive_data_chunk(self, raw_data, start):
        """Return the chunk for the next handler, or None to let it fall."""
        return raw_data if start + len(raw_data) <= MOST else None

    def file_complete(self, file_size):
        """Leave the file to those behind."""
        return
