"""What enrollment knows of a site, for the report of a visit there: subjects, visits, discrepancies, no numbers."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Max, Q, Sum

from ctms.core.metrics import LIVE, NOT_YET
from ctms.core.protocols import SiteFact
from ctms.integrations import registry
from ctms.integrations.registry import Domain
from enrollment.filters import COUNTED_AS
from enrollment.models import MILESTONES, STANDING, Discrepancy, EnrolledDefinition, Subject, SubjectVisit
from enrollment.queries import enrolled_by, visit_states
from enrollment.sides import sides_of
from sites.models import Site

_COUNTS = ("consented", "in_screening", "screen_failed", "enrolled", "completed", "withdrawn", "lost")


def known_of(site: Site, at: datetime) -> Iterator[SiteFact]:
    """Each fact with the system that says it and of when that is; nothing where no system was ever connected."""
    sides, masters = sides_of(site.study), registry.masters(site.study.scope)
    subjects = Subject.objects.filter(site=site).exclude(status="DELETED")
    if not sides.connections and not subjects.exists():
        return

    def told(label: str, value: str, domain: Domain) -> SiteFact:
        kind = masters[domain]
        as_of = sides.as_of.get(kind)
        return SiteFact(label, value, kind.label, _when(as_of) if as_of else NOT_YET)

    some = subjects.aggregate(
        **{name: Count("pk", filter=COUNTED_AS[name][1]) for name in _COUNTS},
        treated=Count("pk", filter=Q(status="ON_TREATMENT")), newest=Max("enrolled_on"),
    )  # fmt: skip
    milestone = enrolled_by(site.study)
    means = EnrolledDefinition.CHOICES[milestone]
    yield told("Subjects consented", str(some["consented"]), Domain.CONSENT)
    yield told("In screening", str(some["in_screening"]), Domain.SCREENING)
    yield told("Screen failed", str(some["screen_failed"]), Domain.SCREENING)
    newest = f", the last on {some['newest']:%-d %b %Y}" if some["newest"] else ""
    yield told(f"Enrolled, from {means} on", f"{some['enrolled']}{newest}", MILESTONES[milestone])
    yield told("On treatment", str(some["treated"]), Domain.DISPENSING)
    yield told("Completed", str(some["completed"]), Domain.COMPLETION)
    yield told("Withdrawn, or lost to follow-up", str(some["withdrawn"] + some["lost"]), Domain.COMPLETION)
    visits = SubjectVisit.objects.filter(subject__in=subjects)
    states = visit_states(visits, on=site.today(at)).aggregate(
        missed=Count("pk", filter=Q(state="MISSED")), due=Count("pk", filter=Q(state="DUE")),
        late=Count("pk", filter=Q(state="OUT_OF_WINDOW")), done=Count("pk", filter=Q(done_on__isnull=False)),
        unentered=Count("pk", filter=Q(done_on__isnull=False, entered=False)),
        unverified=Count("pk", filter=Q(done_on__isnull=False, entered=True, verified=False)),
        queries=Sum("open_queries"),
    )  # fmt: skip
    words = f"{states['done']} took place, {states['late']} of them out of their window"
    yield told("Visits of subjects", words, Domain.VISITS)
    yield told("Visits overdue", f"{states['missed']} past their window, {states['due']} due now", Domain.VISITS)
    words = f"{states['unentered']} visits not entered, {states['unverified']} entered and not verified"
    yield told("Data", words, Domain.CLINICAL_DATA)
    yield told("Open queries", str(states["queries"] or 0), Domain.CLINICAL_DATA)
    differ = Discrepancy.objects.filter(site=site, status__in=STANDING).count()
    yield SiteFact("Discrepancies between systems", f"{differ} not put right", LIVE.system, _when(at))


def _when(at: datetime) -> str:
    return f"{at:%-d %b %Y %H:%M} UTC"
