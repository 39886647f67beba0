"""Growing the scope tree."""

import secrets
from collections.abc import Iterable

from ctms.accounts.models import Scope, ScopeKind


def new_scopes(kind: ScopeKind, places: Iterable[tuple[Scope, str]]) -> list[Scope]:
    """Adds a scope for each (parent, label), in one statement; for services that make what stands there."""
    return Scope.objects.bulk_create(
        Scope(
            sponsor_id=parent.sponsor_id,
            kind=kind,
            parent=parent,
            path=f"{parent.path}{secrets.token_hex(6)}/",
            label=label,
        )
        for parent, label in places
    )


def root_scope(sponsor_id: int) -> Scope:
    """The sponsor's own scope, above all its studies."""
    return Scope.objects.get(sponsor_id=sponsor_id, path=Scope.ROOT)
