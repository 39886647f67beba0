"""Milestones of a study with all their series, and its baselines."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from ctms.api.fields import a_list, an_object
from ctms.api.lists import ListEndpoint
from ctms.api.records import RecordEndpoint
from ctms.milestones.models import Baseline, BaselineStatus
from ctms.milestones.views.pages import MilestoneList
from ctms.milestones.views.places import InMilestones
from ctms.web.columns import Column
from ctms.web.lists import ListView

_STUDY = {"study": ("The study's protocol number, as it stands in addresses.", "D3460C00002")}
_KEY = {**_STUDY, "pk": ("The record's key.", 1)}


class Milestones(ListEndpoint):
    """The milestones of a study, its countries and its sites: planned, baselined, forecast and reached"""

    tag = "Milestones"
    operations = {"GET": "list_milestones"}
    said = _STUDY
    lists = MilestoneList


class OneMilestone(RecordEndpoint):
    """One milestone"""

    tag = "Milestones"
    operations = {"GET": "read_milestone"}
    said = _KEY
    lists = MilestoneList


class BaselineFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label="Status", choices=BaselineStatus.choices)

    class Meta:
        model = Baseline
        fields: tuple[str, ...] = ()


def _plain(name: str, label: str, path: str = "", sort: str = "") -> Column:
    path = path or name
    return Column(name, label, lambda row: getattr(row, path, None), sort=(sort,) if sort else (), machine=path)


class BaselineList(InMilestones, ListView):
    title = "Baselines"
    noun = ("baseline", "baselines")
    columns = (
        _plain("place", "Of which place", "scope__label"),
        _plain("number", "Number", sort="number"),
        _plain("status", "Status", sort="status"),
        _plain("reason", "Why another one"),
        _plain("drawn_at", "Drawn up", sort="drawn_at"),
        _plain("drawn_by", "By", "drawn_by__username"),
    )
    filterset_class = BaselineFilter
    default_sort = "-drawn_at"
    file_name = "baselines"

    def rows(self) -> QuerySet[Baseline]:
        return Baseline.objects.visible_in(self.study, self.request.user)


class Baselines(ListEndpoint):
    """The baselines of a study and its sites"""

    tag = "Milestones"
    operations = {"GET": "list_baselines"}
    said = _STUDY
    lists = BaselineList


class OneBaseline(RecordEndpoint):
    """One baseline, with its days"""

    tag = "Milestones"
    operations = {"GET": "read_baseline"}
    said = _KEY
    lists = BaselineList
    more_schema = {
        "lines": a_list(an_object({
            "milestone": {"type": "integer", "description": "The milestone's key."},
            "code": {"type": "string"}, "place": {"type": "string"},
            "on": {"type": ["string", "null"], "format": "date"},
        }), description="What was to be reached when."),
    }  # fmt: skip

    def more(self, record: Baseline) -> dict[str, Any]:
        lines = record.lines.order_by("milestone__scope__path", "milestone__position")
        fields = ("milestone", "milestone__code", "milestone__scope__label", "on")
        names = ("milestone", "code", "place", "on")
        return {"lines": [dict(zip(names, line, strict=True)) for line in lines.values_list(*fields)]}
