"""What stands around every page: navigation, study > country > site selector, crumbs, person. A context processor.

Composed here, above all rooms, from the place that the view put on the request.
"""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from ctms.accounts import access
from ctms.accounts.roles import Role
from ctms.core import clock, protocols
from ctms.desk.models import SavedView
from ctms.desk.queries import MOST_UNREAD, unread, views_of
from ctms.studies.models import Study
from ctms.web.places import PageRequest, Place
from monitoring.pages import sees_visits

_OWN = (
    ("Downloads", "jobs", "download"),
    ("Saved views", "views", "bookmark"),
    ("Mailbox", "mailbox", "mailbox"),
    ("Your training", "training", "graduation-cap"),
    ("Preferences", "preferences", "sliders-horizontal"),
    ("API tokens", "tokens", "key-round"),
)
_HOMES = (
    ("My visits", "my-visits", "footprints", "monitoring.author_tripreport"),
    ("Money", "money", "wallet", "finance.view_run"),
)
_MONEY = (
    ("Agreements", "agreements", "file-text", "finance.view_agreement"),
    ("Payables", "payables", "receipt", "finance.view_payment"),
    ("Payment runs", "runs", "banknote", "finance.view_run"),
)

_ABOUT_SUBJECTS = ("subjects", "subject", "subject-visits", "subject-messages")

# Pages with others below them, each with its crumb: outside a study, and inside one with the page above, if any.
_SHELVES = {
    "work": "My work", "jobs": "Downloads", "views": "Saved views", "notifications": "Notifications",
    "mailbox": "Mailbox", "preferences": "Preferences", "tokens": "API tokens", "training": "Your training",
    "facilities": "Facilities", "people": "Site staff", "access": "Access", "curricula": "Curricula",
    "outbox": "Background work",
}  # fmt: skip
_STUDY_SHELVES = {
    "milestones": ("Milestones", ""), "milestone-list": ("All milestones", "milestones"),
    "sites": ("Sites", ""), "import": ("Import a table", "sites"), "schedule": ("Visit schedule", ""),
    "enrollment": ("Enrollment", ""), "discrepancies": ("Reconciliation", "enrollment"),
    "setup": ("Set-up", ""), "migrations": ("Go-live migrations", "setup"), "agreements": ("Agreements", ""),
    "payables": ("Payables", ""), "runs": ("Payment runs", ""), "sources": ("Data sources", ""),
}  # fmt: skip


def context(request: PageRequest) -> dict[str, Any]:
    """`is_simulated`, and `shell` (None outside a sponsor's pages)."""
    return {
        "is_simulated": clock.is_simulated(),
        "shell": SimpleLazyObject(lambda: _shell(request)),
        "saved_views": SimpleLazyObject(lambda: _saved_views(request)),
    }


def _shell(request: PageRequest) -> dict[str, Any] | None:
    sponsor = getattr(request, "sponsor", None)
    if sponsor is None:
        return None
    place: Place = getattr(request, "place", None) or Place(sponsor)
    return {
        "nav": list(navigation(request.user, place)),
        "context": _selector(request, place),
        "crumbs": list(_crumbs(place)),
        "user": _person(request, sponsor),
        "palette": {"url": reverse("search", args=[sponsor.code])},
        "bell": _bell(request, sponsor),
    }


def _bell(request: PageRequest, sponsor: Any) -> dict[str, Any]:
    """How many notifications are new, in words for screen readers too."""
    count = unread(request.user)
    shown = f"{MOST_UNREAD}+" if count > MOST_UNREAD else str(count or "")
    label = f"Notifications, {shown} new" if shown else "Notifications"
    return {"url": reverse("notifications", args=[sponsor.code]), "count": shown, "label": label}


def _saved_views(request: PageRequest) -> list[SavedView]:
    """The saved views of the list at this address; `is_here` where the page shows just that."""
    if getattr(request, "sponsor", None) is None:
        return []
    found = views_of(request.path, request.user)
    for view in found:
        view.is_here = view.url == request.get_full_path()  # type: ignore[attr-defined]
    return found


