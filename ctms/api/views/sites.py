"""Sites: lists, one site with its moves, evidence, people and changes of status."""

from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers

from ctms.api.fields import Schema
from ctms.api.listings import EventList, EvidenceList, PersonnelList
from ctms.api.lists import ListEndpoint, listing_for
from ctms.api.records import RecordEndpoint, Shown
from ctms.api.writes import ALLOWED_MOVES, Body, DatedMoveBody, MoveWrite, Text, Write, moves_of
from ctms.core import clock
from ctms.core.lifecycle import Lifecycle
from ctms.web.places import found
from sites.lifecycle import ENROLLMENT, SITE
from sites.models import RECORDED, EvidenceCode, Person, PersonnelRole, Site, SiteEvidence, SitePersonnel
from sites.services import evidence, personnel, statuses
from sites.views.lists import SiteList

_SITE = {"number": ("The sponsor's number of the site.", "DE-004")}
_MOVES = {move.name: lifecycle for lifecycle in (SITE, ENROLLMENT) for move in lifecycle.moves}


class Sites(ListEndpoint):
    """The sites of a study"""

    tag = "Sites"
    operations = {"GET": "list_sites"}
    lists = SiteList


class ShownSite(Shown):
    lists = SiteList
    key = ("number", "number")
    more_schema = {
        "facility_id": {"type": "integer", "description": "Key of the facility."},
        "allowed_moves": ALLOWED_MOVES,
    }

    def more(self, record: Site) -> dict[str, Any]:
        moves = [one for lifecycle in (SITE, ENROLLMENT) for one in moves_of(lifecycle, record, self.user)]
        return {"facility_id": record.facility_id, "allowed_moves": moves}


class OneSite(ShownSite, RecordEndpoint):
    """One site, with the moves that are open to you

    `allowed_moves` holds what your roles allow from here; `objections` are the guards' sentences.
    """

    tag = "Sites"
    operations = {"GET": "read_site"}
    said = _SITE


class SiteMove(ShownSite, MoveWrite):
    tag = "Sites"
    operations = {"POST": "move_site"}
    said = _SITE
    body = DatedMoveBody
    body_example = {"effective_on": "2024-03-08", "reason": "The target of the country is reached."}

    def choices(self) -> dict[str, list[str]]:
        return {"move": sorted(_MOVES)}

    def lifecycle(self) -> Lifecycle:
        return _MOVES[self.kwargs["move"]]

    def target(self) -> Site:
        if self.kwargs["move"] not in _MOVES:
            raise Http404
        site: Site = self.record()
        return site

    def lock(self, target: Site) -> Any:
        return Site.objects.locked(target.pk)

    def carry_out(self, target: Site, said: dict[str, Any]) -> Any:
        """Makes a move of a site, or of its enrollment

        Refused with the guard's sentence where something stands against it. The answer is the site as it is then.
        """
        service = statuses.move_enrollment if self.lifecycle() is ENROLLMENT else statuses.move_site
        return service(site=target, move=self.kwargs["move"], by=self.user, at=clock.now(), **said)

    def shown(self, result: Any) -> tuple[dict[str, Any], Any]:
        site = self.record()
        return self.as_json(site), site

    def answers(self, method: str) -> Schema:
        return self.record_schema()


class OfSite:
    """What all below a site share: the site first, or a 404."""

    lists: ClassVar[Any]
    kwargs: dict[str, Any]

    def site(self) -> Site:
        site: Site = listing_for(self, self.lists).site  # type: ignore[arg-type]
        return site


class Events(ListEndpoint):
    """A site's changes of status, of both kinds, corrections included"""

    tag = "Sites"
    operations = {"GET": "list_site_events"}
    said = _SITE
    lists = EventList


class EvidenceBody(Body):
    code = serializers.ChoiceField(RECORDED, help_text="The fact.")
    occurred_on = serializers.DateField(help_text="Its day, at the site.")
    reference = Text(max_length=500, help_text="Where the proof is filed.")
    note = Text(required=False, default="", allow_blank=True, max_length=2000)


class Evidence(OfSite, Shown, ListEndpoint, Write):
    """The facts on record about a site, those that no longer hold included"""

    tag = "Sites"
    operations = {"GET": "list_evidence", "POST": "record_evidence"}
    said = _SITE
    lists = EvidenceList
    body = EvidenceBody
    body_example = {"code": "SIV", "occurred_on": "2024-03-08", "reference": "eTMF 05.04.03, report of 8 March"}

    def target(self) -> Site:
        return self.site()

    def reason(self, said: dict[str, Any]) -> tuple[str, bool]:
        return f"Evidence: {EvidenceCode(said['code']).label}", True

    def carry_out(self, target: Site, said: dict[str, Any]) -> SiteEvidence:
        """Puts a fact about a site on record

        An earlier record of the same fact is replaced by it.
        """
        return evidence.record_evidence(site=target, by=self.user, at=clock.now(), **said)

    def shown(self, result: SiteEvidence) -> tuple[dict[str, Any], Any]:
        return self.as_json(result), result

    def answers(self, method: str) -> Schema:
        return self.record_schema() if method == "POST" else ListEndpoint.answers(self, method)


