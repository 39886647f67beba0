"""A signature's page and document: what was signed, by whom, with what meaning, and whether it still holds."""

from typing import Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.models import Signature
from audit.signed import how_signed, may_read, shown, signed_content
from ctms.core import clock, documents
from ctms.core.protocols import journal
from ctms.core.refusals import Refusal
from ctms.web.places import InSponsor, PageRequest, found
from ctms.web.templatetags.ctms import utc


class SignaturePage(InSponsor):
    """One signature with the content it was put under."""

    page = "signature"
    title = "Signature"

    @cached_property
    def signature(self) -> Signature:
        rows = Signature.objects.visible_to(self.request.user).select_related("sponsor")
        signature: Signature = found(rows.filter(pk=self.kwargs["pk"]))
        if not may_read(self.request.user, signature):
            raise Http404
        return signature

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pdf_url = reverse("signature-pdf", args=[self.sponsor.code, self.signature.pk])
        context = self.context() | {"pdf_url": pdf_url, "pdf_impossible": documents.why_impossible()}
        return TemplateResponse(request, "audit/signature.html", context)

    def context(self) -> dict[str, Any]:
        signature, one = self.signature, shown(self.signature)
        return {
            "signature": signature,
            "shown": one,
            "items": [one],
            "content": signed_content(signature),
            "facts": [
                {"label": "Statement", "value": signature.statement},
                {"label": "Reason", "value": signature.comment},
                {"label": "Proved by", "value": signature.method},
                {"label": "Record as of", "value": f"{utc(signature.version_at)}, trail entry {signature.version}"},
                {"label": "SHA-256", "value": signature.content_sha256},
                {"label": "Not covered", "value": how_signed(signature).outside},
            ],
        }


class SignaturePdf(SignaturePage):
    """The same as a document."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        signature = self.signature
        if sentence := documents.why_impossible():
            raise Refusal("NO_PDF", sentence)
        journal().record("EXPORTED", user=request.user, subject=str(signature), detail={"format": "pdf"})
        context = self.context() | {"at": clock.now(), "by": request.user, "is_simulated": clock.is_simulated()}
        return documents.pdf("audit/signature_pdf.html", context, file_name=f"signature-{signature.pk}.pdf")
