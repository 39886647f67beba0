"""W3: saving a visit report of 40 answers of which 10 changed, against two set statements without trail or rules."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
from django.db import transaction
from psycopg import sql

from bench.arms import Workload
from bench.population import DAY, add_person, at_work
from ctms.accounts.models import Organisation, Sponsor, User
from ctms.accounts.roles import Role
from ctms.core.acting import Channel, acting, in_sponsor
from ctms.run import embedded, logins
from monitoring.models import MonitoringVisit, ReportAnswer, ReportTemplate
from monitoring.rules import questions, shipped_template, template_hash
from monitoring.services.reports import Given, save_answers
from sites.models import Site

ANSWERS, CHANGED = 40, 10
AT = datetime(2024, 1, 8, 12, tzinfo=UTC)
_TWO = (
    "update {visits} set rounds = rounds where id = %s",
    """update {answers} a set answer = g.answer, comment = g.comment, version = a.version + 1
       from unnest(%s::text[], %s::text[], %s::text[]) as g(code, answer, comment)
       where a.visit_id = %s and a.code = g.code and (a.answer, a.comment) is distinct from (g.answer, g.comment)""",
)


def workload(database: str, sponsor: Sponsor) -> Workload:
    """The service's one call, and what it cannot do without: the report is held, the answers that differ are set."""
    with in_sponsor(sponsor.pk), at_work():
        site = Site.objects.select_related("scope").earliest("pk")
        add_person(sponsor, Organisation.objects.get(), "monitor", Role.CRA, [site.scope])
        monitor = User.objects.get(username="monitor")
        visit, codes = _visit(sponsor, site, monitor)
    owner = psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True)
    for table in ("monitoring_monitoringvisit", "monitoring_reportanswer"):
        _copy(owner, table)
    app = psycopg.connect(embedded.dsn(logins.APP, database), autocommit=True)
    names = {"visits": sql.Identifier("bench_monitoringvisit"), "answers": sql.Identifier("bench_reportanswer")}
    hold, change = (sql.SQL(text).format(**names) for text in _TWO)
    turn = {"saved": 0, "set": 0}
    versions = dict.fromkeys(codes, 0)

    def words(kind: str) -> list[str]:
        turn[kind] += 1
        return [f"Turn {turn[kind]}" if position < CHANGED else "As planned" for position in range(ANSWERS)]

    def saved() -> None:
        given = [Given(code, "Y", said, "", versions[code]) for code, said in zip(codes, words("saved"), strict=True)]
        why = acting(monitor, reason="Writing a visit report", channel=Channel.WEB)
        with in_sponsor(sponsor.pk), why, transaction.atomic():
            done = save_answers(visit=visit, answers=given, by=monitor, at=AT)
        assert not done.overtaken
        versions.update(done.versions)

    def two_statements() -> None:
        with app.transaction():
            app.execute(hold, [visit.pk])
            app.execute(change, [codes, ["Y"] * ANSWERS, words("set"), visit.pk])

    arms: dict[str, Callable[[], object]] = {"saved": saved, "two set statements": two_statements}
    return Workload(
        "report save, 10 of 40 answers changed", arms, "saved", "two set statements", "two set statements", 3.0
    )


def _visit(sponsor: Sponsor, site: Site, monitor: User) -> tuple[MonitoringVisit, list[str]]:
    content = shipped_template()
    template = ReportTemplate.objects.create(
        sponsor=sponsor, code=content["code"], version=content["version"], title=content["title"], content=content,
        content_sha256=template_hash(content), taken_at=AT,
    )  # fmt: skip
    visit = MonitoringVisit.objects.create(
        sponsor=sponsor, study_id=site.study_id, site=site, type="IMV", number=1, label="IMV 1", status="DRAFT",
        monitor=monitor, planned_on=DAY, trigger="Bench", rationale="Bench", starts_on=DAY, ends_on=DAY,
        template=template,
    )  # fmt: skip
    codes = [code for code, question in questions(content, "IMV").items() if "Y" in question.options][:ANSWERS]
    assert len(codes) == ANSWERS
    ReportAnswer.objects.bulk_create([
        ReportAnswer(
            sponsor=sponsor, study_id=site.study_id, site=site, visit=visit, code=code, position=position, answer="Y",
            comment="As planned",
        )
        for position, code in enumerate(codes)
    ])  # fmt: skip
    return visit, codes


def _copy(owner: psycopg.Connection, table: str) -> None:
    names = {
        "copy": sql.Identifier(table.replace("monitoring_", "bench_")), "table": sql.Identifier(table),
        "app": sql.Identifier(logins.APP),
    }  # fmt: skip
    owner.execute(sql.SQL("create table {copy} (like {table} including all)").format(**names))
    owner.execute(sql.SQL("insert into {copy} overriding system value select * from {table}").format(**names))
    owner.execute(sql.SQL("grant select, insert, update on {copy} to {app}").format(**names))
    owner.execute(sql.SQL("vacuum analyze {copy}").format(**names))
    owner.execute(sql.SQL("vacuum analyze {table}").format(**names))
