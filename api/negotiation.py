"""What may be asked for in `Accept`: we speak JSON, and whoever takes any of it shall have it."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonForAll(DefaultContentNegotiation):
    """DRF's negotiation, except that asking for any kind of JSON is asking for JSON.

    A client that names problem+json only, or a vendor's `…+json`, wants our answers; 406 would help nobody.
    """

    def get_accept_list(self, request: Request) -> list[str]:
        return [_plain(accepted) for accepted in super().get_accept_list(request)] or ["*/*"]

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
