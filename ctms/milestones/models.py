"""A milestone with what people say of it, what became known of it, and the baselines that were signed."""

from datetime import date, datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, F, Func, IntegerField, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, StudyOwned
from ctms.core.trail.history import Reason
from ctms.milestones.catalog import CODES, STANDARDS, Standard

LATE_AFTER = 7  # days behind the baseline, or the plan where there is none, from which a forecast counts as late


class Level(models.TextChoices):
    STUDY = "STUDY", "Study"
    COUNTRY = "COUNTRY", "Country"
    SITE = "SITE", "Site"


class State(models.TextChoices):
    """What a milestone looks like today; follows from its dates and is not kept."""

    OVERDUE = "OVERDUE", "Overdue"
    LATE = "LATE", "Late"
    ON_TRACK = "ON_TRACK", "On track"
    UNPLANNED = "UNPLANNED", "No date"
    PASSED = "PASSED", "Day missing"
    REACHED = "REACHED", "Reached"
    NOT_EXPECTED = "NOT_EXPECTED", "Not expected"


DONE_WITH = (State.REACHED, State.PASSED, State.NOT_EXPECTED)
"""Nothing of these is to come any more, whether or not anybody knows the day."""


class Standing(models.TextChoices):
    EXPECTED = "EXPECTED", "Expected"
    PASSED = "PASSED", "Passed on an unknown day"
    NOT_EXPECTED = "NOT_EXPECTED", "Not expected"


class _Days(Func):
    """One day minus another, in days."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()


class MilestoneRows(Records):
    """Milestones, with what follows from their dates."""

    def looked_at(self, today: date) -> "MilestoneRows":
        """With `slip`, days behind the baseline (or the plan), and `state`, as of this day.

        What is not reached cannot be before today, so an overdue one slips a day a day.
        """
        target = Coalesce("baseline_on", "planned_on")
        open_on = Case(When(outlook__forecast_on__lt=today, then=Value(today)), default="outlook__forecast_on")
        best = Coalesce("outlook__actual_on", open_on)
        rows: MilestoneRows = self.annotate(slip=_Days(best, target))
        return rows.annotate(
            state=Case(
                When(outlook__actual_on__isnull=False, then=Value(State.REACHED)),
                When(outlook__standing=Standing.NOT_EXPECTED, then=Value(State.NOT_EXPECTED)),
                When(outlook__standing=Standing.PASSED, then=Value(State.PASSED)),
                When(outlook__forecast_on=None, then=Value(State.UNPLANNED)),
                When(outlook__forecast_on__lt=today, then=Value(State.OVERDUE)),
                When(slip__gt=LATE_AFTER, then=Value(State.LATE)),
                default=Value(State.ON_TRACK),
                output_field=TextField(),
            )
        )

    def slipped(self, since: datetime) -> "MilestoneRows":
        """Those not reached whose forecast is a later day than it was at this instant, with that day as `before_on`."""
        then = Outlook.history.filter(id=OuterRef("outlook__pk"), history_date__lte=since).order_by("-history_id")
        changed = Outlook.history.filter(history_date__gt=since).values("id")
        rows: MilestoneRows = self.filter(outlook__pk__in=changed, outlook__actual_on=None).annotate(
            before_on=Subquery(then.values("forecast_on")[:1])
        )
        return rows.filter(outlook__standing=Standing.EXPECTED, outlook__forecast_on__gt=F("before_on"))


class Milestone(StudyOwned):
    """Something a study, a country or a site has to reach: planned, as baselined, as people expect it, as they say it
    was reached. What follows from these and from other rooms' facts is its `Outlook`.
    """

    known_by: ClassVar[str] = "code"
    known_in: ClassVar[tuple[str, ...]] = ("scope",)
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "milestones.view_milestone"
    person_reason: ClassVar[str] = 'o."baseline_on" is not null'

    scope = TenantKey("accounts.Scope", related_name="milestones")
    level = models.TextField(choices=Level, editable=False)
    code = models.TextField("milestone", choices=CODES, editable=False)
    position = models.PositiveSmallIntegerField(editable=False, help_text="In the order of the standard.")
    planned_on = models.DateField("planned", null=True, blank=True)
    baseline_on = models.DateField(
        "baseline", null=True, editable=False, help_text="As in the signed baseline in force."
    )
    expected_on = models.DateField(
        "own forecast", null=True, blank=True, help_text="The day people expect, where it is not the planned one."
    )
    delay_reason = models.TextField("why another day", blank=True, help_text="What holds it up, or lets it come early.")
    entered_on = models.DateField(
        "reached on, by hand", null=True, blank=True, help_text="Where no room of the system knows the day."
    )
    reference = models.TextField("where the proof is", blank=True, help_text="eTMF number, letter and date.")
    not_applicable = models.BooleanField("does not apply here", default=False)

    objects: ClassVar[Any] = MilestoneRows.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (
            referable("milestones_milestone", "study"),
            models.UniqueConstraint(
                fields=["scope", "code"],
                name="milestones_milestone_once",
                violation_error_message="This place has this milestone already.",
            ),
            models.CheckConstraint(
                condition=Q(entered_on=None) | ~Q(reference=""),
                name="milestones_milestone_proved",
                violation_error_message="A day entered by hand needs the place of its proof.",
            ),
            models.CheckConstraint(
                condition=Q(expected_on=None) | ~Q(delay_reason=""),
                name="milestones_milestone_explained",
                violation_error_message="A forecast of one's own says why.",
            ),
            *same_sponsor("milestones_milestone", "study", "scope"),
        )
        indexes = (models.Index(fields=["sponsor", "study", "level", "code"], name="milestones_milestone_level"),)

    def __str__(self) -> str:
        return self.standard.label

    @property
    def standard(self) -> Standard:
        return STANDARDS[self.code]

    @property
    def is_by_hand(self) -> bool:
        """Whether its day was typed although subjects' systems of record, or the sites, should tell it."""
        return self.entered_on is not None and self.standard.is_told


