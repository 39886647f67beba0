"""Metrics, and the token itself."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ctms.api.base import ApiView
from ctms.api.fields import Schema, a_list, an_object
from ctms.core import clock, metrics, money
from ctms.core.metrics import Metric, Reading, read_here
from ctms.studies.models import Study
from ctms.studies.pages import InStudy
from ctms.web.rest.answers import answer

_METRIC: Schema = {
    "name": {"type": "string"},
    "label": {"type": "string"},
    "definition": {"type": "string", "description": "What exactly is counted."},
}
_OF_COUNTRIES = ("sites.", "enrollment.", "monitoring.", "milestones.", "finance.payables", "finance.amount")
_READING: Schema = {
    **_METRIC,
    "value": {"type": ["integer", "null"], "description": "Null: nobody knows, which is not zero; or see amounts."},
    "amounts": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "What sums of money come to, currency by currency. Empty for what counts.",
    },
    "unit": {"type": "string", "enum": ["", "%"], "description": "Empty: a plain count."},
    "source": {"type": "string", "description": "Which system says so."},
    "as_of": {"type": ["string", "null"], "format": "date", "description": "Null: live."},
    "is_simulated": {"type": "boolean", "description": "It counts what a simulated database made up."},
}


class Metrics(ApiView):
    """The numbers that the system declares, and what each counts"""

    tag = "Metrics"
    operations = {"GET": "list_metrics"}

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        return answer({"results": [_declared(metric) for metric in metrics.declared()]})

    def answers(self, method: str) -> Schema:
        return an_object({"results": a_list(an_object(_METRIC))})


class StudyMetrics(ApiView):
    """The numbers of a study, or of the study in one country

    They count what you may see, as on your pages.
    """

    tag = "Metrics"
    operations = {"GET": "read_metrics"}

    def parameters(self) -> dict[str, Schema]:
        words = "ISO 3166-1 alpha-2: only the numbers of sites and subjects, in this country."
        return {"country": {"type": "string", "pattern": "^[A-Za-z]{2}$", "examples": ["DE"], "description": words}}

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        here = InStudy()
        country = request.query_params.get("country")
        here.setup(request._request, **kwargs, **({"country": country} if country else {}))
        place = replace(here.place, page="", title="")
        known = [one for one in metrics.declared() if not country or one.name.startswith(_OF_COUNTRIES)]
        return answer({"results": [_read(reading) for reading in read_here(known, place, self.user)]})

    def answers(self, method: str) -> Schema:
        return an_object({"results": a_list(an_object(_READING))})


class Me(ApiView):
    """For whom the token acts, where, and how long still"""

    tag = "Access"
    operations = {"GET": "read_me"}

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        token = self.token
        studies = Study.objects.visible_to(self.user).order_by("slug").values_list("slug", flat=True)
        return answer({
            "user": token.user.username, "name": token.user.full_name, "sponsor": token.sponsor.code,
            "token": token.name, "scope": token.scope, "expires_at": token.expires_at,
            "is_simulated": clock.is_simulated(), "now": clock.now(), "studies": list(studies[:1000]),
        })  # fmt: skip

    def answers(self, method: str) -> Schema:
        text: Schema = {"type": "string"}
        instant: Schema = {"type": "string", "format": "date-time"}
        return an_object({
            "user": text, "name": text, "sponsor": text, "token": text,
            "scope": {"type": "string", "enum": ["READ", "WRITE"]}, "expires_at": instant,
            "is_simulated": {"type": "boolean"}, "now": {**instant, "description": "The system's clock."},
            "studies": a_list(text),
        })  # fmt: skip


def _declared(metric: Metric) -> dict[str, Any]:
    return {"name": metric.name, "label": metric.label, "definition": metric.definition}


def _read(reading: Reading) -> dict[str, Any]:
    return {
        **_declared(reading.metric),
        "value": reading.value,
        "unit": reading.metric.unit,
        "amounts": {code: str(money.rounded(amount, code)) for code, amount in reading.amounts.items()},
        "source": reading.source.system,
        "as_of": reading.source.as_of,
        "is_simulated": reading.metric.generated and clock.is_simulated(),
    }
