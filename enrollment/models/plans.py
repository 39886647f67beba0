"""EnrollmentPlan: how many subjects are to be enrolled in which month, for the study, a country or a site."""

from datetime import date
from typing import ClassVar

from django.db import models

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason


def months_from(first: date, count: int) -> list[date]:
    """So many months, each by its first day."""
    start = first.year * 12 + first.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(start, start + count)]


class EnrollmentPlan(StudyOwned):
    """The plan of one place: new subjects, month by month. Earlier plans stay in its history."""

    known_by: ClassVar[str] = "scope_id"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    scope = TenantKey("accounts.Scope", related_name="+")
    first_month = models.DateField(help_text="By its first day.")
    subjects = models.JSONField(help_text="New subjects in this month and each that follows.")

    class Meta:
        constraints = (
            referable("enrollment_enrollmentplan", "study"),
            models.UniqueConstraint(fields=["scope"], name="enrollment_enrollmentplan_once"),
            models.CheckConstraint(
                condition=models.Q(first_month__day=1), name="enrollment_enrollmentplan_first_of_month"
            ),
            *same_sponsor("enrollment_enrollmentplan", "study", "scope"),
        )

    def __str__(self) -> str:
        return f"Plan from {self.first_month:%b %Y} on"

    def by_month(self) -> dict[date, int]:
        """Month -> new subjects."""
        return dict(zip(months_from(self.first_month, len(self.subjects)), self.subjects, strict=True))

    def total(self) -> int:
        return sum(self.subjects)
