"""Site: three separate statuses, and the events that moved them."""

from datetime import date, datetime, timedelta, timezone
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, Standing, StudyOwned
from ctms.core.trail.history import Reason
from sites.models.evidence import SiteEvidence


class OperationalStatus(models.TextChoices):
    """Where the site stands on its way through the study. One path, and exits."""

    IDENTIFIED = "IDENTIFIED", "Identified"
    CONTACTED = "CONTACTED", "Contacted"
    CDA_PENDING = "CDA_PENDING", "CDA pending"
    CDA_EXECUTED = "CDA_EXECUTED", "CDA executed"
    FEASIBILITY_SENT = "FEASIBILITY_SENT", "Feasibility sent"
    FEASIBILITY_RECEIVED = "FEASIBILITY_RECEIVED", "Feasibility received"
    SQV_PLANNED = "SQV_PLANNED", "SQV planned"
    SQV_DONE = "SQV_DONE", "SQV done"
    SELECTED = "SELECTED", "Selected"
    START_UP = "START_UP", "Start-up"
    SIV_READY = "SIV_READY", "Ready for SIV"
    INITIATED = "INITIATED", "Initiated"
    ACTIVATED = "ACTIVATED", "Activated"
    CLOSE_OUT = "CLOSE_OUT", "Close-out"
    CLOSED = "CLOSED", "Closed"
    ARCHIVED = "ARCHIVED", "Archived"
    DECLINED = "DECLINED", "Declined"
    NOT_SELECTED = "NOT_SELECTED", "Not selected"
    DO_NOT_USE = "DO_NOT_USE", "Do not use"
    BACKUP = "BACKUP", "Backup"
    DROPPED = "DROPPED", "Dropped"
    TERMINATED = "TERMINATED", "Terminated"


class EnrollmentStatus(models.TextChoices):
    """Whether the site may take subjects in. Its own field: an activated site can be on hold."""

    NOT_OPEN = "NOT_OPEN", "Not open"
    OPEN = "OPEN", "Open"
    ON_HOLD = "ON_HOLD", "On hold"
    CLOSED = "CLOSED", "Closed"


def all_statuses() -> list[tuple[str, str]]:
    """An event's status is of either kind; their codes do not contradict each other."""
    return list(dict([*OperationalStatus.choices, *EnrollmentStatus.choices]).items())


class Site(StudyOwned):
    """A study site: one investigator's place in one study. Its hospital is a Facility; CDISC SITEID is `number`."""

    known_by: ClassVar[str] = "number"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "sites.view_site"
    standing: ClassVar[Q] = Q(voided=False)

    scope = models.OneToOneField("accounts.Scope", models.PROTECT, db_constraint=False, related_name="site")
    country = TenantKey("studies.StudyCountry", related_name="sites")
    facility = TenantKey("sites.Facility", related_name="sites")
    number = models.TextField("site number", help_text="The sponsor's own; unique in the study.")
    operational_status = models.TextField("status", choices=OperationalStatus, default=OperationalStatus.IDENTIFIED)
    status_on = models.DateField("in this status since")
    enrollment_status = models.TextField(choices=EnrollmentStatus, default=EnrollmentStatus.NOT_OPEN)
    registry_key = models.TextField(
        blank=True,
        editable=False,
        help_text="By which a registry record's location is recognised when it is read again.",
    )
    voided = models.BooleanField("entered by mistake", default=False, editable=False)

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("number",)
        constraints = (
            referable("sites_site", "study"),
            models.UniqueConstraint(
                fields=["study", "number"],
                condition=Q(voided=False),
                name="sites_site_number",
                violation_error_message="The study has a site with this number already.",
            ),
            models.UniqueConstraint(
                fields=["study", "registry_key"], condition=~Q(registry_key=""), name="sites_site_registry_key"
            ),
            models.CheckConstraint(condition=Q(number__regex=r"^[^/\s]+$"), name="sites_site_number_in_address"),
            *same_sponsor("sites_site", "study", "scope", "facility", country=("study",)),
        )
        indexes = (models.Index(fields=["sponsor", "study", "operational_status"], name="sites_site_status"),)

    def __str__(self) -> str:
        return self.number

    @property
    def name(self) -> str:
        """What people call the site: its facility's name or, where undisclosed, "Site US-004 – Mesa, Arizona"."""
        return self.facility.name or f"Site {self.label}"

    @property
    def label(self) -> str:
        """Its number and where it is: "US-004 – Mesa, Arizona"."""
        return f"{self.number} \N{EN DASH} {self.facility.place}"

    @property
    def standing_evidence(self) -> models.QuerySet[SiteEvidence]:
        """The evidence that holds: neither replaced nor withdrawn."""
        return self.evidence.filter(replaced_by=None, withdrawn=False)

    @cached_property
    def facts(self) -> dict[str, date]:
        """What is proved of the site: code -> the day of the fact."""
        return dict(self.standing_evidence.values_list("code", "occurred_on"))

    def today(self, at: datetime) -> date:
        """The day at the site; where its time zone is unknown, the latest day it can be anywhere."""
        zone = self.facility.time_zone
        return at.astimezone(ZoneInfo(zone) if zone else timezone(timedelta(hours=14))).date()


