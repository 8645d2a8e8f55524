#!/usr/bin/env python
"""Django's command line for this product: `python manage.py help` lists the commands."""

import os
import sys

if __name__ == "__main__":
    if sys.argv[1:2] == [
        "busy_days"
    ]:  # has five seconds and 100 MB for all it does: no time to load the product
        from calendars.busy_command import main

        sys.exit(main(sys.argv[2:]))

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting's fault: its name and what is right say all
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"ImproperlyConfigured: {error}")
