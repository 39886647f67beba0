"""Which milestones a study has reached, by its own record; `settings.MILESTONE_FACTS` names it."""

from collections.abc import Iterator

from ctms.core.protocols import MilestoneFact
from ctms.studies.models import DateKind, ProtocolVersion, Study

_DAYS = (("start", "FPI", "Start"), ("primary_completion", "PCD", "Primary completion"),
         ("completion", "LPLV", "Completion"))  # fmt: skip


def facts(study: Study) -> Iterator[MilestoneFact]:
    """The first approved protocol, and actual days of the study's record, where the day itself is known."""
    approved = ProtocolVersion.objects.filter(study=study).exclude(approved_on=None).order_by("approved_on", "id")
    for version in approved[:1]:
        assert version.approved_on is not None
        yield MilestoneFact(study.scope_id, "PROT_FINAL", version.approved_on, f"Protocol {version}, approved")
    for field, code, words in _DAYS:
        day = getattr(study, field)
        if day is not None and day.day is not None and getattr(study, f"{field}_kind") == DateKind.ACTUAL:
            yield MilestoneFact(study.scope_id, code, day.earliest(), f"{words} in the study’s record, actual")
