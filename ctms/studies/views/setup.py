"""The set-up of a study: what it is, where it runs, its arms and protocol versions, made and changed by hand."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.accounts.models import Scope, ScopeKind
from ctms.core import protocols
from ctms.core.partial_dates import PartialDate
from ctms.studies.forms import ArmForm, CountryForm, EffectForm, ProtocolVersionForm, StudyForm
from ctms.studies.models import Arm, ExternalClaim, Programme, ProtocolEffect, ProtocolVersion, Study
from ctms.studies.pages import InStudy
from ctms.studies.services import design, studies
from ctms.studies.services.load_study import REGISTRY
from ctms.studies.wording import DATES, study_facts
from ctms.web.edits import EditForm, EditView
from ctms.web.places import InSponsor, PageRequest, found
from ctms.web.posts import FormPage
from ctms.web.templatetags.ctms import day

_ARM_COLUMNS = ({"label": "Arm"}, {"label": "Kind"}, {"label": "Description"}, {"label": ""})
_PROTOCOL_COLUMNS = ({"label": "Version"}, {"label": "Approved", "kind": "date"}, {"label": "In force"}, {"label": ""})


class NewStudy(InSponsor, EditView):
    """A study that no registry knows of."""

    page = "study-new"
    title = "New study"
    form_class = StudyForm
    deed = "Making a study"
    submit = "Make the study"

    def may_enter(self) -> bool:
        return may_create_studies(self.request.user, self.sponsor)

    @property
    def subject(self) -> str:
        return str(self.sponsor)

    @property
    def back_url(self) -> str:
        return reverse("portfolio", args=[self.sponsor.code])

    def form_options(self) -> dict[str, Any]:
        return {"programmes": Programme.objects.visible_to(self.request.user)}

    def save(self, said: dict[str, Any], version: int | None) -> Study:
        new_programme = said.pop("new_programme")
        return studies.create_study(
            sponsor=self.sponsor, fields=said, new_programme=new_programme, by=self.request.user
        )

    def next_url(self, record: Study) -> str:
        return reverse("setup", args=[self.sponsor.code, record.slug])

    def done(self, record: Study) -> str:
        return f"{record}: made. Its countries, arms and protocol come next."


class InSetUp(InStudy):
    """A page that changes the study's set-up."""

    page = "setup"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, "studies.edit_study", self.study)

    @property
    def back_url(self) -> str:
        return reverse("setup", args=[self.sponsor.code, self.study.slug])

    @property
    def subject(self) -> str:
        return self.study.protocol_no


class SetUp(InStudy):
    """What the study is, on one page, each part with the way to change it."""

    page = "setup"
    title = "Set-up"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_edit = protocols.authority().may(request.user, "studies.edit_study", self.study)
        versions = ProtocolVersion.objects.visible_to(request.user).filter(study=self.study)
        context = {
            "study": self.study,
            "facts": [{"label": "Programme", "value": self._programme()}, *study_facts(self.study, self._registered())],
            "countries": self.countries,
            "arms": [
                {"arm": arm, "kind": _kind(arm), "edit_url": self._url("arm-edit", arm.pk) if may_edit else ""}
                for arm in Arm.objects.visible_to(request.user).filter(study=self.study)
            ],
            "arm_columns": _ARM_COLUMNS,
            "protocols": [self._protocol(version, may_edit) for version in versions],
            "protocol_columns": _PROTOCOL_COLUMNS,
            "urls": self._forms() if may_edit else {},
            "migrations_url": self._url("migrations"),
        }
        return TemplateResponse(request, "studies/setup.html", context)

    def _forms(self) -> dict[str, str]:
        names = {"edit": "study-edit", "country": "country-add", "arm": "arm-add", "protocol": "protocol-add"}
        return {key: self._url(name) for key, name in names.items()}

    def _protocol(self, version: ProtocolVersion, may_edit: bool) -> dict[str, Any]:
        effects = version.effects.select_related("scope").order_by("effective_on", "scope__label")
        return {
            "version": version,
            "edit_url": self._url("protocol-edit", version.pk) if may_edit else "",
            "add_url": self._url("effect-add", version.pk) if may_edit else "",
            "effects": [
                {"effect": effect, "url": self._url("effect-edit", effect.pk) if may_edit else ""} for effect in effects
            ],
        }

    def _registered(self) -> dict[str, str]:
        """Of the study's days those that are what the registry says, in words."""
        claims = ExternalClaim.objects.visible_to(self.request.user).filter(scope=self.study.scope, topic__in=DATES)
        return {
            claim.topic: f"as registered at {REGISTRY} on {day(claim.run.source_as_of)}"
            for claim in claims.select_related("run")
            if claim.value and PartialDate.parse(claim.value) == getattr(self.study, claim.topic)
        }

    def _programme(self) -> str:
        return str(self.study.programme or "")

    def _url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])


