"""The way from a sponsor's address to the page where this person's day begins."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from ctms.accounts import access
from ctms.accounts.homes import home_of
from ctms.studies.models import Study
from ctms.web.places import InSponsor, PageRequest


class Home(InSponsor):
    """`/in/<sponsor>/`: to the home of the person's role. From there they may go anywhere."""

    page = "sponsor-home"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code, page = self.sponsor.code, home_of(grant.role for grant in access.grants_of(request.user))
        if page != "study":
            return redirect(page, code)
        studies = Study.objects.visible_to(request.user).order_by("pk").values_list("slug", flat=True)[:2]
        return redirect("study", code, studies[0]) if len(studies) == 1 else redirect("portfolio", code)
