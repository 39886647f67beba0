"""Granting and ending roles, delegating to a CRO, shutting people out."""

from collections.abc import Sequence
from datetime import date, datetime

from django.contrib.auth.models import Group
from django.db.models import Q
from guardian.shortcuts import assign_perm

from ctms.accounts import access
from ctms.accounts.models import Assignment, Delegation, Membership, Organisation, OrganisationKind, Scope, User
from ctms.accounts.roles import Role, exclusion
from ctms.core.acting import current_tenancy
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.use_case import use_case


@use_case
def assign_role(
    *, user: User, role: Role, scope: Scope, starts_on: date, ends_on: date | None = None, by: User | None
) -> Assignment:
    """Gives a person a role at a scope.

    Args:
        by: who grants; None for the system's own set-up commands.

    Raises:
        NotAllowed: `by` may not grant here, or grants to themself.
        Refusal: the person is no member, a CRO's delegation does not cover it, or it would mix blinded and unblinded.
    """
    if by is not None:
        _refuse_granter(by, user, scope)
    members = Membership.objects.select_related("organisation").filter(sponsor_id=scope.sponsor_id, user=user)
    membership = members.select_for_update(of=("self",)).first()  # two grants to one person wait for each other
    if membership is None:
        raise Refusal("NOT_A_MEMBER", f"{user} is not a member of this sponsor.")
    _refuse_before(starts_on, ends_on)
    _refuse_beyond_delegation(membership.organisation, role, scope, starts_on)
    if sentence := exclusion(role, _held_in_study(user, scope, starts_on, ends_on)):
        raise Refusal("SEGREGATION", sentence, recorded=True)
    assignment = Assignment(
        sponsor_id=scope.sponsor_id, user=user, role=role, scope=scope, group=_group(scope, role),
        starts_on=starts_on, ends_on=ends_on, granted_by=by,
    )  # fmt: skip
    assignment.full_clean()
    assignment.save(force_insert=True)
    access.forget(user)
    return assignment


@use_case
def end_assignment(*, assignment: Assignment, ends_on: date, by: User) -> Assignment:
    """Ends a role after its last day, which may come earlier than planned and never later: that would be a new grant.

    Raises:
        NotAllowed: `by` may not grant here, or ends a role of their own.
        Refusal: the role ends before that day already.
    """
    _refuse_granter(by, assignment.user, assignment.scope)
    assignment = Assignment.objects.locked(assignment.pk)
    if assignment.ended_at or (assignment.ends_on is not None and ends_on > assignment.ends_on):
        raise Refusal("ENDS_EARLIER", f"This role ends on {assignment.ends_on:%-d %b %Y} already: grant it anew.")
    _refuse_before(assignment.starts_on, ends_on)
    assignment.ends_on = ends_on
    assignment.full_clean()
    assignment.save(update_fields=["ends_on"])
    access.forget(assignment.user)
    return assignment


@use_case
def revoke_assignment(*, assignment: Assignment, by: User, at: datetime) -> Assignment:
    """Ends a role at this moment, and not with the day. One that has not begun never begins.

    Raises:
        NotAllowed: `by` may not grant here, or ends a role of their own.
        Refusal: it is over already.
    """
    _refuse_granter(by, assignment.user, assignment.scope)
    assignment = Assignment.objects.locked(assignment.pk)
    if assignment.ended_at or (assignment.ends_on is not None and assignment.ends_on < at.date()):
        raise Refusal("ENDED", f"This role ended on {assignment.ends_on:%-d %b %Y} already.")
    assignment.ended_at = at
    assignment.ends_on = max(assignment.starts_on, at.date())
    assignment.full_clean()
    assignment.save(update_fields=["ended_at", "ends_on"])
    access.forget(assignment.user)
    return assignment


@use_case
def delegate(
    *, organisation: Organisation, scope: Scope, roles: Sequence[Role], starts_on: date, document: str,
    ends_on: date | None = None, by: User | None,
) -> Delegation:  # fmt: skip
    """Hands roles at a scope to a CRO: its people can then be given these, and no others, there."""
    if by is not None:
        _refuse_delegator(by, scope)
    if organisation.kind != OrganisationKind.CRO:
        raise Refusal("NOT_A_CRO", f"{organisation} is not a CRO: only CROs need a delegation.")
    _refuse_before(starts_on, ends_on)
    delegation = Delegation(
        sponsor_id=scope.sponsor_id, organisation=organisation, scope=scope, roles=sorted(roles),
        starts_on=starts_on, ends_on=ends_on, document=document,
    )  # fmt: skip
    delegation.full_clean()
    delegation.save(force_insert=True)
    return delegation


