"""A person's jobs: their list, one with its progress, its file, and starting one for a list."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header

from ctms.core import clock, protocols
from ctms.core.acting import Channel, acting
from ctms.desk.lists import asked_list
from ctms.desk.models import Job, JobFile, JobStatus
from ctms.desk.services import jobs
from ctms.web.lists import ListView
from ctms.web.places import InSponsor, PageRequest, found
from ctms.web.templatetags.ctms import utc

_TONES = {JobStatus.QUEUED: "open", JobStatus.RUNNING: "info", JobStatus.DONE: "ok", JobStatus.FAILED: "bad",
          JobStatus.CANCELLED: "mute"}  # fmt: skip
_COLUMNS = [{"label": "What"}, {"label": "Status"}, {"label": ""}, {"label": "Asked for", "kind": "date"},
            {"label": "File"}]  # fmt: skip
_MOST_SHOWN = 100
_STOP_POLLING = 286


def own_jobs(user: Any) -> QuerySet[Job]:
    """Nobody sees another's jobs."""
    return Job.objects.filter(user=user)


class Jobs(InSponsor):
    """What a person had prepared, newest first."""

    page = "jobs"
    title = "Downloads"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        listed = list(own_jobs(request.user)[:_MOST_SHOWN])
        files = {file.job_id: file for file in JobFile.objects.filter(job__in=listed).only("job", "name")}
        context = {
            "columns": _COLUMNS,
            "jobs": [{"job": job, "tone": _TONES[JobStatus(job.status)], "file": files.get(job.pk)} for job in listed],
        }
        return TemplateResponse(request, "desk/jobs.html", context)


class OneJob(InSponsor):
    """How far a job is, until it is over, then what came of it. Asked every second, where there is JavaScript."""

    page = "jobs"

    @property
    def place_title(self) -> str:
        return self.job.title

    @cached_property
    def job(self) -> Job:
        job: Job = found(own_jobs(self.request.user).filter(pk=self.kwargs["job"]))
        return job

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        job = self.job
        file = JobFile.objects.filter(job=job).only("name", "size").first()
        context = {"job": job, "tone": _TONES[JobStatus(job.status)], "file": file, "facts": _facts(job)}
        if request.htmx:
            status = _STOP_POLLING if job.is_over else 200
            response = TemplateResponse(request, "desk/job.html#job", context, status=status)
        else:
            response = TemplateResponse(request, "desk/job.html", context)
        response["Vary"] = "HX-Request"
        return response

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(request.user, reason="Cancelling a job", channel=Channel.WEB):
            jobs.cancel_job(job=self.job, by=request.user, at=clock.now())
        return redirect(request.path)


class JobDownload(OneJob):
    """The file that a job made: for its owner, and noted in the access log."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        file: JobFile = found(JobFile.objects.filter(job=self.job, job__expires_at__gt=clock.now()))
        detail = {"file": file.name, "bytes": file.size}
        protocols.journal().record("DOWNLOADED", user=request.user, subject=self.job.title, detail=detail)
        response = HttpResponse(bytes(file.body), content_type=file.content_type)
        response["Content-Disposition"] = content_disposition_header(True, file.name)
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise Http404


class ListLater(InSponsor):
    """Has a list, as somebody looks at it, prepared as a workbook."""

    page = "jobs"
    title = "Prepare in the background"

    @cached_property
    def address(self) -> str:
        return (self.request.POST.get("list") or self.request.GET.get("list") or "")[:2000]

    @cached_property
    def listed(self) -> tuple[ListView, PageRequest]:
        return asked_list(self.address, user=self.request.user, sponsor=self.sponsor)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {"address": self.address, "what": self._what()}
        return TemplateResponse(request, "desk/list_later.html", context)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        arguments = {"address": self.address, "sponsor": self.sponsor.code}
        with acting(request.user, reason="Preparing a list as a workbook", channel=Channel.WEB):
            job = jobs.start_job(
                kind="list", arguments=arguments, title=f"{self._what()} as Excel", by=request.user, at=clock.now()
            )  # fmt: skip
        return redirect("job", self.sponsor.code, job.pk)

    def _what(self) -> str:
        listed, request = self.listed
        return f"{listed.title} of {request.place.study or request.place.sponsor}"


def _facts(job: Job) -> list[dict[str, Any]]:
    facts = [{"label": "Asked for", "value": utc(job.created_at)}]
    if job.ended_at:
        facts.append({"label": "Ended", "value": utc(job.ended_at)})
    if job.expires_at:
        facts.append({"label": "Can be downloaded until", "value": utc(job.expires_at)})
    return facts
