"""What every test stands on: a database of its own, no way out of the machine, and the story fixtures."""

from pathlib import Path

import pytest
from django.conf import settings

pytest_plugins = [
    "tests.stories",
    "tests.browsers",
    "tests.product",
    "tests.mail_server",
    "tests.imap_server",
]


def pytest_configure() -> None:
    # A developer's own .env may hold real credentials: no test can reach Twilio by mistake. Port 9 discards.
    settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
    settings.HEARTBEAT_URL = ""
    settings.CLOCK_FROM_DATABASE = False  # time is moved by tests, and no database knows of it
    # Real hashers take a quarter of a second a password, on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SECRET_KEY = "only-for-tests"  # noqa: S105
    # A password's hash is slow on purpose, and every test has half a dozen people.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On SQLite each run, and each worker of it, has its own file: runs side by side do not meet."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "config.sqlite_in_turn":
        folder: Path = tmp_path_factory.mktemp("database")
        database["TEST"]["NAME"] = str(folder / "test.sqlite3")
        # The file does not outlive the run, so it need not survive a power cut.
        database["OPTIONS"]["init_command"] = database["OPTIONS"]["init_command"].replace("FULL", "OFF")
