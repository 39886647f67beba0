"""Tables from a file: the upload, what it would do and what is wrong with it, and then all of it or nothing."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.core import clock, protocols
from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.studies.pages import InStudy
from ctms.web.files import defused
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage, PostOnly
from sites.forms import UploadForm
from sites.importers.kinds import Kind
from sites.models import Upload, UploadKind
from sites.services import uploads

_SHOWN = 100
_ERROR_COLUMNS = tuple({"label": label} for label in ("Row", "Column", "What is wrong, and what stands there"))
_NEW_COLUMNS = tuple({"label": label} for label in ("Row", "What", "As"))
_CHANGE_COLUMNS = tuple({"label": label} for label in ("Row", "What", "Field", "Was", "Will be"))


def may_import(user: Any, study: Any) -> bool:
    """Whether this person may bring tables for any part of the study; each row is asked about again."""
    if protocols.authority().may(user, "sites.import_table", study):
        return True
    below = [grant.role for grant in access.grants_of(user) if grant.path.startswith(study.scope.path)]
    return "sites.import_table" in access.verbs_of(below)


class InImports(InStudy):
    page = "import"
    title = "Import a table"

    def may_enter(self) -> bool:
        return may_import(self.request.user, self.study)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])


class Import(InImports, FormPage):
    deed = "Uploading a table"
    submit = "Read it"
    template_name = "sites/import.html"

    staged: Upload

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return self.url("sites")

    def make_form(self, data: Any = None) -> UploadForm:
        return UploadForm(data, self.request.FILES if data is not None else None, initial={"kind": UploadKind.SITES})

    def carry_out(self, said: dict[str, Any]) -> str:
        self.staged = uploads.stage_upload(
            study=self.study, kind=said["kind"], file_name=said["file"].name, content=said["file"].read(),
            by=self.request.user, at=clock.now(),
        )  # fmt: skip
        return f"{self.staged}: read. Nothing has been applied yet."

    def next_url(self) -> str:
        return self.url("import-preview", self.staged.pk)

    def context(self) -> dict[str, Any]:
        waiting = Upload.objects.filter(study=self.study, uploaded_by=self.request.user, expires_at__gt=clock.now())
        return {
            "kinds": [
                {"kind": uploads.kind_of(value), "url": self.url("import-template", value)}
                for value in UploadKind.values
            ],
            "waiting": [
                {"upload": upload, "url": self.url("import-preview", upload.pk)}
                for upload in waiting.order_by("-uploaded_at")
            ],
        }


class InUpload(InImports):
    """A page of one uploaded table; only who uploaded it sees it, until it is too old."""

    @cached_property
    def upload(self) -> Upload:
        mine = Upload.objects.filter(study=self.study, uploaded_by=self.request.user, expires_at__gt=clock.now())
        upload: Upload = found(mine.filter(pk=self.kwargs["upload"]))
        return upload


class Preview(InUpload):
    """What applying the table would do. Posting applies it."""

    title = "Look before applying"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page()

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        upload = self.upload
        reason = f"Table of {upload.get_kind_display().lower()}: {upload.file_name}"
        try:
            with acting(request.user, reason=reason, channel=Channel.IMPORT):
                loader = uploads.apply_upload(upload=upload, by=request.user, at=clock.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return self._page(status=refusal.status)
        plan = loader.plan
        counts = f"{plan.new:,} new, {plan.changed:,} changed, {plan.unchanged:,} unchanged"
        messages.success(request, f"{upload}: {counts} {loader.noun}.")
        if loader.batch is not None:
            return redirect(self.url("migration", loader.batch.number))
        return redirect(self.url("migrations" if upload.kind == UploadKind.HISTORY else "sites"))

    def _page(self, status: int = 200) -> HttpResponse:
        loader = uploads.prepare(self.upload, by=self.request.user, at=clock.now())
        plan = loader.plan
        context = {
            "upload": self.upload,
            "plan": plan,
            "sums": [
                {"label": "New", "value": f"{plan.new:,}"},
                {"label": "Changed", "value": f"{plan.changed:,}"},
                {"label": "Unchanged", "value": f"{plan.unchanged:,}"},
                {"label": "Wrong cells", "value": f"{len(plan.errors):,}"},
            ],
            "errors": plan.errors[:_SHOWN],
            "more_errors": _more(len(plan.errors)),
            "additions": plan.additions[:_SHOWN],
            "more_additions": _more(plan.new),
            "new_columns": _NEW_COLUMNS,
            "changes": plan.changes[:_SHOWN],
            "more_changes": _more(len(plan.changes)),
            "error_columns": _ERROR_COLUMNS,
            "change_columns": _CHANGE_COLUMNS,
            "again_url": self.url("import"),
            "becomes_migration": self.upload.kind == UploadKind.HISTORY,
            "errors_url": self.url("import-errors", self.upload.pk),
            "discard_url": self.url("import-discard", self.upload.pk),
        }
        return TemplateResponse(self.request, "sites/import_preview.html", context, status=status)


class Errors(InUpload):
    """Everything that is wrong, as a file."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        loader = uploads.prepare(self.upload, by=request.user, at=clock.now())
        lines = [["Row", "Column", "There stands", "What is wrong"]]
        lines += [[str(one.row), one.column, one.value, one.message] for one in loader.plan.errors]
        response = HttpResponse(_csv(lines), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="errors.csv"'
        return response


class Discard(InUpload, PostOnly):
    deed = "Discarding an uploaded table"

    @property
    def back_url(self) -> str:
        return self.url("import")

    def carry_out(self) -> tuple[str, str]:
        uploads.discard_upload(upload=self.upload, by=self.request.user)
        return f"{self.upload}: discarded.", ""


class Template(InImports):
    """An empty table of a kind, with a sheet that says how to fill it in."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.kwargs["kind"] not in UploadKind.values:
            raise Http404
        kind = uploads.kind_of(self.kwargs["kind"])
        response = HttpResponse(
            _workbook(kind), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        response["Content-Disposition"] = f'attachment; filename="{kind.name}-template.xlsx"'
        return response


def _more(count: int) -> str:
    return f"{_SHOWN} of {count:,} are shown." if count > _SHOWN else ""


def _csv(lines: Iterable[Iterable[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([defused(text) for text in line] for line in lines)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _workbook(kind: Kind) -> bytes:
    import xlsxwriter  # here, so that starting the server does not wait for it

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        table, guide = book.add_worksheet(kind.label), book.add_worksheet("How to fill it in")
        table.freeze_panes(1, 0)
        guide.write_row(0, 0, ["Column", "Needed", "What it holds", "Choices"], bold)
        for place, rule in enumerate(kind.columns):
            table.write_string(0, place, rule.heading, bold)
            table.set_column(place, place, max(14, len(rule.heading) + 2))
            row = [rule.heading, "yes" if rule.required else "no", rule.help, "; ".join(rule.choices)]
            guide.write_row(place + 1, 0, row)
        guide.write_string(len(kind.columns) + 2, 0, kind.text)
        sample = f"Sample: {'; '.join(f'{rule.heading}: {rule.example}' for rule in kind.columns if rule.example)}"
        guide.write_string(len(kind.columns) + 3, 0, sample)
    return buffer.getvalue()
