"""A ceiling for runaway programs: so many writes a minute for each token."""

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.models import ApiToken

_WINDOW_SECONDS = 60


class WritesPerMinute(BaseThrottle):
    """At most `API_WRITES_PER_MINUTE` writes by one token in one minute of the clock; 0 for no limit.

    Counted in Django's cache: with the default one, by each process for itself.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        most = settings.API_WRITES_PER_MINUTE
        if not most or request.method in SAFE_METHODS or not isinstance(request.auth, ApiToken):
            return True
        window = int(time.time()) // _WINDOW_SECONDS
        key = f"api-writes:{request.auth.token_hash}:{window}"
        cache.add(key, 0, timeout=2 * _WINDOW_SECONDS)
        return bool(cache.incr(key) <= most)

    def wait(self) -> float:
        return _WINDOW_SECONDS - time.time() % _WINDOW_SECONDS