class Outlook(StudyOwned):
    """What is known of a milestone: the day it was reached and who says so, or else the forecast and what makes it so.

    Worked out anew from plan and facts, again and again; only what differs is written, so its trail is the slip log.
    """

    known_by: ClassVar[str] = "milestone_id"
    access_path: ClassVar[str | None] = "milestone__scope"
    view_verb: ClassVar[str] = "milestones.view_milestone"

    milestone = models.OneToOneField(
        "milestones.Milestone", models.PROTECT, db_constraint=False, related_name="outlook"
    )
    standing = models.TextField(choices=Standing, default=Standing.EXPECTED)
    forecast_on = models.DateField("forecast", null=True)
    because = models.TextField("why then", blank=True)
    actual_on = models.DateField("actual", null=True)
    system = models.TextField(blank=True, help_text="Which system says that it was reached.")
    source = models.TextField(blank=True, help_text="What in it says so.")

    class Meta:
        ordering = ("id",)
        constraints = (*same_sponsor("milestones_outlook", "study", milestone=("study",)),)

    def __str__(self) -> str:
        return f"Outlook of {self.milestone}"


class BaselineStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    APPROVED = "APPROVED", "In force"
    SUPERSEDED = "SUPERSEDED", "Superseded"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class Baseline(StudyOwned):
    """The plan of a study and its countries, or of one site, as it was on a day: what slips are measured by once it is
    signed. The dates are copied when it is drawn up, and never change.
    """

    known_by: ClassVar[str] = "number"
    known_in: ClassVar[tuple[str, ...]] = ("scope",)
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "milestones.view_milestone"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    scope = TenantKey("accounts.Scope", related_name="baselines")
    number = models.PositiveIntegerField()
    status = models.TextField(choices=BaselineStatus, default=BaselineStatus.DRAFT)
    reason = models.TextField(blank=True, help_text="Why there is another one; empty for the first.")
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-number",)
        constraints = (
            referable("milestones_baseline", "study"),
            models.UniqueConstraint(fields=["scope", "number"], name="milestones_baseline_number"),
            models.UniqueConstraint(
                fields=["scope"],
                condition=Q(status="DRAFT"),
                name="milestones_baseline_one_draft",
                violation_error_message="A baseline waits for its signature already: sign or withdraw that one first.",
            ),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(status="APPROVED"), name="milestones_baseline_one_approved"
            ),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="milestones_baseline_says_why"),
            *same_sponsor("milestones_baseline", "study", "scope"),
        )

    def __str__(self) -> str:
        return f"Baseline {self.number}"


class BaselineLine(StudyOwned):
    """One milestone's day in a baseline. Only added."""

    known_by: ClassVar[str] = "milestone_id"
    access_path: ClassVar[str | None] = "baseline__scope"
    view_verb: ClassVar[str] = "milestones.view_milestone"
    only_grows: ClassVar[bool] = True

    baseline = TenantKey("milestones.Baseline", related_name="lines")
    milestone = TenantKey("milestones.Milestone", related_name="baseline_lines")
    on = models.DateField(null=True, help_text="Empty for one that had no day or did not apply.")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["baseline", "milestone"], name="milestones_baselineline_once"),
            *same_sponsor("milestones_baselineline", "study", baseline=("study",), milestone=("study",)),
        )

    def __str__(self) -> str:
        return f"{self.milestone}: {self.on}"
