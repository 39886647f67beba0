"""Adding a person to the sponsor: a user, a membership, and a password for once that is shown once."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from ctms.accounts.access_forms import AddPersonForm
from ctms.accounts.models import Organisation, OrganisationKind
from ctms.accounts.services.people import add_person
from ctms.accounts.views.access import AccessForm
from ctms.core import clock
from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.web.lists import rank
from ctms.web.places import PageRequest

_EMPLOYERS = (OrganisationKind.SPONSOR, OrganisationKind.CRO, OrganisationKind.VENDOR, OrganisationKind.SITE)


class AddPerson(AccessForm):
    title = "Add a person"
    verb = "accounts.edit_user"
    submit = "Add"
    tab = "access-people"

    def may_enter(self) -> bool:
        return super().may_enter() and self.may_send()

    def make_form(self, data: Any = None) -> AddPersonForm:
        employers = Organisation.objects.visible_to(self.request.user).alias(rank=rank("kind", _EMPLOYERS))
        organisations = employers.order_by("rank", "name")
        return AddPersonForm(data, organisations=organisations, initial={"starts_on": clock.today()})

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        said = form.cleaned_data
        try:
            with acting(request.user, reason=said.pop("reason"), channel=Channel.WEB, by_person=True):
                user, password = add_person(sponsor=self.sponsor, by=request.user, **said)
        except Refusal as refusal:
            form.refuse(refusal)
            return self.show(form, status=refusal.status)
        context = {
            "title": f"{user} is added", "person": user, "password": password, "tabs": self.tabs(),
            "grant_url": f"{self.url('access-grant')}?person={user.pk}", "back_url": self.url("access-people"),
        }  # fmt: skip
        return TemplateResponse(request, "accounts/person_added.html", context)