@use_case
def end_delegation(*, delegation: Delegation, ends_on: date, by: User) -> Delegation:
    """Ends a delegation after its last day, never later than planned. The CRO's people lose what it handed over.

    Raises:
        NotAllowed: `by` may not delegate there.
        Refusal: it ends before that day already.
    """
    _refuse_delegator(by, delegation.scope)
    delegation = Delegation.objects.select_related("organisation", "scope").locked(delegation.pk)
    if delegation.ends_on is not None and ends_on > delegation.ends_on:
        raise Refusal("ENDS_EARLIER", f"This ends on {delegation.ends_on:%-d %b %Y} already: delegate anew.")
    _refuse_before(delegation.starts_on, ends_on)
    delegation.ends_on = ends_on
    delegation.full_clean()
    delegation.save(update_fields=["ends_on"])
    return delegation


@use_case
def deactivate(*, user: User, by: User) -> Membership:
    """Shuts a person out of the open sponsor from the next request on, and out of the system if no other lets them in.

    What they do for other sponsors is not this one's to end. Nothing is deleted, the name is never used again.
    """
    user, membership = _locked_member(by, user)
    _let_in(membership, False)
    if not Membership.objects.filter(user=user, is_open=True).exclude(ends_on__lt=access.TODAY).exists():
        user.is_active = False
        user.save(update_fields=["is_active"])
    access.forget(user)
    return membership


@use_case
def reactivate(*, user: User, by: User) -> Membership:
    """Lets a deactivated person into the open sponsor again, with whatever roles they still hold here.

    Raises:
        NotAllowed: `by` may not, or it is they themselves.
        Refusal: the person is no member here.
    """
    user, membership = _locked_member(by, user)
    _let_in(membership, True)
    user.is_active = True
    user.save(update_fields=["is_active"])
    access.forget(user)
    return membership


def _refuse_before(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        sentence = f"The last day cannot be before the first, {starts_on:%-d %b %Y}."
        raise BadInput("DAYS", sentence, fields={"ends_on": sentence})


def _refuse_granter(by: User, user: User, scope: Scope) -> None:
    if by.pk == user.pk:
        raise NotAllowed("GRANT_TO_SELF", "Nobody grants or ends roles of their own.", recorded=True)
    demand(
        by=by, verb="accounts.grant_role", record=scope, code="MAY_NOT_GRANT",
        sentence="Your roles do not include granting roles here.",
    )  # fmt: skip


def _refuse_delegator(by: User, scope: Scope) -> None:
    demand(
        by=by, verb="accounts.edit_delegation", record=scope, code="MAY_NOT_DELEGATE",
        sentence="Your roles do not include delegating to a CRO.",
    )  # fmt: skip


def _refuse_warden(by: User, user: User) -> None:
    """Only an administrator of the sponsor shuts people out and lets them in, and never themself."""
    if by.pk == user.pk:
        raise Refusal("SELF", "Nobody deactivates or reactivates their own account.", recorded=True)
    demand(
        by=by, verb="accounts.edit_user", record=Scope.objects.get(path=Scope.ROOT), code="MAY_NOT_DEACTIVATE",
        sentence="Your roles do not include deactivating people.",
    )  # fmt: skip


def _locked_member(by: User, user: User) -> tuple[User, Membership]:
    """The person and their membership of the open sponsor, both locked: two sponsors acting at once wait here."""
    _refuse_warden(by, user)
    locked: User = User.objects.select_for_update().get(pk=user.pk)
    membership = Membership.objects.select_for_update().filter(sponsor=current_tenancy().sponsor_id or 0, user=user)
    if (found := membership.first()) is None:
        raise Refusal("NOT_A_MEMBER", f"{user} is not a member of this sponsor.")
    return locked, found


def _let_in(membership: Membership, is_open: bool) -> None:
    membership.is_open = is_open
    membership.save(update_fields=["is_open"])


def _refuse_beyond_delegation(organisation: Organisation, role: Role, scope: Scope, on: date) -> None:
    if organisation.kind != OrganisationKind.CRO:
        return
    delegations = Delegation.objects.filter(organisation=organisation).select_related("scope")
    if not any(delegation.covers(role, scope, on) for delegation in delegations):
        raise Refusal(
            "NOT_DELEGATED",
            f"The sponsor has not delegated the role {role.label} at {scope} to {organisation}.",
            recorded=True,
        )


def _held_in_study(user: User, scope: Scope, starts_on: date, ends_on: date | None) -> set[str]:
    """The roles this person holds, in any part of that time, above, at or below the study of `scope`."""
    study = "/".join(scope.path.split("/")[:2]) + "/" if scope.path != Scope.ROOT else Scope.ROOT
    overlapping = Q(ends_on=None) | Q(ends_on__gte=starts_on)
    if ends_on is not None:
        overlapping &= Q(starts_on__lte=ends_on)
    near = access.within({study}, "scope__path") | Q(scope__path=Scope.ROOT)
    return set(Assignment.objects.filter(overlapping, near, user=user).values_list("role", flat=True))


def _group(scope: Scope, role: Role) -> Group:
    """The group of this role at this scope, holding guardian's permission on it."""
    group, _ = Group.objects.get_or_create(name=f"{scope.pk}:{role.value}")
    assign_perm(f"accounts.role_{role.value.lower()}", group, scope)
    return group
