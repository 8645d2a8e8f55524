"""What may be asked for in `Accept`: we speak JSON, and whoever takes any of it shall have it."""

from collections.abc import Iterable

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonForAll(DefaultContentNegotiation):
    """DRF's negotiation, except that asking for any kind of JSON is asking for JSON.

    A client that names problem+json only, or a vendor's `…+json`, wants our answers; 406 would help nobody.
    """

    def get_accept_list(self, request: Request) -> list[str]:
        return [_plain(accepted) for accepted in super().get_accept_list(request)] or ["*/*"]

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:  # noqa: A002 - DRF's name
        """Those of the `format` that the query asks for; a problem that names it where there is none."""
        offered = list(renderers)
        found = [renderer for renderer in offered if renderer.format == format]
        if not found:
            known = ", ".join(dict.fromkeys(str(renderer.format) for renderer in offered))
            raise ValidationError({"format": [ErrorDetail(f"This is one of: {known}.", "invalid_choice")]})
        return found

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer, _ = super().select_renderer(request, list(renderers), format_suffix)
        return renderer, str(renderer.media_type)


def _plain(accepted: str) -> str:
    media_type = accepted.partition(";")[0].strip().lower()
    if media_type.endswith("+json") or media_type == "text/json":
        return "application/json"
    return media_type if "/" in media_type else "*/*"
