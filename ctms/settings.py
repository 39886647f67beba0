"""One settings file for every process; what may differ between deployments comes from `ctms.env`."""

from datetime import timedelta

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from ctms import env
from ctms.run.places import ROOT, VAR
from ctms.schedule import SCHEDULE

try:
    ENV = env.read()
except env.BadEnvironment as error:
    raise ImproperlyConfigured(str(error)) from None

SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = list(ENV.hosts)
PRODUCTION = ENV.production
CREDENTIALS_KEYS = list(ENV.credentials_keys)  # the first one seals, all of them open

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "simple_history",
    "guardian",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "csp",
    # The house, lowest floor first.
    "ctms.core",
    "ctms.web",
    "ctms.accounts",
    "ctms.desk",
    "audit",
    "ctms.integrations",
    "ctms.studies",
    "sites",
    "enrollment",
    "monitoring",
    "ctms.milestones",
    "finance",
    "ctms.reporting",
    "ctms.api",
    "ctms.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "ctms.accounts.middleware.NotKept",
    "ctms.web.plain.PlainText",
    "ctms.web.transactions.RequestTransaction",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ctms.accounts.middleware.SessionLimits",
    "ctms.accounts.middleware.Owed",
    "ctms.accounts.middleware.ActiveSponsor",
    "ctms.web.refused.RefusalPage",
    "ctms.accounts.middleware.TrainingGate",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "ctms.urls"
WSGI_APPLICATION = "ctms.wsgi.application"

# Database: one alias; each process has the login it needs. The pool is for the web server alone.
DATABASE_LOGIN = ENV.login
_dsn = conninfo_to_dict(ENV.database_url)
DATABASES = {
    "default": {
        "ENGINE": "ctms.core.db",
        "NAME": _dsn.pop("dbname", ""),
        "USER": _dsn.pop("user", ""),
        "PASSWORD": _dsn.pop("password", ""),
        "HOST": _dsn.pop("host", ""),
        "PORT": _dsn.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **_dsn,
            "application_name": f"ctms-{ENV.process}",
            "prepare_threshold": 1,  # for ctms.core.compiled; Django's own cursors never prepare
            **({"pool": {"min_size": 1, "max_size": 6, "timeout": 10}} if ENV.process == "web" else {}),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who may enter, and for how long.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # roles are asked of ctms.accounts.access, which adds dates and delegation
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Of allauth only the second step is used (docs/decisions/0014): codes of an app, recovery codes shown once.
MFA_ADAPTER = "ctms.accounts.second_step.Adapter"
MFA_TOTP_ISSUER = "CTMS"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
TWO_STEP_ROLES = ENV.two_step_roles  # who holds one of these cannot work without the second step
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SESSION_ENGINE = "ctms.accounts.sessions"
SESSION_IDLE_LIMIT = timedelta(minutes=ENV.idle_minutes)
SESSION_ABSOLUTE_LIMIT = timedelta(hours=ENV.session_hours)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_LIMIT.total_seconds())
SESSION_COOKIE_NAME = "ctms_session"
CSRF_COOKIE_NAME = "ctms_csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = ENV.https
SECURE_HSTS_SECONDS = 31_536_000 if ENV.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = ENV.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.production else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "ctms.web.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# What upper floors fill in for `ctms.core.protocols`.
CTMS_AUTHORITY = "ctms.accounts.access.Authority"
CTMS_JOURNAL = "audit.journal.Journal"
CTMS_OUTBOX = "ctms.desk.services.outbox.Outbox"
CTMS_SIGNER = "audit.services.signatures.Signer"
FEED_RECEIVER = "enrollment.feeds.Receiver"
SITE_TABS = [
    "sites.tabs.overview",
    "sites.tabs.status",
    "sites.tabs.startup",
    "sites.tabs.evidence",
    "sites.tabs.people",
    "enrollment.tabs.enrollment",
    "monitoring.tabs.visits",
    "finance.tabs.payments",
    "ctms.milestones.tabs.milestones",
    "sites.tabs.history",
]
TRIP_REPORT_FACTS = ["sites.facts.status", "sites.facts.people", "sites.facts.evidence", "enrollment.facts.known_of",
                     "monitoring.queries.known_of"]  # fmt: skip
EVIDENCE_OWNERS = ["monitoring.queries.owned_evidence"]
MILESTONE_FACTS = [  # what is asked first is believed
    "enrollment.milestones.facts",
    "monitoring.milestones.facts",
    "sites.milestones.facts",
    "ctms.studies.milestones.facts",
]
JOBS = {
    "list": "ctms.desk.lists.list_as_workbook",
    "site-dossier": "sites.dossier.dossier",
    "visit-report": "monitoring.documents.report",
    "visit-letter": "monitoring.documents.letter",
}
# What asks for somebody's decision or signature, and what else waits for somebody.
APPROVALS = [
    "ctms.studies.work.drafts_to_approve",
    "monitoring.work.reports_to_sign",
    "finance.work.runs_to_move",
    "finance.work.terms_to_approve",
    "sites.startup.work.waivers",
    "sites.work.drafts_to_approve",
    "ctms.milestones.work.baselines_to_sign",
]
WORK_ITEMS = [
    "ctms.accounts.work.expiring_delegations",
    "monitoring.work.own_visits",
    "monitoring.work.letters",
    "monitoring.work.follow_ups",
    "monitoring.work.deviations",
    "monitoring.work.candidates",
    "sites.startup.work.items",
    "ctms.milestones.work.overdue_milestones",
    "sites.work.longest_waiting_sites",
    "enrollment.work.discrepancies",
]
PAYABLE_FACTS = [
    "finance.facts.of_sites",
    "finance.subjects.of_visits",
    "finance.subjects.of_screen_failures",
    "finance.subjects.of_enrolled",
    "finance.subjects.of_milestones",
    "finance.monitored.of_reports",
]
# From which amount of one payment two, and then three, have to approve it; about the same worth in each currency.
FINANCE_BANDS: dict[str, tuple[int, int]] = {
    "EUR": (10_000, 50_000), "USD": (10_000, 50_000), "GBP": (10_000, 50_000), "CHF": (10_000, 50_000),
    "PLN": (40_000, 200_000), "CZK": (250_000, 1_250_000), "HUF": (4_000_000, 20_000_000),
    "JPY": (1_500_000, 7_500_000),
}  # fmt: skip
DIGEST_PARTS = ["sites.work.status_changes"]
CALENDAR_DAYS = ["ctms.accounts.work.ends", "ctms.studies.work.milestones", "monitoring.work.visit_days"]
SEARCHES = [
    "ctms.studies.search.studies",
    "sites.search.sites",
    "ctms.reporting.search.pages",
    "enrollment.search.subjects",
    "monitoring.search.deviations",
    "monitoring.search.follow_ups",
    "finance.search.runs",
    "finance.search.agreements",
    "sites.search.people",
]

SIMPLE_HISTORY_DATE_INDEX = False

# REST. Views say themselves how they are entered (ctms.api.base); the framework's own ways in are closed.
API_REQUESTS_PER_MINUTE = ENV.api_requests_per_minute
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "ctms.api.schema.ApiSchema",
    "UNAUTHENTICATED_USER": None,
    "SCHEMA_COERCE_PATH_PK": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CTMS",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],
}

