"""The tabs of a site's page on which something is entered: evidence, people, corrections."""

from typing import Any

from django.db.models import Q
from django.urls import reverse

from ctms.core import clock
from ctms.core.clock import is_simulated
from ctms.core.lifecycle import Offer
from ctms.web.places import found, key_in
from ctms.web.templatetags.ctms import day
from sites.forms import CorrectionForm, EndPersonnelForm, EvidenceForm, FindPersonForm, PersonnelForm, WithdrawForm
from sites.lifecycle import SITE
from sites.models import EvidenceCode, Person, SiteEvidence, SitePersonnel, SiteStatusEvent
from sites.services import evidence, personnel, statuses
from sites.views.tabs import FormTab

_PEOPLE_COLUMNS = ({"label": "Name"}, {"label": "Role"}, {"label": "From"}, {"label": "Until"}, {"label": ""})
_MOST_OFFERED = 50  # people of a name


class Evidence(FormTab):
    """The facts on record, and the form to record one."""

    page = "site-evidence"
    title = "Evidence"
    template_name = "sites/evidence.html"
    form_verb = "sites.record_evidence"
    done = "Evidence recorded."

    def make_form(self, data: Any = None) -> EvidenceForm:
        return EvidenceForm(
            data, initial={"occurred_on": self.site.today(clock.now()), "code": self.request.GET.get("code", "")}
        )

    def reason(self, said: dict[str, Any]) -> str:
        return f"Evidence: {EvidenceCode(said['code']).label}"

    def carry_out(self, said: dict[str, Any]) -> None:
        evidence.record_evidence(site=self.site, by=self.request.user, at=clock.now(), **said)

    def context(self) -> dict[str, Any]:
        rows = self.site.evidence.select_related("recorded_by", "replaces").order_by("-id")
        standing = set(self.site.standing_evidence.values_list("pk", flat=True))
        return super().context() | {
            "rows": [self._row(row, holds=row.pk in standing) for row in rows],
            "open_moves": [item for item in self.offers(SITE) if _leads_on(item["offer"])],
        }

    def _row(self, row: SiteEvidence, *, holds: bool) -> dict[str, Any]:
        if row.withdrawn:
            chip = {"label": "withdrawn", "tone": "bad"}
        else:
            chip = {"label": "holds", "tone": "ok"} if holds else {"label": "replaced", "tone": "mute"}
        return {
            "title": row.get_code_display(),
            "chip": chip,
            "text": f"{day(row.occurred_on)}, proof at {row.reference}",
            "why": row.note,
            "who": row.recorded_by.full_name if row.recorded_by else "Import",
            "at": row.recorded_at,
            "simulated": is_simulated(),
            "url": self.url("site-withdraw", row.pk) if holds and self.may(self.form_verb) else "",
            "action": "Withdraw…",
        }


class Withdraw(FormTab):
    """A fact on record that does not hold after all."""

    page = "site-evidence"
    title = "Withdraw evidence"
    template_name = "sites/withdraw.html"
    form_verb = "sites.record_evidence"
    done = "Evidence withdrawn."

    def make_form(self, data: Any = None) -> WithdrawForm:
        return WithdrawForm(data)

    def reason(self, said: dict[str, Any]) -> str:
        return str(said["reason"])

    def carry_out(self, said: dict[str, Any]) -> None:
        evidence.withdraw_evidence(evidence=self._row(), by=self.request.user, at=clock.now(), **said)

    def context(self) -> dict[str, Any]:
        return super().context() | {"evidence": self._row()}

    def _row(self) -> SiteEvidence:
        row: SiteEvidence = found(self.site.evidence.filter(pk=self.kwargs["pk"]).select_related("site"))
        return row


