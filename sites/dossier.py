"""A site's dossier: all there is to file about it, as one PDF, made by a job."""

from typing import Any

from audit.queries import record_trail
from audit.signed import shown_under
from ctms.core import clock, documents, protocols
from ctms.core.protocols import Progress, ResultFile
from ctms.core.refusals import Refusal
from sites.models import Site

_MOST_ACTS = 500  # newer ones; the site's History page has all


def dossier(progress: Progress, *, arguments: dict[str, Any], by: Any) -> ResultFile:
    """The body of jobs of the kind "site-dossier"; `site` is the site's id."""
    if sentence := documents.why_impossible():
        raise Refusal("NO_PDF", sentence)
    related = ("study", "country", "facility", "scope")
    site = Site.objects.visible_to(by).filter(pk=arguments["site"]).select_related(*related).first()
    if site is None:
        raise Refusal("SITE_GONE", "This site is not there any more, or not for you.")
    progress(1, 10, "Reading what is on record")
    context = {
        "site": site,
        "events": list(site.status_events.select_related("recorded_by").order_by("effective_on", "pk")),
        "evidence": list(site.evidence.select_related("recorded_by").order_by("occurred_on", "pk")),
        "standing": set(site.standing_evidence.values_list("pk", flat=True)),
        "people": list(site.personnel.select_related("person").order_by("ends_on", "role", "person__name")),
        "signatures": shown_under(site),
        "may_see_trail": protocols.authority().may(by, "audit.view_trail", site),
        "at": clock.now(),
        "by": by,
        "is_simulated": clock.is_simulated(),
    }
    if context["may_see_trail"]:
        context["trail"] = record_trail(site, by, limit=_MOST_ACTS)
    progress(5, 10, "Setting the pages")
    body = documents.body("sites/dossier_pdf.html", context)
    protocols.journal().record("EXPORTED", user=by, subject=f"Dossier of site {site}", detail={"format": "pdf"})
    simulated = "-simulated" if context["is_simulated"] else ""
    return ResultFile(f"{site.study.slug}-{site.number}-dossier{simulated}.pdf", documents.PDF, body)
