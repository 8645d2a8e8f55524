"""Whatever goes wrong under /api/ outside a view is a problem too: unknown address, crash, bad host."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.problems import MEDIA_TYPE, of_status

_UNDER = "/api/"


class ProblemsUnderApi:
    """Goes first in MIDDLEWARE, so that it sees the answers of all others.

    Django has logged and reported a crash by the time its answer gets here; only the page is replaced.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path_info.startswith(_UNDER) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        problem = of_status(response.status_code).response(request)
        response.content = problem.content
        response.headers["Content-Type"] = MEDIA_TYPE
        response.headers["Content-Length"] = str(len(problem.content))
        return response
