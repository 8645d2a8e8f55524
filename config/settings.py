"""Settings, all from the environment or `.env` (`.env.example` explains each)."""

import logging
import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from config.environment import LEVELS, Environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

environ.Env.read_env(os.environ.get("ENV_FILE", str(BASE_DIR / ".env")))
env = Environment(os.environ)

DEBUG = env.yes_no("DEBUG")
SIMULATOR = env.yes_no("SIMULATOR")

# Without a key the product starts only where nothing is at stake: in debug. `check --deploy` says so too.
SECRET_KEY = env.text("SECRET_KEY", "insecure-development-key" if DEBUG else "")
# Keys of before a rotation: what they signed is still taken, and nothing new is signed with them.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
PUBLIC_BASE_URL = env.base_address("PUBLIC_BASE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
# Who may say in X-Forwarded-For whose request it is: addresses and networks of our own proxies.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "simple_history",
    "config",
    "telephony",
    "calendars",
    "people",
    "customers",
    "rota",
    "learnings",
    "escalations",
    "listening",
    "reports",
    "api",
    "web",
]

MIDDLEWARE = [
    "web.client_address.ClientAddress",  # first: all others see the client's own address
    "api.middleware.ProblemsUnderApi",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "web.middleware.OwnTimeZoneMiddleware",
    "web.reads.ReadsOnRecord",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],  # before allauth's own, which APP_DIRS would find first
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.debug",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.product",
            ],
        },
    },
]

# --- The database: the truth and the clock of record -------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'officer.sqlite3'}")}
_database = DATABASES["default"]
_database["CONN_HEALTH_CHECKS"] = True
_database["CONN_MAX_AGE"] = None
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["ENGINE"] = "config.sqlite_in_turn"  # transactions take turns at writing
    # WAL lets readers and one writer work side by side; IMMEDIATE takes the write lock at BEGIN, so that a
    # transaction never fails half-way with "database is locked"; FULL survives a power cut (NORMAL may lose
    # the last commits, and a lost page is a lost customer). 8 MB of its pages are kept in memory by each connection,
    # not 2: a month’s report sorts and looks up more than that.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,  # seconds, after as many of waiting for one's turn
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-8000;",
    }
    # Tests use a file as production does: an in-memory database would share one connection among threads.
    _database["TEST"] = {"NAME": env.text("TEST_DATABASE_FILE", str(VAR_DIR / "test.sqlite3"))}
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People and sign-in ------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:home"
ACCOUNT_ADAPTER = "people.sign_in.ClosedSignUp"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by administrators, never by sign-up
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_BASE_URL.split(":", 1)[0]
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14

# --- What may wait seconds: mail, digests, clean-up (the pager has its own rows and its own loop) -------

QUEUE_BROKER_URL = env.address("QUEUE_BROKER_URL", ("redis", "rediss", "unix"))
Q_CLUSTER = {
    "name": "officer",
    "workers": 2,
    "queue_limit": 2,
    "timeout": 120,
    "retry": 600,  # far longer than timeout, or a slow task would run twice
    "max_attempts": 3,
    "ack_failures": True,
    "save_limit": 100,
    "catch_up": False,
    "poll": 0.2,
    "label": "Queue",
} | ({"redis": QUEUE_BROKER_URL} if QUEUE_BROKER_URL else {"orm": "default"})

# --- Mail -------------------------------------------------------------------------------------------

