"""The numbers this room declares. Each equals the count of the list it leads to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core.metrics import LIVE, Metric, Source
from ctms.web.places import Place
from sites.counting import Group, groups_at, inside, total
from sites.filters import STAGES
from sites.models import EnrollmentStatus, Site, StartUpItem
from sites.startup.checklist import asked_now, open_items, overdue
from sites.startup.parties import OURS, holder_of


def sites_within(place: Place, user: Any) -> QuerySet[Site]:
    """The sites of the sponsor, study or country that this person may see."""
    sites: QuerySet[Site] = Site.objects.visible_to(user)
    if place.country is not None:
        return sites.filter(country=place.country)
    if place.study is not None:
        return sites.filter(study=place.study)
    return sites


@dataclass(frozen=True, slots=True)
class _Group:
    """So many sites alike."""

    study: int
    country: int
    status: str
    enrollment: str
    number: int

    def lies_in(self, place: Place) -> bool:
        if place.country is not None:
            return bool(self.country == place.country.pk)
        return place.study is None or bool(self.study == place.study.pk)


def _groups(places: Sequence[Place], user: Any) -> list[list[_Group]]:
    """The sites of each place in groups of the same country and statuses; one statement for all places."""
    sites = Site.objects.visible_to(user).filter(study__in={place.study.pk for place in places})
    by = ("study", "country", "operational_status", "enrollment_status")
    groups = [_Group(*row) for row in sites.order_by().values_list(*by).annotate(Count("id"))]
    return [[group for group in groups if group.lies_in(place)] for place in places]


def facts_of(sites: Iterable[Site], places: Sequence[Place]) -> dict[Any, Any]:
    """What `read` would ask of these places, where all of their sites were read already."""
    groups = [_Group(one.study_id, one.country_id, one.operational_status, one.enrollment_status, 1) for one in sites]
    return {_groups: [[group for group in groups if group.lies_in(place)] for place in places]}


def _sum_where(condition: Callable[[_Group], bool]) -> Callable[[list[_Group]], tuple[int, Source]]:
    return lambda groups: (sum(group.number for group in groups if condition(group)), LIVE)


def _list(place: Place, **query: str) -> str:
    arguments = [place.sponsor.code, place.study.slug]
    if place.country is not None:
        address = reverse("country-sites", args=[*arguments, place.country.country.lower()])
    else:
        address = reverse("sites", args=arguments)
    return f"{address}?{urlencode(query)}" if query else address


def _stage(stage: str, label: str, definition: str) -> Metric:
    pick = _sum_where(lambda group: group.status in STAGES[stage][1])
    return Metric(
        f"sites.{stage}", label, definition, _groups, pick, lambda place: _list(place, stage=stage), generated=True
    )


TOTAL = Metric(
    "sites.total", "Sites", "All sites ever listed for the study, whatever their status.",
    _groups, _sum_where(lambda group: True), _list,
)  # fmt: skip
CANDIDATES = _stage(
    "candidate", "Candidates", "Sites on the way from identified to the end of the qualification visit."
)
STARTING = _stage("starting", "In start-up", "Sites selected but not activated yet, and not dropped.")
ACTIVATED = _stage(
    "active", "Activated", "Sites whose status is activated: open, on hold or closed to enrollment alike."
)
CLOSING = _stage("closing", "Closing or closed", "Sites in close-out, closed or archived.")
OUT = _stage(
    "out",
    "Not taking part",
    "Sites that declined, were not selected, are backup, dropped, terminated or not to be used.",
)
ENROLLING = Metric(
    "sites.enrolling", "Open for enrollment", "Sites whose enrollment status is open.",
    _groups, _sum_where(lambda group: group.enrollment == EnrollmentStatus.OPEN),
    lambda place: _list(place, enrollment=EnrollmentStatus.OPEN), generated=True,
)  # fmt: skip


def _open_items(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """Open items by holder and lateness."""
    rows: Any = open_items(asked_now(StartUpItem.objects.visible_to(user)))
    looked_at = rows.annotate(holder=holder_of(), is_late=Q(overdue()))
    return groups_at(looked_at, places, "holder", "is_late", country="country")


def _item_list(**query: str) -> Callable[[Place], str]:
    def address(place: Place) -> str:
        asked = urlencode(query | inside(place))
        return f"{reverse('startup-items', args=[place.sponsor.code, place.study.slug])}?{asked}"

    return address


OPEN_ITEMS = Metric(
    "sites.startup_open", "Open items",
    "Start-up items not settled yet, of the study, its countries, and sites between start-up and activation.",
    _open_items, total(), _item_list(state="open"), generated=True,
)  # fmt: skip
LATE_ITEMS = Metric(
    "sites.startup_late", "Late items", "Open start-up items that somebody has, and whose expected day has passed.",
    _open_items, total(lambda holder, is_late: is_late), _item_list(state="late"), generated=True,
)  # fmt: skip
ITEMS_WITH_US = Metric(
    "sites.startup_with_us", "Waiting on us", "Open start-up items that sponsor, CRO or a vendor have.",
    _open_items, total(lambda holder, is_late: holder in OURS), _item_list(state="open", holder="us"),
    generated=True,
)  # fmt: skip
ITEMS_WITH_OTHERS = Metric(
    "sites.startup_with_others", "Waiting on site or authority",
    "Open start-up items that a site, an authority or an ethics committee have.",
    _open_items, total(lambda holder, is_late: holder is not None and holder not in OURS),
    _item_list(state="open", holder="others"), generated=True,
)  # fmt: skip
