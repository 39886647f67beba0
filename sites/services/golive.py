"""Go-live migration: gathering what running sites bring, and signing it off into their history."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Max

from ctms.accounts.models import User
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from sites.lifecycle import IDENTIFY, MAIN_PATH, MIGRATION, OPENING
from sites.models import (
    BatchStatus,
    EnrollmentStatus,
    MigrationBatch,
    MigrationLine,
    OperationalStatus,
    Site,
    SiteStatusEvent,
)
from sites.startup.checklist import UNDER_WAY
from sites.startup.lifecycle import why_not_configured
from sites.startup.opening import configuration_for, make_checklist

Kind = SiteStatusEvent.Kind
_ENROLLMENT_ORDER = tuple(EnrollmentStatus.values)


@use_case
def draft_migration(*, study: Study, source: str, by: User, at: datetime) -> MigrationBatch:
    """The study's draft of a go-live migration, made if there is none; locked, so that nobody signs it meanwhile.

    Args:
        source: where the dates come from: a system and the day of its export.
    """
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "sites.draft_migration", study, "preparing a go-live migration")
    batch = MigrationBatch.objects.select_for_update().filter(study=study, status=BatchStatus.DRAFT).first()
    if batch is None:
        last = MigrationBatch.objects.filter(study=study).aggregate(last=Max("number"))["last"] or 0
        batch = MigrationBatch(
            sponsor_id=study.sponsor_id, study=study, number=last + 1, source=source.strip(), made_at=at, made_by=by
        )
        batch.full_clean()
        batch.save(force_insert=True)
    return batch


@use_case
def add_line(
    *, batch: MigrationBatch, site: Site, kind: str, status: str, since: date, proof: str, by: User, at: datetime
) -> MigrationLine:
    """Adds a status that a site came to before it came here."""
    batch = _locked_draft(batch, by)
    site = Site.objects.select_related("facility").locked(site.pk)
    if since > site.today(at):
        sentence = "This day has not come yet at the site."
        raise BadInput("DAY", sentence, fields={"since": sentence})
    if has_history(site):
        raise Refusal("HAS_HISTORY", f"{site} has a history here already: what is wrong in it is corrected there.")
    line = MigrationLine(
        sponsor_id=batch.sponsor_id, study_id=batch.study_id, batch=batch, site=site, kind=kind, status=status,
        since=since, proof=proof.strip(),
    )  # fmt: skip
    line.full_clean()
    if status not in (OperationalStatus if kind == Kind.OPERATIONAL else EnrollmentStatus).values:
        sentence = "Choose a status of this kind."
        raise BadInput("STATUS", sentence, fields={"status": sentence})
    line.save(force_insert=True)
    return line


@use_case
def remove_line(*, line: MigrationLine, by: User) -> MigrationLine:
    """Takes a line out of a draft."""
    return _marked(line, True, by)


@use_case
def put_back_line(*, line: MigrationLine, by: User) -> MigrationLine:
    """Puts a line that was removed back into its draft."""
    return _marked(line, False, by)


@use_case
def sign_off(*, batch: MigrationBatch, reason: str, proof: Proof | None, by: User, at: datetime) -> MigrationBatch:
    """Signs a draft off: each site enters the statuses it brings, as opening events with their days and proofs.

    No guard of the site's lifecycle is asked about the past; what start-up knows of approvals is. It
    cannot be undone, only corrected, site by site.
    """
    batch = MigrationBatch.objects.select_related("study__scope").locked(batch.pk)
    lines = list(batch.lines.select_related("site"))
    sites = {site.pk: site for site in Site.objects.select_for_update(of=("self",)).filter(migration_lines__in=lines)}
    MIGRATION.advance(batch, "sign_off", Request(by, reason=reason, proof=proof))
    events = []
    for line in sorted(lines, key=_in_order):
        site = sites[line.site_id]
        field = "operational_status" if line.kind == Kind.OPERATIONAL else "enrollment_status"
        events.append(
            SiteStatusEvent(
                sponsor_id=batch.sponsor_id, study_id=batch.study_id, site=site, kind=line.kind, move=OPENING,
                from_status=getattr(site, field), to_status=line.status, effective_on=line.since, recorded_at=at,
                recorded_by=by, reason=f"{batch}: {batch.source}", proof=line.proof,
            )
        )  # fmt: skip
        setattr(site, field, line.status)
        if line.kind == Kind.OPERATIONAL:
            site.status_on = line.since
    SiteStatusEvent.objects.bulk_create(events)
    Site.objects.bulk_update(sites.values(), ["operational_status", "status_on", "enrollment_status"])
    batch.save(update_fields=["status"])
    for site in sites.values():
        if site.operational_status in UNDER_WAY:
            _open_checklist(site, by, at)
    return batch


def _open_checklist(site: Site, by: User, at: datetime) -> None:
    """A site that comes in the middle of its start-up goes on by the checklist, where one can be made already."""
    configuration = configuration_for(site.study_id, site.status_on)
    if why_not_configured(site, configuration) is None and configuration is not None:
        make_checklist(site, configuration, on=at.date(), by=by, at=at)


def has_history(site: Site) -> bool:
    """Whether anything but its first event has happened to a site here."""
    return site.status_events.count() > 1


def with_history(sites: Iterable[int]) -> set[int]:
    """The keys of those among these sites to which something has happened here."""
    events = SiteStatusEvent.objects.filter(site__in=list(sites)).exclude(move=IDENTIFY)
    return set(events.values_list("site", flat=True))


def _in_order(line: MigrationLine) -> tuple[int, str, date, int]:
    """By site, kind and day; statuses of one day in the order in which a site comes to them."""
    path = MAIN_PATH if line.kind == Kind.OPERATIONAL else _ENROLLMENT_ORDER
    rank = path.index(line.status) if line.status in path else len(path)
    return line.site_id, line.kind, line.since, rank


def _locked_draft(batch: MigrationBatch, by: User) -> MigrationBatch:
    batch = MigrationBatch.objects.select_related("study__scope").locked(batch.pk)
    refuse_without(by, "sites.draft_migration", batch, "preparing a go-live migration")
    if batch.status != BatchStatus.DRAFT:
        raise Refusal("NOT_A_DRAFT", f"{batch} is signed off: what is wrong in it is corrected site by site.")
    return batch


def _marked(line: MigrationLine, removed: bool, by: User) -> MigrationLine:
    _locked_draft(line.batch, by)
    line = MigrationLine.everything.select_related("site").locked(line.pk)
    line.removed = removed
    line.full_clean()
    line.save(update_fields=["removed"])
    return line
