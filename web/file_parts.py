"""A file whole, or the part of it that was asked for: without parts no browser can jump within a recording.

One range of bytes is served (RFC 9110 section 14.2); several at once, and what is no range, bring the whole.
"""

import re
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.responders import SlicedFile

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})|bytes=-(\d{1,15})")


def in_parts(request: HttpRequest, file: Any, *, content_type: str) -> HttpResponseBase:
    """The open `file` of a storage as an answer, which closes it; 416 where the part lies beyond its end."""
    size = file.size
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    start, end = _bounds(asked, size) if asked else (0, size - 1)
    if asked is None or end < start < size:
        return FileResponse(file, content_type=content_type, headers={"Accept-Ranges": "bytes"})
    if start >= size:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = FileResponse(SlicedFile(file, start, end), status=206, content_type=content_type)
    part.headers["Accept-Ranges"] = "bytes"
    part.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    part.headers["Content-Length"] = str(end - start + 1)
    return part


def _bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    first, last, final = asked.groups()
    if final:
        return max(0, size - int(final)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
