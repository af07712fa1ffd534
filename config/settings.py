"""Settings of the deployment, all of them from the environment; README lists the variables.

A bad or missing value is refused at start with the name of its variable.
"""

import os
from datetime import timedelta
from pathlib import Path

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import to_language
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name, default=None):
    """Return the variable `name`, or `default`; without a default it is required."""
    value = os.environ.get(name, "")
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} in the environment (README, “Configuration”).")
    return default


def env_bool(name, default=False):
    """Return the variable as a truth value: 1, true, yes or 0, false, no."""
    value = env(name, "yes" if default else "no").lower()
    if value not in {"1", "true", "yes", "0", "false", "no"}:
        raise ImproperlyConfigured(f"{name} must be yes or no, not “{value}”.")
    return value in {"1", "true", "yes"}


def env_int(name, default):
    """Return the variable as a whole number."""
    value = env(name, str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number, not “{value}”.")
    return int(value)


def font_dirs(value):
    """Return the folders named in `value`, separated by colons; a missing one would show only in print."""
    folders = [folder for folder in value.split(":") if folder]
    for folder in folders:
        if not Path(folder).is_dir():
            raise ImproperlyConfigured(f"LETTER_FONT_DIRS names “{folder}”, which is no folder here.")
    return folders


def signing_key_file(value):
    """Return the file named in `value`, if any; a key that cannot sign would show only when an edition waits for it."""
    if value:
        # Imported where it is used: most deployments start without a key.
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(Path(value).read_bytes(), password=None)
        except OSError as error:
            raise ImproperlyConfigured(
                f"SIGNING_KEY_FILE names “{value}”, which cannot be read: {error.strerror}."
            ) from None
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise ImproperlyConfigured(
                f"SIGNING_KEY_FILE names “{value}”, which holds no Ed25519 private key in PEM without a password."
            )
    return value


# A connection that the network has swallowed is noticed in seconds, not in hours.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}


def database(url):
    """Return Django's settings for a libpq connection URL (RFC 3986 form or key=value words)."""
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}".strip()) from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**PATIENCE, **parts},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DEBUG = env_bool("DEBUG")
SECRET_KEY = env("SECRET_KEY")
# Where the site stands, as written in messages and canonical links; its host is always allowed.
SITE_URL = env("SITE_URL").rstrip("/")
ALLOWED_HOSTS = [SITE_URL.split("//")[-1].split(":")[0], *filter(None, env("ALLOWED_HOSTS", ",").split(","))]
# Only for a demo on the loopback: no redirect to https, cookies also over http.
INSECURE_HTTP = env_bool("INSECURE_HTTP")
# How many proxies stand in front and append to X-Forwarded-For; 0 means the peer is the client.
PROXY_HOPS = env_int("PROXY_HOPS", 0)
# Folder of the demo's mailbox page; none in production.
DEMO_MAILBOX = env("DEMO_MAILBOX", "")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "csp",
    "django_countries",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "audit",
    "letter",
    "signatories",
    "delivery",
    "accounts",
    *(["demo"] if DEMO_MAILBOX else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.OnlyUtf8",
    # Below the headers, so that its page carries them too.
    "config.middleware.DatabaseAway",
    "config.middleware.LanguageInPath",
    # Within the language, by which it finds the address.
    "config.middleware.LastSlash",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    # The representative's pages carry no cookie and are exempt; their authority is the signed link.
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database(env("DATABASE_URL"))}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "forms"
CRISPY_TEMPLATE_PACK = "forms"

