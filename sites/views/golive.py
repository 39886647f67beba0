"""Go-live migrations of a study: the drafts, what is in them, and their signing off."""

from typing import Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.core import clock, protocols
from ctms.core.lifecycle import Lifecycle, Request
from ctms.studies.pages import InStudy
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage, PostOnly
from sites.forms import MigrationForm, MigrationLineForm
from sites.lifecycle import MIGRATION
from sites.models import BatchStatus, MigrationBatch, MigrationLine, Site
from sites.services import golive

_TONES = {BatchStatus.DRAFT: "info", BatchStatus.SIGNED_OFF: "sign"}
_BATCH_COLUMNS = ({"label": "Migration"}, {"label": "Status"}, {"label": "Source"}, {"label": "Made", "kind": "date"})
_LINE_COLUMNS = (
    {"label": "Site"}, {"label": "Kind"}, {"label": "Status"}, {"label": "Since", "kind": "date"}, {"label": "Proof"},
    {"label": ""},
)  # fmt: skip
_LINES_SHOWN = 300


class InMigrations(InStudy):
    page = "migrations"

    def may(self, verb: str) -> bool:
        return protocols.authority().may(self.request.user, verb, self.study)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])


class Migrations(InMigrations):
    title = "Go-live migrations"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        batches = MigrationBatch.objects.visible_to(request.user).filter(study=self.study).select_related("made_by")
        rows = [
            {"batch": batch, "tone": _TONES[BatchStatus(batch.status)], "url": self.url("migration", batch.number)}
            for batch in batches
        ]
        has_draft = any(row["batch"].status == BatchStatus.DRAFT for row in rows)
        context = {
            "study": self.study,
            "rows": rows,
            "columns": _BATCH_COLUMNS,
            "new_url": "" if has_draft or not self.may("sites.draft_migration") else self.url("migration-new"),
            "import_url": self.url("import") if self.may("sites.draft_migration") else "",
        }
        return TemplateResponse(request, "sites/migrations.html", context)


class NewMigration(InMigrations, FormPage):
    title = "New go-live migration"
    deed = "Preparing a go-live migration"
    submit = "Make the draft"

    def may_enter(self) -> bool:
        return self.may("sites.draft_migration")

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return self.url("migrations")

    def make_form(self, data: Any = None) -> MigrationForm:
        return MigrationForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        self.made = golive.draft_migration(study=self.study, by=self.request.user, at=clock.now(), **said)
        return f"{self.made}: drafted."

    def next_url(self) -> str:
        return self.url("migration", self.made.number)


class InMigration(InMigrations):
    """A page of one migration."""

    @cached_property
    def batch(self) -> MigrationBatch:
        batches = MigrationBatch.objects.visible_to(self.request.user).filter(study=self.study)
        batch: MigrationBatch = found(
            batches.filter(number=self.kwargs["batch"]).select_related("study__scope", "made_by")
        )
        return batch

    @property
    def back_url(self) -> str:
        return self.url("migration", self.batch.number)

    @property
    def place_title(self) -> str:
        return str(self.batch)


class Migration(InMigration):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        batch = self.batch
        may_edit = batch.status == BatchStatus.DRAFT and self.may("sites.draft_migration")
        lines = MigrationLine.objects.visible_to(request.user).filter(batch=batch).select_related("site")
        listed = list(lines.order_by("site__number", "kind", "since", "id")[: _LINES_SHOWN + 1])
        context = {
            "batch": batch,
            "tone": _TONES[BatchStatus(batch.status)],
            "lines": [
                {
                    "line": line,
                    "site_url": self.url("site", line.site.number),
                    "remove_url": self.url("migration-line-remove", batch.number, line.pk) if may_edit else "",
                }
                for line in listed[:_LINES_SHOWN]
            ],
            "is_cut": len(listed) > _LINES_SHOWN,
            "columns": _LINE_COLUMNS,
            "add_url": self.url("migration-line-add", batch.number) if may_edit else "",
            "import_url": self.url("import") if may_edit else "",
            "signatures": shown_under(batch),
            "offers": [
                {"offer": offer, "url": self.url("migration-move", batch.number, offer.move.name)}
                for offer in MIGRATION.offers(batch, Request(request.user))
            ],
        }
        return TemplateResponse(request, "sites/migration.html", context)


class AddLine(InMigration, FormPage):
    title = "Add an opening status"
    deed = "Adding to a go-live migration"
    submit = "Add"

    def may_enter(self) -> bool:
        return self.batch.status == BatchStatus.DRAFT and self.may("sites.draft_migration")

    @property
    def subject(self) -> str:
        return str(self.batch)

    def make_form(self, data: Any = None) -> MigrationLineForm:
        sites = Site.objects.visible_to(self.request.user).filter(study=self.study).order_by("number")
        return MigrationLineForm(data, sites=sites)

    def carry_out(self, said: dict[str, Any]) -> str:
        line = golive.add_line(batch=self.batch, by=self.request.user, at=clock.now(), **said)
        return f"{line}: added."


class InLine(InMigration, PostOnly):
    @cached_property
    def line(self) -> MigrationLine:
        lines = MigrationLine.everything.visible_to(self.request.user).filter(batch=self.batch)
        line: MigrationLine = found(lines.filter(pk=self.kwargs["line"]).select_related("batch", "site"))
        return line

    def may_enter(self) -> bool:
        return self.may("sites.draft_migration")


class RemoveLine(InLine):
    deed = "Taking a line out of a draft"

    def carry_out(self) -> tuple[str, str]:
        line = golive.remove_line(line=self.line, by=self.request.user)
        return f"{line}: taken out.", self.url("migration-line-put-back", self.batch.number, line.pk)


class PutBackLine(InLine):
    deed = "Putting a line back into a draft"

    def carry_out(self) -> tuple[str, str]:
        return f"{golive.put_back_line(line=self.line, by=self.request.user)}: back in its place.", ""


class Move(InMigration, MoveView):
    """Signing off."""

    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return MIGRATION

    @property
    def record(self) -> MigrationBatch:
        return self.batch

    def make(self, **said: Any) -> Any:
        if said["move"] != "sign_off":
            raise Http404
        return golive.sign_off(
            batch=self.batch, reason=said["reason"], proof=said.get("proof"), by=said["by"], at=said["at"]
        )
