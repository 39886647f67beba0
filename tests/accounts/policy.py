"""Who may open and send what: the whole policy, by the names of addresses.

A verb opens an address to the roles that include it (`ctms/accounts/roles.py`, docs/roles.md) and are held at the
address's place or above it. An address that stands in no line fails the build. Everybody else finds nothing there.
"""

MEMBER = "whoever works for the sponsor"
NOBODY = "its owner alone"  # so none of the people who walk the matrix

_EDITS_A_STUDY = {
    "study-edit", "country-add", "arm-add", "arm-edit", "protocol-add", "protocol-edit", "effect-add", "effect-edit",
    "schedule-new", "schedule-visit-add", "schedule-visit", "schedule-contact-add", "schedule-contact",
}  # fmt: skip

_DRAFTS = {"agreement-new", "agreement-terms", "share-add", "share-edit", "fee-add", "fee-edit"}

_MERGES = {"facility-duplicates", "facility-merge", "person-duplicates", "person-merge"}

_PLANS = {"plan-edit", "country-plan-edit", "site-plan-edit"}

# To look at it (GET).
OPENS: dict[str, set[str]] = {
    MEMBER: {"sponsor-home", "portfolio", "search", "facilities", "people", "organisations", "roles", "jobs",
             "list-later", "work", "views", "save-view", "notifications", "mailbox", "preferences", "digest-now",
             "calendar-link", "revoke-calendar-link", "tokens", "training"},
    NOBODY: {"job", "job-file", "saved-view", "delete-view", "notification", "mail", "training-read",
             "import-preview", "import-errors"},
    "desk.run_outbox": {"outbox"},
    "studies.view_study": {"study", "countries", "country", "sites", "country-sites", "schedule", "schedule-version",
                           "sources", "setup", "migrations", "startup", "startup-items",
                           "startup-configurations", "connection", "registry", "enrollment", "subjects",
                           "country-subjects", "subject-visits", "country-enrollment", "discrepancies"},
    "enrollment.view_subject": {"subject", "discrepancy", "subject-messages", "subject-message"},
    "enrollment.define_enrolled": {"enrolled-define"},
    "enrollment.edit_plan": _PLANS,
    "enrollment.settle_discrepancy": {"discrepancy-move"},
    "integrations.edit_connection": {"connection-add", "connection-credentials", "connection-mapping",
                                     "connection-move"},
    "integrations.approve_mapping": {"mapping-move"},
    "integrations.replay_item": {"connection-replay"},
    "integrations.edit_registry": {"registry-declare"},
    "sites.view_site": {"site", "site-status", "site-correct", "site-evidence", "site-withdraw", "site-people",
                        "site-end-personnel", "site-enrollment", "facility", "migration", "site-startup",
                        "startup-item", "startup-configuration"},
    "monitoring.view_visit": {"visits", "follow-ups", "deviations", "deviation-candidates", "deviation-candidate",
                              "site-visits", "trip", "letter", "follow-up",
                              "deviation"},
    "monitoring.view_tripreport": {"trip-report"},
    "monitoring.author_tripreport": {"my-visits"},
    "monitoring.plan_visit": {"visit-plan", "visits-plan-due", "cadence", "trip-replan", "letter-sent", "trip-move"},
    "monitoring.edit_issue": {"follow-up-add", "follow-up-note", "follow-up-move", "deviation-add", "deviation-edit",
                              "deviation-move", "deviation-candidate-move"},
    "sites.import_table": {"import", "import-template"},
    "sites.draft_migration": {"migration-new", "migration-line-add"},
    "sites.edit_startup": {"startup-item-settle", "startup-item-hand-over", "startup-item-expect",
                           "startup-item-reopen"},
    "sites.ask_waiver": {"startup-item-waive", "startup-waiver-move"},
    "sites.draft_startup": {"startup-configuration-new"},
    "sites.approve_startup": {"startup-configuration-move"},
    "sites.sign_migration": {"migration-move"},
    "sites.merge_duplicates": _MERGES,
    "sites.view_person": {"person"},
    "studies.create_study": {"study-new"},
    "studies.edit_study": _EDITS_A_STUDY | {"schedule-edit"},
    "sites.edit_site": {"site-add", "site-edit", "facility-add", "facility-edit"},
    "sites.edit_personnel": {"site-edit-personnel", "person-add", "person-edit"},
    "audit.view_signature": {"signature", "signature-pdf"},
    "audit.view_trail": {"study-audit", "site-history", "site-history-pdf", "audit", "access-log"},
    "milestones.view_milestone": {"milestones", "country-milestones", "site-milestones", "milestone-list", "milestone",
                                  "baseline"},
    "milestones.edit_milestone": {"milestone-plan", "milestone-edit", "baseline-new"},
    "milestones.approve_baseline": {"baseline-move"},
    "accounts.view_access": {"team", "access", "access-role", "access-people", "access-person", "access-delegations",
                             "access-delegation"},
    "accounts.view_training": {"curricula", "curriculum"},
    "accounts.edit_training": {"curriculum-new"},
    "accounts.approve_training": {"curriculum-move"},
    "accounts.grant_role": {"access-grant"},
    "accounts.edit_user": {"access-add-person"},
    "accounts.edit_delegation": {"access-delegate"},
    # The move that stands in the address decides: here closing a site out, and approving a schedule.
    "sites.close_site": {"site-move"},
    "studies.approve_schedule": {"schedule-move"},
    "finance.view_agreement": {"agreements", "agreement", "agreement-version"},
    "finance.view_payment": {"payables", "payable", "site-payments"},
    "finance.view_run": {"money", "runs", "run", "remittance", "remittance-pdf", "remittance-csv"},
    "finance.view_bank": {"bank", "run-erp"},
    "finance.edit_fee": _DRAFTS,
    "finance.approve_fee": {"agreement-move"},
    "finance.prepare_payment": {"run-new", "run-confirmations"},
    "finance.approve_payment": {"run-move"},
    "finance.verify_bank": {"bank-move"},
}  # fmt: skip