class Correct(FormTab):
    """The latest change of status, put right."""

    page = "site-status"
    title = "Correct status"
    template_name = "sites/correct.html"
    form_verb = "sites.correct_site"
    done = "Status corrected."

    def make_form(self, data: Any = None) -> CorrectionForm:
        event = self._event()
        return CorrectionForm(data, initial={"to_status": event.to_status, "effective_on": event.effective_on})

    def reason(self, said: dict[str, Any]) -> str:
        return str(said["reason"])

    def carry_out(self, said: dict[str, Any]) -> None:
        statuses.correct_status(event=self._event(), by=self.request.user, at=clock.now(), **said)

    def context(self) -> dict[str, Any]:
        return super().context() | {"event": self._event()}

    def _event(self) -> SiteStatusEvent:
        kind = SiteStatusEvent.Kind.OPERATIONAL
        row: SiteStatusEvent = found(
            self.site.status_events.filter(pk=self.kwargs["pk"], kind=kind).select_related("site")
        )
        return row


class People(FormTab):
    """Who works at the site, and the form to add somebody."""

    page = "site-people"
    title = "People"
    template_name = "sites/people.html"
    form_verb = "sites.edit_personnel"
    done = "Added to the site's people."

    def make_form(self, data: Any = None) -> PersonnelForm:
        offered = self._offered(data)
        form = PersonnelForm(data, people=Person.objects.visible_to(self.request.user), offered=offered)
        if self.who and not offered:
            form.fields["person"].help_text = "Nobody you know has such a name: a new person is named below."
        return form

    def _offered(self, data: Any) -> list[Person]:
        """Whom one chose, and whom one is likely to mean: who works or worked at this facility or, with `who`,
        everybody of that name."""
        user, people = self.request.user, Person.objects.visible_to(self.request.user)
        near = SitePersonnel.objects.visible_to(user).filter(site__facility=self.site.facility_id)
        wanted = Q(name__icontains=self.who) if self.who else Q(engagements__in=near)
        likely = people.filter(wanted).distinct().order_by("name")[:_MOST_OFFERED]
        chosen = key_in((data or {}).get("person", ""))
        return list(dict.fromkeys([*(people.filter(pk=chosen) if chosen else ()), *likely]))

    @property
    def who(self) -> str:
        """The name that is looked for."""
        return self.request.GET.get("who", "").strip()

    def reason(self, said: dict[str, Any]) -> str:
        return str(said["reason"])

    def carry_out(self, said: dict[str, Any]) -> str:
        engagement = personnel.add_personnel(
            site=self.site, person=said["person"], new_name=said["name"], role=said["role"],
            starts_on=said["starts_on"], by=self.request.user,
        )  # fmt: skip
        return self.url("site-take-back-personnel", engagement.pk)

    def context(self) -> dict[str, Any]:
        engagements = self.site.personnel.select_related("person").order_by("ends_on", "role", "person__name")
        return super().context() | {
            "find": FindPersonForm({"who": self.who}),
            "columns": _PEOPLE_COLUMNS,
            "engagements": [
                {
                    "engagement": one,
                    "end_url": self.url("site-end-personnel", one.pk),
                    "edit_url": self.url("site-edit-personnel", one.pk),
                    "person_url": reverse("person", args=[self.sponsor.code, one.person_id]),
                }
                for one in engagements
            ],
        }


class EndPersonnel(FormTab):
    """Somebody's last day at the site."""

    page = "site-people"
    title = "End of work"
    template_name = "sites/end_personnel.html"
    form_verb = "sites.edit_personnel"
    done = "End recorded."

    def make_form(self, data: Any = None) -> EndPersonnelForm:
        return EndPersonnelForm(data)

    def reason(self, said: dict[str, Any]) -> str:
        return str(said["reason"])

    def carry_out(self, said: dict[str, Any]) -> None:
        personnel.end_personnel(engagement=self._row(), ends_on=said["ends_on"], by=self.request.user)

    def context(self) -> dict[str, Any]:
        return super().context() | {"engagement": self._row()}

    def _row(self) -> SitePersonnel:
        row: SitePersonnel = found(self.site.personnel.filter(pk=self.kwargs["pk"]).select_related("person", "site"))
        return row


def _leads_on(offer: Offer) -> bool:
    """Whether the move is open and leads along the main path, not out of it."""
    return offer.is_open and not offer.move.is_exit
