"""The WSGI application that gunicorn serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# Django loads these with the first request, in each worker anew: the first case after a start would wait half a
# second for its ring. Loaded here they are shared by all workers, which gunicorn forks (`--preload`).
import_module(settings.ROOT_URLCONF)
