"""All items of a study as a list."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, DateField, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce

from ctms.studies.lists import StudyList
from ctms.web.columns import Column
from sites.models import Gate, ItemStatus, Level, Party, StartUpItem
from sites.startup.checklist import asked_now, open_items, overdue
from sites.startup.parties import OURS, holder_of

TONES = {ItemStatus.OPEN: "open", ItemStatus.IN_PROGRESS: "info", ItemStatus.DONE: "ok", ItemStatus.WAIVED: "sign"}
STATES = (("open", "Open now"), ("late", "Late"), ("settled", "Settled"))
HOLDERS = (("us", "Us: sponsor, CRO, vendor"), ("others", "Others: site, authority, ethics"), *Party.choices)


def tone_of(item: StartUpItem) -> str:
    """The tone of an item's status."""
    return TONES[ItemStatus(item.status)]


class ItemFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=forms.SearchInput(attrs={"placeholder": "Item, code or site"})
    )
    state = django_filters.ChoiceFilter(method="in_state", label="State", empty_label="All states", choices=STATES)
    holder = django_filters.ChoiceFilter(label="With", empty_label="With anybody", method="held_by",
                                         choices=HOLDERS)  # fmt: skip
    gate = django_filters.ChoiceFilter(
        label="Gate", empty_label="All gates", choices=[choice for choice in Gate.choices if choice[0]]
    )
    level = django_filters.ChoiceFilter(label="Level", empty_label="All levels", choices=Level.choices)
    site = django_filters.CharFilter(
        field_name="site__number", label="Site", widget=forms.TextInput(attrs={"placeholder": "Site number"})
    )
    country = django_filters.ChoiceFilter(field_name="country__country", label="Country", empty_label="All countries")

    class Meta:
        model = StartUpItem
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        place = getattr(self.request, "place", None)
        countries = place.countries if place is not None else ()
        self.filters["country"].extra["choices"] = [(one.country, one.name) for one in countries]

    def search(self, items: QuerySet[StartUpItem], name: str, value: str) -> QuerySet[StartUpItem]:
        return items.filter(
            Q(name__icontains=value) | Q(code__istartswith=value) | Q(site__number__icontains=value)
        )  # fmt: skip

    def in_state(self, items: QuerySet[StartUpItem], name: str, value: str) -> QuerySet[StartUpItem]:
        if value == "settled":
            return items.exclude(actual_on=None)
        items = open_items(asked_now(items))
        return items.filter(overdue()) if value == "late" else items

    def held_by(self, items: Any, name: str, value: str) -> Any:
        if value in ("us", "others"):
            ours = Q(holder__in=OURS)
            return items.filter(ours) if value == "us" else items.exclude(holder=None).exclude(ours)
        return items.filter(holder=value)


def with_holder(items: QuerySet[StartUpItem]) -> QuerySet[StartUpItem]:
    """The items with `holder` (a party), `holder_name` (a person) and `held_since`, and `due_on`, when it is expected:
    None while it waits for others, from which its day follows, as its page says."""
    held = items.annotate(holder=holder_of(), holder_name=holder_of("person__full_name"), held_since=holder_of("since"))
    waits = When(holder=None, actual_on=None, then=Value(None, DateField()))
    return held.annotate(due_on=Case(waits, default=F("expected_on"), output_field=DateField()))


def _holder(item: Any) -> str:
    party = str(Party(item.holder).label) if item.holder else ""
    return f"{item.holder_name} ({party})" if item.holder_name else party


def _whose(item: StartUpItem) -> str:
    return str(item.site or item.country or "Whole study")


ITEM_COLUMNS = (
    Column("item", "Item", lambda item: item.name, "text", ("name",), phone="title", is_link=True, machine="name",
           sub=lambda item: str(item.engagement.person) if item.engagement else ""),
    Column("code", "Code", lambda item: item.code, "id", ("code",), phone="hide", machine="code"),
    Column("place", "Site or country", _whose, "text", ("place",), phone="main"),
    Column("site", "Site", lambda item: item.site.number if item.site else "", only_exported=True,
           machine="site__number"),
    Column("country", "Country", lambda item: item.country.country if item.country else "", only_exported=True,
           machine="country__country"),
    Column("level", "Level", lambda item: item.get_level_display(), only_exported=True, machine="level"),
    Column("person", "Person", lambda item: str(item.engagement.person) if item.engagement else "",
           only_exported=True, machine="engagement__person__name"),
    Column("gate", "Gate", lambda item: item.get_gate_display() if item.gate else "", "text", ("gate",), phone="hide",
           machine="gate"),
    Column("is_hard", "Cannot be waived", lambda item: "yes" if item.is_hard else "no", only_exported=True,
           machine="is_hard"),
    Column("status", "Status", lambda item: item.get_status_display(), "status", ("status",), tone=tone_of,
           phone="main", generated=True, machine="status"),
    Column("with", "With", _holder, "text", generated=True, machine="holder",
           sub=lambda item: f"since {item.held_since:%-d %b %Y}" if item.held_since else ""),
    Column("with_since", "With them since", lambda item: item.held_since, "date", only_exported=True, generated=True,
           machine="held_since"),
    Column("planned", "Planned", lambda item: item.planned_on, "date", ("planned_on",), only_exported=True,
           generated=True, machine="planned_on"),
    Column("expected", "Expected", lambda item: item.due_on, "date", ("due",), generated=True, machine="due_on",
           sub=lambda item: "" if item.due_on else "after other items"),
    Column("settled", "Settled", lambda item: item.actual_on, "date", generated=True, machine="actual_on"),
    Column("valid_until", "Valid until", lambda item: item.expires_on, "date", only_exported=True, generated=True,
           machine="expires_on"),
    Column("proof", "Proof", lambda item: item.reference, "text", phone="hide", generated=True, machine="reference"),
)  # fmt: skip


class ItemList(StudyList):
    """The items of the study's start-up: of study, countries, sites and their people."""

    page = "startup-items"
    title = "Start-up items"
    noun = ("item", "items")
    columns = ITEM_COLUMNS
    filterset_class = ItemFilter
    default_sort = "expected"

    def rows(self) -> QuerySet[StartUpItem]:
        items = StartUpItem.objects.visible_in(self.study, self.request.user)
        return with_holder(items).select_related("site", "country", "study", "engagement__person")

    def sort_keys(self) -> dict[str, Any]:
        """Sites by number, then what countries and the study share; what waits for other items after what is due."""
        shared = Case(When(country=None, then=Value("~~")), default=F("country__country"), output_field=TextField())
        return {
            "place": Coalesce("site__number", shared, output_field=TextField()),
            "due": Coalesce("due_on", Value(date.max)),
        }

    def row_url(self, row: StartUpItem) -> str:
        return self.to("startup-item", row.pk)

    def empty(self) -> dict[str, str]:
        return {
            "title": "No items yet",
            "text": "Items come with a site's checklist: it is made when the site begins start-up.",
        }