# To send something there (POST), from those who may open it.
SENDS: dict[str, set[str]] = {
    MEMBER: {"list-later", "save-view", "notifications", "preferences", "digest-now", "calendar-link",
             "revoke-calendar-link", "tokens"},
    NOBODY: {"job", "saved-view", "delete-view", "token-revoke", "training-read", "import-preview", "import-discard"},
    "desk.run_outbox": {"retry-entry"},
    "sites.view_site": {"site-dossier"},
    "sites.close_site": {"site-move"},
    "sites.correct_site": {"site-correct"},
    "sites.record_evidence": {"site-evidence", "site-withdraw"},
    "sites.edit_site": {"site-add", "site-edit", "site-take-back", "facility-add", "facility-edit"},
    "sites.edit_personnel": {"site-people", "site-end-personnel", "site-edit-personnel", "site-take-back-personnel",
                             "person-add", "person-edit"},
    "monitoring.view_visit": {"letter-pdf"},
    "monitoring.view_tripreport": {"trip-pdf"},
    "monitoring.plan_visit": {"visit-plan", "visits-plan-due", "cadence", "trip-replan", "letter-sent", "trip-move"},
    "monitoring.author_tripreport": {"trip-report", "trip-save", "trip-refresh"},
    "monitoring.comment_tripreport": {"trip-comment"},
    "monitoring.edit_issue": {"follow-up-add", "follow-up-note", "follow-up-move", "deviation-add", "deviation-edit",
                              "deviation-move", "deviation-candidate-move"},
    "sites.import_table": {"import"},
    "sites.draft_migration": {"migration-new", "migration-line-add", "migration-line-remove",
                              "migration-line-put-back"},
    "sites.start_site": {"site-startup-open"},
    "sites.edit_startup": {"startup-item-settle", "startup-item-hand-over", "startup-item-expect",
                           "startup-item-reopen"},
    "sites.ask_waiver": {"startup-item-waive", "startup-waiver-move"},
    "sites.draft_startup": {"startup-configuration-new"},
    "sites.approve_startup": {"startup-configuration-move"},
    "sites.sign_migration": {"migration-move"},
    "sites.merge_duplicates": {"facility-merge", "person-merge"},
    "studies.create_study": {"study-new"},
    "studies.edit_study": _EDITS_A_STUDY | {"schedule-visit-step", "schedule-contact-step"},
    "studies.approve_schedule": {"schedule-move"},
    "finance.edit_fee": _DRAFTS | {"agreement-amend", "share-remove", "share-put-back", "fee-remove", "fee-put-back"},
    "finance.approve_fee": {"agreement-move"},
    "finance.prepare_payment": {"run-new", "run-confirmations", "run-recalculate"},
    "finance.approve_payment": {"run-move"},
    "finance.edit_bank": {"bank"},
    "finance.verify_bank": {"bank-move"},
    "milestones.edit_milestone": {"milestone-plan", "milestone-edit", "baseline-new"},
    "milestones.approve_baseline": {"baseline-move"},
    "enrollment.define_enrolled": {"enrolled-define"},
    "enrollment.edit_plan": _PLANS,
    "enrollment.settle_discrepancy": {"discrepancy-move"},
    "integrations.edit_connection": {"connection-add", "connection-credentials", "connection-mapping",
                                     "connection-move", "connection-read"},
    "integrations.approve_mapping": {"mapping-move"},
    "integrations.replay_item": {"connection-replay"},
    "integrations.edit_registry": {"registry-declare"},
    "accounts.edit_training": {"curriculum-new"},
    "accounts.approve_training": {"curriculum-move"},
    "accounts.grant_role": {"access-grant", "access-role"},
    "accounts.edit_delegation": {"access-delegate", "access-delegation"},
    "accounts.edit_user": {"access-deactivate", "access-reactivate", "access-add-person"},
}  # fmt: skip

