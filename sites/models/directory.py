"""The sponsor's directory: hospitals and people, whatever studies they take part in; each seen by whoever sees a site
of theirs.
"""

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, SponsorOwned, Standing
from ctms.core.trail.history import Reason
from ctms.studies.importers.countries import country_name


class Facility(SponsorOwned):
    """A hospital, practice or research centre. Without a name: a place whose name its source does not disclose."""

    known_by: ClassVar[str] = "name"
    view_verb: ClassVar[str] = "sites.view_site"
    access_path: ClassVar[str | None] = "sites__scope"
    person_reason: ClassVar[str] = Reason.BY_PERSON
    standing: ClassVar[Q] = Q(merged_into=None)

    name = models.TextField(blank=True)
    city = models.TextField(blank=True)
    region = models.TextField("state or region", blank=True)
    postal_code = models.TextField(blank=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2.")
    latitude = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True,
        validators=[MinValueValidator(Decimal(-90)), MaxValueValidator(Decimal(90))],
    )  # fmt: skip
    longitude = models.DecimalField(
        max_digits=8, decimal_places=5, null=True, blank=True,
        validators=[MinValueValidator(Decimal(-180)), MaxValueValidator(Decimal(180))],
    )  # fmt: skip
    time_zone = models.TextField(
        blank=True, help_text="IANA name; blank where the country has several and no place is known."
    )
    merged_into = TenantKey("self", null=True, blank=True, editable=False, related_name="absorbed")

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        verbose_name_plural = "facilities"
        ordering = ("country", "city", "name")
        constraints = (
            referable("sites_facility"),
            models.UniqueConstraint(
                fields=["sponsor", "country", "city", "postal_code", "name"],
                condition=~Q(name=""),
                name="sites_facility_once",
                violation_error_message="A facility of this name and address exists already.",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="sites_facility_coordinates",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="sites_facility_not_into_itself"),
            *same_sponsor("sites_facility", "merged_into"),
        )

    def __str__(self) -> str:
        return self.name or f"Undisclosed facility, {self.place}"

    @property
    def place(self) -> str:
        """City and, where it helps, region: "Mesa, Arizona"; "Köln"."""
        return ", ".join(filter(None, (self.city, self.region))) or country_name(self.country)


class Person(SponsorOwned):
    """A person at a site: investigator, coordinator, pharmacist. Not a user: whoever signs in is one of `accounts`."""

    known_by: ClassVar[str] = "name"
    view_verb: ClassVar[str] = "sites.view_person"
    access_path: ClassVar[str | None] = "engagements__site__scope"
    person_reason: ClassVar[str] = Reason.BY_PERSON
    standing: ClassVar[Q] = Q(merged_into=None)

    name = models.TextField()
    email = models.EmailField("e-mail", blank=True)
    source = models.TextField(blank=True, help_text="Who told us, when it was not typed by a user.")
    merged_into = TenantKey("self", null=True, blank=True, editable=False, related_name="absorbed")

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        verbose_name_plural = "people"
        ordering = ("name",)
        constraints = (
            referable("sites_person"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="sites_person_not_into_itself"),
            *same_sponsor("sites_person", "merged_into"),
        )

    def __str__(self) -> str:
        return self.name
