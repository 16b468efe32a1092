"""Forms with files, as a browser sends them."""

BOUNDARY = b"----WebKitFormBoundaryX"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def multipart(fields, files=()):
    """The bytes of a form with the fields (name, bytes) and these files in its field `file`."""
    parts = [b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value) for name, value in fields]
    parts += [
        b'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + content
        for content in files
    ]
    return b"".join(b"--" + BOUNDARY + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + BOUNDARY + b"--\r\n"