# Of the sponsor itself: a role at one of its studies does not open these.
OF_THE_SPONSOR = _MERGES | {
    "study-new", "outbox", "retry-entry",
    "audit", "access-log", "access", "access-role", "access-people", "access-person", "access-delegations",
    "access-delegation", "access-grant", "access-delegate", "access-deactivate", "access-reactivate",
    "curricula", "curriculum", "curriculum-new", "curriculum-move",
    "access-add-person",
}  # fmt: skip

# Addresses that want to know of which list.
ASKED_WITH = {"list-later", "save-view"}

# What is sent: right enough to come as far as the question who may.
_WHY = {"reason": "As the matrix asks"}
SAID: dict[str, dict[str, str]] = {
    "list-later": {"list": "{home}people/"},
    "save-view": {"list": "{home}people/", "name": "Mine"},
    "site-correct": {"to_status": "CONTACTED", "effective_on": "2024-03-01"} | _WHY,
    "site-evidence": {"code": "SIV", "occurred_on": "2024-03-01", "reference": "eTMF 1"},
    "site-withdraw": _WHY,
    "site-people": {"name": "Dr. New", "role": "COORDINATOR"} | _WHY,
    "site-end-personnel": {"ends_on": "2024-03-01"} | _WHY,
}


# REST, by operation.
OPERATIONS: dict[str, set[str]] = {
    MEMBER: {"read_me", "list_studies", "list_people", "list_facilities", "list_organisations", "list_assignments",
             "list_metrics"},
    "studies.view_study": {"read_study", "list_countries", "read_country", "list_schedules", "read_schedule",
                           "list_sites", "read_metrics", "read_startup_board", "list_startup_items", "list_subjects",
                           "list_subject_visits", "read_subject_counts", "list_connections", "list_feed_runs",
                           "list_discrepancies"},
    "enrollment.view_subject": {"read_subject", "read_discrepancy", "list_subject_messages"},
    "integrations.replay_item": {"list_feed_items"},
    "sites.view_site": {"read_site", "list_site_events", "list_evidence", "list_personnel", "read_facility",
                        "read_site_startup", "read_startup_item"},
    "monitoring.view_visit": {"list_visits", "list_follow_ups", "list_deviations", "list_deviation_candidates"},
    "milestones.view_milestone": {"list_milestones", "read_milestone", "list_baselines", "read_baseline"},
    "sites.view_person": {"read_person", "read_personnel"},
    "accounts.view_organisation": {"read_organisation"},
    "accounts.view_access": {"read_assignment"},
    "audit.view_trail": {"list_history"},
    "finance.view_agreement": {"list_agreements"},
    "finance.view_payment": {"list_payables", "read_payable"},
    "finance.view_run": {"list_payment_runs"},
    NOBODY: {"move_schedule"},  # approving is signing, and tokens do not sign
    "sites.close_site": {"move_site"},
    "sites.record_evidence": {"record_evidence", "withdraw_evidence"},
    "sites.edit_personnel": {"add_personnel", "end_personnel"},
    "sites.edit_startup": {"settle_startup_item", "hand_over_startup_item"},
}  # fmt: skip
OPERATIONS_OF_THE_SPONSOR = {"list_history"}  # without a study or a record to ask for


def verb_for(name: str, table: dict[str, set[str]]) -> str:
    """The verb of an address in one of the tables; "" where it is not listed."""
    return next((verb for verb, names in table.items() if name in names), "")


def verb_of_place(address: str) -> str:
    """What whoever opens anything there must be able to see."""
    if "/site/" in address:
        return "sites.view_site"
    return "studies.view_study" if "/s/" in address else MEMBER


def listed() -> set[str]:
    """The names that the policy knows."""
    return {name for table in (OPENS, SENDS) for names in table.values() for name in names}
