"""W1: the counts of a study's overview, from base and deltas, against an index-only GROUP BY over its subjects.

The floor counts the subjects of each site by status, in an index that holds nothing else. Ours reads every count that
the overview shows, of the study, its countries and its sites, as a request does. Two studies, one with ten times the
subjects of the other; a part of each site's counts is not folded yet.
"""

from collections.abc import Callable, Iterator

import psycopg
from django.db import connection

from bench.arms import Workload
from bench.population import at_work
from ctms.accounts import access
from ctms.accounts.models import Sponsor, User
from ctms.core.acting import in_sponsor
from ctms.run import embedded, logins
from ctms.studies.models import Study
from enrollment.models import COUNTED
from enrollment.queries import subject_counts
from sites.models import Site

SIZES = {"small": 50_000, "full": 100_000}
TIMES, TURNS = 10, 5
_SUBJECTS = """
    insert into enrollment_subject (sponsor_id, study_id, partition, number, site_id, status, consented_on,
        randomised_on, enrolled_on, screen_failed_on, sources, source_as_of)
    select %(sponsor)s, %(study)s, 'BLINDED', 'O-' || lpad(n::text, 7, '0'), (%(sites)s::bigint[])[1 + n %% %(many)s],
        case n %% 4 when 0 then 'SCREEN_FAILED' when 1 then 'CONSENTED' else 'RANDOMISED' end, date '2024-01-08',
        case when n %% 4 > 1 then date '2024-01-22' end, case when n %% 4 > 1 then date '2024-01-22' end,
        case when n %% 4 = 0 then date '2024-01-20' end, '{}', now()
    from generate_series(1, %(size)s) n"""
_NAMES = ", ".join(COUNTED)
_COUNTS = ", ".join(f"count(*) filter (where {rule})" for rule in COUNTED.values())
_KEPT = f"""
    insert into {{table}} (sponsor_id, study_id, site_id, {_NAMES})
    select sponsor_id, study_id, site_id, {_COUNTS} from enrollment_subject
    where study_id = %(study)s and number {{part}} 'O-' || lpad(%(folded)s::text, 7, '0') group by 1, 2, 3"""
_FLOOR = "select site_id, status, count(*) from enrollment_subject where study_id = %s group by 1, 2"


class Two:
    """A study with so many subjects, and one with ten times as many, at 400 sites each."""

    def __init__(self, database: str, sponsor: Sponsor, size: int) -> None:
        self.sponsor, self.user = sponsor, User.objects.get(username="everything")
        with in_sponsor(sponsor.pk), at_work():
            self.few, self.many = Study.objects.select_related("scope").order_by("pk")[3:5]
            self._fill(database, self.few, size)
            self._fill(database, self.many, size * TIMES)

    def _fill(self, database: str, study: Study, size: int) -> None:
        """As the owner, at once: what triggers keep is measured with the feeds."""
        sites = list(Site.objects.filter(study=study).order_by("pk").values_list("pk", flat=True))
        said = {"sponsor": self.sponsor.pk, "study": study.pk, "size": size, "sites": sites, "many": len(sites),
                "folded": size * 19 // 20}  # fmt: skip
        with psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True) as owner:
            owner.execute("alter table enrollment_subject disable trigger user")
            owner.execute(_SUBJECTS, said)
            owner.execute("alter table enrollment_subject enable trigger user")
            owner.execute(_KEPT.format(table="enrollment_sitecount", part="<="), said)
            owner.execute(_KEPT.format(table="enrollment_countdelta", part=">"), said)
            keys = "sponsor_id, study_id, site_id, status"
            owner.execute(f"create index if not exists bench_overview on enrollment_subject ({keys})")
            owner.execute("vacuum analyze enrollment_subject, enrollment_sitecount, enrollment_countdelta")

    def overview(self, study: Study) -> Callable[[], int]:
        def once() -> int:
            """What the metrics of subjects are picked from, at study, countries and sites alike; roles read anew."""
            access.forget(self.user)
            with in_sponsor(self.sponsor.pk), at_work():
                rows = subject_counts(Site.objects.visible_to(self.user).filter(study=study))
            countries: dict[int, int] = {}
            for row in rows:
                countries[row["country"]] = countries.get(row["country"], 0) + row["subjects"]
            return sum(countries.values())

        return lambda: max(once() for _ in range(TURNS))

    def floor(self, study: Study) -> Callable[[], int]:
        def once() -> int:
            with in_sponsor(self.sponsor.pk), at_work(), connection.cursor() as cursor:
                cursor.execute(_FLOOR, [study.pk])
                return sum(number for _, _, number in cursor.fetchall())

        return lambda: max(once() for _ in range(TURNS))


def workloads(database: str, sponsor: Sponsor, size: str) -> Iterator[Workload]:
    number = SIZES[size]
    two = Two(database, sponsor, number)
    arms = {
        "overview": two.overview(two.few), "overview at ten times": two.overview(two.many),
        "index-only group by": two.floor(two.few), "group by at ten times": two.floor(two.many),
    }  # fmt: skip
    assert arms["overview"]() == arms["index-only group by"]() == number, "The arms do not count the same."
    assert arms["overview at ten times"]() == arms["group by at ten times"]() == TIMES * number
    few, many = "overview", "overview at ten times"
    floor = "group by at ten times"
    yield Workload(f"counts of an overview of {TIMES * number:,} subjects", arms, many, floor, floor, 0.35)
    yield Workload(f"the same of {number:,} and of {TIMES * number:,}", arms, many, few, floor, 1.2)