class EditStudy(InSetUp, EditView):
    title = "Edit study"
    form_class = StudyForm
    deed = "Editing the study"

    @property
    def record(self) -> Study:
        return self.study

    def form_options(self) -> dict[str, Any]:
        return {"programmes": Programme.objects.visible_to(self.request.user)}

    def save(self, said: dict[str, Any], version: int | None) -> Study:
        new_programme = said.pop("new_programme")
        return studies.edit_study(
            study=self.study, changes=said, new_programme=new_programme, version=version, by=self.request.user
        )

    def next_url(self, record: Study) -> str:
        return reverse("setup", args=[self.sponsor.code, record.slug])


class AddCountry(InSetUp, FormPage):
    title = "Add a country"
    deed = "Adding a country"
    submit = "Add"

    def make_form(self, data: Any = None) -> CountryForm:
        return CountryForm(data, taken={country.country for country in self.countries})

    def carry_out(self, said: dict[str, Any]) -> str:
        country = studies.add_country(study=self.study, country=said["country"], by=self.request.user)
        return f"{country}: added."


class InArm(InSetUp, EditView):
    form_class = ArmForm


class AddArm(InArm):
    title = "Add an arm"
    deed = "Adding an arm"
    submit = "Add"

    def save(self, said: dict[str, Any], version: int | None) -> Arm:
        return design.add_arm(study=self.study, fields=said, by=self.request.user)


class EditArm(InArm):
    title = "Edit arm"
    deed = "Editing an arm"

    @cached_property
    def record(self) -> Arm:
        arm: Arm = found(Arm.objects.visible_to(self.request.user).filter(study=self.study, pk=self.kwargs["arm"]))
        return arm

    def save(self, said: dict[str, Any], version: int | None) -> Arm:
        return design.edit_arm(arm=self.record, changes=said, version=version, by=self.request.user)


class InProtocol(InSetUp, EditView):
    form_class: ClassVar[type[EditForm]] = ProtocolVersionForm

    @cached_property
    def protocol(self) -> ProtocolVersion:
        versions = ProtocolVersion.objects.visible_to(self.request.user).filter(study=self.study)
        protocol: ProtocolVersion = found(versions.filter(pk=self.kwargs["protocol"]).select_related("study__scope"))
        return protocol


class AddProtocol(InProtocol):
    title = "Add a protocol version"
    deed = "Adding a protocol version"
    submit = "Add"

    def save(self, said: dict[str, Any], version: int | None) -> ProtocolVersion:
        return design.add_protocol_version(study=self.study, fields=said, by=self.request.user)


class EditProtocol(InProtocol):
    title = "Edit protocol version"
    deed = "Editing a protocol version"

    @property
    def record(self) -> ProtocolVersion:
        return self.protocol

    def save(self, said: dict[str, Any], version: int | None) -> ProtocolVersion:
        return design.edit_protocol_version(
            protocol_version=self.protocol, changes=said, version=version, by=self.request.user
        )


class AddEffect(InProtocol):
    title = "Where a protocol version holds"
    form_class = EffectForm
    deed = "Saying where a protocol version holds"
    submit = "Add"

    @property
    def subject(self) -> str:
        return f"Protocol version {self.protocol}"

    def form_options(self) -> dict[str, Any]:
        return {"places": places_within(self.study)}

    def save(self, said: dict[str, Any], version: int | None) -> ProtocolEffect:
        return design.add_effect(protocol_version=self.protocol, fields=said, by=self.request.user)


class EditEffect(InSetUp, EditView):
    title = "Where a protocol version holds"
    form_class = EffectForm
    deed = "Saying where a protocol version holds"

    @cached_property
    def record(self) -> ProtocolEffect:
        effects = ProtocolEffect.objects.visible_to(self.request.user).filter(study=self.study)
        effect: ProtocolEffect = found(effects.filter(pk=self.kwargs["effect"]).select_related("protocol_version"))
        return effect

    def form_options(self) -> dict[str, Any]:
        return {"places": places_within(self.study)}

    def save(self, said: dict[str, Any], version: int | None) -> ProtocolEffect:
        return design.edit_effect(effect=self.record, changes=said, version=version, by=self.request.user)


def may_create_studies(user: Any, sponsor: Any) -> bool:
    return protocols.authority().may(user, "studies.create_study", sponsor)


def places_within(study: Study) -> Any:
    """The countries of a study, then its sites, as scopes."""
    below = Scope.objects.filter(access.within({study.scope.path}, "path"))
    return below.filter(kind__in=(ScopeKind.COUNTRY, ScopeKind.SITE)).order_by("kind", "label")


def _kind(arm: Arm) -> str:
    return dict(ArmForm.base_fields["kind"].choices).get(arm.kind, arm.kind) if arm.kind else ""  # type: ignore[attr-defined]