def navigation(user: Any, place: Place) -> Iterator[dict[str, Any]]:
    """Groups of entries, as this person has them; each entry is there because its page is."""
    code = place.sponsor.code

    def item(label: str, name: str, icon: str, *arguments: str, pages: tuple[str, ...] = ()) -> dict[str, Any]:
        current = place.page == name or place.page in pages
        return {"label": label, "url": reverse(name, args=[code, *arguments]), "icon": icon, "current": current}

    own = ("jobs", "views", "notifications", "mailbox", "preferences")
    yield {
        "heading": "",
        "items": [
            item("My work", "work", "list-todo", pages=own),
            *(item(*one[:3]) for one in _HOMES if access.may_somewhere(user, one[3])),
            item("Portfolio", "portfolio", "layout-dashboard"),
        ],
    }
    if place.study is not None:
        slug = place.study.slug
        site_pages = (
            "site", "site-status", "site-startup", "site-evidence", "site-people", "site-enrollment", "site-visits",
            "site-milestones", "site-history", "site-payments", "import",
        )  # fmt: skip
        startup_pages = ("startup-items", "startup-item", "startup-configurations")
        items = [
            item("Overview", "study", "clipboard-list", slug),
            item("Countries", "countries", "globe", slug, pages=("country",)),
            item("Sites", "sites", "hospital", slug, pages=site_pages),
            item("Start-up", "startup", "list-checks", slug, pages=startup_pages),
            item("Milestones", "milestones", "flag", slug, pages=("country-milestones", "milestone-list")),
            item("Enrollment", "enrollment", "users", slug, pages=_ABOUT_SUBJECTS),
            item("Reconciliation", "discrepancies", "scale", slug),
            *(item(*one, slug) for one in _monitoring(user, place)),
            item("Visit schedule", "schedule", "calendar-days", slug),
            item("Set-up", "setup", "settings-2", slug, pages=("migrations",)),
            item("Data sources", "sources", "database", slug, pages=("registry",)),
        ]
        items += [
            item(label, name, icon, slug) for label, name, icon, verb in _MONEY if _holds(user, place.study, verb)
        ]
        if protocols.authority().may(user, "accounts.view_access", place.study):
            items.append(item("Team", "team", "users-round", slug))
        if protocols.authority().may(user, "audit.view_trail", place.study):
            items.append(item("Audit trail", "study-audit", "history", slug))
        yield {"heading": "This study", "items": items}
    yield {
        "heading": "Directory",
        "items": [
            item("Facilities", "facilities", "building-2"),
            item("Site staff", "people", "users"),
            item("Organisations", "organisations", "briefcase"),
            item("Roles", "roles", "id-card"),
        ],
    }
    control = []
    if protocols.authority().may(user, "accounts.view_access", place.sponsor):
        control.append(item("Access", "access", "user-round-cog"))
    if protocols.authority().may(user, "audit.view_trail", place.sponsor):
        control += [item("Audit trail", "audit", "shield-check"), item("Access log", "access-log", "key-round")]
        if protocols.authority().may(user, "desk.run_outbox", place.sponsor):
            control.append(item("Background work", "outbox", "server-cog"))
    if protocols.authority().may(user, "accounts.view_training", place.sponsor):
        control.append(item("Curricula", "curricula", "graduation-cap"))
    if control:
        yield {"heading": "Control", "items": control}


def sees_money(user: Any, study: Study) -> bool:
    """Whether this person sees the study's payment runs."""
    return _holds(user, study, "finance.view_run")


def _holds(user: Any, study: Study, verb: str) -> bool:
    """Whether the verb is held at the study, above it, or somewhere inside it."""
    return access.held_near(user, verb, study.scope)


def _monitoring(user: Any, place: Place) -> tuple[tuple[str, str, str], ...]:
    """The lists of monitoring, for whoever sees visits in this study."""
    if not sees_visits(user, place.study):
        return ()
    return (
        ("Monitoring visits", "visits", "footprints"),
        ("Follow-up items", "follow-ups", "list-checks"),
        ("Deviations", "deviations", "triangle-alert"),
    )


