"""Counts by site: a base, and deltas that triggers append. Nobody waits for anybody, and no page counts subjects."""

from django.db import models

from ctms.core.keys import TenantKey, same_sponsor
from ctms.core.records import Working

# What is counted -> when a subject counts, as SQL over its row. One that was deleted in the source counts nowhere.
COUNTED: dict[str, str] = {
    "subjects": "true",
    "consented": "consented_on is not null",
    "in_screening": "status in ('CONSENTED', 'SCREENING', 'ENROLLED')",
    "screen_failed": "screen_failed_on is not null",
    "enrolled": "enrolled_on is not null",
    "randomised": "randomised_on is not null",
    "treated": "treated_on is not null",
    "completed": "completed_on is not null",
    "withdrawn": "withdrawn_on is not null",
    "lost": "lost_on is not null",
    "unknown": "status = 'UNKNOWN'",
}


class _Counts(Working):
    study = TenantKey("studies.Study", related_name="+")
    site = TenantKey("sites.Site", related_name="+")
    subjects = models.IntegerField(default=0)
    consented = models.IntegerField(default=0)
    in_screening = models.IntegerField(default=0)
    screen_failed = models.IntegerField(default=0)
    enrolled = models.IntegerField(default=0)
    randomised = models.IntegerField(default=0)
    treated = models.IntegerField(default=0)
    completed = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)
    unknown = models.IntegerField(default=0)

    class Meta:
        abstract = True


class SiteCount(_Counts):
    """The subjects of a site, counted, up to the last time that deltas were folded in."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["site"], name="enrollment_sitecount_once"),
            *same_sponsor("enrollment_sitecount", "study", site=("study",)),
        )

    def __str__(self) -> str:
        return f"Counts of {self.site_id}"


class CountDelta(_Counts):
    """What one statement changed in a site's counts. Written by a trigger of the subjects' table alone."""

    class Meta:
        constraints = tuple(same_sponsor("enrollment_countdelta", "study", site=("study",)))

    def __str__(self) -> str:
        return f"Change of counts of {self.site_id}"
