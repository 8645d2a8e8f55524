"""What every page may need."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    """Whether the simulated telephone network stands behind this installation."""
    return {"simulator": settings.SIMULATOR}
