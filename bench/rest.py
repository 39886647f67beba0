"""REST: a list of 100 sites, and the export of 200,000 rows of history.

The list is judged against hand-written SQL that gives the same answer: the same rows and columns, the count, a token
that must count today. Each format of the export is judged against COPY of the same columns in that format: that
PostgreSQL needs three times as long to write a row as JSON as to write it plainly, no export of JSON can change.
`arms_to_floor` shows it, beside a COPY of the bare table.
"""

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.db.models import F, Func, Value
from django.test import override_settings

from bench.arms import Figure, Workload
from bench.population import SITES, at_work
from ctms.accounts.models import Sponsor, User
from ctms.accounts.services.tokens import issue_token
from ctms.core.acting import Channel, acting, in_sponsor
from ctms.run import embedded, logins
from sites.models import Site

HISTORY_ROWS = 200_000
_MEMORY, _WAIT = 50, 0.5  # MB over baseline, seconds later than the floor
_REQUESTS = 12  # of a unit of work; after as many PostgreSQL has settled on the plans it keeps for a connection
_COPY_CSV = """copy (
    select history_id, 'sites.site:' || id,
           case history_type when '+' then 'CREATED' when '~' then 'CHANGED' when '-' then 'DELETED' end,
           history_date, history_act, history_actor, history_user_id, history_channel, history_change_reason,
           history_simulated, id, partition, number, operational_status, status_on, enrollment_status, registry_key,
           voided, sponsor_id, study_id, scope_id, country_id, facility_id
    from sites_historicalsite order by history_id) to stdout (format csv)"""
_COPY_JSON = "copy (select row_to_json(h) from sites_historicalsite h order by history_id) to stdout"
_EXPORT = "/api/v1/history/?record_type=sites.site&format="


class House:
    """The web process's handler, asked as the server asks it, with a connection that stays open as pooled ones do."""

    def __init__(self) -> None:
        override_settings(ROOT_URLCONF="bench.rest_urls", API_REQUESTS_PER_MINUTE=10**9).enable()
        connection.settings_dict["CONN_MAX_AGE"] = None
        connection.close()
        self.handler = WSGIHandler()

    def asked(self, address: str, key: str) -> Any:
        """The answer; its body may still be coming."""
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
            "HTTP_AUTHORIZATION": f"Bearer {key}",
        }  # fmt: skip
        said: list[str] = []
        answer = self.handler(environ, lambda status, headers: said.append(status))
        assert said == ["200 OK"], said
        return answer


def workloads(database: str, sponsor: Sponsor) -> Iterator[Workload | Figure]:
    house = House()
    _make_guardian(database)
    keys = {name: _token(sponsor, name) for name in ("some", "everything")}
    yield from _lists(house, keys["some"])
    _make_history(database, sponsor)
    yield from _exports(house, keys["everything"], database, sponsor)


def _lists(house: House, key: str) -> Iterator[Workload]:
    def arm(address: str) -> Callable[[], bytes]:
        return lambda: b"".join(house.asked(address, key))

    arms = {
        "REST": arm("/api/v1/studies/STUDY-01/sites/?limit=100"),
        "viewset with guardian": arm("/stock/sites/STUDY-01/"),
        "SQL and orjson": arm("/raw/sites/STUDY-01/"),
    }
    found = {name: orjson.loads(ask()) for name, ask in arms.items()}
    for name, said in found.items():
        assert said["count"] == found["REST"]["count"], f"{name} counts {said['count']} sites."
        assert said["results"] == found["REST"]["results"], f"{name} lists other sites, or says else of them."
    assert len(found["REST"]["results"]) == 100
    arms = {name: lambda ask=ask: [ask() for _ in range(_REQUESTS)] for name, ask in arms.items()}
    floor = "SQL and orjson"
    yield Workload("REST list of 100 sites, stock", arms, "REST", "viewset with guardian", floor, 0.5)
    yield Workload("REST list of 100 sites, floor", arms, "REST", floor, floor, 2.0)


