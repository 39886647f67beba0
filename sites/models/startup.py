"""Start-up: the configuration of what is asked, each site's checklist, its items, who had them, and what was waived."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason


class ConfigurationStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    APPROVED = "APPROVED", "Approved"
    RETIRED = "RETIRED", "Retired"


class Gate(models.TextChoices):
    """What an item has to be settled for, in the order in which a site comes to it."""

    SELECTION = "SELECTION", "Selection"
    SIV = "SIV", "Initiation"
    GREEN_LIGHT = "GREEN_LIGHT", "Green light"
    IP_RELEASE = "IP_RELEASE", "Product release"
    ACTIVATION = "ACTIVATION", "Activation"
    NONE = "", "None"


class Level(models.TextChoices):
    """Whom an item is asked of."""

    STUDY = "study", "Study"
    COUNTRY = "country", "Country"
    SITE = "site", "Site"
    PERSON = "person", "Person"


class ItemKind(models.TextChoices):
    AUTHORITY_APPROVAL = "AUTHORITY_APPROVAL", "Authority approval"
    ETHICS_APPROVAL = "ETHICS_APPROVAL", "Ethics approval"
    CONSENT_FORM = "CONSENT_FORM", "Approved consent form"
    CONTRACT = "CONTRACT", "Contract"
    GREEN_LIGHT = "GREEN_LIGHT", "Green light, by a second person"
    OTHER = "OTHER", "Other"


class ItemStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    DONE = "DONE", "Done"
    WAIVED = "WAIVED", "Waived"


class Party(models.TextChoices):
    """Who can have the ball."""

    SPONSOR = "SPONSOR", "Sponsor"
    CRO = "CRO", "CRO"
    SITE = "SITE", "Site"
    AUTHORITY = "AUTHORITY", "Authority"
    ETHICS = "ETHICS", "Ethics committee"
    VENDOR = "VENDOR", "Vendor"


class StartUpConfiguration(StudyOwned):
    """A version of what is asked of the study's sites, in force from a day until a later version is."""

    known_by: ClassVar[str] = "number"
    known_as: ClassVar[str] = "version {}"
    view_verb: ClassVar[str] = "sites.view_site"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    number = models.PositiveIntegerField("version")
    status = models.TextField(choices=ConfigurationStatus, default=ConfigurationStatus.DRAFT)
    effective_from = models.DateField("in force from")
    content = models.JSONField(help_text="Items and countries, as read from the file.")
    content_sha256 = models.CharField(max_length=64, help_text="Of the content.")
    source = models.TextField(help_text="The file it was read from.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "start-up configuration"
        ordering = ("-number",)
        constraints = (
            referable("sites_startupconfiguration", "study"),
            models.UniqueConstraint(fields=["study", "number"], name="sites_startupconfiguration_number"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(status="DRAFT"), name="sites_startupconfiguration_one_draft",
                violation_error_message="The study has a draft of its start-up configuration already.",
            ),
            *same_sponsor("sites_startupconfiguration", "study"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Start-up configuration {self.number}"


class SiteChecklist(StudyOwned):
    """A site entered start-up, and which version of the configuration it goes by since. Never changed."""

    known_by: ClassVar[str] = "site_id"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "sites.view_site"
    only_grows: ClassVar[bool] = True

    site = models.OneToOneField("sites.Site", models.PROTECT, db_constraint=False, related_name="checklist")
    configuration = TenantKey("sites.StartUpConfiguration", related_name="checklists")
    opened_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        constraints = tuple(same_sponsor("sites_sitechecklist", "study", site=("study",), configuration=("study",)))

    def __str__(self) -> str:
        return f"Checklist of {self.site}"


class StartUpItem(StudyOwned):
    """Something that has to be settled: once for the study, a country, a site, or a person at a site."""

    known_by: ClassVar[str] = "code"
    known_in: ClassVar[tuple[str, ...]] = ("scope",)
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "sites.view_site"

    scope = TenantKey("accounts.Scope", related_name="+")
    configuration = TenantKey("sites.StartUpConfiguration", related_name="items")
    country = TenantKey("studies.StudyCountry", null=True, blank=True, related_name="startup_items")
    site = TenantKey("sites.Site", null=True, blank=True, related_name="startup_items")
    engagement = TenantKey("sites.SitePersonnel", null=True, blank=True, related_name="startup_items")
    code = models.TextField()
    name = models.TextField("item")
    level = models.TextField(choices=Level)
    kind = models.TextField(choices=ItemKind)
    gate = models.TextField(choices=Gate, blank=True)
    is_hard = models.BooleanField("cannot be waived", default=False)
    status = models.TextField(choices=ItemStatus, default=ItemStatus.OPEN)
    planned_on = models.DateField("planned", help_text="By the durations of the configuration, when it was opened.")
    expected_on = models.DateField("expected")
    actual_on = models.DateField("settled on", null=True, blank=True)
    reference = models.TextField("where the proof is", blank=True, help_text="eTMF number.")
    expires_on = models.DateField("valid until", null=True, blank=True)
    settled_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "start-up item"
        ordering = ("id",)
        constraints = (
            referable("sites_startupitem", "study"),
            models.UniqueConstraint(
                fields=["scope", "code", "engagement"], name="sites_startupitem_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=~Q(is_hard=True, status="WAIVED"), name="sites_startupitem_hard"),
            models.CheckConstraint(
                condition=Q(status__in=["DONE", "WAIVED"], actual_on__isnull=False)
                | Q(status__in=["OPEN", "IN_PROGRESS"], actual_on__isnull=True),
                name="sites_startupitem_settled_on",
            ),
            *same_sponsor(
                "sites_startupitem", "study", "scope", configuration=("study",), country=("study",), site=("study",),
                engagement=("site",),
            ),
        )  # fmt: skip
        indexes = (
            models.Index(fields=["site", "code"], name="sites_startupitem_site"),
            models.Index(fields=["study", "status", "expected_on"], name="sites_startupitem_due"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.whose})"

    @property
    def whose(self) -> str:
        """Of whom it is asked, in words."""
        if self.engagement_id:
            return f"{self.engagement.person}, {self.site}"
        return str(self.site or self.country or self.study)

    @property
    def is_settled(self) -> bool:
        return self.status in (ItemStatus.DONE, ItemStatus.WAIVED)


class ItemHolding(StudyOwned):
    """Who had an item, from when until when. One holds it at a time."""

    known_by: ClassVar[str] = "party"
    known_in: ClassVar[tuple[str, ...]] = ("item",)
    access_path: ClassVar[str | None] = "item__scope"
    view_verb: ClassVar[str] = "sites.view_site"

    item = TenantKey("sites.StartUpItem", related_name="holdings")
    party = models.TextField(choices=Party)
    person = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = "holder of a start-up item"
        verbose_name_plural = "holders of start-up items"
        ordering = ("since", "id")
        constraints = (
            models.UniqueConstraint(fields=["item"], condition=Q(until=None), name="sites_itemholding_one"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="sites_itemholding_days"),
            *same_sponsor("sites_itemholding", "study", item=("study",)),
        )
        indexes = (models.Index(fields=["person"], condition=Q(until=None), name="sites_itemholding_person"),)

    def __str__(self) -> str:
        return str(self.person or self.get_party_display())


class WaiverStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    ASKED = "ASKED", "Asked for"
    GRANTED = "GRANTED", "Granted"
    REFUSED = "REFUSED", "Refused"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class ItemWaiver(StudyOwned):
    """That a soft item is not needed after all: asked for by one signature, granted by another person's."""

    known_by: ClassVar[str] = "status"
    known_in: ClassVar[tuple[str, ...]] = ("item",)
    access_path: ClassVar[str | None] = "item__scope"
    view_verb: ClassVar[str] = "sites.view_site"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    item = TenantKey("sites.StartUpItem", related_name="waivers")
    status = models.TextField(choices=WaiverStatus, default=WaiverStatus.DRAFT)
    grounds = models.TextField(help_text="Why the item is not needed, and what is done instead.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "waiver"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["item"], condition=Q(status__in=["DRAFT", "ASKED", "GRANTED"]), name="sites_itemwaiver_one",
                violation_error_message="A waiver of this item is under way already.",
            ),
            *same_sponsor("sites_itemwaiver", "study", item=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Waiver of {self.item.name}, {self.item.whose}"
