"""What the environment may say, and the sentence for each thing that it may not."""

import re

import pytest

from ctms import env
from ctms.run import embedded, prepare
from ctms.run.places import ROOT
from tests.run.variables import read_by_the_code

OWN = {
    "DATABASE_URL": "postgresql://ctms_app:a@db/ctms",
    "DATABASE_OWNER_URL": "postgresql://ctms_owner:b@db/ctms",
    "DATABASE_READER_URL": "postgresql://ctms_reader:c@db/ctms",
    "REDIS_URL": "redis://cache:6379/0",
}
PRODUCTION = {**OWN, "CTMS_PRODUCTION": "1", "CTMS_SECRET_KEY": "k" * 50}


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> env.Environment:
    """Reads an environment of just these variables."""
    for name in read_by_the_code() - {"CTMS_VAR"}:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(embedded, "POSTGRES_IS_EMBEDDED", "DATABASE_URL" not in variables)
    monkeypatch.setattr(embedded, "REDIS_IS_EMBEDDED", "REDIS_URL" not in variables)
    return env.read()


def test_nothing_set_means_embedded_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch)
    assert re.fullmatch(r"postgresql://ctms_app:.+@/\w+\?host=/.+", found.database_url)
    assert re.fullmatch(r"unix:///.+/redis\.sock\?db=0", found.redis_url)
    assert re.fullmatch(r"redis\+socket:///.+/redis\.sock\?virtual_host=0", found.broker_url)
    assert (found.production, found.debug, found.https, found.process) == (False, False, False, "command")
    assert len(found.secret_key) >= 50


def test_own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, **PRODUCTION, CTMS_PROCESS="web", CTMS_HOSTS="ctms.example.org,localhost")
    assert found.database_url == OWN["DATABASE_URL"]
    assert found.redis_url == found.broker_url == OWN["REDIS_URL"]
    assert found.hosts == ("ctms.example.org", "localhost")
    assert found.https  # production expects it unless told otherwise


def test_a_mail_server_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch).mail.host == ""
    url = "smtp+starttls://me%40here:a%2Fb@mail.example.org"
    mail = read(monkeypatch, CTMS_MAIL_URL=url, CTMS_MAIL_FROM="ctms@example.org").mail
    assert (mail.host, mail.port, mail.user, mail.password) == ("mail.example.org", 587, "me@here", "a/b")
    assert (mail.security, mail.sender) == ("starttls", "ctms@example.org")


def test_each_login_has_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **OWN, CTMS_DB_LOGIN="owner").database_url == OWN["DATABASE_OWNER_URL"]
    assert read(monkeypatch, **OWN, CTMS_DB_LOGIN="reader").database_url == OWN["DATABASE_READER_URL"]


REFUSED = {
    "CTMS_DB_LOGIN must be one of app, owner, reader, not 'root'.": {"CTMS_DB_LOGIN": "root"},
    "CTMS_PRODUCTION needs DATABASE_URL and REDIS_URL: the embedded servers are for trying out.": {
        "CTMS_PRODUCTION": "1", "CTMS_SECRET_KEY": "k" * 50, "DATABASE_URL": OWN["DATABASE_URL"]
    },
    "CTMS_PRODUCTION needs CTMS_SECRET_KEY: at least 50 random characters, kept secret.": {
        **PRODUCTION, "CTMS_SECRET_KEY": "k" * 49
    },
    "CTMS_DEBUG shows secrets on error pages: production does not start with it.": {**PRODUCTION, "CTMS_DEBUG": "1"},
    "This command connects as the owner login: set DATABASE_OWNER_URL.": {
        "DATABASE_URL": OWN["DATABASE_URL"], "CTMS_DB_LOGIN": "owner"
    },
    "CTMS_HTTPS must be 0 or 1, not 'yes'.": {"CTMS_HTTPS": "yes"},
    "CTMS_IDLE_MINUTES must be a whole number of at least 1, not '0'.": {"CTMS_IDLE_MINUTES": "0"},
    "CTMS_ADDRESS must be an address such as https://ctms.example.org, not 'ctms'.": {"CTMS_ADDRESS": "ctms"},
    "CTMS_MAIL_URL must be smtp://, smtp+starttls:// or smtps://user:password@host:port.": {
        "CTMS_MAIL_URL": "imap://mail.example.org"
    },
    "CTMS_MAIL_URL needs CTMS_MAIL_FROM: the address that mail comes from.": {
        "CTMS_MAIL_URL": "smtps://mail.example.org"
    },
    "CTMS_SESSION_HOURS must be a whole number of at least 1, not '1.5'.": {"CTMS_SESSION_HOURS": "1.5"},
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_refusals_have_words(monkeypatch: pytest.MonkeyPatch, sentence: str) -> None:
    with pytest.raises(env.BadEnvironment) as refused:
        read(monkeypatch, **REFUSED[sentence])
    assert str(refused.value) == sentence


def test_every_variable_is_documented() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(read_by_the_code())


def test_prepare_reads_names_and_passwords_from_the_addresses() -> None:
    assert prepare.wanted(OWN) == ("ctms", {"ctms_app": "a", "ctms_owner": "b", "ctms_reader": "c"})


UNPREPARED = {
    "Set DATABASE_OWNER_URL: postgresql://ctms_owner:<password>@<host>/<database>": {"DATABASE_OWNER_URL": ""},
    "DATABASE_URL must connect as ctms_app: the schema grants rights to that name.": {
        "DATABASE_URL": "postgresql://me:a@db/ctms"
    },
    "DATABASE_READER_URL must hold the password that ctms_reader shall have.": {
        "DATABASE_READER_URL": "postgresql://ctms_reader@db/ctms"
    },
    "DATABASE_URL, DATABASE_OWNER_URL, DATABASE_READER_URL must name the same database.": {
        "DATABASE_URL": "postgresql://ctms_app:a@db/other"
    },
    "DATABASE_URL is no address of a PostgreSQL database.": {"DATABASE_URL": "mysql://ctms_app:a@db/ctms"},
}


@pytest.mark.parametrize("sentence", UNPREPARED)
def test_prepare_refuses_with_words(sentence: str) -> None:
    with pytest.raises(prepare.Unprepared) as refused:
        prepare.wanted({**OWN, **UNPREPARED[sentence]})
    assert str(refused.value) == sentence


def test_prepare_wants_an_administrator(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABASE_ADMIN_URL", raising=False)
    assert prepare.main() == 2
    assert capsys.readouterr().err == "Set DATABASE_ADMIN_URL: a role that may create roles and databases.\n"
