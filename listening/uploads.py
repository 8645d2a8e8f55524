"""Photos and recordings as they come from people's devices: what they are, and nothing that they should not tell.

A photo is read, turned upright and written anew as JPEG: so it keeps no place, no device, no thumbnail of what was
cropped, and nothing that hides in a file that is a picture and something else. Names are random; both lie outside of
what is served as static files.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from typing import Any

import mutagen
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, UnidentifiedImageError

from listening.errors import BadInput

MOST_PHOTO_BYTES = 12 * 1024 * 1024
MOST_PHOTO_PIXELS = 60_000_000
LONGEST_SIDE = 2400
MOST_RECORDING_BYTES = 150 * 1024 * 1024
MOST_RECORDING_SECONDS = 4 * 3600
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")

_AUDIO = {
    "MP3": ("audio/mpeg", "mp3"),
    "WAVE": ("audio/wav", "wav"),
    "MP4": ("audio/mp4", "m4a"),
    "OggVorbis": ("audio/ogg", "ogg"),
    "OggOpus": ("audio/ogg", "ogg"),
}
"""What browsers play, by mutagen's name of it."""


@dataclass(frozen=True, kw_only=True)
class Audio:
    """A recording that was looked at: its kind, its whole seconds, and the file under a name of our own."""

    content_type: str
    seconds: int
    file: File[bytes]


def clean_photo(upload: File[bytes], *, field: str = "photo") -> ContentFile[bytes]:
    """The photo, upright, at most 2,400 pixels a side, as a JPEG that tells nothing but what it shows.

    Raises BadInput for what is no JPEG, PNG or WebP, or larger than 12 MiB or 60 million pixels.
    """
    if upload.size > MOST_PHOTO_BYTES:
        raise BadInput(
            f"At most {MOST_PHOTO_BYTES // 1024 // 1024} MB: send a smaller photo.",
            field=field,
            code="too_large",
        )
    try:
        with Image.open(upload, formats=PHOTO_FORMATS) as image:
            # Before a pixel is read: a small file may unpack to gigabytes.
            if image.width * image.height > MOST_PHOTO_PIXELS:
                raise BadInput("This photo has too many pixels.", field=field, code="too_large")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise BadInput("This is no photo: send a JPEG, PNG or WebP.", field=field, code="invalid") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    kept = io.BytesIO()
    bare.save(kept, "JPEG", quality=85, optimize=True)
    return ContentFile(kept.getvalue(), name=f"{secrets.token_hex(16)}.jpg")


def look_at_recording(upload: File[bytes], *, field: str = "file") -> Audio:
    """What a recording is and how long it plays. Raises BadInput for what no browser plays."""
    if upload.size > MOST_RECORDING_BYTES:
        raise BadInput(f"At most {MOST_RECORDING_BYTES // 1024 // 1024} MB.", field=field, code="too_large")
    kind, suffix, seconds = _audio(upload)
    if not kind or seconds < 1:
        raise BadInput("This is no recording: send MP3, M4A, WAV or Ogg.", field=field, code="invalid")
    if seconds > MOST_RECORDING_SECONDS:
        raise BadInput("At most four hours.", field=field, code="too_long")
    upload.seek(0)
    return Audio(
        content_type=kind,
        seconds=int(seconds),
        file=File(upload, name=f"{secrets.token_hex(16)}.{suffix}"),
    )


def _audio(upload: File[bytes]) -> tuple[str, str, float]:
    try:
        upload.seek(0)
        read: Any = mutagen.File(upload)
    except (mutagen.MutagenError, OSError, ValueError, EOFError):
        return "", "", 0
    kind, suffix = _AUDIO.get(type(read).__name__, ("", ""))
    return kind, suffix, float(getattr(getattr(read, "info", None), "length", 0) or 0)
