"""Evidence: dated facts that a site's moves depend on, put on record by people."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned


class EvidenceCode(models.TextChoices):
    """What can be proved of a site."""

    CDA_EXE = "CDA_EXE", "Confidentiality agreement fully executed"
    FEAS_IN = "FEAS_IN", "Feasibility questionnaire received"
    SQV_APPROVED = "SQV_APPROVED", "Qualification visit report approved"
    SQV_WAIVED = "SQV_WAIVED", "Qualification visit waived (prior experience)"
    SIV_GATE = "SIV_GATE", "Items required before initiation complete"
    SIV = "SIV", "Initiation visit done"
    GREEN_LIGHT = "GREEN_LIGHT", "Regulatory green light given"
    IP_RELEASED = "IP_RELEASED", "Investigational product release authorised"
    ACT_LETTER = "ACT_LETTER", "Activation letter sent"
    S_LPLV = "S_LPLV", "Last subject's last visit at the site"
    NO_SUBJECTS = "NO_SUBJECTS", "Closure decided, no subjects enrolled"
    TRANSFER_PLAN = "TRANSFER_PLAN", "Plan for subjects after termination"
    COV_APPROVED = "COV_APPROVED", "Close-out visit report approved"
    QUERIES_ANSWERED = "QUERIES_ANSWERED", "All queries answered"
    IP_RECONCILED = "IP_RECONCILED", "Investigational product reconciled, or none received"
    EC_NOTIFIED = "EC_NOTIFIED", "Ethics committee notified of closure"
    ARCHIVE_PLACE = "ARCHIVE_PLACE", "Archive location recorded"
    RETENTION = "RETENTION", "Retention period started"


ON_THE_CHECKLIST = frozenset(
    {EvidenceCode.SIV_GATE, EvidenceCode.GREEN_LIGHT, EvidenceCode.IP_RELEASED, EvidenceCode.ACT_LETTER}
)
"""Facts that the start-up checklist took over: nobody records them any more, and no move asks for them."""

RECORDED = tuple((code, words) for code, words in EvidenceCode.choices if code not in ON_THE_CHECKLIST)
"""What can be put on record: code, words."""


class SiteEvidence(StudyOwned):
    """A fact about a site, its day and where the proof is. Only added: a newer row replaces or withdraws an older."""

    known_by: ClassVar[str] = "code"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "sites.view_site"
    only_grows: ClassVar[bool] = True

    site = TenantKey("sites.Site", related_name="evidence")
    code = models.TextField("fact", choices=EvidenceCode)
    occurred_on = models.DateField("on")
    reference = models.TextField(help_text="Where the proof is filed: an eTMF number, a letter's date.")
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, db_constraint=False, null=True, related_name="replaced_by")
    withdrawn = models.BooleanField(default=False, help_text="This row says that the replaced one does not hold.")

    class Meta:
        verbose_name_plural = "site evidence"
        ordering = ("occurred_on", "id")
        constraints = (
            referable("sites_siteevidence", "site"),
            models.CheckConstraint(
                condition=Q(withdrawn=False) | Q(replaces__isnull=False), name="sites_siteevidence_withdraws_some"
            ),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="sites_siteevidence_replaces_other"),
            *same_sponsor("sites_siteevidence", "study", site=("study",), replaces=("site",)),
        )

    def __str__(self) -> str:
        return f"{self.site}: {self.get_code_display()}"
