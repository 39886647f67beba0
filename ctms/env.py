"""What the environment may say, read in one place and typed. `docs/configuration.md` lists it for operators."""

import base64
import hashlib
import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ctms.run import credentials, embedded, logins, redis


class BadEnvironment(Exception):
    """A variable is missing or makes no sense; the text says which and what to do."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. Without a host it is kept in the system's own mailbox pages."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    security: str = ""  # "", "starttls" or "tls"
    sender: str = "ctms@localhost"


@dataclass(frozen=True)
class Environment:
    """The settings a deployment may change. Without `database_url` and `redis_url` the embedded servers are used."""

    production: bool
    debug: bool  # for work on templates and styles: static files straight from the tree, Django's error pages
    process: str  # which entry of the process list this is: web, worker, beat; "command" for everything else
    login: str  # the database login this process uses
    database_url: str
    redis_url: str
    secret_key: str
    hosts: tuple[str, ...]
    https: bool
    idle_minutes: int
    session_hours: int
    address: str  # where people reach the system, for links in mail and calendars; without a slash at its end
    mail: MailServer
    api_requests_per_minute: int  # of one token
    two_step_roles: tuple[str, ...]
    credentials_keys: tuple[str, ...]  # seal the credentials of connections; the first is used, all are tried

    @property
    def broker_url(self) -> str:
        """The Redis address as Celery wants it: for a unix socket it has a scheme of its own."""
        return self.redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def read() -> Environment:
    """Reads the environment; raises BadEnvironment with one sentence when it cannot be used."""
    production = _flag("CTMS_PRODUCTION")
    login = os.environ.get("CTMS_DB_LOGIN", "app")
    if login not in _DATABASE_URLS:
        raise BadEnvironment(f"CTMS_DB_LOGIN must be one of {', '.join(_DATABASE_URLS)}, not {login!r}.")
    if production and embedded.is_used():
        raise BadEnvironment(
            "CTMS_PRODUCTION needs DATABASE_URL and REDIS_URL: the embedded servers are for trying out."
        )
    secret_key = _secret_key(production)
    return Environment(
        production=production,
        debug=_debug(production),
        process=os.environ.get("CTMS_PROCESS", "command"),
        login=login,
        database_url=_database_url(login),
        redis_url=os.environ.get("REDIS_URL") or redis.url(),
        secret_key=secret_key,
        hosts=_words("CTMS_HOSTS", "localhost,127.0.0.1,[::1]"),
        https=_flag("CTMS_HTTPS", default=production),
        idle_minutes=_number("CTMS_IDLE_MINUTES", 30),
        session_hours=_number("CTMS_SESSION_HOURS", 12),
        address=_address(),
        mail=_mail(),
        api_requests_per_minute=_number("CTMS_API_REQUESTS_PER_MINUTE", 600),
        two_step_roles=_words("CTMS_TWO_STEP_ROLES", "ADMINISTRATOR" if production else ""),
        credentials_keys=_credentials_keys(secret_key),
    )


_DATABASE_URLS = {"app": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "reader": "DATABASE_READER_URL"}
_EMBEDDED_LOGINS = {"app": logins.APP, "owner": logins.OWNER, "reader": logins.READER}


def _database_url(login: str) -> str:
    if embedded.POSTGRES_IS_EMBEDDED:
        return embedded.dsn(_EMBEDDED_LOGINS[login])
    url = os.environ.get(_DATABASE_URLS[login])
    if not url:
        raise BadEnvironment(f"This command connects as the {login} login: set {_DATABASE_URLS[login]}.")
    return url


def _address() -> str:
    address = os.environ.get("CTMS_ADDRESS") or "http://localhost:8000"
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        raise BadEnvironment(f"CTMS_ADDRESS must be an address such as https://ctms.example.org, not {address!r}.")
    return address.rstrip("/")


_MAIL = {"smtp": ("", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465)}


def _mail() -> MailServer:
    given, sender = os.environ.get("CTMS_MAIL_URL", ""), os.environ.get("CTMS_MAIL_FROM", "")
    if not given:
        return MailServer()
    try:
        url = urlsplit(given)
        security, usual_port = _MAIL[url.scheme]
        host, port = url.hostname or "", url.port or usual_port
    except (KeyError, ValueError):
        host = ""
    if not host:
        raise BadEnvironment("CTMS_MAIL_URL must be smtp://, smtp+starttls:// or smtps://user:password@host:port.")
    if "@" not in sender:
        raise BadEnvironment("CTMS_MAIL_URL needs CTMS_MAIL_FROM: the address that mail comes from.")
    return MailServer(host, port, unquote(url.username or ""), unquote(url.password or ""), security, sender)


def _debug(production: bool) -> bool:
    debug = _flag("CTMS_DEBUG")
    if debug and production:
        raise BadEnvironment("CTMS_DEBUG shows secrets on error pages: production does not start with it.")
    return debug


def _secret_key(production: bool) -> str:
    given = os.environ.get("CTMS_SECRET_KEY", "")
    if production and len(given) < 50:
        raise BadEnvironment("CTMS_PRODUCTION needs CTMS_SECRET_KEY: at least 50 random characters, kept secret.")
    return given or credentials.load().secret_key


def _credentials_keys(secret_key: str) -> tuple[str, ...]:
    """Those given, newest first; by default one that follows from the secret key."""
    given = _words("CTMS_CREDENTIALS_KEYS", "")
    for key in given:
        try:
            usable = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            usable = False
        if not usable:
            raise BadEnvironment("CTMS_CREDENTIALS_KEYS must be Fernet keys: 32 random bytes each, as URL-safe base64.")
    derived = hashlib.sha256(f"credentials of connections {secret_key}".encode()).digest()
    return given or (base64.urlsafe_b64encode(derived).decode(),)


def _flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name, "")
    if value not in ("", "0", "1"):
        raise BadEnvironment(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1" if value else default


def _words(name: str, default: str) -> tuple[str, ...]:
    return tuple(filter(None, os.environ.get(name, default).split(",")))


def _number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or int(value) < 1:
        raise BadEnvironment(f"{name} must be a whole number of at least 1, not {value!r}.")
    return int(value)
