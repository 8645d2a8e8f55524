"""Search and feed with 200,000 learnings: p50 to max of each page in milliseconds, and its number of queries."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benches.installation import ROOT

LEARNINGS = 200_000


def measure(*, database_url: str = "", history: int = 0) -> None:
    """Print the figures of `benches.learning_pages`, on an empty database that it fills."""
    with TemporaryDirectory() as folder:
        settings = {
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "only-for-measurements",
            "DATABASE_URL": database_url or f"sqlite:///{Path(folder) / 'learnings.sqlite3'}",
            "EMAIL_URL": f"file:{folder}/mail",
            "LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "benches.learning_pages", str(LEARNINGS)]
        subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True)
