"""All settings, from the environment only; a missing name stops the start with a sentence.

docs/operating.md has the table of names.
"""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# Identity and secrets. No defaults: a start without them fails with the name that is missing.
SECRET_KEY = env.str("SECRET_KEY")
EVENT_KEY = env.str("EVENT_KEY")
DEBUG = env.bool("DEBUG", default=False)
SITE_KIND = env.str("SITE_KIND", default="clinic")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where things are kept.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'pneumo.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "pneumo_site.sqlite"
    # IMMEDIATE: two writers wait for each other. FULL: what was signed survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    CELERY_DB_REUSE_MAX = 1000  # tasks until a worker opens the file anew, which takes 3 ms of CPU
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}  # a file: threads and workers see it too
else:
    DATABASES["default"]["ENGINE"] = "pneumo_site.postgresql"
    # A server that vanished without a word: no answer to a connection in 5 s, to what was sent over an old one in 10.
    patience = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
    DATABASES["default"]["OPTIONS"] = patience | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STORAGES = {
    "default": {"BACKEND": "cases.storage.AtomicFileSystemStorage", "OPTIONS": {"location": DATA_DIR / "objects"}},
    "staticfiles": {"BACKEND": "pneumo_site.static_files.HashedNames"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MODELS_DIR = DATA_DIR / "models"
GATE = env.str("GATE", default=str(BASE_DIR / "inference" / "bundles" / "gate"))  # or "off"

# Broker and live changes. Redis is a doorbell: nothing is lost with it.
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL.replace("unix://", "redis+socket://"))
READ_SECONDS = env.int("READ_SECONDS", default=20)  # a file that needs longer is refused
READ_MEMORY_MB = env.int("READ_MEMORY_MB", default=2048)  # address space of a reader child
SCORE_SECONDS = env.int("SCORE_SECONDS", default=20)
LEASE_SECONDS = env.int("LEASE_SECONDS", default=30)  # longer than READ_SECONDS and SCORE_SECONDS
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=5)
MAX_STRIKES = 3  # attempts that an input ended itself
MAX_ATTEMPTS = 15  # attempts in all, those that ended with their worker too
TRIAL_MINUTES = 10
LONG_WAIT_MINUTES = env.int("LONG_WAIT_MINUTES", default=30)  # then a case goes ahead of what the model says; 0: never

# Uploads.
MAX_UPLOAD_FILES = 500
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_UPLOAD_FILES
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_TEMP_DIR = env.str("FILE_UPLOAD_TEMP_DIR", default=None)
FREE_DISK_FLOOR_MB = env.int("FREE_DISK_FLOOR_MB", default=200)

INSTALLED_APPS = [
    "cases",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cases.access.NoStoreMiddleware",
    "cases.undone.UndoneMiddleware",
    "axes.middleware.AxesMiddleware",
    "pneumo_site.one_thread.OneThreadMiddleware",  # last
]
ROOT_URLCONF = "pneumo_site.urls"
ASGI_APPLICATION = "pneumo_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "cases.access.site_context",
            ]
        },
    }
]

# People.
AUTH_USER_MODEL = "cases.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# Cookies and headers.
SECURE_SITE = env.bool("SECURE_SITE", default=False)  # True behind HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SECURE_SSL_REDIRECT = SECURE_SITE and env.bool("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]  # probes ask over plain HTTP, beside the proxy
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SITE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=12 * 3600)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}

# Languages.
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "cases" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Seoul")

# Logs name cases by id; no patient data, no file names.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {"cases": {"level": "INFO"}, "django.request": {"level": "ERROR"}, "axes": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS = [] if SECURE_SITE else ["security.W004", "security.W008", "security.W012", "security.W016"]
