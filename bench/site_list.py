"""The list of sites with access control, against a hand-written join with a membership table and no security."""

from collections.abc import Callable

import psycopg
from django.db import connection

from bench.arms import Workload
from bench.population import at_work
from ctms.accounts import access
from ctms.accounts.models import Sponsor, User
from ctms.core.acting import in_sponsor
from ctms.run import embedded, logins
from sites.models import Site

_COLUMNS = ("id", "number", "operational_status", "status_on", "enrollment_status", "country__country",
            "facility__name", "facility__city", "study__slug")  # fmt: skip
_JOIN = """
    select s.id, s.number, s.operational_status, s.status_on, s.enrollment_status, c.country, f.name, f.city, t.slug
    from bench_membership m
    join bench_site s on s.study_id = m.study_id
    join bench_country c on c.id = s.country_id
    join bench_facility f on f.id = s.facility_id
    join bench_study t on t.id = s.study_id
    where m.user_id = %s order by s.number"""
_TABLES = {"bench_site": "sites_site", "bench_country": "studies_studycountry", "bench_facility": "sites_facility",
           "bench_study": "studies_study"}  # fmt: skip


def workloads(database: str, sponsor: Sponsor) -> list[Workload]:
    """All 20,000 sites as a request lists them; and the statement alone for who manages five of the fifty studies.

    A request opens a transaction and reads its person's roles once, whatever it lists: a fixed cost that 20,000 rows
    dwarf and 2,000 do not. So the second workload is shown, statement and request apart, and only the first is judged.
    """
    app = psycopg.connect(embedded.dsn(logins.APP, database), autocommit=True)
    whole = _arms(app, sponsor, "everything")
    part = _arms(app, sponsor, "some")
    return [
        Workload("list of 20,000 sites, all seen", whole, "request", "raw join", "raw join", 1.5),
        Workload("list of 2,000 sites among 20,000", part, "statement", "raw join", "raw join", None),
    ]


def _arms(app: psycopg.Connection, sponsor: Sponsor, username: str) -> dict[str, Callable[[], object]]:
    user = User.objects.get(username=username)
    with at_work():
        listed = Site.objects.visible_to(user).order_by("number").values_list(*_COLUMNS)
        statement, values = listed.query.sql_with_params()

    def request() -> int:
        """Roles read anew, as by each request, and rows as Python values."""
        access.forget(user)
        with in_sponsor(sponsor.pk), at_work():
            return len(Site.objects.visible_to(user).order_by("number").values_list(*_COLUMNS))

    def scoped() -> int:
        with in_sponsor(sponsor.pk), at_work(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return len(cursor.fetchall())

    def joined() -> int:
        return len(app.execute(_JOIN, [user.pk], prepare=False).fetchall())  # as Django asks

    assert request() == scoped() == joined() > 0, "The arms do not find the same sites."
    return {"request": request, "statement": scoped, "raw join": joined}


def make_bare_tables(database: str, sponsor: Sponsor) -> None:
    """Bare copies of the tables, indexed for the join, and who is a member of which study."""
    with psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True) as owner:
        for copy, table in _TABLES.items():
            owner.execute(f"create table {copy} as select * from {table} where sponsor_id = %s", [sponsor.pk])
            owner.execute(f"alter table {copy} add primary key (id)")
        owner.execute("create index on bench_site (study_id)")
        owner.execute(
            "create table bench_membership (user_id bigint, study_id bigint, primary key (user_id, study_id))"
        )
        owner.execute(
            """insert into bench_membership
               select u.id, s.id from accounts_user u, bench_study s
               where u.username = 'everything' or u.username = 'some' and s.slug < 'STUDY-05'"""
        )
        for table in (*_TABLES, "bench_membership"):
            owner.execute(f"grant select on {table} to {logins.APP}")
        owner.execute("vacuum analyze")
