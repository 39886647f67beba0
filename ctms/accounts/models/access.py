"""The scope tree, and who holds which role where, from when until when.

sponsor > study > country > site. Each scope and role has one group, which holds guardian's object permission
`accounts.role_<role>` on the scope; an assignment is a person's dated membership of that group. A delegation bounds
which roles a CRO's people can hold for a sponsor at all.
"""

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import BigIntegerField, F, Func, Q, Value
from django.db.models.functions import Cast, NullIf
from guardian.managers import GroupObjectPermissionManager
from guardian.models import GroupObjectPermissionBase

from ctms.accounts.models.paths import Touching, Within
from ctms.accounts.roles import Role
from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned
from ctms.core.trail.history import Reason


def _range(*columns: str, kind: str = "int8range", bounds: str = "[]") -> Func:
    """A range over columns. The database has no btree_gist, so equality in an exclusion is an overlap of points."""
    return Func(*(F(column) for column in columns), Value(bounds), function=kind)


class ScopeKind(models.TextChoices):
    SPONSOR = "SPONSOR", "Sponsor"
    STUDY = "STUDY", "Study"
    COUNTRY = "COUNTRY", "Country"
    SITE = "SITE", "Site"


class Scope(SponsorOwned):
    """A node of the access tree. `path` spells the way down from the sponsor, so that a prefix means "within"."""

    view_verb: ClassVar[str] = "accounts.view_access"
    known_by: ClassVar[str] = "label"
    ROOT: ClassVar[str] = "/"

    kind = models.TextField(choices=ScopeKind)
    parent = TenantKey("self", null=True, related_name="children")
    path = models.TextField(db_collation="C", help_text="Opaque tokens, each ended by a slash.")
    label = models.TextField(help_text="What people call it: a study's protocol number, a country, a site's number.")

    class Meta:
        permissions = tuple((f"role_{role.value.lower()}", role.label) for role in Role)
        constraints = (
            referable("accounts_scope"),
            models.UniqueConstraint(fields=["sponsor", "path"], name="accounts_scope_path"),
            models.CheckConstraint(
                condition=Q(kind=ScopeKind.SPONSOR, parent=None) | ~Q(kind=ScopeKind.SPONSOR) & Q(parent__isnull=False),
                name="accounts_scope_rooted",
            ),
            *same_sponsor("accounts_scope", "parent"),
        )

    def __str__(self) -> str:
        return self.label

    def contains(self, other: "Scope") -> bool:
        """Whether `other` is this scope or lies below it."""
        return self.sponsor_id == other.sponsor_id and other.path.startswith(self.path)


for lookup in (Within, Touching):
    Scope._meta.get_field("path").register_lookup(lookup)


class ScopeGroupPermission(SponsorOwned, GroupObjectPermissionBase):
    """guardian's row: this group holds this role at this scope."""

    view_verb: ClassVar[str] = "accounts.view_access"
    known_by: ClassVar[str] = "permission_id"
    sponsor = models.ForeignKey(
        "accounts.Sponsor",
        models.PROTECT,
        related_name="+",
        editable=False,
        # guardian makes the row and knows no sponsor: the database fills in the one that is open.
        db_default=Cast(
            NullIf(Func(Value("ctms.sponsor"), Value(True), function="current_setting"), Value("")), BigIntegerField()
        ),
    )
    group = models.ForeignKey(Group, models.PROTECT, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.PROTECT, related_name="+")
    content_object = TenantKey("accounts.Scope", related_name="group_permissions")

    objects: ClassVar[GroupObjectPermissionManager] = GroupObjectPermissionManager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["group", "permission", "content_object"], name="accounts_scopegroup_once"),
            *same_sponsor("accounts_scopegrouppermission", "content_object"),
        )


class Assignment(SponsorOwned):
    """A person holds a role at a scope from a day and perhaps until one. Ended with a reason, never deleted."""

    view_verb: ClassVar[str] = "accounts.view_access"
    known_by: ClassVar[str] = "role"
    access_path: ClassVar[str | None] = "scope"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="assignments")
    role = models.TextField(choices=Role)
    scope = TenantKey("accounts.Scope", related_name="assignments")
    group = models.ForeignKey(Group, models.PROTECT, related_name="+", editable=False)
    starts_on = models.DateField("from")
    ends_on = models.DateField("until", null=True, blank=True, help_text="The last day.")
    ended_at = models.DateTimeField("ended at once", null=True, editable=False, help_text="On its last day, not after.")
    granted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        ordering = ("-starts_on", "user__full_name")
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="accounts_assignment_dates"),
            models.CheckConstraint(condition=~Q(granted_by=F("user")), name="accounts_assignment_not_to_self"),
            ExclusionConstraint(
                name="accounts_assignment_overlap",
                expressions=[
                    (_range("user", "user"), "&&"),
                    (_range("group", "group"), "&&"),
                    (_range("starts_on", "ends_on", kind="daterange"), "&&"),
                ],
                condition=Q(ended_at=None),
                violation_error_message="This person already holds this role here in that period.",
            ),
            *same_sponsor("accounts_assignment", "scope"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} at {self.scope}"


class Delegation(SponsorOwned):
    """The sponsor hands roles at a scope to a CRO (transfer of obligations). Its people can hold no others there."""

    view_verb: ClassVar[str] = "accounts.view_access"
    known_by: ClassVar[str] = "organisation_id"
    access_path: ClassVar[str | None] = "scope"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    organisation = TenantKey("accounts.Organisation", related_name="delegations")
    scope = TenantKey("accounts.Scope", related_name="delegations")
    roles = models.JSONField(help_text="The roles handed over, by code.")
    starts_on = models.DateField("from")
    ends_on = models.DateField("until", null=True, blank=True, help_text="The last day.")
    document = models.TextField("agreement", help_text="Where the signed transfer of obligations is filed.")

    class Meta:
        ordering = ("-starts_on",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="accounts_delegation_dates"),
            *same_sponsor("accounts_delegation", "organisation", "scope"),
        )

    def __str__(self) -> str:
        return f"{self.organisation} at {self.scope}"

    def covers(self, role: str, scope: Scope, on: Any) -> bool:
        """Whether a person of this organisation may hold `role` at `scope` on this day."""
        current = self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)
        return current and role in self.roles and self.scope.contains(scope)
