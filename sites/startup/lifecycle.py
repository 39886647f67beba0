"""What may happen next to a configuration, an item of a checklist, and a waiver; and the guards of a site's gates."""

from typing import Any

from ctms.core.lifecycle import Guard, Lifecycle, Move, Request
from sites.models import (
    ConfigurationStatus,
    Gate,
    ItemStatus,
    ItemWaiver,
    Site,
    StartUpConfiguration,
    StartUpItem,
    WaiverStatus,
)
from sites.startup.checklist import shut_sentence, truths_of
from sites.startup.configuration import OF_THE_STUDY, template_of
from sites.startup.opening import configuration_for

C, T, W = ConfigurationStatus, ItemStatus, WaiverStatus

_CONFIGURE, _WORK = "sites.approve_startup", "sites.edit_startup"
_ASK, _GRANT = "sites.ask_waiver", "sites.grant_waiver"


CANNOT_BE_WAIVED = "nobody can waive or override this."


class Shut:
    """Objects while an item of the start-up checklist keeps this gate shut on the day of the move."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.__doc__ = f"Nothing on the start-up checklist that keeps the gate “{gate.label.lower()}” shut."

    def __call__(self, site: Site, request: Request) -> str | None:
        kept: dict[Any, str | None] | None = getattr(site, "_shut", None)
        if kept is None:
            return shut_sentence(site, self.gate, request.effective_on)
        asked = (self.gate, request.effective_on)
        if asked not in kept:
            kept[asked] = shut_sentence(site, self.gate, request.effective_on)
        return kept[asked]


def only_looked_at(site: Site) -> None:
    """Has the gates worked out once for this object, for a page that shows them several times and changes nothing."""
    site._shut = {}  # type: ignore[attr-defined]


def shut_sentences(move: Move, site: Site) -> list[str]:
    """What the move's gates object with; none where they are open."""
    guards = [guard for guard in move.unless if isinstance(guard, Shut)]
    return [sentence for guard in guards if (sentence := guard(site, Request(None)))]


def no_configuration(site: Site, request: Request) -> str | None:
    """An approved configuration of start-up, in force, that has the site's country and can be asked."""
    return why_not_configured(site, configuration_for(site.study_id, request.effective_on))


def why_not_configured(site: Site, configuration: StartUpConfiguration | None) -> str | None:
    """Why no checklist can be made by this configuration; None where one can."""
    if configuration is None:
        return "No start-up configuration of the study is in force: have one approved first."
    template = template_of(configuration)
    if site.country.country not in template.countries:
        return f"{configuration} says nothing about {site.country}: have a version approved that does."
    unknown = template.unknown_of(site.country.country, truths_of(site.study))
    if unknown:
        return f"Nobody has said yet whether the study is {OF_THE_STUDY[unknown[0]]}: say so on its Set-up page."
    return None


def was_made_by_them(configuration: StartUpConfiguration, request: Request) -> str | None:
    """Somebody else than who made the draft."""
    return "Who made a configuration does not approve it." if configuration.made_by_id == request.by.pk else None


CONFIGURATION = Lifecycle(
    "Start-up configuration",
    start=C.DRAFT,
    statuses=ConfigurationStatus,
    moves=(
        Move("approve", (C.DRAFT,), C.APPROVED, _CONFIGURE, "Approve", reason=True, unless=(was_made_by_them,),
             signature="approval"),
        Move("retire", (C.DRAFT, C.APPROVED), C.RETIRED, _CONFIGURE, "Retire", reason=True, is_exit=True),
    ),
)  # fmt: skip

ITEM = Lifecycle(
    "Start-up item",
    start=T.OPEN,
    statuses=ItemStatus,
    follows=((T.WAIVED, "a waiver of the item is granted"),),
    moves=(
        Move("begin", (T.OPEN,), T.IN_PROGRESS, _WORK, "Begin"),
        Move("complete", (T.OPEN, T.IN_PROGRESS), T.DONE, _WORK, "Complete"),
        Move("reopen", (T.DONE,), T.IN_PROGRESS, _WORK, "Reopen", reason=True, is_exit=True),
    ),
)  # fmt: skip


def is_hard(waiver: ItemWaiver, request: Request) -> str | None:
    """An item that is not an approval by authority or ethics committee, nor the approved consent form."""
    if waiver.item.is_hard:
        return f"{waiver.item.get_kind_display()}: {CANNOT_BE_WAIVED}"
    return None


def is_settled_already(waiver: ItemWaiver, request: Request) -> str | None:
    """The item still open."""
    item: StartUpItem = waiver.item
    return f"The item is settled already: {item.get_status_display().lower()}." if item.is_settled else None


def was_asked_for_by_them(waiver: ItemWaiver, request: Request) -> str | None:
    """Somebody else than who asked for it."""
    return "Who asks for a waiver does not grant it." if waiver.made_by_id == request.by.pk else None


def was_not_drafted_by_them(waiver: ItemWaiver, request: Request) -> str | None:
    """Whoever wrote the grounds."""
    return None if waiver.made_by_id == request.by.pk else "Who wrote the grounds signs that they ask for it."


_STILL: tuple[Guard, ...] = (is_hard, is_settled_already)

WAIVER = Lifecycle(
    "Waiver of a start-up item",
    start=W.DRAFT,
    statuses=WaiverStatus,
    moves=(
        Move("ask", (W.DRAFT,), W.ASKED, _ASK, "Ask for it", unless=(*_STILL, was_not_drafted_by_them),
             signature="authorship"),
        Move("grant", (W.ASKED,), W.GRANTED, _GRANT, "Grant", reason=True, unless=(*_STILL, was_asked_for_by_them),
             signature="approval"),
        Move("refuse", (W.ASKED,), W.REFUSED, _GRANT, "Refuse", reason=True, is_exit=True),
        Move("withdraw", (W.DRAFT, W.ASKED, W.GRANTED), W.WITHDRAWN, _ASK, "Withdraw", reason=True, is_exit=True),
    ),
)  # fmt: skip
