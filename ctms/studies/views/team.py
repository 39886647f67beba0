"""The team of a study: who holds which role in it, or above it."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from ctms.accounts import access
from ctms.accounts.views.access_lists import RolesHeld
from ctms.core import protocols
from ctms.studies.pages import InStudy


class Team(InStudy, RolesHeld):
    page = "team"
    title = "Team"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-team"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, "accounts.view_access", self.study)

    def rows(self) -> QuerySet[Any]:
        return super().rows().filter(access.touching({self.study.scope.path}, "scope__path"))

    def row_url(self, row: Any) -> str:
        if not protocols.authority().may(self.request.user, "accounts.view_access", self.sponsor):
            return ""
        return reverse("access-role", args=[self.sponsor.code, row.id])