def _exports(house: House, key: str, database: str, sponsor: Sponsor) -> Iterator[Workload | Figure]:
    app = psycopg.connect(embedded.dsn(logins.APP, database), autocommit=True)
    app.execute("select set_config('ctms.sponsor', %s, false)", [str(sponsor.pk)])

    def copied(statement: str) -> Callable[[], Iterator[bytes]]:
        def pieces() -> Iterator[bytes]:
            with app.cursor() as cursor, cursor.copy(statement) as copy:
                for row in copy:
                    yield bytes(row)

        return pieces

    asked = {
        "JSON lines": lambda: iter(house.asked(f"{_EXPORT}jsonl", key)),
        "CSV": lambda: iter(house.asked(f"{_EXPORT}csv", key)),
        "COPY of the same": copied(_COPY_CSV),
        "COPY of JSON": copied(_COPY_JSON),
        "COPY": copied("copy (select * from sites_historicalsite) to stdout (format csv)"),
    }
    for name in ("JSON lines", "CSV"):
        yield Figure(f"export as {name}: MB over baseline", _megabytes(asked[name]), _MEMORY)
        later = _first_byte(asked[name]) - _first_byte(asked["COPY"])
        yield Figure(f"export as {name}: seconds to the first byte beyond COPY's", round(later, 3), _WAIT)
    assert sum(piece.count(b"\n") for piece in asked["JSON lines"]()) == HISTORY_ROWS
    written = {name: b"".join(asked[name]()) for name in ("CSV", "COPY of the same")}
    assert written["CSV"].partition(b"\n")[2] == written["COPY of the same"], "The export says else than COPY."
    arms = {name: lambda ask=ask: sum(map(len, ask())) for name, ask in asked.items()}
    title = f"export of {HISTORY_ROWS:,} history rows as"
    yield Workload(f"{title} CSV", arms, "CSV", "COPY of the same", "COPY", 1.3)
    yield Workload(f"{title} JSON lines", arms, "JSON lines", "COPY of JSON", "COPY", 1.3)


def _first_byte(ask: Callable[[], Iterator[bytes]]) -> float:
    """Seconds until something comes; the rest is read, so that the connection is free again."""
    began = time.perf_counter()
    pieces = ask()
    next(pieces)
    took = time.perf_counter() - began
    for _ in pieces:
        pass
    return took


def _megabytes(ask: Callable[[], Iterator[bytes]]) -> float:
    """How much higher the process's memory stood at its highest than before."""
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    before = _status("VmRSS")
    for _ in ask():
        pass
    return round((_status("VmHWM") - before) / 1024, 1)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def _token(sponsor: Sponsor, username: str) -> str:
    user = User.objects.get(username=username)
    with in_sponsor(sponsor.pk), acting(user, reason="Measuring", channel=Channel.WEB):
        _, key = issue_token(
            user=user, sponsor=sponsor, name="Bench", scope="READ", days=9, by=user, at=datetime.now(UTC)
        )
    return key


def _make_guardian(database: str) -> None:
    """What guardian needs for the person's 2,000 sites: a row each, of a permission to view."""
    with psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True) as owner:
        owner.execute(f"grant select on guardian_userobjectpermission, guardian_groupobjectpermission to {logins.APP}")
        owner.execute(
            """insert into guardian_userobjectpermission (object_pk, content_type_id, permission_id, user_id)
               select s.id::text, p.content_type_id, p.id, u.id
               from sites_site s join studies_study t on t.id = s.study_id, auth_permission p, accounts_user u
               where p.codename = 'view_site' and u.username = 'some' and t.slug < 'STUDY-05'"""
        )
        owner.execute("vacuum analyze")


def _make_history(database: str, sponsor: Sponsor) -> None:
    moved = Func(F("status_on"), Value(1), template="%(expressions)s", arg_joiner=" + ")
    for _ in range(HISTORY_ROWS // SITES - 1):
        with in_sponsor(sponsor.pk), at_work():
            Site.objects.update(status_on=moved)
    with psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True) as owner:
        owner.execute("vacuum analyze")
