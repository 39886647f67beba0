"""What every REST view is: entered by a token, inside its sponsor, answering JSON, refusing in the one shape."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from rest_framework.exceptions import NotAcceptable, PermissionDenied, Throttled
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from ctms.accounts import access
from ctms.accounts.models import ApiToken
from ctms.api.entry import entered
from ctms.api.schema import ApiSchema
from ctms.api.throttle import COUNTER, Allowance
from ctms.core.refusals import NotAllowed
from ctms.web.rest.bodies import StrictJson
from ctms.web.rest.errors import BadQuery, explained

SAFE = ("GET", "HEAD")


class Json(JSONRenderer):
    """JSON, also for who asks for a problem report. Answers are encoded by `ctms.web.rest.answers`, not here."""


class Negotiation(DefaultContentNegotiation):
    """`?format=` first, then Accept. What this address does not have is a 406."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            raise NotAcceptable("This address has: " + ", ".join(str(renderer.format) for renderer in renderers) + ".")
        return found


class ApiView(APIView):
    """A resource of the REST interface.

    `parameters` are the query parameters it knows, name -> schema; any other is refused, so that a misspelt filter
    does not look like an answer.
    """

    http_method_names = ("get", "head", "post")
    authentication_classes = ()  # no session, no cookie: the token alone (ctms.api.entry)
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (StrictJson,)
    renderer_classes: Sequence[type[BaseRenderer]] = (Json,)
    content_negotiation_class = Negotiation
    schema = ApiSchema()

    # For the schema
    tag: ClassVar[str]
    operations: ClassVar[Mapping[str, str]]  # method -> operationId
    said: ClassVar[Mapping[str, tuple[str, Any]]] = {}  # parameter in the address -> what it is, and an example
    refusals: ClassVar[Mapping[str, str]] = {}  # statuses that only this one answers
    is_versioned: ClassVar[bool] = False  # answers have an ETag

    token: ApiToken
    kwargs: dict[str, Any]
    format_kwarg = None

    def parameters(self) -> Mapping[str, dict[str, Any]]:
        return {}

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Parameter in the address -> its values, where they are few."""
        return {}

    def answers(self, method: str) -> dict[str, Any]:
        """The JSON schema of what it answers."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """What reading it gives."""
        return type(self).__doc__ or ""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as self._entered:
            response = super().dispatch(request, *args, **kwargs)
            for name, value in self._allowance.headers.items() if self._allowance else ():
                response[name] = value
            return response

    _allowance: Allowance | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.token = self._entered.enter_context(entered(request.META.get("HTTP_AUTHORIZATION", "")))
        self._allowance = COUNTER.count(self.token.pk)
        if self._allowance.left < 0:
            raise Throttled(self._allowance.renewed_in)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        plain = request._request
        plain.user, plain.sponsor, plain.place = self.token.user, self.token.sponsor, None  # type: ignore[attr-defined]
        if not access.grants_of(self.token.user) and (refusal := access.training_needed(self.token.user)):
            raise refusal
        if request.method not in SAFE and self.token.scope != ApiToken.Scope.WRITE:
            raise NotAllowed("TOKEN_READS_ONLY", "This token may read only: make one that may write.")
        if request.method in SAFE:
            self._refuse_unknown(request)

    def _refuse_unknown(self, request: Request) -> None:
        known, query = _known(self), request.query_params
        wrong = {name[:100]: "There is no such parameter here." for name in query if name not in known}
        if wrong:
            has = f"This address has: {', '.join(sorted(known))}." if known else "This address has no parameters."
            raise BadQuery(has, wrong)
        for name, values in query.lists():
            if len(values) > 1:
                wrong[name] = "Send it once."
            elif not values[0] and set(known[name]) - {"type", "description"}:
                wrong[name] = "Leave it out, or say what."
        if wrong:
            raise BadQuery("Some parameters cannot be used.", wrong)

    def handle_exception(self, exc: Exception) -> Any:
        """Where something is shut and a role of the person waits for its training, that is what is said."""
        if isinstance(exc, Http404 | ObjectDoesNotExist | PermissionDenied) and hasattr(self, "token"):
            return explained(access.training_needed(self.token.user) or exc)
        return explained(exc)

    # What pages' views ask of a request, and what writes ask of a person

    @property
    def user(self) -> Any:
        return self.token.user

    def permitted(self, allowed: bool) -> None:
        """403 unless this is so; for what a person sees and may not do."""
        if not allowed:
            raise PermissionDenied("Your roles do not include this.")


def _known(view: ApiView) -> Mapping[str, dict[str, Any]]:
    """The query parameters of a view, found once."""
    if type(view) not in _KNOWN:
        formats = {"format": {"enum": ["json"]}} if len(view.renderer_classes) > 1 else {}
        _KNOWN[type(view)] = {**view.parameters(), **formats}
    return _KNOWN[type(view)]


_KNOWN: dict[Any, Mapping[str, dict[str, Any]]] = {}
