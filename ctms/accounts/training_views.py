"""Training: one's own, which needs no role, and the curricula of a sponsor, for who keeps and approves them."""

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.accounts import access, second_step
from ctms.accounts.lifecycle import CURRICULUM
from ctms.accounts.models import Curriculum, CurriculumStatus, TrainingRecord
from ctms.accounts.roles import Role
from ctms.accounts.services import training
from ctms.accounts.training_forms import CompletionForm, CurriculumForm
from ctms.core import clock, protocols
from ctms.core.acting import Channel, acting
from ctms.core.lifecycle import Request
from ctms.core.refusals import Refusal
from ctms.web.columns import Column
from ctms.web.lists import ListView
from ctms.web.moves import MoveView
from ctms.web.places import InSponsor, PageRequest, found, key_in

_TONES = {"DRAFT": "info", "APPROVED": "ok", "ENDED": "mute"}


class YourTraining(InSponsor):
    """What one's roles have one read, and what is complete."""

    page = "training"
    title = "Your training"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        completed = {row.curriculum_id: row for row in TrainingRecord.objects.filter(user=request.user)}
        current = Curriculum.objects.filter(
            status=CurriculumStatus.APPROVED, role__in=access.roles_held(request.user)
        ).order_by("role")
        rows = [
            {
                "curriculum": one,
                "record": completed.get(one.pk),
                "url": reverse("training-read", args=[self.sponsor.code, one.pk]),
            }
            for one in current
        ]
        context = {"rows": rows, "open": [row for row in rows if row["record"] is None], "columns": _OWN_COLUMNS}
        return TemplateResponse(request, "accounts/training.html", context)


class ReadTraining(InSponsor):
    """One training of one's own: what there is to read, and its acknowledgement."""

    page = "training"
    title = "Training"

    @cached_property
    def curriculum(self) -> Curriculum:
        """Of one's own roles only; to others it is not there."""
        roles = access.roles_held(self.request.user)
        rows = Curriculum.objects.filter(status=CurriculumStatus.APPROVED, role__in=roles)
        curriculum: Curriculum = found(rows.filter(pk=self.kwargs["curriculum"]))
        return curriculum

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self._form())

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        said = form.cleaned_data
        try:
            with acting(request.user, reason="Training read and acknowledged", channel=Channel.WEB, by_person=True):
                training.complete_training(
                    curriculum=self.curriculum, sha256=said["sha256"], password=said["password"],
                    code=said.get("code", "").strip(), by=request.user, at=clock.now(),
                )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
            return self._page(form, status=refusal.status)
        messages.success(request, f"Complete: {self.curriculum}.")
        return redirect("training", self.sponsor.code)

    def _form(self, data: Any = None) -> CompletionForm:
        items = self.curriculum.items.order_by("position")
        sha256 = training.content_hash(self.curriculum)
        return CompletionForm(items, data, sha256=sha256, needs_code=second_step.is_on(self.request.user))

    def _page(self, form: CompletionForm, *, status: int = 200) -> HttpResponse:
        context = {
            "curriculum": self.curriculum,
            "items": list(self.curriculum.items.order_by("position")),
            "record": TrainingRecord.objects.filter(curriculum=self.curriculum, user=self.request.user).first(),
            "statement": training.STATEMENT.format(name=self.request.user.full_name),
            "form": form,
            "back_url": reverse("training", args=[self.sponsor.code]),
        }
        return TemplateResponse(self.request, "accounts/training_read.html", context, status=status)


class KeepsTraining(InSponsor):
    """A page about the sponsor's curricula."""

    page = "curricula"

    def may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, Curriculum())

    def may_enter(self) -> bool:
        return self.may("accounts.view_training")

    @cached_property
    def curriculum(self) -> Curriculum:
        rows = Curriculum.objects.visible_to(self.request.user).select_related("drafted_by")
        curriculum: Curriculum = found(rows.filter(pk=self.kwargs["curriculum"]))
        return curriculum

    def url(self, name: str, *arguments: Any) -> str:
        return reverse(name, args=[self.sponsor.code, *arguments])


