"""A site's page: status with its moves, dossier and history."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from audit.queries import record_trail
from audit.signed import shown_under
from ctms.core import clock, documents
from ctms.core.acting import Channel, acting
from ctms.core.clock import is_simulated
from ctms.core.lifecycle import Lifecycle
from ctms.core.protocols import journal
from ctms.core.refusals import Refusal
from ctms.desk.services.jobs import start_job
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest
from ctms.web.templatetags.ctms import day, spoken
from sites.columns import enrollment_tone, status_tone
from sites.lifecycle import ENROLLMENT, MAIN_PATH, SITE
from sites.models import OperationalStatus, Site, SiteStatusEvent
from sites.pages import InSite
from sites.services import statuses
from sites.views.tabs import SiteTabView

_LONGEST_PDF = 1000  # entries; older ones are on the page


class Dossier(InSite):
    """Has the site's dossier prepared as a PDF, in the background."""

    page = "site"

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        title = f"Dossier of site {self.site}, {self.study}"
        with acting(request.user, reason="Preparing a site's dossier", channel=Channel.WEB):
            job = start_job(
                kind="site-dossier", arguments={"site": self.site.pk}, title=title, by=request.user, at=clock.now()
            )  # fmt: skip
        return redirect("job", self.sponsor.code, job.pk)


class Status(SiteTabView):
    page = "site-status"
    title = "Status"
    template_name = "sites/status.html"

    def context(self) -> dict[str, Any]:
        events = list(self.site.status_events.select_related("recorded_by", "corrects").order_by("-id"))
        corrected = {event.corrects_id for event in events}
        latest = next((event for event in events if event.kind == SiteStatusEvent.Kind.OPERATIONAL), None)
        may_correct = latest is not None and self.may("sites.correct_site")
        return {
            "path": life_of(self.site),
            "offers": self.offers(SITE),
            "enrollment_offers": self.offers(ENROLLMENT),
            "signatures": shown_under(self.site),
            "timeline": [_event_item(event, is_corrected=event.pk in corrected) for event in events],
            "correct_url": self.url("site-correct", latest.pk) if latest and may_correct else "",
        }


class Move(InSite, MoveView):
    """A move of the site's lifecycle or of its enrollment."""

    page = "site-status"

    @property
    def place_title(self) -> str:
        move = self.lifecycle.move(self.kwargs["move"])
        return move.label if move else ""

    @property
    def lifecycle(self) -> Lifecycle:
        return ENROLLMENT if ENROLLMENT.move(self.kwargs["move"]) else SITE

    @property
    def record(self) -> Site:
        return self.site

    @property
    def back_url(self) -> str:
        return self.url("site-status")

    def today(self) -> date:
        return self.site.today(clock.now())

    def make(self, **arguments: Any) -> Any:
        service = statuses.move_enrollment if self.lifecycle is ENROLLMENT else statuses.move_site
        return service(site=self.site, **arguments)


class History(SiteTabView):
    """Everything the trail holds of the site and of what belongs to it."""

    page = "site-history"
    title = "History"
    template_name = "sites/history.html"

    def context(self) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        trail = record_trail(self.site, self.request.user, before=before)
        here = self.url("site-history")
        return {
            "trail": trail,
            "first_url": here if before else "",
            "next_url": f"{here}?{urlencode({'before': trail.next})}" if trail.next else "",
            "audit_url": reverse("study-audit", args=[self.sponsor.code, self.study.slug]),
            "pdf_url": self.url("site-history-pdf"),
            "pdf_impossible": documents.why_impossible(),
        }

    def may_enter(self) -> bool:
        return self.may("audit.view_trail")


class HistoryPdf(History):
    """The same as a document."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if sentence := documents.why_impossible():
            raise Refusal("NO_PDF", sentence)
        context = {
            "site": self.site,
            "trail": record_trail(self.site, request.user, limit=_LONGEST_PDF),
            "signatures": shown_under(self.site),
            "at": clock.now(),
            "by": request.user,
            "is_simulated": is_simulated(),
        }
        subject = f"History of site {self.site}"
        journal().record("EXPORTED", user=request.user, subject=subject, detail={"format": "pdf"})
        name = f"{self.study.slug}-{self.site.number}-history.pdf"
        return documents.pdf("sites/history_pdf.html", context, file_name=name)


def _event_item(event: SiteStatusEvent, *, is_corrected: bool) -> dict[str, Any]:
    """One change of status for the timeline: what, on which day, who entered it when, and why."""
    tone = status_tone if event.kind == SiteStatusEvent.Kind.OPERATIONAL else enrollment_tone
    chip = {"label": event.to_words, "tone": tone(event.to_status)}
    if is_corrected:
        chip = {"label": f"{event.to_words} (corrected since)", "tone": "mute"}
    late = (event.recorded_at.date() - event.effective_on).days
    entered = f", entered {late} d later" if late > 1 else ""
    proof = f"; proof at {event.proof}" if event.proof else ""
    return {
        "title": "Correction" if event.corrects_id else _move_label(event),
        "chip": chip,
        "text": f"{event.from_words or 'New'} → {event.to_words}, on {day(event.effective_on)}{entered}{proof}",
        "why": event.reason,
        "who": event.recorded_by.full_name if event.recorded_by else "Import",
        "at": event.recorded_at,
        "simulated": is_simulated(),
    }


def _move_label(event: SiteStatusEvent) -> str:
    move = SITE.move(event.move) or ENROLLMENT.move(event.move)
    return move.label if move else spoken(event.move)


def life_of(site: Site) -> list[dict[str, str]]:
    """The main path of the lifecycle: what is done, where the site stands, and what is ahead or which exit it took."""
    here = site.operational_status
    reached = set(site.status_events.filter(kind=SiteStatusEvent.Kind.OPERATIONAL).values_list("to_status", flat=True))
    steps = []
    for status in MAIN_PATH:
        state = "current" if status == here else "done" if status in reached else "next"
        steps.append({"label": str(OperationalStatus(status).label), "state": state})
    if here not in MAIN_PATH:
        steps = [step for step in steps if step["state"] == "done"]
        steps.append({"label": str(OperationalStatus(here).label), "state": "ended"})
    return steps
