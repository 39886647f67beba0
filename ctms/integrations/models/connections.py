"""Systems of record, connections to other systems, and what their words mean."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned, Working
from ctms.core.trail.history import Reason
from ctms.integrations.registry import Domain, Kind


class SystemOfRecord(SponsorOwned):
    """For one study: which kind of system is master of a domain, where it differs from the usual one."""

    known_by: ClassVar[str] = "domain"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    scope = TenantKey("accounts.Scope", related_name="systems_of_record")
    domain = models.TextField(choices=Domain)
    master = models.TextField(choices=Kind)

    class Meta:
        verbose_name_plural = "systems of record"
        ordering = ("domain",)
        constraints = (
            models.UniqueConstraint(fields=["scope", "domain"], name="integrations_systemofrecord_once"),
            *same_sponsor("integrations_systemofrecord", "scope"),
        )

    def __str__(self) -> str:
        return f"{self.get_domain_display()}: {self.get_master_display()}"


class Format(models.TextChoices):
    """A wire format we speak; each belongs to a kind of system."""

    RWS = "RWS", "Medidata Rave Web Services"
    CTMS_IRT_1 = "CTMS_IRT_1", "ctms-irt-1"
    VAULT = "VAULT", "Veeva Vault"

    @property
    def kind(self) -> Kind:
        return {Format.RWS: Kind.EDC, Format.CTMS_IRT_1: Kind.IRT, Format.VAULT: Kind.ETMF}[self]

    @property
    def words(self) -> str:
        """What is read in it, and whose format it is."""
        return {
            Format.RWS: "Subjects, their visits and what was entered, by Medidata Rave Web Services",
            Format.CTMS_IRT_1: "Randomisations and other events of subjects, by the CTMS's own format ctms-irt-1",
            Format.VAULT: "Documents and their status, by Veeva Vault",
        }[self]


class ConnectionStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    LIVE = "LIVE", "Live"
    PAUSED = "PAUSED", "Paused"
    QUARANTINED = "QUARANTINED", "Quarantined"


class Connection(SponsorOwned):
    """A way to one study in one other system. Credentials are kept apart."""

    known_by: ClassVar[str] = "name"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    scope = TenantKey("accounts.Scope", related_name="connections")
    name = models.TextField()
    format = models.TextField(choices=Format)
    base_url = models.TextField(
        "address", validators=[RegexValidator(r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", "An address such as https://….")]
    )
    source_study = models.TextField("study there", help_text="By which name the other system knows the study.")
    is_blinded = models.BooleanField("blinded", default=True, help_text="It must carry nothing about treatment.")
    status = models.TextField(choices=ConnectionStatus, default=ConnectionStatus.DRAFT)
    status_words = models.TextField(blank=True, help_text="Why it stands where it stands.")

    class Meta:
        ordering = ("name",)
        constraints = (
            referable("integrations_connection"),
            models.UniqueConstraint(
                fields=["scope", "name"],
                name="integrations_connection_name",
                violation_error_message="The study has a connection of this name already.",
            ),
            *same_sponsor("integrations_connection", "scope"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> Kind:
        """The kind of system it leads to."""
        return Format(self.format).kind

    @property
    def reads(self) -> str:
        return Format(self.format).words


class Secret(Working):
    """What opens a connection: encrypted, in no trail, closed to the reporting login, and never shown."""

    hidden: ClassVar[tuple[str, ...]] = ("content",)

    connection = TenantKey("integrations.Connection", related_name="secrets")
    content = models.BinaryField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["connection"], name="integrations_secret_once"),
            *same_sponsor("integrations_secret", "connection"),
        )

    def __str__(self) -> str:
        return f"Credentials of {self.connection}"


class MappingStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    APPROVED = "APPROVED", "Approved"
    SUPERSEDED = "SUPERSEDED", "Superseded"


class MappingVersion(SponsorOwned):
    """What the other system's words mean here. Approved by signature; without one no feed goes live."""

    known_by: ClassVar[str] = "number"
    known_as: ClassVar[str] = "version {}"
    known_in: ClassVar[tuple[str, ...]] = ("connection",)
    access_path: ClassVar[str | None] = "connection__scope"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    connection = TenantKey("integrations.Connection", related_name="mappings")
    number = models.PositiveIntegerField("version")
    status = models.TextField(choices=MappingStatus, default=MappingStatus.DRAFT)
    content = models.JSONField(help_text="Section -> word of the source -> our word.")

    class Meta:
        ordering = ("-number",)
        constraints = (
            referable("integrations_mappingversion", "connection"),
            models.UniqueConstraint(fields=["connection", "number"], name="integrations_mappingversion_number"),
            models.UniqueConstraint(
                fields=["connection"], condition=Q(status="APPROVED"), name="integrations_mappingversion_approved"
            ),
            *same_sponsor("integrations_mappingversion", "connection"),
        )

    def __str__(self) -> str:
        return f"Mapping {self.number} of {self.connection}"