class CurriculumFilter(django_filters.FilterSet):
    role = django_filters.ChoiceFilter(label="Role", empty_label="All roles", choices=Role.choices)
    status = django_filters.ChoiceFilter(label="Status", empty_label="All statuses", choices=CurriculumStatus.choices)

    class Meta:
        model = Curriculum
        fields: tuple[str, ...] = ()


class CurriculumList(KeepsTraining, ListView):
    """All versions of all curricula."""

    title = "Curricula"
    noun = ("curriculum", "curricula")
    columns = (
        Column("title", "Title", lambda row: row.title, "text", ("title",), phone="title"),
        Column("role", "Role", lambda row: row.get_role_display(), "text", ("role",), phone="main"),
        Column("number", "Version", lambda row: row.number, "number", ("number",), phone="main"),
        Column("status", "Status", lambda row: row.get_status_display(), "status", ("status",),
               tone=lambda row: _TONES[row.status], phone="main"),
    )  # fmt: skip
    filterset_class = CurriculumFilter
    default_sort = "title"
    file_name = "curricula"

    def rows(self) -> QuerySet[Any]:
        return Curriculum.objects.visible_to(self.request.user)

    def row_url(self, row: Any) -> str:
        return self.url("curriculum", row.pk)

    def empty(self) -> dict[str, str]:
        return {"title": "No curricula yet", "text": "A role without one needs no training."}

    def actions(self) -> list[dict[str, str]]:
        if not self.may("accounts.edit_training"):
            return []
        return [{"label": "New curriculum", "url": self.url("curriculum-new"), "icon": "plus"}]


class CurriculumPage(KeepsTraining):
    """A version: what is to be read, who has, and its next move."""

    @property
    def place_title(self) -> str:
        return str(self.curriculum)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one = self.curriculum
        context = {
            "curriculum": one,
            "tone": _TONES[one.status],
            "items": list(one.items.order_by("position")),
            "records": list(one.records.order_by("-completed_at")[:200]),
            "offers": [
                {"offer": offer, "url": self.url("curriculum-move", one.pk, offer.move.name)}
                for offer in CURRICULUM.offers(one, Request(request.user))
            ],
            "next_url": f"{self.url('curriculum-new')}?like={one.pk}" if self.may("accounts.edit_training") else "",
        }
        return TemplateResponse(request, "accounts/curriculum.html", context)


class NewCurriculum(KeepsTraining):
    """Drafting the next version of a role's curriculum."""

    title = "New curriculum"

    def may_enter(self) -> bool:
        return self.may("accounts.edit_training")

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        like = key_in(request.GET.get("like", ""))
        rows = Curriculum.objects.visible_to(request.user)
        model = rows.filter(pk=like).first() if like is not None else None
        return self._page(CurriculumForm(initial=CurriculumForm.like(model) if model else None))

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = CurriculumForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        said = form.cleaned_data
        try:
            with acting(request.user, reason="Curriculum drafted", channel=Channel.WEB):
                made = training.draft_curriculum(
                    role=Role(said["role"]), title=said["title"], items=said["items"], by=request.user
                )
        except Refusal as refusal:
            form.refuse(refusal)
            return self._page(form, status=refusal.status)
        return redirect("curriculum", self.sponsor.code, made.pk)

    def _page(self, form: CurriculumForm, *, status: int = 200) -> HttpResponse:
        context = {"form": form, "back_url": self.url("curricula")}
        return TemplateResponse(self.request, "accounts/curriculum_new.html", context, status=status)


class MoveCurriculum(KeepsTraining, MoveView):
    """Approving or ending a version."""

    lifecycle = CURRICULUM
    is_dated = False

    @property
    def place_title(self) -> str:
        move = CURRICULUM.move(self.kwargs["move"])
        if move is None:
            raise Http404
        return move.label

    @property
    def record(self) -> Any:
        return self.curriculum

    @property
    def back_url(self) -> str:
        return self.url("curriculum", self.curriculum.pk)

    def make(self, **said: Any) -> Any:
        return training.move_curriculum(
            curriculum=self.record, move=said["move"], reason=said["reason"], by=said["by"]
        )  # fmt: skip


_OWN_COLUMNS = ({"label": "Training"}, {"label": "For the role"}, {"label": "Version"}, {"label": "State"})
