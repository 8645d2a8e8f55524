"""The WSGI application that gunicorn serves."""

import gc
import os
import sys
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# Django loads these with the first request, in each worker anew: the first case after a start would wait half a
# second for its ring. Loaded here they are shared by all workers, which gunicorn forks (`--preload`).
import_module(settings.ROOT_URLCONF)

# What is loaded by now stays for good: a worker that looks through it for garbage finds none, and stands still for a
# tenth of a second in the middle of a request. Nor does it copy the pages of memory that it shares by looking.
gc.collect()
gc.freeze()

# A thread that writes holds everybody up: after each statement it waits for the interpreter no longer than this.
sys.setswitchinterval(0.0005)
