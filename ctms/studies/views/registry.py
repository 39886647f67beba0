"""Who is master of what in a study, and declaring it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import protocols
from ctms.integrations.models import SystemOfRecord
from ctms.integrations.registry import RULES, Domain, masters
from ctms.integrations.services.connections import declare_master
from ctms.studies.connection_forms import MasterForm
from ctms.studies.pages import InStudy
from ctms.web.places import PageRequest
from ctms.web.posts import FormPage
from ctms.web.refusable import RefusableForm

VERB = "integrations.edit_registry"
_COLUMNS = [
    {"label": label} for label in ("Domain", "System of record", "The CTMS may", "Recognised by", "Tolerance", "")
]


class Registry(InStudy):
    """All domains, with their master in this study."""

    page = "registry"
    title = "Systems of record"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_edit = protocols.authority().may(request.user, VERB, self.study)
        declared = set(SystemOfRecord.objects.filter(scope=self.study.scope).values_list("domain", flat=True))
        now = masters(self.study.scope)
        context = {
            "study": self.study,
            "columns": _COLUMNS,
            "rows": [
                {
                    "label": domain.label, "master": now[domain].label, "rule": rule,
                    "is_declared": domain.value in declared,
                    "url": self._url(domain) if may_edit and len(rule.choices) > 1 else "",
                }
                for domain, rule in RULES.items()
            ],
        }  # fmt: skip
        return TemplateResponse(request, "integrations/registry.html", context)

    def _url(self, domain: Domain) -> str:
        return reverse("registry-declare", args=[self.sponsor.code, self.study.slug, domain.value.lower()])


class DeclareMaster(InStudy, FormPage):
    """Declares the master of one domain; what is written from then on follows it."""

    page = "registry"
    title = "System of record"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, VERB, self.study)

    @cached_property
    def domain(self) -> Domain:
        try:
            return Domain(self.kwargs["domain"].upper())
        except ValueError:
            raise Http404 from None

    @property
    def subject(self) -> str:
        return str(self.domain.label)

    @property
    def back_url(self) -> str:
        return reverse("registry", args=[self.sponsor.code, self.study.slug])

    def make_form(self, data: Any = None) -> RefusableForm:
        return MasterForm(self.domain, data, initial={"master": masters(self.study.scope)[self.domain]})

    def carry_out(self, said: dict[str, Any]) -> str:
        row = declare_master(
            scope=self.study.scope, domain=self.domain, master=said["master"], reason=said["reason"],
            by=self.request.user,
        )  # fmt: skip
        return f"{row}."