# Pages.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            # cotton and partials both want to wrap the loaders; this order lets both work.
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "django.templatetags.static",
                "ctms.web.templatetags.ctms",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "ctms.reporting.shell.context",
            ],
        },
    }
]
COTTON_DIR = "components"
FORM_RENDERER = "ctms.web.forms.FormRenderer"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static", VAR / "assets"]  # assets: made from packages by `make assets`
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

# Mail. Without a server it stays in the mailbox pages.
ADDRESS = ENV.address
EMAIL_HOST = ENV.mail.host
EMAIL_PORT = ENV.mail.port
EMAIL_HOST_USER = ENV.mail.user
EMAIL_HOST_PASSWORD = ENV.mail.password
EMAIL_USE_TLS = ENV.mail.security == "starttls"
EMAIL_USE_SSL = ENV.mail.security == "tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = ENV.mail.sender

# Workers. Redis only wakes them: what must be done waits in the outbox, and beat has it looked into all the time.
REDIS_URL = ENV.redis_url
CELERY_BROKER_URL = ENV.broker_url
CELERY_TASK_DEFAULT_QUEUE = f"ctms.{DATABASES['default']['NAME']}"  # workers of another database take nothing of ours
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,  # seconds until a killed worker's task goes to another; entries of the outbox wait less
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
    "health_check_interval": 10,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # a worker busy with a job keeps no other task waiting behind it
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = SCHEDULE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "ctms": {"level": "INFO"},
        # Whom we ask for what stands in addresses, and celery lets every logger without a level of its own say it.
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore", "urllib3")},
    },
}