class SiteStatusEvent(StudyOwned):
    """A site's status changed, or a change was put right. Only added: a correction is an event too."""

    known_by: ClassVar[str] = "to_status"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "sites.view_site"
    only_grows: ClassVar[bool] = True

    class Kind(models.TextChoices):
        OPERATIONAL = "OPERATIONAL", "Status"
        ENROLLMENT = "ENROLLMENT", "Enrollment"

    site = TenantKey("sites.Site", related_name="status_events")
    kind = models.TextField(choices=Kind)
    move = models.TextField(help_text="The lifecycle's name of the move; CORRECTION for a correcting event.")
    from_status = models.TextField("from", choices=all_statuses(), blank=True)
    to_status = models.TextField("to", choices=all_statuses())
    effective_on = models.DateField(help_text="The day it happened.")
    recorded_at = models.DateTimeField(help_text="When it was entered.")
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    reason_code = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    proof = models.TextField(blank=True, help_text="Where an opening status of a go-live migration is proved.")
    corrects = TenantKey("self", null=True, related_name="corrections")

    class Meta:
        ordering = ("id",)
        constraints = (
            referable("sites_sitestatusevent", "site"),
            models.CheckConstraint(condition=~Q(corrects=F("id")), name="sites_sitestatusevent_corrects_other"),
            *same_sponsor("sites_sitestatusevent", "study", site=("study",), corrects=("site",)),
        )
        indexes = (models.Index(fields=["site", "id"], name="sites_statusevent_site"),)

    def __str__(self) -> str:
        return f"{self.site}: {self.from_words} to {self.to_words}"

    @property
    def from_words(self) -> str:
        return self.words_of(self.kind, self.from_status)

    @property
    def to_words(self) -> str:
        return self.words_of(self.kind, self.to_status)

    @classmethod
    def words_of(cls, kind: str, status: str) -> str:
        """A status of this kind in words; "" for none."""
        statuses = OperationalStatus if kind == cls.Kind.OPERATIONAL else EnrollmentStatus
        return str(statuses(status).label) if status else ""


class PersonnelRole(models.TextChoices):
    PRINCIPAL_INVESTIGATOR = "PRINCIPAL_INVESTIGATOR", "Principal investigator"
    SUB_INVESTIGATOR = "SUB_INVESTIGATOR", "Sub-investigator"
    COORDINATOR = "COORDINATOR", "Study coordinator"
    PHARMACIST = "PHARMACIST", "Pharmacist"
    OTHER = "OTHER", "Other"


class SitePersonnel(StudyOwned):
    """A person works at a site in a role, from a day until perhaps another. Unknown days stay empty."""

    known_by: ClassVar[str] = "person_id"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "sites.view_person"
    person_reason: ClassVar[str] = Reason.BY_PERSON
    standing: ClassVar[Q] = Q(voided=False)

    site = TenantKey("sites.Site", related_name="personnel")
    person = TenantKey("sites.Person", related_name="engagements")
    role = models.TextField(choices=PersonnelRole)
    starts_on = models.DateField("from", null=True, blank=True)
    ends_on = models.DateField("until", null=True, blank=True, help_text="The last day.")
    voided = models.BooleanField("entered by mistake", default=False, editable=False)

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        verbose_name_plural = "site personnel"
        ordering = ("role", "person__name")
        constraints = (
            referable("sites_sitepersonnel", "site"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="sites_sitepersonnel_dates"),
            models.UniqueConstraint(
                fields=["site", "person", "role"],
                condition=Q(ends_on=None, voided=False),
                name="sites_sitepersonnel_once",
                violation_error_message="This person already has this role at the site.",
            ),
            *same_sponsor("sites_sitepersonnel", "study", "person", site=("study",)),
        )

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()}"
