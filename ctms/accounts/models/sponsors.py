"""Sponsor (the tenant), the organisations it works with, and which people work for it."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Regulated, SponsorOwned
from ctms.core.trail.history import Reason


class Sponsor(Regulated):
    """The tenant. Every regulated row belongs to exactly one; nobody sees two at a time."""

    known_by: ClassVar[str] = "name"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    code = models.TextField(
        unique=True,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9-]{1,39}$", "Lower-case letters, digits and hyphens, 2 to 40 of them.")
        ],
        help_text="Stands in every address: /in/<code>/...",
    )
    name = models.TextField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OrganisationKind(models.TextChoices):
    SPONSOR = "SPONSOR", "Sponsor"
    CRO = "CRO", "CRO"
    SITE = "SITE", "Site organisation"
    VENDOR = "VENDOR", "Vendor"


class Organisation(SponsorOwned):
    """A legal entity the sponsor works with: itself, its CROs, site organisations, vendors."""

    view_verb: ClassVar[str] = "accounts.view_organisation"
    known_by: ClassVar[str] = "name"
    kind = models.TextField(choices=OrganisationKind)
    name = models.TextField()
    country = models.CharField("country", max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")

    class Meta:
        ordering = ("name",)
        constraints = (
            referable("accounts_organisation"),
            models.UniqueConstraint(
                fields=["sponsor", "kind", "name"],
                name="accounts_organisation_once",
                violation_error_message="An organisation of this kind and name exists already.",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Membership(Regulated):
    """A person works for a sponsor, as a member of an organisation, from a day and perhaps until one.

    Read before a sponsor is chosen, so outside row-level security (see `ctms.core.reviewed`).
    """

    known_by: ClassVar[str] = "user_id"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    sponsor = models.ForeignKey(Sponsor, models.PROTECT, related_name="memberships")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="memberships")
    organisation = TenantKey("accounts.Organisation", related_name="memberships")
    starts_on = models.DateField("from")
    ends_on = models.DateField("until", null=True, blank=True, help_text="The last day.")
    is_open = models.BooleanField("active", default=True, help_text="Whether the sponsor lets them in.")

    class Meta:
        ordering = ("sponsor__name",)
        constraints = (
            models.UniqueConstraint(
                fields=["sponsor", "user"],
                name="accounts_membership_once",
                violation_error_message="This person is a member of this sponsor already.",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="accounts_membership_dates"),
            *same_sponsor("accounts_membership", "organisation"),
        )

    def __str__(self) -> str:
        return f"{self.user} at {self.sponsor}"
