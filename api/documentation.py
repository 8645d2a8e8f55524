"""The OpenAPI schema, and pages that show it. Public: they tell how to ask, never what is answered."""

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from api.views import METHODS


class Schema(SpectacularAPIView):
    """YAML, or JSON for whoever accepts it or says `?format=json`."""

    authentication_classes = ()
    metadata_class = None
    http_method_names = METHODS


class Pages(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files.

    Its script is a request of its own and its style a file, so that the same Content-Security-Policy holds as
    on every other page.
    """

    authentication_classes = ()
    metadata_class = None
    http_method_names = METHODS
    url_name = "api:schema"
    template_name = "api/documentation.html"
