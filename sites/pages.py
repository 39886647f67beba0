"""What views of one site share."""

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import protocols
from ctms.core.lifecycle import Move
from ctms.studies.pages import InStudy
from ctms.web.places import Place, found
from sites.lifecycle import missing_facts
from sites.models import Site
from sites.startup.lifecycle import shut_sentences


class InSite(InStudy):
    """A page of one site: /s/<study>/site/<number>/..."""

    @cached_property
    def site(self) -> Site:
        """The site of the address; 404 for one that is not there, or not for this person."""
        sites = Site.objects.visible_to(self.request.user)
        related = ("scope", "sponsor", "study__scope", "country__scope", "facility")
        site: Site = found(sites.filter(study=self.study, number=self.kwargs["number"]).select_related(*related))
        return site

    @property
    def place(self) -> Place:
        return replace(super().place, country=self.site.country, site=self.site)

    def url(self, name: str, *more: Any) -> str:
        """The address of one of the site's pages."""
        return reverse(name, args=[self.sponsor.code, self.study.slug, self.site.number, *more])

    def may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, self.site)

    def remedies(self, move: Move) -> dict[str, str]:
        """The sentences about missing evidence and open items -> where this person can settle that."""
        checklist = dict.fromkeys(shut_sentences(move, self.site), self.url("site-startup"))
        if not self.may("sites.record_evidence"):
            return checklist
        form = self.url("site-evidence")
        return checklist | {
            sentence: f"{form}?code={code}#record" for sentence, code in missing_facts(move, self.site).items()
        }
