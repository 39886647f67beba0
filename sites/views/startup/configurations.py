"""The start-up configuration of a study: its versions, what one says, drafting and approving it."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.core import clock, protocols
from ctms.core.lifecycle import Lifecycle, Request
from ctms.studies.importers.countries import country_name
from ctms.studies.pages import InStudy
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage
from sites.models import Gate, ItemKind, Level, Party, StartUpConfiguration
from sites.services import startup_configuration
from sites.startup.configuration import Definition, Template, template_of
from sites.startup.lifecycle import CONFIGURATION
from sites.startup.opening import configuration_for
from sites.views.startup.forms import ConfigurationForm

TONES = {"DRAFT": "info", "APPROVED": "ok", "RETIRED": "mute"}
_VERSIONS = ({"label": "Version"}, {"label": "Status"}, {"label": "In force from", "kind": "date"}, {"label": "Title"},
             {"label": "Read from"})  # fmt: skip
_ITEMS = tuple({"label": label} for label in ("Item", "Asked of", "Gate", "Days", "First with", "After", "Only where"))
_COUNTRIES = tuple({"label": label} for label in ("Country", "Route", "What is so there", "Calendar", "Kept by"))


class InConfigurations(InStudy):
    page = "startup-configurations"

    def may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, self.study)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])

    @property
    def versions(self) -> Any:
        return StartUpConfiguration.objects.visible_to(self.request.user).filter(study=self.study)


class Configurations(InConfigurations):
    title = "Start-up configuration"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        current = configuration_for(self.study.pk, clock.today())
        rows = [
            {
                "version": one, "title": one.content["title"], "tone": TONES[one.status],
                "url": self.url("startup-configuration", one.number), "in_force": current == one,
            }
            for one in self.versions
        ]  # fmt: skip
        covered = set(current.content["countries"]) if current else set()
        return TemplateResponse(request, "sites/startup/configurations.html", {
            "study": self.study,
            "rows": rows,
            "columns": _VERSIONS,
            "uncovered": ", ".join(one.name for one in self.countries if one.country not in covered),
            "new_url": self.url("startup-configuration-new") if self.may("sites.draft_startup") else "",
        })  # fmt: skip


class NewConfiguration(InConfigurations, FormPage):
    title = "New version"
    deed = "Preparing the start-up configuration"
    submit = "Read it into the draft"
    template_name = "sites/startup/configuration_new.html"

    def may_enter(self) -> bool:
        return self.may("sites.draft_startup")

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return self.url("startup-configurations")

    def make_form(self, data: Any = None) -> ConfigurationForm:
        files = self.request.FILES if data is not None else None
        return ConfigurationForm(data, files, initial={"effective_from": clock.today()})

    def carry_out(self, said: dict[str, Any]) -> str:
        text, name = said["content"]
        self.made = startup_configuration.draft_configuration(
            study=self.study, text=text, source=name, effective_from=said["effective_from"], by=self.request.user,
            at=clock.now(),
        )  # fmt: skip
        return f"{self.made}: drafted."

    def next_url(self) -> str:
        return self.url("startup-configuration", self.made.number)


class InConfiguration(InConfigurations):
    @cached_property
    def configuration(self) -> StartUpConfiguration:
        one: StartUpConfiguration = found(
            self.versions.filter(number=self.kwargs["configuration"]).select_related("study__scope", "made_by")
        )
        return one

    @property
    def place_title(self) -> str:
        return str(self.configuration)


class Configuration(InConfiguration):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one = self.configuration
        template = Template(one.content) if one.status == "DRAFT" else template_of(one)
        return TemplateResponse(request, "sites/startup/configuration.html", {
            "configuration": one,
            "title": template.title,
            "tone": TONES[one.status],
            "items": [_item(item) for item in template.items],
            "item_columns": _ITEMS,
            "countries": [_country(template, code) for code in sorted(template.countries, key=country_name)],
            "country_columns": _COUNTRIES,
            "signatures": shown_under(one),
            "offers": [
                {"offer": offer, "url": self.url("startup-configuration-move", one.number, offer.move.name)}
                for offer in CONFIGURATION.offers(one, Request(request.user))
            ],
        })  # fmt: skip


class Move(InConfiguration, MoveView):
    """Approving or retiring a version."""

    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return CONFIGURATION

    @property
    def record(self) -> StartUpConfiguration:
        return self.configuration

    @property
    def back_url(self) -> str:
        return self.url("startup-configuration", self.configuration.number)

    def make(self, **said: Any) -> Any:
        del said["at"]
        return startup_configuration.move_configuration(configuration=self.record, **said)


def _item(item: Definition) -> dict[str, str]:
    after = [str(Gate(one[1:]).label).lower() + " items" if one.startswith("@") else one for one in item.after]
    only = [*item.countries, *(rule.replace("!", "not ").replace("_", " ") for rule in item.applies)]
    return {
        "code": item.code,
        "name": item.name,
        "level": str(Level(item.level).label),
        "kind": str(ItemKind(item.kind).label) if item.kind != "OTHER" else "",
        "gate": str(Gate(item.gate).label) if item.gate else "",
        "days": str(item.days),
        "holder": str(Party(item.holder).label),
        "after": ", ".join(after),
        "only": ", ".join(only),
    }


def _country(template: Template, code: str) -> dict[str, str]:
    one = template.countries[code]
    true = [template.attributes.get(name, name) for name, value in one.truths.items() if value]
    return {
        "name": country_name(code), "route": one.route, "truths": "; ".join(true), "calendar": one.calendar,
        "owner": f"{one.owner}, {one.as_of}",
    }  # fmt: skip