def _selector(request: PageRequest, place: Place) -> dict[str, Any]:
    """The studies this person has a part in and, inside one, its countries. Sites are found by searching."""
    code = place.sponsor.code
    studies = place.studies or Study.objects.visible_to(request.user).order_by("protocol_no")[:50]
    choices = []
    for study in studies[:50]:
        here = place.study is not None and study.pk == place.study.pk
        choices.append({
            "label": study.protocol_no, "sub": study.acronym or study.title, "depth": 0,
            "url": reverse("study", args=[code, study.slug]), "current": here and place.country is None,
        })  # fmt: skip
        if here:
            choices += _country_choices(place)
    return {
        "label": place.study.protocol_no if place.study else "All studies",
        "sub": _place_words(place),
        "choices": choices,
        "search_url": reverse("search", args=[code]),
    }


def _country_choices(place: Place) -> list[dict[str, Any]]:
    """The countries of the study; choosing one keeps the page where the page has one per country."""
    kept = {"sites": "country-sites", "milestones": "country-milestones", "country-milestones": "country-milestones"}
    name = kept.get(place.page, "country")
    chosen = place.country.pk if place.country else None
    return [
        {
            "label": country.name, "sub": "", "depth": 1, "current": country.pk == chosen,
            "url": reverse(name, args=[place.sponsor.code, place.study.slug, country.country.lower()]),
        }
        for country in place.countries
    ]  # fmt: skip


def _place_words(place: Place) -> str:
    if place.site is not None:
        return f"{place.site.number} {place.site.facility.city}"
    if place.country is not None:
        return f"{place.country.name} · all sites"
    return "Your countries · all sites" if place.study else str(place.sponsor)


def _crumbs(place: Place) -> Iterator[dict[str, str]]:
    """From the portfolio down to this page; the last has no address."""
    code = place.sponsor.code
    steps = [("Portfolio", reverse("portfolio", args=[code]))]
    if place.study is not None:
        slug = place.study.slug
        steps.append((place.study.protocol_no, reverse("study", args=[code, slug])))
        if place.country is not None:
            steps.append((place.country.name, reverse("country", args=[code, slug, place.country.country.lower()])))
        if place.site is not None:
            steps.append((place.site.number, reverse("site", args=[code, slug, place.site.number])))
    if place.title:
        steps += [step for step in (*_shelves(place), *place.above) if step[0] != place.title]
        steps.append((place.title, ""))
    last = len(steps) - 1
    for position, (label, url) in enumerate(steps):
        yield {"label": label, "url": "" if position == last else url}


def _shelves(place: Place) -> list[tuple[str, str]]:
    """The pages between the place and this page: label and address, from above."""
    code, page = place.sponsor.code, place.page
    found: list[tuple[str, str]] = []
    if page == "account":
        return [("Your account", reverse("account"))]
    if page in _SHELVES:
        return [(_SHELVES[page], reverse(page, args=[code]))]
    while page in _STUDY_SHELVES and place.study is not None:
        label, above = _STUDY_SHELVES[page]
        found.insert(0, (label, reverse(page, args=[code, place.study.slug])))
        page = above
    return found


def _person(request: PageRequest, sponsor: Any) -> dict[str, Any]:
    roles = sorted({Role(grant.role).label for grant in access.grants_of(request.user)})
    return {
        "name": request.user.full_name,
        "role": ", ".join(roles) or ("Training first" if access.training_needed(request.user) else "No role yet"),
        "sponsor": sponsor.name,
        "links": [
            {"label": label, "url": reverse(name, args=[sponsor.code]), "icon": icon} for label, name, icon in _OWN
        ],
        "sponsors": [
            {
                "name": membership.sponsor.name,
                "url": reverse("sponsor-home", args=[membership.sponsor.code]),
                "current": membership.sponsor_id == sponsor.pk,
            }
            for membership in access.memberships(request.user)
        ],
    }
