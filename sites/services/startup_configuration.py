"""Versions of the start-up configuration: drafted from a file, approved by signature, retired."""

from datetime import date, datetime

from django.db.models import Max

from ctms.accounts.models import User
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput
from ctms.core.signables import sha256
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from sites.models import ConfigurationStatus, StartUpConfiguration
from sites.startup.configuration import DEFAULTS, Template, read, template_of
from sites.startup.lifecycle import CONFIGURATION

DEFAULTS_NAME = "The defaults that come with the system"


@use_case
def draft_configuration(
    *, study: Study, text: str, source: str, effective_from: date, by: User, at: datetime
) -> StartUpConfiguration:
    """Reads a configuration into the study's draft, which is made, or overwritten where there is one.

    Args:
        text: YAML; "" for the defaults that come with the system.
        source: the name of its file.

    Raises:
        BadInput: with what is wrong in it.
    """
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "sites.draft_startup", study, "preparing the start-up configuration")
    content = read(text or DEFAULTS.read_text(encoding="utf-8"))
    _refuse_other_nature(study, Template(content))
    configuration = StartUpConfiguration.objects.filter(study=study, status=ConfigurationStatus.DRAFT).first()
    is_new = configuration is None
    if configuration is None:
        last = StartUpConfiguration.objects.filter(study=study).aggregate(last=Max("number"))["last"] or 0
        configuration = StartUpConfiguration(sponsor_id=study.sponsor_id, study=study, number=last + 1)
    configuration.content, configuration.content_sha256 = content, sha256(content)
    configuration.source = source.strip() or DEFAULTS_NAME
    configuration.effective_from = effective_from
    configuration.made_at, configuration.made_by = at, by
    configuration.full_clean()
    configuration.save(force_insert=is_new)
    return configuration


@use_case
def move_configuration(
    *, configuration: StartUpConfiguration, move: str, reason: str, by: User, proof: Proof | None = None
) -> StartUpConfiguration:
    """Approves a draft by signature, or retires a version. Checklists made by an earlier one go on by it."""
    configuration = StartUpConfiguration.objects.select_related("study__scope").locked(configuration.pk)
    CONFIGURATION.advance(configuration, move, Request(by, reason=reason, proof=proof))
    configuration.save(update_fields=["status"])
    return configuration


def _refuse_other_nature(study: Study, template: Template) -> None:
    """A code means the same in every version: items that sites share are made once and looked at by all versions."""
    earlier = StartUpConfiguration.objects.filter(study=study).exclude(status=ConfigurationStatus.DRAFT)
    for configuration in earlier:
        for code, item in template_of(configuration).by_code.items():
            other = template.by_code.get(code)
            if other is not None and (other.level, other.kind) != (item.level, item.kind):
                sentence = f"{code} is an item of another level or kind in {configuration}: give it another code."
                raise BadInput("CONFIGURATION", sentence, fields={"content": sentence})