class ReasonBody(Body):
    reason = Text(max_length=2000, help_text="Why.")


class WithdrawEvidence(OfSite, Shown, Write):
    tag = "Sites"
    operations = {"POST": "withdraw_evidence"}
    said = {**_SITE, "pk": ("Key of the evidence.", 1)}
    lists = EvidenceList
    body = ReasonBody
    body_example = {"reason": "The letter was for another site."}

    def target(self) -> SiteEvidence:
        row: SiteEvidence = found(self.site().evidence.filter(pk=self.kwargs["pk"]).select_related("site"))
        return row

    def carry_out(self, target: SiteEvidence, said: dict[str, Any]) -> SiteEvidence:
        """Puts on record that a fact does not hold

        The answer is the new record, which says so. Moves made on the fact's strength stay.
        """
        return evidence.withdraw_evidence(evidence=target, by=self.user, at=clock.now(), **said)

    def shown(self, result: SiteEvidence) -> tuple[dict[str, Any], Any]:
        return self.as_json(result), result

    def answers(self, method: str) -> Schema:
        return self.record_schema()


class Key(serializers.IntegerField):
    """A number, and not a text that could be read as one."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class PersonnelBody(Body):
    person = Key(required=False, allow_null=True, default=None, min_value=1, max_value=2**63 - 1,
                                      help_text="Key of somebody the sponsor knows; or a new name.")  # fmt: skip
    name = Text(required=False, default="", allow_blank=True, max_length=200)
    role = serializers.ChoiceField(PersonnelRole.choices)
    starts_on = serializers.DateField(required=False, allow_null=True, default=None, help_text="Null: not known.")
    reason = Text(max_length=500, help_text="Why this is entered: a delegation log, a letter.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["person"]) == bool(attrs["name"]):
            raise serializers.ValidationError({"person": "Send the key of a person, or the name of a new one."})
        return attrs


class Personnel(OfSite, Shown, ListEndpoint, Write):
    """Who works at a site, and who did"""

    tag = "Sites"
    operations = {"GET": "list_personnel", "POST": "add_personnel"}
    said = _SITE
    lists = PersonnelList
    body = PersonnelBody
    body_example = {"name": "Dr. Ruth Adler", "role": "SUB_INVESTIGATOR", "starts_on": "2024-02-01",
                    "reason": "Delegation log of 1 February"}  # fmt: skip

    def target(self) -> Site:
        return self.site()

    def carry_out(self, target: Site, said: dict[str, Any]) -> SitePersonnel:
        """Adds a person to a site

        Somebody the sponsor knows already, or a new person by name.
        """
        person = found(Person.objects.visible_to(self.user).filter(pk=said["person"])) if said["person"] else None
        return personnel.add_personnel(
            site=target, person=person, new_name=said["name"], role=said["role"], starts_on=said["starts_on"],
            by=self.user,
        )  # fmt: skip

    def shown(self, result: SitePersonnel) -> tuple[dict[str, Any], Any]:
        return self.as_json(result), result

    def answers(self, method: str) -> Schema:
        return self.record_schema() if method == "POST" else ListEndpoint.answers(self, method)


class OnePersonnel(RecordEndpoint):
    """One person's work at a site"""

    tag = "Sites"
    operations = {"GET": "read_personnel"}
    said = {**_SITE, "pk": ("Key of the work.", 1)}
    lists = PersonnelList


class EndPersonnelBody(Body):
    ends_on = serializers.DateField(help_text="The last day.")
    reason = Text(max_length=500, help_text="Why.")


class EndPersonnel(Shown, Write):
    tag = "Sites"
    operations = {"POST": "end_personnel"}
    said = {**_SITE, "pk": ("Key of the work.", 1)}
    lists = PersonnelList
    body = EndPersonnelBody
    body_example = {"ends_on": "2024-03-08", "reason": "Left the hospital"}
    made = 200
    needs_version = True

    def target(self) -> SitePersonnel:
        row: SitePersonnel = self.record()
        return row

    def lock(self, target: SitePersonnel) -> Any:
        Site.objects.locked(target.site_id)
        return SitePersonnel.objects.locked(target.pk)

    def carry_out(self, target: SitePersonnel, said: dict[str, Any]) -> SitePersonnel:
        """Ends a person's work at a site after its last day"""
        return personnel.end_personnel(engagement=target, ends_on=said["ends_on"], by=self.user)

    def shown(self, result: SitePersonnel) -> tuple[dict[str, Any], Any]:
        return self.as_json(result), result

    def answers(self, method: str) -> Schema:
        return self.record_schema()
