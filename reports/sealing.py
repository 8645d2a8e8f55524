"""Canonical JSON, its SHA-256, and the signature that only this product can make. No database.

Canonical as RFC 8785 has it for what we write: UTF-8, keys in order, no spaces, whole numbers only. The signature is
an HMAC-SHA256 of the content hash by SECRET_KEY; after a rotation those of SECRET_KEY_FALLBACKS are known still.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "reports.sealing"


def canonical(value: Any) -> str:
    """The one way to write this value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """The SHA-256 of a text's UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign(content_hash: str) -> str:
    """Our signature of a content hash."""
    return _hmac(content_hash, settings.SECRET_KEY)


def is_ours(content_hash: str, signature: str) -> bool:
    """Whether this product signed the hash, with its key of now or of before."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(_hmac(content_hash, key), signature) for key in keys)


def stamp(at: datetime) -> str:
    """An instant as it is sealed: RFC 3339, UTC, with six digits."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _hmac(content_hash: str, key: str) -> str:
    return salted_hmac(_SALT, content_hash, secret=key, algorithm="sha256").hexdigest()
