"""`/simulator/`: the phone wall of the simulator's own process, seen through the product's address.

One address for browsers, whatever port the simulator listens on. The simulator is a stranger to the product
like Twilio itself, so bytes are passed on and nothing is understood.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

TO_SIMULATOR = ("Content-Type", "Accept", "If-None-Match", "If-Modified-Since")
TO_BROWSER = (
    "Content-Type", "Cache-Control", "Content-Security-Policy", "ETag", "Last-Modified", "Location",
)  # fmt: skip

# The wall waits up to ten seconds for something to happen; no answer in thrice that is none.
_pool = urllib3.PoolManager(maxsize=32, timeout=urllib3.Timeout(connect=2.0, read=30.0), retries=False)


@csrf_exempt  # the simulator knows no sessions and no people: there is nobody's authority to abuse
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
def simulator(request: HttpRequest) -> HttpResponseBase:
    """Passes the request on. 404 where SIMULATOR is off, 502 in plain words where the simulator is down."""
    if not settings.SIMULATOR:
        raise Http404
    place = urlsplit(settings.TWILIO_API_BASE_URL)
    headers = {name: request.headers[name] for name in TO_SIMULATOR if name in request.headers}
    try:
        answer = _pool.request(
            request.method or "GET",
            f"{place.scheme}://{place.netloc}{request.get_full_path()}",
            body=request.body or None,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
    except urllib3.exceptions.HTTPError:
        return HttpResponse(
            "The simulator does not answer. It is started with the product, and started again when it dies: "
            "try again in a moment.",
            status=502,
            content_type="text/plain; charset=utf-8",
        )
    return StreamingHttpResponse(
        _chunks(answer),
        status=answer.status,
        headers={name: answer.headers[name] for name in TO_BROWSER if name in answer.headers},
    )


def _chunks(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    try:
        yield from answer.stream(65536)
    finally:
        answer.close()
