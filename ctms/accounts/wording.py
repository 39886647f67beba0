"""What people may do, in words."""

_WORDS = {
    "accounts.edit_user": "add and end people",
    "accounts.view_access": "who holds which role",
    "audit.view_trail": "the audit trail",
    "audit.view_signature": "signatures",
    "desk.run_outbox": "start background work again",
    "enrollment.define_enrolled": "say from when a subject counts as enrolled",
    "enrollment.edit_plan": "edit enrollment plan",
    "finance.approve_fee": "approve terms of agreements",
    "finance.confirm_activity": "confirm the activity of a payment run",
    "finance.edit_bank": "enter bank details",
    "finance.edit_fee": "edit terms of agreements",
    "finance.verify_bank": "verify bank details",
    "finance.view_bank": "bank details",
    "finance.view_run": "payment runs",
    "integrations.approve_mapping": "approve mapping of a data source",
    "integrations.edit_connection": "edit connection to a data source",
    "integrations.edit_registry": "say which system counts for what",
    "integrations.replay_item": "replay what a data source sent",
    "monitoring.author_tripreport": "write trip reports",
    "monitoring.comment_tripreport": "comment on trip reports",
    "monitoring.edit_issue": "edit follow-up items and deviations",
    "monitoring.verify_capa": "verify corrective actions",
    "sites.approve_startup": "approve start-up configuration",
    "sites.ask_waiver": "ask for a waiver",
    "sites.draft_migration": "draft go-live migration",
    "sites.draft_startup": "draft start-up configuration",
    "sites.edit_personnel": "edit site staff",
    "sites.edit_startup": "work on start-up items",
    "sites.set_enrollment": "open and close enrollment",
    "sites.sign_migration": "sign go-live migration",
    "sites.start_site": "take a site through start-up",
    "sites.view_person": "site staff",
    "studies.view_schedule": "visit schedule",
}
"""Where the verb itself does not say it."""


def verb_words(verb: str) -> str:
    """“sites.record_evidence” -> “record evidence”, “sites.view_site” -> “site”."""
    name = verb.partition(".")[2].removeprefix("view_")
    return _WORDS.get(verb) or name.replace("_", " ").replace("tripreport", "trip report")
