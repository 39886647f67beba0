"""Who may do what, asked of assignments: `settings.CTMS_AUTHORITY` for the floors below, and the answers for pages.

An assignment counts while its dates, the person's membership, the role's training and, for a CRO's people, the
sponsor's delegation hold.
What one person holds is read once per request and kept with the user object.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import DateField, Exists, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, Lower

from ctms.accounts.models import (
    Assignment,
    Curriculum,
    CurriculumStatus,
    Delegation,
    Membership,
    Organisation,
    OrganisationKind,
    Scope,
    ScopeGroupPermission,
    Sponsor,
    TrainingRecord,
)
from ctms.accounts.roles import UNBLINDED, VERBS, Role, verbs_of
from ctms.core import protocols
from ctms.core.acting import current_tenancy, in_sponsor
from ctms.core.compiled import Compiled
from ctms.core.refusals import NotAllowed, Refusal

TODAY = Cast(Func(function="ctms_now"), DateField())


def in_force(to: str = "") -> Q:
    """What is dated and holds today. `to`: the way to it, in Django's lookup notation."""
    return Q(**{f"{to}starts_on__lte": TODAY}) & (Q(**{f"{to}ends_on": None}) | Q(**{f"{to}ends_on__gte": TODAY}))


def lets_in(to: str = "") -> Q:
    """The memberships that let their person in today. `to`: as above."""
    return in_force(to) & Q(**{f"{to}is_open": True})


_IN_FORCE = in_force()


@dataclass(frozen=True)
class Grant:
    """A role at a place in the scope tree, in force today."""

    path: str
    role: str

    def reaches(self, path: str) -> bool:
        return path.startswith(self.path)


class Authority:
    """Answers `core`'s questions (see `ctms.core.protocols.Authority`)."""

    def may(self, user: Any, verb: str, record: Any) -> bool:
        return _allows(grants_of(user), verb, record)

    def why_not(self, user: Any, verb: str, record: Any) -> Refusal | None:
        return training_needed(user) if _allows(untrained_grants_of(user), verb, record) else None

    def visible(self, records: QuerySet[Any], user: Any, inside: Scope | None = None) -> QuerySet[Any]:
        model = records.model
        grants = [grant for grant in grants_of(user) if model.view_verb in VERBS[Role(grant.role)]]
        if not grants:
            return records.none()
        place = inside.path if inside is not None else Scope.ROOT
        if model.access_path is None or any(grant.reaches(place) for grant in grants):
            return records
        column = f"{model.access_path}__path"
        paths = {grant.path for grant in grants}
        # Who has a part at a site also sees the study and the country it belongs to, but no other site of theirs.
        near = touching(paths, column)
        if not is_shared(model):
            return records.filter(near)
        # Several places lead to one row: asked apart, so that it comes once. One to which none leads yet is seen by
        # all who see its kind, or nobody could take it up.
        first = model.access_path.partition("__")[0]
        return records.filter(pk__in=model._base_manager.filter(near | Q(**{first: None})).values("pk"))


def grants_of(user: Any) -> tuple[Grant, ...]:
    """What counts of what this person holds for the open sponsor today: roles with their training complete."""
    return _held(user)[0]


def untrained_grants_of(user: Any) -> tuple[Grant, ...]:
    """What this person holds and does not count yet, because the role's training is not complete."""
    return _held(user)[1]


def roles_held(user: Any) -> set[str]:
    """The roles of the open sponsor this person holds today, trained for or not."""
    return {grant.role for grants in _held(user) for grant in grants}


def training_needed(user: Any) -> NotAllowed | None:
    """The refusal that tells what stands between this person and their roles; None where nothing does."""
    roles = sorted({Role(grant.role).label for grant in untrained_grants_of(user)})
    if not roles:
        return None
    those = "Your role" if len(roles) == 1 else "Your roles"
    opens = "does not count before its training is" if len(roles) == 1 else "do not count before their training is"
    return NotAllowed(
        "TRAINING_NEEDED", f"{those} {', '.join(roles)} {opens} complete: see “Your training”.", recorded=True
    )


def _held(user: Any) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """Today's grants of the open sponsor, those that count and those that wait for training; read once per request."""
    kept: dict[int | None, tuple[tuple[Grant, ...], tuple[Grant, ...]]] = getattr(user, "_grants", {})
    user._grants = kept
    sponsor_id = current_tenancy().sponsor_id
    if sponsor_id not in kept:
        held = list(_read_grants(user, sponsor_id)) if sponsor_id and user.is_active else []
        kept[sponsor_id] = (
            tuple(grant for grant, waits in held if not waits),
            tuple(grant for grant, waits in held if waits),
        )
    return kept[sponsor_id]


def memberships(user: Any) -> list[Membership]:
    """The sponsors this person works for today, by name; read once per request, as the grants are."""
    if not hasattr(user, "_memberships"):
        user._memberships = list(Membership.objects.filter(lets_in(), user=user).select_related("sponsor"))
    found: list[Membership] = user._memberships
    return found


def record(kind: str, user: Any, **detail: Any) -> None:
    """Notes in the access log of each sponsor this person works for that they came, went or were sent away."""
    joined = memberships(user)
    for membership in joined:
        with in_sponsor(membership.sponsor_id):
            protocols.journal().record(kind, user=user, detail=detail)
    if not joined:
        protocols.journal().record(kind, user=user, detail=detail)


def current_membership(user: Any, code: str) -> Membership | None:
    """The person's membership of the sponsor with this code, if it holds today."""
    return next((membership for membership in memberships(user) if membership.sponsor.code == code), None)