LANGUAGE_CODE = "en-gb"
# A language is there when its catalogue is: nothing else has to be written (docs/languages.md).
CATALOGUES = sorted(to_language(file.parts[-3]) for file in BASE_DIR.glob("locale/*/LC_MESSAGES/django.mo"))
LANGUAGES = [
    (LANGUAGE_CODE, "English"),
    *((code, LANG_INFO.get(code, {}).get("name_local", code).capitalize()) for code in CATALOGUES),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Published editions are written here by every web machine; it can be rebuilt from Postgres at any time.
RELEASES_DIR = Path(env("RELEASES_DIR", str(BASE_DIR / "releases")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Ed25519 key (PEM) that signs manifests; without one they are chained, and not signed.
SIGNING_KEY_FILE = signing_key_file(env("SIGNING_KEY_FILE", ""))
# Folders of fonts for the letter's documents, beside those that come with the packages.
LETTER_FONT_DIRS = font_dirs(env("LETTER_FONT_DIRS", ":"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# No form takes a file larger than 10 MB, or more than a few of them: what comes beyond is let fall as it comes.
FILE_UPLOAD_HANDLERS = [
    "config.uploads.Cap",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 10

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "moderation:queue"
LOGOUT_REDIRECT_URL = "account_login"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# A session that nobody uses ends after half an hour, and a browser forgets it when it is closed.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 1800
# Seconds for which a link to set a new password works.
PASSWORD_RESET_TIMEOUT = 86400
# For all web processes together: what the library counts, and which codes were used.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "KEY_FUNCTION": "config.cache.hidden",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
# There is no signing up; the library's checks ask for these.
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# A message to an address without an account would go to a stranger.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
# Seconds after which the password is asked for again before a second factor is changed.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Signing in is counted by the adapter; `login_failed` is for codes after the password.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "20/h/key"}
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "user_token": "accounts.forms.LinkForm",
}
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.AppForm",
    "add_webauthn": "accounts.forms.PasskeyForm",
    "edit_webauthn": "accounts.forms.PasskeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Undersigned"
# One step of 30 seconds either way, for clocks that are not quite right (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = 1
# Nobody can sign up with another's address: accounts are made by invitation.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Of the demo and the tests, which have no https; browsers trust the loopback all the same.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = INSECURE_HTTP
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS")
EMAIL_USE_SSL = env_bool("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "Undersigned <undersigned@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# To which mail servers return what they cannot deliver; without it, to the sender.
BOUNCE_ADDRESS = env("BOUNCE_ADDRESS", "")
# With which reports of bounces are signed; without it, none are taken.
BOUNCE_HOOK_SECRET = env("BOUNCE_HOOK_SECRET", "")

# How long a representative has to confirm a sign-on before it expires, and is erased.
CONFIRM_WITHIN = timedelta(days=14)
# How long an e-mailed link works.
LINK_LIFETIMES = {
    "confirm": CONFIRM_WITHIN,
    "status": timedelta(days=400),
    "objection": timedelta(days=400),
    # A sign-on goes to another address, or to a successor; the mailbox that it leaves can stop it.
    "contact": timedelta(days=14),
    "successor": timedelta(days=14),
    "stop": timedelta(days=60),
    # A member's invitation; and the way out of all of them, which must outlive every reminder.
    "member": timedelta(days=400),
    "unsubscribe": timedelta(days=1000),
}
# How long an organisation is given to object to a sign-on in its name; a later objection counts as well.
OBJECTION_PERIOD = timedelta(hours=72)
# A decision's message waits this long, so that an undo costs nobody an e-mail.
DECISION_DELAY = timedelta(seconds=env_int("DECISION_DELAY_SECONDS", 600))
# How many sign-ons are let through, and messages to one mailbox, is decided at the desk: /moderation/limits/.
# Answers with files an hour, and proposals to correct a line a day, by one representative.
LIMIT_UPLOADS = 60
LIMIT_CORRECTIONS = 20
# Times a day that one sign-on can be offered to another mailbox; requests for lost links an hour from one network.
LIMIT_TRANSFERS = 10
LIMIT_LOST_LINKS = 60
# Receipts as PDF an hour for one sign-on: each takes a web process some hundredths of a second.
LIMIT_RECEIPTS = 20
# Requests an hour from one network address for the link to confirm; an office of fifty never meets it.
LIMIT_RESENDS = 300
# Notices a day to one published address.
LIMIT_NOTICES = 3

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# Seconds for which a worker that was told to stop finishes the jobs in hand.
PROCRASTINATE_WORKER_DEFAULTS = {"shutdown_graceful_timeout": 10}

SECURE_SSL_REDIRECT = not INSECURE_HTTP and not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_HOPS else None
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP or DEBUG else 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_HTTP and not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_HTTP and not DEBUG
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# Names, addresses and links never go into a log: Django's request log prints the path of a failed
# request, which may hold a representative's link, so only its own error reports remain.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_links": {"()": "config.logs.WithoutLinks"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_links"]},
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # It repeats itself several times a second while Postgres is away; the worker says it once.
        "psycopg.pool": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "procrastinate": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
