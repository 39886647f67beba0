"""Lists that have no page of their own yet, declared as the pages' are."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from ctms.accounts.models import Assignment
from ctms.accounts.roles import Role
from ctms.studies.models import ScheduleStatus, Study, VisitSchedule
from ctms.studies.pages import InStudy
from ctms.web.columns import Column
from ctms.web.lists import ListView
from ctms.web.places import InSponsor
from sites.models import EvidenceCode, PersonnelRole, SiteEvidence, SitePersonnel, SiteStatusEvent
from sites.pages import InSite


def _plain(name: str, label: str, path: str = "", sort: str = "") -> Column:
    """A column whose value is a field."""
    path = path or name
    return Column(name, label, lambda row: getattr(row, path, None), sort=(sort,) if sort else (), machine=path)


class StudyFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Protocol number, acronym or title")

    class Meta:
        model = Study
        fields: tuple[str, ...] = ()

    def search(self, studies: QuerySet[Study], name: str, value: str) -> QuerySet[Study]:
        return studies.filter(Q(protocol_no__icontains=value) | Q(acronym__icontains=value) | Q(title__icontains=value))


class StudyList(InSponsor, ListView):
    title = "Studies"
    noun = ("study", "studies")
    columns = (
        _plain("study", "As it stands in addresses", "slug", "slug"),
        _plain("protocol_no", "Protocol number", sort="protocol_no"),
        *(_plain(name, name.replace("_", " ").capitalize()) for name in (
            "acronym", "title", "official_title", "nct_id", "eu_ct_no", "study_type", "phase", "masking",
            "start", "start_kind", "primary_completion", "primary_completion_kind", "completion", "completion_kind",
            "planned_enrollment", "under_ind", "covered_study",
        )),
        _plain("programme", "Programme", "programme__code"),
    )  # fmt: skip
    filterset_class = StudyFilter
    default_sort = "study"
    file_name = "studies"

    def rows(self) -> QuerySet[Study]:
        return Study.objects.visible_to(self.request.user)


class ScheduleFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label="Status", choices=ScheduleStatus.choices)

    class Meta:
        model = VisitSchedule
        fields: tuple[str, ...] = ()


class ScheduleList(InStudy, ListView):
    title = "Visit schedules"
    noun = ("version", "versions")
    columns = (
        _plain("number", "Version", sort="number"),
        _plain("status", "Status"),
        _plain("source_study", "Source study"),
        _plain("content_sha256", "Content"),
        _plain("protocol_version", "Protocol version", "protocol_version__version"),
    )
    filterset_class = ScheduleFilter
    default_sort = "-number"
    file_name = "schedules"

    def rows(self) -> QuerySet[VisitSchedule]:
        return VisitSchedule.objects.visible_to(self.request.user).filter(study=self.study)


class EvidenceFilter(django_filters.FilterSet):
    code = django_filters.ChoiceFilter(label="Fact", choices=EvidenceCode.choices)
    standing = django_filters.BooleanFilter(method="stands", label="true: what holds; false: what does not")

    class Meta:
        model = SiteEvidence
        fields: tuple[str, ...] = ()

    def stands(self, evidence: QuerySet[SiteEvidence], name: str, value: bool) -> QuerySet[SiteEvidence]:
        holds = Q(replaced_by=None, withdrawn=False)
        return evidence.filter(holds) if value else evidence.exclude(holds)


class EvidenceList(InSite, ListView):
    title = "Evidence"
    noun = ("fact", "facts")
    columns = (
        _plain("code", "Fact"),
        _plain("occurred_on", "Day of the fact"),
        _plain("reference", "Where the proof is"),
        _plain("note", "Note"),
        _plain("recorded_at", "Recorded", sort="recorded_at"),
        _plain("recorded_by", "By", "recorded_by__username"),
        _plain("replaces", "Replaces", "replaces_id"),
        _plain("replaced_by", "Replaced by", "replaced_by__id"),
        _plain("withdrawn", "Withdrawn"),
    )
    filterset_class = EvidenceFilter
    default_sort = "-recorded_at"
    file_name = "evidence"

    def rows(self) -> QuerySet[SiteEvidence]:
        return SiteEvidence.objects.visible_to(self.request.user).filter(site=self.site)


class EventFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(label="Kind", choices=SiteStatusEvent.Kind.choices)

    class Meta:
        model = SiteStatusEvent
        fields: tuple[str, ...] = ()


class EventList(InSite, ListView):
    title = "Changes of status"
    noun = ("event", "events")
    columns = (
        *(_plain(name, name.replace("_", " ").capitalize()) for name in (
            "kind", "move", "from_status", "to_status", "effective_on", "reason_code", "reason",
        )),
        _plain("recorded_at", "Recorded", sort="recorded_at"),
        _plain("recorded_by", "By", "recorded_by__username"),
        _plain("corrects", "Corrects", "corrects_id"),
    )  # fmt: skip
    filterset_class = EventFilter
    default_sort = "-recorded_at"
    file_name = "events"

    def rows(self) -> QuerySet[SiteStatusEvent]:
        return SiteStatusEvent.objects.visible_to(self.request.user).filter(site=self.site)


class PersonnelFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(label="Role", choices=PersonnelRole.choices)
    current = django_filters.BooleanFilter(field_name="ends_on", lookup_expr="isnull", label="true: has no last day")

    class Meta:
        model = SitePersonnel
        fields: tuple[str, ...] = ()


class PersonnelList(InSite, ListView):
    title = "People at the site"
    noun = ("person", "people")
    columns = (
        _plain("person", "Person", "person_id"),
        _plain("name", "Name", "person__name", "person__name"),
        _plain("role", "Role", sort="role"),
        _plain("starts_on", "From"),
        _plain("ends_on", "Until"),
    )
    filterset_class = PersonnelFilter
    default_sort = "name"
    file_name = "personnel"

    def rows(self) -> QuerySet[SitePersonnel]:
        return SitePersonnel.objects.visible_to(self.request.user).filter(site=self.site)


class AssignmentFilter(django_filters.FilterSet):
    user = django_filters.CharFilter(field_name="user__username", label="User name")
    role = django_filters.ChoiceFilter(label="Role", choices=Role.choices)
    on = django_filters.DateFilter(method="held", label="Held on this day")

    class Meta:
        model = Assignment
        fields: tuple[str, ...] = ()

    def held(self, assignments: QuerySet[Assignment], name: str, value: Any) -> QuerySet[Assignment]:
        return assignments.filter(Q(ends_on=None) | Q(ends_on__gte=value), starts_on__lte=value)


class AssignmentList(InSponsor, ListView):
    title = "Roles held"
    noun = ("role", "roles")
    columns = (
        _plain("user", "User name", "user__username", "user__username"),
        _plain("name", "Name", "user__full_name"),
        _plain("role", "Role", sort="role"),
        _plain("scope", "Where", "scope__label"),
        _plain("scope_kind", "Kind of place", "scope__kind"),
        _plain("starts_on", "From", sort="starts_on"),
        _plain("ends_on", "Until"),
        _plain("granted_by", "Granted by", "granted_by__username"),
    )
    filterset_class = AssignmentFilter
    default_sort = "user"
    file_name = "assignments"

    def rows(self) -> QuerySet[Assignment]:
        return Assignment.objects.visible_to(self.request.user)
