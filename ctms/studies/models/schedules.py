"""The one visit schedule of a study, versioned: visits (encounters), the contacts that make them up, their activities.

A contact is one planned moment: a day relative to an anchor, with a window. Several contacts may share a visit, such
as a clinic day and the phone call after it. A window that is missing is not the same as one of zero length.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Deferrable, F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, Standing, StudyOwned
from ctms.core.trail.history import Reason

_STANDING = Q(position__isnull=False)


def _position() -> Any:
    """Where a part stands; null for one that was taken out of its draft again. Parts change places in one statement."""
    return models.PositiveSmallIntegerField(null=True, editable=False)


class ScheduleStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    APPROVED = "APPROVED", "Approved"
    SUPERSEDED = "SUPERSEDED", "Superseded"


class VisitSchedule(StudyOwned):
    """A version of the study's visit schedule. Approved, it is what EDC, IRT and payments follow."""

    known_by: ClassVar[str] = "number"
    known_as: ClassVar[str] = "version {}"
    view_verb: ClassVar[str] = "studies.view_schedule"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    number = models.PositiveIntegerField("version")
    status = models.TextField(choices=ScheduleStatus, default=ScheduleStatus.DRAFT)
    run = TenantKey("studies.ImportRun", null=True, blank=True, related_name="schedules")
    source_study = models.TextField(blank=True, help_text="The protocol the file says it describes.")
    content_sha256 = models.CharField(max_length=64, blank=True, help_text="Of what the importer made of it.")
    protocol_version = TenantKey("studies.ProtocolVersion", null=True, blank=True, related_name="schedules")

    class Meta:
        ordering = ("-number",)
        constraints = (
            referable("studies_visitschedule", "study"),
            models.UniqueConstraint(fields=["study", "number"], name="studies_visitschedule_number"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(status="APPROVED"), name="studies_visitschedule_one_approved"
            ),
            *same_sponsor("studies_visitschedule", "study", run=("study",), protocol_version=("study",)),
        )

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def is_foreign(self) -> bool:
        """Whether the file described another study than this one."""
        return bool(self.source_study) and self.source_study not in (self.study.protocol_no, self.study.nct_id)


class ScheduledVisit(StudyOwned):
    """A visit of the schedule: what the protocol calls one (USDM encounter; CDISC VISITNUM is its position)."""

    known_by: ClassVar[str] = "label"
    view_verb: ClassVar[str] = "studies.view_schedule"
    standing: ClassVar[Q] = _STANDING

    schedule = TenantKey("studies.VisitSchedule", related_name="visits")
    code = models.TextField()
    label = models.TextField()
    epoch = models.TextField(blank=True)
    position = _position()

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("position",)
        constraints = (
            referable("studies_scheduledvisit", "schedule"),
            models.UniqueConstraint(
                fields=["schedule", "position"], name="studies_scheduledvisit_position", deferrable=Deferrable.DEFERRED
            ),
            *same_sponsor("studies_scheduledvisit", "study", schedule=("study",)),
        )

    def __str__(self) -> str:
        return self.label


class ScheduledContact(StudyOwned):
    """One planned contact with a subject. `day` counts from the anchor contact's day 0; null means: no day known."""

    known_by: ClassVar[str] = "label"
    view_verb: ClassVar[str] = "studies.view_schedule"
    standing: ClassVar[Q] = _STANDING

    schedule = TenantKey("studies.VisitSchedule", related_name="contacts")
    visit = TenantKey("studies.ScheduledVisit", null=True, blank=True, related_name="contacts")
    code = models.TextField()
    label = models.TextField()
    epoch = models.TextField(blank=True)
    position = _position()
    modes = models.JSONField(
        default=list, blank=True, help_text='How it takes place: "In Person", "Telephone Call", ...'
    )
    anchor = TenantKey("self", null=True, blank=True, related_name="placed")
    offset_text = models.TextField(blank=True, help_text="As the protocol file has it, ISO 8601: P2W.")
    offset = models.DurationField(null=True, blank=True, help_text="From the anchor.")
    day = models.DurationField(null=True, blank=True, help_text="From day 0.")
    window_before = models.DurationField(null=True, blank=True)
    window_after = models.DurationField(null=True, blank=True)
    repeat_every = models.DurationField(null=True, blank=True)
    repeat_condition = models.TextField(blank=True, help_text="When the schedule goes back to this contact.")

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("position",)
        constraints = (
            referable("studies_scheduledcontact", "schedule"),
            models.UniqueConstraint(
                fields=["schedule", "position"],
                name="studies_scheduledcontact_position",
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=~Q(anchor=F("id")), name="studies_scheduledcontact_anchor"),
            *same_sponsor(
                "studies_scheduledcontact", "study", schedule=("study",), visit=("schedule",), anchor=("schedule",)
            ),
        )

    def __str__(self) -> str:
        return self.label


class ScheduledActivity(StudyOwned):
    """Something done at contacts: vital signs, blood draw."""

    known_by: ClassVar[str] = "name"
    view_verb: ClassVar[str] = "studies.view_schedule"
    standing: ClassVar[Q] = _STANDING

    schedule = TenantKey("studies.VisitSchedule", related_name="activities")
    name = models.TextField()
    position = _position()

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        verbose_name_plural = "scheduled activities"
        ordering = ("position",)
        constraints = (
            referable("studies_scheduledactivity", "schedule"),
            models.UniqueConstraint(
                fields=["schedule", "position"],
                name="studies_scheduledactivity_position",
                deferrable=Deferrable.DEFERRED,
            ),
            *same_sponsor("studies_scheduledactivity", "study", schedule=("study",)),
        )

    def __str__(self) -> str:
        return self.name


class ContactActivity(StudyOwned):
    """An activity is done at a contact."""

    known_by: ClassVar[str] = "activity_id"
    view_verb: ClassVar[str] = "studies.view_schedule"
    standing: ClassVar[Q] = _STANDING

    schedule = TenantKey("studies.VisitSchedule", related_name="+")
    contact = TenantKey("studies.ScheduledContact", related_name="activities")
    activity = TenantKey("studies.ScheduledActivity", related_name="contacts")
    position = _position()

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        verbose_name_plural = "contact activities"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["contact", "activity"], name="studies_contactactivity_once"),
            *same_sponsor(
                "studies_contactactivity", "study", schedule=("study",), contact=("schedule",), activity=("schedule",)
            ),
        )

    def __str__(self) -> str:
        return f"{self.contact}: {self.activity}"
