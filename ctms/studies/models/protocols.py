"""Protocol versions and amendments, and from which day each holds where."""

from typing import ClassVar

from django.db import models

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason


class ProtocolVersion(StudyOwned):
    """A version of the protocol; with `amendment_no` it came by an amendment."""

    known_by: ClassVar[str] = "version"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    version = models.TextField(help_text='As the protocol itself says it: "1.0", "v4.0".')
    amendment_no = models.TextField("amendment", blank=True)
    summary = models.TextField(blank=True, help_text="What changed, in a sentence.")
    approved_on = models.DateField("approved by the sponsor on", null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            referable("studies_protocolversion", "study"),
            models.UniqueConstraint(
                fields=["study", "version"],
                name="studies_protocolversion_once",
                violation_error_message="The study has this protocol version already.",
            ),
            *same_sponsor("studies_protocolversion", "study"),
        )

    def __str__(self) -> str:
        return f"{self.version} (amendment {self.amendment_no})" if self.amendment_no else self.version


class ProtocolEffect(StudyOwned):
    """From this day the version holds in this country or at this site, after approval there."""

    known_by: ClassVar[str] = "protocol_version_id"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    protocol_version = TenantKey("studies.ProtocolVersion", related_name="effects")
    scope = TenantKey("accounts.Scope", related_name="protocol_effects")
    effective_on = models.DateField()

    class Meta:
        ordering = ("effective_on",)
        constraints = (
            models.UniqueConstraint(fields=["protocol_version", "scope"], name="studies_protocoleffect_once"),
            *same_sponsor("studies_protocoleffect", "study", "scope", protocol_version=("study",)),
        )

    def __str__(self) -> str:
        return f"{self.protocol_version} from {self.effective_on}"
