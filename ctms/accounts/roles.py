"""Roles, the verbs each may do, and which duties never meet in one person. Read by access checks, pages and docs alike.

A verb is "<app>.<verb>_<noun>". A role is held at a scope and reaches everything below it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import models


class Role(models.TextChoices):
    CLINICAL_OPERATIONS_LEAD = "CLINICAL_OPERATIONS_LEAD", "Clinical operations lead"
    STUDY_MANAGER = "STUDY_MANAGER", "Study manager"
    COUNTRY_LEAD = "COUNTRY_LEAD", "Country lead"
    CRA = "CRA", "CRA"
    LEAD_CRA = "LEAD_CRA", "Lead CRA"
    CTA = "CTA", "Clinical trial assistant"
    STARTUP_SPECIALIST = "STARTUP_SPECIALIST", "Start-up specialist"
    CONTRACTS_SPECIALIST = "CONTRACTS_SPECIALIST", "Contracts specialist"
    FINANCE_ANALYST = "FINANCE_ANALYST", "Finance analyst"
    FINANCE_APPROVER = "FINANCE_APPROVER", "Finance approver"
    PROJECT_MANAGER = "PROJECT_MANAGER", "Project manager"
    MEDICAL_MONITOR = "MEDICAL_MONITOR", "Medical monitor"
    QUALITY_AUDITOR = "QUALITY_AUDITOR", "Quality auditor"
    UNBLINDED_CRA = "UNBLINDED_CRA", "Unblinded CRA"
    UNBLINDED_STATISTICIAN = "UNBLINDED_STATISTICIAN", "Unblinded statistician"
    SITE_USER = "SITE_USER", "Site user"
    INSPECTOR = "INSPECTOR", "Inspector"
    ADMINISTRATOR = "ADMINISTRATOR", "Administrator"


# What a role with any part in a study may look at.
_LOOK = frozenset(
    {
        "studies.view_study",
        "studies.view_schedule",
        "sites.view_site",
        "sites.view_person",
        "accounts.view_organisation",
        "audit.view_signature",
        "milestones.view_milestone",
        "enrollment.view_subject",
    }
)
_PLAN = frozenset({"milestones.edit_milestone"})  # plan, own forecast, days entered by hand
_TRAIL = frozenset({"audit.view_trail"})
_SITE_WORK = frozenset(
    {"sites.edit_site", "sites.record_evidence", "sites.edit_personnel", "sites.import_table", "sites.edit_startup"}
)
_QUALIFY = frozenset({"sites.qualify_site"})  # from candidate to qualification visit
_START_UP = frozenset({"sites.start_site", "sites.ask_waiver"})  # from selection to initiation
_DECIDE = frozenset(
    {
        "sites.select_site",
        "sites.activate_site",
        "sites.correct_site",
        "sites.close_site",
        "sites.sign_migration",
        "sites.grant_waiver",
        "sites.give_green_light",
        "sites.approve_startup",
    }
)
_ENROLLMENT = frozenset({"sites.set_enrollment"})
_STUDY_WORK = frozenset(
    {
        "studies.edit_study",
        "studies.import_study",
        "studies.approve_schedule",
        "sites.draft_migration",
        "sites.draft_startup",
        "milestones.approve_baseline",
    }
    | _PLAN
)
_CONNECT = frozenset(
    {"integrations.edit_connection", "integrations.replay_item", "integrations.edit_registry",
     "enrollment.define_enrolled", "enrollment.edit_plan"}
)  # fmt: skip
_SETTLE = frozenset({"enrollment.settle_discrepancy"})
_SPONSOR_WORK = frozenset({"studies.create_study", "sites.merge_duplicates"})  # counts at the whole sponsor only
_ACCESS = frozenset({"accounts.view_access", "accounts.view_training"})
_TRAINING = frozenset({"accounts.approve_training"})
_PAYMENTS = frozenset({"finance.view_payment"})  # what a site is owed; the terms and the runs are for fewer people
_CONTRACTS = frozenset({"finance.view_agreement"})
_MONEY = _PAYMENTS | _CONTRACTS | {"finance.view_run"}
_FINANCE = _MONEY | {"finance.view_bank"}
_SEE_VISITS = frozenset({"monitoring.view_visit", "monitoring.view_tripreport"})
_ISSUES = _SEE_VISITS | {"monitoring.edit_issue"}
_VISITS = _ISSUES | {"monitoring.plan_visit"}

VERBS: Mapping[Role, frozenset[str]] = {
    Role.CLINICAL_OPERATIONS_LEAD: _LOOK | _TRAIL | _SITE_WORK | _QUALIFY | _START_UP | _DECIDE | _ENROLLMENT | _ACCESS
    | _STUDY_WORK | _SPONSOR_WORK | _TRAINING | _VISITS | _MONEY | _CONNECT | _SETTLE
    | {"integrations.approve_mapping", "monitoring.approve_tripreport", "monitoring.comment_tripreport"},
    Role.STUDY_MANAGER: _LOOK | _TRAIL | _SITE_WORK | _QUALIFY | _START_UP | _DECIDE | _ENROLLMENT | _STUDY_WORK
    | _ACCESS | _VISITS | _MONEY | _CONNECT | _SETTLE | {"integrations.approve_mapping"}
    | {"monitoring.review_tripreport", "monitoring.comment_tripreport", "monitoring.approve_tripreport"}
    | {"finance.confirm_activity"},
    Role.COUNTRY_LEAD: _LOOK | _SITE_WORK | _QUALIFY | _START_UP | _PLAN | _ISSUES | _SETTLE | _PAYMENTS | _CONTRACTS,
    Role.CRA: _LOOK | _SITE_WORK | _QUALIFY | _START_UP | _PLAN | _VISITS | _SETTLE | _PAYMENTS
    | {"monitoring.author_tripreport"},
    Role.LEAD_CRA: _LOOK | _TRAIL | _SITE_WORK | _QUALIFY | _START_UP | _PLAN | _VISITS | _SETTLE | _PAYMENTS
    | {"monitoring.author_tripreport", "monitoring.review_tripreport", "monitoring.comment_tripreport"},
    Role.CTA: _LOOK | _ISSUES
    | {"sites.record_evidence", "sites.edit_personnel", "sites.import_table", "sites.edit_startup"},
    Role.STARTUP_SPECIALIST: _LOOK | _SITE_WORK | _START_UP | _PLAN | {"sites.draft_startup", "sites.give_green_light"},
    Role.CONTRACTS_SPECIALIST: _LOOK | _MONEY
    | {"sites.record_evidence", "sites.import_table", "sites.edit_startup", "finance.edit_fee"},
    Role.FINANCE_ANALYST: _LOOK | _FINANCE | {"finance.edit_fee", "finance.prepare_payment", "finance.edit_bank"},
    Role.FINANCE_APPROVER: _LOOK | _FINANCE
    | {"finance.approve_fee", "finance.approve_payment", "finance.release_payment", "finance.verify_bank"},
    Role.PROJECT_MANAGER: _LOOK | _TRAIL | _ISSUES | _MONEY | {"sites.import_table"}
    | _STUDY_WORK - {"studies.approve_schedule", "milestones.approve_baseline"},
    Role.MEDICAL_MONITOR: _LOOK | _SEE_VISITS,
    Role.QUALITY_AUDITOR: _LOOK | _TRAIL | _MONEY | _ACCESS | _TRAINING | _ISSUES
    | {"monitoring.verify_capa", "monitoring.void_visit"},
    Role.UNBLINDED_CRA: _LOOK,
    Role.UNBLINDED_STATISTICIAN: _LOOK - {"sites.view_person"},
    Role.SITE_USER: frozenset(
        {"studies.view_study", "studies.view_schedule", "sites.view_site", "enrollment.view_subject"}
    ),
    Role.INSPECTOR: _LOOK | _TRAIL | _ACCESS | {"monitoring.view_visit"},  # and reports once they are approved
    Role.ADMINISTRATOR: _ACCESS | _TRAIL
    | {"accounts.grant_role", "accounts.edit_user", "accounts.edit_delegation"}
    | _TRAINING | {"accounts.edit_training"}
    | {"accounts.view_organisation", "accounts.edit_organisation", "desk.run_outbox"},
}  # fmt: skip

UNBLINDED = frozenset({Role.UNBLINDED_CRA, Role.UNBLINDED_STATISTICIAN})
# Neither blinded nor unblinded: they look at the system, not at subjects' treatment.
NEUTRAL = frozenset({Role.ADMINISTRATOR, Role.QUALITY_AUDITOR, Role.INSPECTOR})


@dataclass(frozen=True)
class Duty:
    """Steps on one record that as many different persons must do."""

    code: str
    steps: tuple[str, ...]
    sentence: str


DUTIES = (
    Duty(
        "TRIP_REPORT",
        ("monitoring.author_tripreport", "monitoring.review_tripreport", "monitoring.approve_tripreport"),
        "Author, reviewer and approver of a trip report are three persons.",
    ),
    Duty(
        "PAYMENT",
        ("finance.edit_fee", "finance.prepare_payment", "finance.confirm_activity", "finance.approve_payment"),
        "Who edited a fee, prepared a payment or confirmed its activity does not approve it.",
    ),
    Duty(
        "BANK", ("finance.edit_bank", "finance.release_payment"), "Who edited bank details does not release payments."
    ),
    Duty("WAIVER", ("sites.ask_waiver", "sites.grant_waiver"), "Who asks for a waiver does not grant it."),
    Duty("CAPA", ("monitoring.own_capa", "monitoring.verify_capa"), "Who owns a CAPA does not verify it."),
)


def verbs_of(roles: Iterable[str]) -> frozenset[str]:
    """All verbs that holding these roles allows."""
    return frozenset().union(*(VERBS[Role(role)] for role in roles))


def duty_objection(step: str, *, by: int, done: Mapping[str, int]) -> str | None:
    """The sentence that forbids a person to do `step` on a record whose earlier steps were done by these persons.

    Args:
        step: the verb about to be done.
        by: id of the person.
        done: verb -> id of the person who did it on this record.
    """
    for duty in DUTIES:
        if step in duty.steps and any(done.get(other) == by for other in duty.steps if other != step):
            return duty.sentence
    return None


def exclusion(role: str, held: Iterable[str]) -> str | None:
    """The sentence that forbids to hold `role` together with the roles already held in the same study."""
    if role in NEUTRAL:
        return None
    if any((role in UNBLINDED) != (other in UNBLINDED) for other in held if other not in NEUTRAL):
        return "Nobody holds blinded and unblinded roles in the same study."
    return None