_mail = env.mail("EMAIL_URL", f"file:{VAR_DIR / 'mail'}")
EMAIL_BACKEND = "config.mail_files.EmailBackend"  # unless a mail server is named
EMAIL_FILE_PATH: str = _mail["EMAIL_FILE_PATH"]
vars().update(_mail)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.mail_address("DEFAULT_FROM_EMAIL", "Officer of the Day <officer@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Who invites to duties: a mailbox that is read, for calendars answer to it. Read by a pipe to `receive_mail`, by a
# provider's webhook (what django-anymail wants to know of the provider is in ANYMAIL), or as a mailbox by IMAP.
CALENDAR_ADDRESS = env.mail_address("CALENDAR_ADDRESS", DEFAULT_FROM_EMAIL)
ANYMAIL = env.json_object("ANYMAIL")
MAILBOX_URL = env.address("MAILBOX_URL", ("imaps", "imap"))

# --- Busy calendars ---------------------------------------------------------------------------------

# Addresses of this machine and its networks are fetched only where somebody says so: whoever may give an address
# could look around in our own network by it.
BUSY_CALENDARS_ALLOW_PRIVATE = env.yes_no("BUSY_CALENDARS_ALLOW_PRIVATE")

# --- Twilio -----------------------------------------------------------------------------------------

TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN")
TWILIO_AUTH_TOKEN_SECONDARY = env.text("TWILIO_AUTH_TOKEN_SECONDARY")
TWILIO_FROM_NUMBER = env.text("TWILIO_FROM_NUMBER")
TWILIO_MESSAGING_SERVICE_SID = env.text("TWILIO_MESSAGING_SERVICE_SID")
TWILIO_CALLS_PER_SECOND = env.number("TWILIO_CALLS_PER_SECOND", 1.0)
TWILIO_API_BASE_URL = env.base_address("TWILIO_API_BASE_URL")
# Seconds. A connection to Twilio takes well under 0.2 s from anywhere; one that takes 2 s is not coming, and the
# officer's phone waits for it. Twilio answers a create within about 1 s; at 8 s we stop waiting and ask what became of
# it. A pager's lease on a page must be longer than both together.
TWILIO_CONNECT_TIMEOUT = env.number("TWILIO_CONNECT_TIMEOUT", 2.0, above=0)
TWILIO_READ_TIMEOUT = env.number("TWILIO_READ_TIMEOUT", 8.0, above=0)

# --- The pager --------------------------------------------------------------------------------------

# Timers go by the database's clock (PostgreSQL), not by that of the machine that a process happens to run on.
CLOCK_FROM_DATABASE = env.yes_no("CLOCK_FROM_DATABASE", True)
PAGER_DIAL_THREADS = env.whole("PAGER_DIAL_THREADS", 8, least=1)
# Called once a minute while the pager is well.
HEARTBEAT_URL = env.address("HEARTBEAT_URL", ("http", "https"))

# --- API --------------------------------------------------------------------------------------------

API_WRITES_PER_MINUTE = env.whole("API_WRITES_PER_MINUTE", 6000, least=0)  # by one token; 0 for no limit

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.HoldsScope"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.WritesPerMinute"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.JsonForAll",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.bodies.StrictJson"],
    "DEFAULT_PAGINATION_CLASS": "api.paging.Pages",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.problems.answer_with_problem",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Officer of the Day",
    "DESCRIPTION": "Escalations, duties and evidence. Errors are RFC 9457 problem+json.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "EscalationStatus": "escalations.models.Status",
        "PageStatus": "escalations.models.PageStatus",
        "LearningStatus": "learnings.models.LearningStatus",
        "HotspotStatus": "learnings.models.HotspotStatus",
        "ActionStatus": "learnings.models.ActionStatus",
        "IdeaStatus": "learnings.models.IdeaStatus",
        "SessionStatus": "listening.models.SessionStatus",
        "SessionKind": "listening.models.SessionKind",
        "CreditKind": "listening.models.CreditKind",
        "EvidenceKind": "listening.models.EvidenceKind",
        "VisitStatus": "listening.models.VisitStatus",
        "LiveCallState": "listening.models.LiveCallState",
    },
}

# --- The web ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"  # `collectstatic` may fill it, for a server in front of us
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True  # no collectstatic to forget: files are served from where they lie
WHITENOISE_MAX_AGE = 0 if DEBUG else 60  # names carry no version: after an upgrade the old ones go soon
# What people upload (photos, recordings) lies beside the database and is never served as it is: pages for people who
# are signed in show it.
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
# Where recorded calls lie that are not uploaded: addresses below this one may be reviewed, and no others.
RECORDINGS_URL = env.address("RECORDINGS_URL", ("http", "https"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, *([RECORDINGS_URL] if RECORDINGS_URL else [])],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
_https = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = env.yes_no("SECURE_SSL_REDIRECT", _https)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # probes on the same machine speak plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.yes_no("SECURE_HSTS_INCLUDE_SUBDOMAINS", _https)
SECURE_HSTS_PRELOAD = env.yes_no("SECURE_HSTS_PRELOAD", _https)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    # A health check that fails is seen by whoever asked; twice a second it would hide all else.
    "filters": {
        "not_health": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(getattr(record, "request", None), "path", "") != "/healthz",
        },
        # Anybody may ask for another host, as often as they like; the line names it, and where it came up is known.
        "in_one_line": {
            "()": "django.utils.log.CallbackFilter",
            "callback": _without_traceback,
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["not_health"]}
    },
    "root": {"handlers": ["console"], "level": env.one_of("LOG_LEVEL", LEVELS, "INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.security.DisallowedHost": {"filters": ["in_one_line"]},
        "fontTools": {"level": "WARNING"},  # says each letter that it puts into a PDF
    },
}