def unblinded_studies(user: Any) -> tuple[int, ...]:
    """The studies in which this person holds an unblinded role today."""
    paths = {grant.path for grant in grants_of(user) if grant.role in UNBLINDED}
    if not paths:
        return ()
    # "study" is the one-to-one relation that ctms.studies points down here.
    return tuple(Scope.objects.filter(within(paths, "path"), study__isnull=False).values_list("study__id", flat=True))


def held_at(user: Any, *verbs: str) -> set[str]:
    """The scope paths at which a role of this person includes one of these verbs; `within` finds what is there."""
    return {grant.path for grant in grants_of(user) if VERBS[Role(grant.role)].intersection(verbs)}


def held_near(user: Any, verb: str, scope: Scope) -> bool:
    """Whether a role with the verb is held at this scope, above it, or at a place inside it."""
    here = scope.path
    return any(path.startswith(here) or here.startswith(path) for path in held_at(user, verb))


@contextmanager
def seeing_as(user: Any, sponsor_id: int) -> Iterator[None]:
    """Opens the sponsor as this person sees it: with the unblinded rows of studies in which they hold such a role."""
    with in_sponsor(sponsor_id):
        studies = unblinded_studies(user)
        if not studies:
            yield
            return
        with in_sponsor(sponsor_id, unblinded=studies):
            yield


def may_somewhere(user: Any, verb: str) -> bool:
    """Whether a role that the person holds anywhere in the sponsor includes the verb: for its shared directory."""
    return verb in verbs_of(grant.role for grant in grants_of(user))


def forget(user: Any) -> None:
    """Reads memberships and grants anew next time; for code that grants and then acts with the same user object."""
    for kept in ("_grants", "_memberships"):
        if hasattr(user, kept):
            delattr(user, kept)


def is_shared(model: Any) -> bool:
    """Whether several places lead to one record of this model, as sites do to a facility: it belongs to none alone."""
    step = (model.access_path or "").partition("__")[0]
    return bool(step) and bool(model._meta.get_field(step).one_to_many)


def path_of(record: Any) -> str:
    """The place of a record in the scope tree: the sponsor's root for what is of no one study."""
    place = scope_of(record)
    return place.path if place is not None else Scope.ROOT


def scope_of(record: Any) -> Scope | None:
    """The scope of a record; None for the sponsor itself, and for what belongs to no one study."""
    if isinstance(record, Scope):
        return record
    if isinstance(record, Sponsor) or is_shared(type(record)):
        return None
    place = record
    for step in (record.access_path or "").split("__"):
        place = getattr(place, step) if step else None
    return cast(Scope | None, place)


def holds_role(user: Any, permission: str, scope: Any) -> bool:
    """guardian's idiom: `user.has_perm("accounts.role_cra", scope)`, with dates, ancestors and delegation observed."""
    role = permission.removeprefix("accounts.role_").upper()
    return isinstance(scope, Scope) and any(g.role == role and g.reaches(scope.path) for g in grants_of(user))


def within(paths: Iterable[str], column: str) -> Q:
    """The rows whose scope path, in `column`, is one of these or below one."""
    return Q(**{f"{column}__within": tuple(paths)})


def touching(paths: Iterable[str], column: str) -> Q:
    """The rows whose scope path, in `column`, is one of these, below one, or above one."""
    return Q(**{f"{column}__touching": tuple(paths)})


def _allows(grants: Iterable[Grant], verb: str, record: Any) -> bool:
    path = path_of(record)
    return verb in verbs_of(grant.role for grant in grants if grant.reaches(path))


def _read_grants(user: Any, sponsor_id: int) -> Iterable[tuple[Grant, bool]]:
    """Each grant, and whether it waits for its holder to complete the approved curriculum of the role."""
    membership = next((one for one in memberships(user) if one.sponsor_id == sponsor_id), None)
    if membership is None:
        return
    delegations: list[Any] | None = None
    for role, path, employer, waits in _ASSIGNMENTS(user=user.pk, organisation=membership.organisation_id):
        if employer == OrganisationKind.CRO:
            if delegations is None:
                delegations = list(_delegations(membership.organisation_id))
            if not any(d.covers(role, Scope(sponsor_id=sponsor_id, path=path), d.today) for d in delegations):
                continue
        yield Grant(path, role), waits


def _assignments(*, user: int, organisation: int) -> QuerySet[Any, Any]:
    """Of each assignment in force that guardian's rows hold too: role, path, employer's kind, and whether it waits."""
    held_by_group = ScopeGroupPermission.objects.filter(
        group=OuterRef("group"),
        content_object=OuterRef("scope"),
        permission__codename=Concat(Value("role_"), Lower(OuterRef("role"))),
    )
    employer = Organisation.objects.filter(pk=organisation).values("kind")
    held = Assignment.objects.filter(_IN_FORCE, Exists(held_by_group), user=user, ended_at=None)
    return held.values_list("role", "scope__path", Subquery(employer), waits_for_training())


_ASSIGNMENTS = Compiled(_assignments, user=-101, organisation=-102)


def waits_for_training() -> Exists:
    """For queries of assignments: whether the holder has not completed the approved curriculum of the role."""
    read = TrainingRecord.objects.filter(curriculum=OuterRef("pk"), user=OuterRef(OuterRef("user")))
    approved = Curriculum.objects.filter(role=OuterRef("role"), status=CurriculumStatus.APPROVED)
    return Exists(approved.exclude(Exists(read)))


def _delegations(organisation_id: int) -> QuerySet[Any]:
    delegated = Delegation.objects.filter(_IN_FORCE, organisation=organisation_id)
    return delegated.select_related("scope").annotate(today=TODAY)
