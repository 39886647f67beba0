"""Programme, study, its countries and arms."""

import re
from typing import ClassVar

from django.db import models

from ctms.core.fields import PartialDateField
from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned, StudyOwned
from ctms.core.trail.history import Reason
from ctms.studies.importers.countries import country_name


class Masking(models.TextChoices):
    NONE = "NONE", "Open label"
    SINGLE = "SINGLE", "Single-blind"
    DOUBLE = "DOUBLE", "Double-blind"
    TRIPLE = "TRIPLE", "Triple-blind"
    QUADRUPLE = "QUADRUPLE", "Quadruple-blind"


class DateKind(models.TextChoices):
    ESTIMATED = "ESTIMATED", "Planned"
    ACTUAL = "ACTUAL", "Actual"


class Programme(SponsorOwned):
    """A development programme: the studies of one product or question."""

    known_by: ClassVar[str] = "code"
    view_verb: ClassVar[str] = "studies.view_study"

    code = models.TextField()
    name = models.TextField()

    class Meta:
        ordering = ("code",)
        constraints = (
            referable("studies_programme"),
            models.UniqueConstraint(fields=["sponsor", "code"], name="studies_programme_code"),
        )

    def __str__(self) -> str:
        return self.code


class Study(SponsorOwned):
    """A clinical study as the sponsor plans it. What other systems say of it are claims (`ExternalClaim`)."""

    known_by: ClassVar[str] = "protocol_no"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    scope = models.OneToOneField("accounts.Scope", models.PROTECT, db_constraint=False, related_name="study")
    programme = TenantKey("studies.Programme", null=True, blank=True, related_name="studies")
    protocol_no = models.TextField("protocol number", help_text="The sponsor's own; CDISC STUDYID.")
    slug = models.TextField(editable=False, help_text="The protocol number as it stands in addresses.")
    nct_id = models.TextField("ClinicalTrials.gov number", blank=True)
    eu_ct_no = models.TextField("EU trial number", blank=True)
    title = models.TextField("brief title")
    official_title = models.TextField(blank=True)
    acronym = models.TextField(blank=True)
    study_type = models.TextField(blank=True)
    phase = models.TextField(blank=True, help_text="PHASE2/PHASE3 for a seamless study.")
    masking = models.TextField(choices=Masking, blank=True)
    start = PartialDateField(null=True, blank=True)
    start_kind = models.TextField(choices=DateKind, blank=True)
    primary_completion = PartialDateField(null=True, blank=True)
    primary_completion_kind = models.TextField(choices=DateKind, blank=True)
    completion = PartialDateField(null=True, blank=True)
    completion_kind = models.TextField(choices=DateKind, blank=True)
    planned_enrollment = models.PositiveIntegerField(null=True, blank=True, help_text="Subjects to be enrolled.")
    under_ind = models.BooleanField(
        "conducted under an IND", null=True, blank=True, help_text="Then every site signs a Form FDA 1572."
    )
    covered_study = models.BooleanField(
        "covered clinical study", null=True, blank=True, help_text="Then investigators disclose financial interests."
    )

    class Meta:
        verbose_name_plural = "studies"
        ordering = ("protocol_no",)
        constraints = (
            referable("studies_study"),
            models.UniqueConstraint(
                fields=["sponsor", "slug"],
                name="studies_study_slug",
                violation_error_message="A study with this protocol number exists already.",
            ),
            models.UniqueConstraint(
                fields=["sponsor", "nct_id"],
                condition=~models.Q(nct_id=""),
                name="studies_study_nct",
                violation_error_message="A study with this ClinicalTrials.gov number exists already.",
            ),
            *same_sponsor("studies_study", "scope", "programme"),
        )

    def __str__(self) -> str:
        return self.protocol_no

    @staticmethod
    def slug_of(protocol_no: str) -> str:
        """The protocol number with what an address cannot carry replaced by hyphens."""
        return re.sub(r"[^A-Za-z0-9._~-]+", "-", protocol_no.strip()).strip("-.") or "study"

    @property
    def phase_label(self) -> str:
        """PHASE2/PHASE3 -> Phase 2/3; EARLY_PHASE1 -> Early phase 1; NA -> no phase."""
        phases = [phase for phase in self.phase.split("/") if phase and phase != "NA"]
        if not phases:
            return ""
        if phases == ["EARLY_PHASE1"]:
            return "Early phase 1"
        return "Phase " + "/".join(phase.removeprefix("PHASE") for phase in phases)


class StudyCountry(StudyOwned):
    """A study in one country."""

    known_by: ClassVar[str] = "country"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "studies.view_study"

    scope = models.OneToOneField("accounts.Scope", models.PROTECT, db_constraint=False, related_name="study_country")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2; CDISC COUNTRY is alpha-3.")

    class Meta:
        verbose_name_plural = "study countries"
        ordering = ("country",)
        constraints = (
            referable("studies_studycountry", "study"),
            models.UniqueConstraint(
                fields=["study", "country"],
                name="studies_studycountry_once",
                violation_error_message="The study has this country already.",
            ),
            *same_sponsor("studies_studycountry", "study", "scope"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return country_name(self.country)


class Arm(StudyOwned):
    """A study arm as designed. Which subject is in which arm is IRT's alone and never stored here."""

    known_by: ClassVar[str] = "label"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    label = models.TextField()
    kind = models.TextField(blank=True, help_text="EXPERIMENTAL, PLACEBO_COMPARATOR, ...")
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["study", "label"], name="studies_arm_label"),
            *same_sponsor("studies_arm", "study"),
        )

    def __str__(self) -> str:
        return self.label
