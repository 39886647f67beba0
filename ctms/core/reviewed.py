"""The closed lists of tables outside the rules, each with its reason. A line added here is reviewed, not slipped in."""

# Read before a sponsor is known, or belonging to none: no row-level security although some have a sponsor.
WITHOUT_TENANT_POLICY = {
    "accounts_user": "one identity for all sponsors",
    "accounts_sponsor": "the list of tenants itself",
    "accounts_membership": "tells which sponsors a person may enter",
    "accounts_entrykey": "tells to which sponsor a token or link leads; holds digests, never a key",
    "accounts_session": "opened before a sponsor is chosen; says whose it is, from where and since when",
    "accounts_wrongsecrets": "counts wrong secrets by digest of a name, before anybody is known",
    "mfa_authenticator": "second steps of people, who belong to no sponsor; secrets are encrypted",
    "account_emailaddress": "allauth's own; closed to everybody, a user's address stands with the user",
    "account_emailconfirmation": "allauth's own; closed to everybody, as above",
    "auth_group": "an opaque name per scope and role",
    "auth_group_permissions": "Django's own; empty, we grant at scopes",
    "auth_permission": "the list of roles, same for all",
    "django_content_type": "the list of models",
    "django_migrations": "which migrations ran",
    "ctms_database": "whether the database is simulated",
    "guardian_userobjectpermission": "guardian's generic table; closed to everybody, we use ScopeGroupPermission",
    "guardian_groupobjectpermission": "guardian's generic table; closed to everybody, we use ScopeGroupPermission",
}

# Rows may be added before a sponsor is known; they are then seen outside any sponsor only.
MAY_LACK_A_SPONSOR = {
    "audit_accessevent": "a failed sign-in belongs to no sponsor",
}

# Tables without a trail whose rows say when they were added: what a new row must say, so that nobody dates it back.
STAMPED = {
    "audit_accessevent": "at >= ctms_now() - interval '1 minute' and at <= ctms_now() "
    "and is_simulated = ctms_is_simulated()",
}

SEES = frozenset({"SELECT"})
ADDS = frozenset({"SELECT", "INSERT"})
EDITS = frozenset({"SELECT", "INSERT", "UPDATE"})
WORKS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
NOTHING: frozenset[str] = frozenset()

# Tables without a trail, with the rights of the app and of the reader.
UNREGULATED = {
    "account_emailaddress": (NOTHING, NOTHING),
    "account_emailconfirmation": (NOTHING, NOTHING),
    "accounts_entrykey": (ADDS, NOTHING),
    "accounts_session": (WORKS, NOTHING),
    "accounts_wrongsecrets": (WORKS, NOTHING),
    "auth_group": (ADDS, SEES),
    "auth_group_permissions": (SEES, NOTHING),
    "auth_permission": (SEES, SEES),
    "ctms_database": (NOTHING, NOTHING),
    "django_content_type": (SEES, SEES),
    "django_migrations": (SEES, NOTHING),
    "guardian_groupobjectpermission": (NOTHING, NOTHING),
    "guardian_userobjectpermission": (NOTHING, NOTHING),
    # Follows from a payable or confirmation with a trail, written in the same statement; a trigger compares them.
    "finance_ledgerentry": (ADDS, SEES),
    "mfa_authenticator": (WORKS, NOTHING),
}
