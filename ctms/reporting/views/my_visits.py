"""A monitor's day: what is to be prepared, written and followed up, and how their sites stand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.core import clock
from ctms.core.metrics import read
from ctms.desk.queries import due_words
from ctms.studies.models import Study
from ctms.web.places import InSponsor, PageRequest, Place
from enrollment import metrics as subjects
from monitoring import metrics as monitoring
from monitoring.columns import visit_tone
from monitoring.filters import SOON, STAGES
from monitoring.models import FollowUpItem, FollowUpStatus, Letter, LetterKind, MonitoringVisit
from sites.columns import status_tone
from sites.filters import STAGES as SITE_STAGES
from sites.models import Site

AUTHOR = "monitoring.author_tripreport"
_OF_A_STUDY = (
    monitoring.MY_VISITS_SOON, monitoring.MY_DRAFTS, monitoring.MY_REPORTS_LATE, monitoring.OPEN_FOLLOW_UPS,
    monitoring.LATE_FOLLOW_UPS,
)  # fmt: skip
_SOON_VISITS, _OPEN_ITEMS = map(_OF_A_STUDY.index, (monitoring.MY_VISITS_SOON, monitoring.OPEN_FOLLOW_UPS))
_OF_A_SITE = {
    subjects.ENROLLED: "Enrolled", monitoring.OPEN_FOLLOW_UPS: "Open items", monitoring.LATE_FOLLOW_UPS: "Overdue"
}  # fmt: skip
_MOST_SITES, _MOST_VISITS, _MOST_ITEMS = 25, 40, 12
_SITE_COLUMNS = (
    {"label": "Site"}, {"label": "Status"}, *({"label": label, "kind": "number"} for label in _OF_A_SITE.values()),
    {"label": "Last visit", "kind": "date"}, {"label": "Next visit", "kind": "date"},
)  # fmt: skip
_VISIT_COLUMNS = (
    {"label": "Visit"}, {"label": "When", "kind": "date"}, {"label": "Status"}, {"label": "Confirmation letter"},
    {"label": ""},
)  # fmt: skip


class MyVisits(InSponsor):
    """For who writes visit reports somewhere."""

    page = "my-visits"
    title = "My visits"

    def may_enter(self) -> bool:
        return access.may_somewhere(self.request.user, AUTHOR)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with clock.one_moment():
            context = self.context()
        return TemplateResponse(request, "reporting/my_visits.html", context)

    @cached_property
    def today(self) -> date:
        return clock.today()

    def context(self) -> dict[str, Any]:
        user = self.request.user
        studies = list(Study.objects.visible_to(user).select_related("scope").order_by("protocol_no"))
        self.request.place = replace(self.place, studies=studies)
        sites = list(self._sites()[: _MOST_SITES + 1])
        of_studies = [Place(self.sponsor, study) for study in studies]
        of_sites = [Place(self.sponsor, site.study, site.country, site) for site in sites[:_MOST_SITES]]
        facts: dict[Any, Any] = {}
        wanted = tuple(dict.fromkeys((*_OF_A_STUDY, *_OF_A_SITE)))
        rows = read(wanted, [*of_studies, *of_sites], user, facts) if studies else []
        own = list(self._own_visits())
        return {
            "studies": [
                {
                    "study": place.study,
                    "readings": row[: len(_OF_A_STUDY)],
                    "visits_url": row[_SOON_VISITS].url,
                    "items_url": row[_OPEN_ITEMS].url,
                }
                for place, row in zip(of_studies, rows, strict=False)
            ],
            "ahead": [self._ahead(one) for one in own[:_MOST_VISITS] if not one.has_report],
            "has_more_visits": len(own) > _MOST_VISITS,
            "visit_columns": _VISIT_COLUMNS,
            "drafts": [self._draft(one) for one in own[:_MOST_VISITS] if one.has_report],
            "sites": [
                self._site(place.site, {one.metric: one for one in row})
                for place, row in zip(of_sites, rows[len(studies) :], strict=True)
            ],
            "site_columns": _SITE_COLUMNS,
            "site_readings": self._sources(rows[-1]) if of_sites else [],
            "is_cut": len(sites) > _MOST_SITES,
            **self._items(),
        }

    def _sites(self) -> QuerySet[Any]:
        """The sites where this person may write reports, from selection to closure; those they visit first."""
        paths = access.held_at(self.request.user, AUTHOR)
        stages = (*SITE_STAGES["starting"][1], *SITE_STAGES["active"][1], *SITE_STAGES["closing"][1])
        sites = Site.objects.visible_to(self.request.user).filter(
            access.within(paths, "scope__path"), operational_status__in=stages
        )
        standing = Q(monitoring_visits__status__in=STAGES["ahead"][1])
        made = ~Q(monitoring_visits__status__in=STAGES["gone"][1])
        named = sites.select_related("study__scope", "country", "facility").annotate(
            last_visit=Max("monitoring_visits__ends_on", filter=made),
            next_visit=Min("monitoring_visits__planned_on", filter=standing),
            is_own=Exists(MonitoringVisit.objects.filter(site=OuterRef("pk"), monitor=self.request.user)),
        )
        return named.order_by("-is_own", "study", "number")

    def _own_visits(self) -> QuerySet[Any]:
        """Visits to make within a month or overdue, and reports to write."""
        near = Q(status__in=STAGES["ahead"][1], planned_on__lte=self.today + SOON)
        visits = MonitoringVisit.objects.visible_to(self.request.user).filter(
            near | Q(status__in=STAGES["writing"][1]), monitor=self.request.user
        )
        letters = Letter.objects.filter(kind=LetterKind.CONFIRMATION, replaced=False).only("visit_id", "sent_on")
        named = visits.select_related("site__facility", "study").defer("snapshot")
        with_letters = named.prefetch_related(Prefetch("letters", letters, to_attr="confirmations"))
        return with_letters.order_by("planned_on", "pk")[: _MOST_VISITS + 1]

    def _url(self, name: str, study: Study, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, study.slug, *more])

    def _ahead(self, visit: Any) -> dict[str, Any]:
        due, tone = due_words(visit.planned_on, self.today)
        letter = next(iter(visit.confirmations), None)
        return {
            "label": visit.label,
            "place": f"{visit.site.number} {visit.site.facility.city}",
            "url": self._url("trip", visit.study, visit.site.number, visit.pk),
            "due": due,
            "late": tone == "bad",
            "status": visit.get_status_display(),
            "tone": visit_tone(visit.status),
            "letter_url": self._url("letter", visit.study, visit.site.number, visit.pk, letter.pk) if letter else "",
            "letter_sent": letter.sent_on if letter else None,
            "action": "Prepare" if letter else "Confirm",
        }

    def _draft(self, visit: Any) -> dict[str, Any]:
        due, tone = due_words(visit.report_due_on, self.today)
        since = visit.ends_on or visit.starts_on
        age = f"{(self.today - since).days} d old, " if since else ""
        return {
            "tone": tone or "info",
            "text": f"{visit.label}, {visit.site.number} {visit.site.facility.city}",
            "url": self._url("trip-report", visit.study, visit.site.number, visit.pk),
            "due": due,
            "due_tone": tone,
            "meta": f"{age}{visit.get_status_display().lower()}",
        }

    def _site(self, site: Any, readings: dict[Any, Any]) -> dict[str, Any]:
        return {
            "number": site.number,
            "city": site.facility.city,
            "url": self._url("site", site.study, site.number),
            "status": site.get_operational_status_display(),
            "tone": status_tone(site.operational_status),
            "readings": [(readings[metric], label) for metric, label in _OF_A_SITE.items()],
            "last": site.last_visit,
            "next": site.next_visit,
        }

    def _sources(self, readings: Iterable[Any]) -> list[tuple[Any, str]]:
        """One reading for each number in the table of sites, in its order: where the column comes from."""
        known = {one.metric: one for one in readings}
        return [(known[metric], label) for metric, label in _OF_A_SITE.items()]

    def _items(self) -> dict[str, Any]:
        """The open follow-up items of these sites that are due first, site by site, and whether there are more."""
        paths = access.held_at(self.request.user, AUTHOR)
        items = FollowUpItem.objects.visible_to(self.request.user).filter(
            access.within(paths, "site__scope__path"), status=FollowUpStatus.OPEN
        )
        open_items = list(items.select_related("site__facility", "study").order_by("due_on", "pk")[: _MOST_ITEMS + 1])
        first = open_items[:_MOST_ITEMS]
        first.sort(key=lambda one: (one.site.number, one.due_on))
        by_site = [(site, list(theirs)) for site, theirs in groupby(first, key=lambda one: one.site)]
        return {
            "items": [
                {
                    "site": site,
                    "url": self._url("site", theirs[0].study, site.number),
                    "items": [self._item(one) for one in theirs],
                }
                for site, theirs in by_site
            ],
            "has_more_items": len(open_items) > _MOST_ITEMS,
        }

    def _item(self, item: FollowUpItem) -> dict[str, str]:
        due, tone = due_words(item.due_on, self.today)
        return {
            "tone": tone or "info",
            "text": f"{item}: {item.text}",
            "url": self._url("follow-up", item.study, item.site.number, item.number),
            "due": due,
            "due_tone": tone,
            "meta": f"{item.get_severity_display()}, {item.get_owner_display().lower()}",
        }
