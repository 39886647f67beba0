"""Start-up in tests: a site with its checklist, and items settled without walking through the services."""

from datetime import date, datetime
from typing import Any

from sites.models import ItemHolding, ItemStatus, Site, SitePersonnel, StartUpItem
from sites.startup.checklist import checklist_of
from sites.startup.opening import configuration_for, make_checklist
from tests.conftest import act
from tests.factories import make


def with_checklist(site: Site, by: Any, at: datetime, *, on: date | None = None) -> None:
    """Gives the site a principal investigator and its checklist, by the configuration in force."""
    with act(by):
        if not site.personnel.filter(role="PRINCIPAL_INVESTIGATOR").exists():
            make(SitePersonnel, site=site, role="PRINCIPAL_INVESTIGATOR", starts_on=site.status_on)
        configuration = configuration_for(site.study_id, at.date())
        assert configuration is not None
        make_checklist(site, configuration, on=on or site.status_on, by=by, at=at)


def items_of(site: Site) -> Any:
    """The items the site waits for, shared ones too."""
    checklist = checklist_of(site)
    assert checklist is not None
    return StartUpItem.objects.filter(pk__in=list(checklist.items))


def item_of(site: Site, code: str) -> StartUpItem:
    """The one item of this code that the site waits for."""
    found: StartUpItem = items_of(site).select_related("scope", "site", "country", "study").get(code=code)
    return found


def settle(items: Any, on: date, by: Any) -> None:
    """As if all of these had been settled on that day."""
    with act(by):
        rows = StartUpItem.objects.filter(pk__in=list(items.values_list("pk", flat=True)))
        ItemHolding.objects.filter(item__in=rows, until=None, since__lte=on).update(until=on)
        rows.update(status=ItemStatus.DONE, actual_on=on, reference="eTMF 1", expires_on=None, settled_by=None)


def unsettle(item: StartUpItem, by: Any) -> None:
    """As if it never had been."""
    with act(by):
        StartUpItem.objects.filter(pk=item.pk).update(
            status=ItemStatus.OPEN, actual_on=None, reference="", settled_by=None
        )
