"""Small files of each kind, sound from the first byte to the last."""

import zlib


def a_pdf(words="Minutes of the board", version="1.4"):
    """A page that says `words`."""
    text = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, offsets = bytearray(f"%PDF-{version}\n".encode()), []
    for number, one in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + table
    out += b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % end
    return bytes(out)


def a_chunk(kind, data):
    """A chunk of a PNG."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def a_png(size=8, colour=b"\x20\x40\x60"):
    """A square of one colour."""
    header = size.to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    lines = zlib.compress((b"\0" + colour * size) * size)
    return b"\x89PNG\r\n\x1a\n" + a_chunk(b"IHDR", header) + a_chunk(b"IDAT", lines) + a_chunk(b"IEND", b"")


def a_segment(marker, data):
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2) + data


def a_jpeg(scan=b"\x12\xff\x00\x34\xff\xd0\x56", extra=b""):
    """The skeleton of a picture: enough for a reader of its structure."""
    return (
        b"\xff\xd8"
        + a_segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
        + extra
        + a_segment(0xDB, b"\0" + bytes(range(1, 65)))
        + a_segment(0xC0, b"\x08\0\x08\0\x08\x01\x01\x11\0")
        + a_segment(0xC4, b"\0" + bytes(16))
        + a_segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def an_email(subject="Re: the letter", body="We sign."):
    """A message as a mail program saves it."""
    return (
        "Received: from mail.example.org\r\nFrom: Amina Diallo <amina@example.org>\r\n"
        f"Date: Mon, 4 May 2020 10:00:00 +0000\r\nTo: desk@example.org\r\nSubject: {subject}\r\n\r\n{body}\r\n"
    ).encode()
