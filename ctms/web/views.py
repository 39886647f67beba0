"""Pages that belong to no room: health, the style guide, errors."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from ctms.web import samples


@login_not_required
def health(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: it can if the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("select ctms_now()")
    return JsonResponse({"status": "ok"})


@login_not_required
def style_guide(request: HttpRequest) -> HttpResponse:
    """Every component in every state. Its list and its palette answer as a real page's would."""
    if request.htmx.target == "palette-results":  # type: ignore[attr-defined]
        return TemplateResponse(request, "components/palette_results.html", samples.found(request.GET.get("q", "")))
    return TemplateResponse(request, "web/style_guide.html", samples.style_guide(request.GET.dict()))
