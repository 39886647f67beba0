"""A thousand random item graphs: what keeps the gates shut is what a brute-force computation says, and so is the move.

Each graph is a random configuration, made into a site's checklist in the database, with items settled, waived, run out
or open at random and people who came and left. CTMS_SEED chooses other graphs.
"""

import os
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction

from ctms.core.refusals import Refusal
from ctms.core.signables import sha256
from sites.models import Site, SitePersonnel, StartUpConfiguration, StartUpItem
from sites.services.statuses import move_site
from sites.startup.checklist import checklist_of
from sites.startup.configuration import Template, objections
from sites.startup.gates import GATES
from sites.startup.opening import make_checklist
from tests.conftest import act
from tests.factories import make

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-5")]
SEED, GRAPHS = int(os.environ.get("CTMS_SEED", "20240305")), 1000
DAY = date(2024, 3, 4)
ROLES = ("PRINCIPAL_INVESTIGATOR", "SUB_INVESTIGATOR", "COORDINATOR")
KINDS = ("AUTHORITY_APPROVAL", "ETHICS_APPROVAL", "CONSENT_FORM")


def drawn(dice: Random) -> dict[str, Any]:
    """A random configuration: levels, gates, what comes after what; in no order that would give it away."""
    many = dice.randint(5, 24)
    items = []
    for number in range(many):
        level = dice.choice(("study", "country", "site", "site", "person"))
        kind = dice.choice(KINDS) if dice.random() < 0.2 and level != "person" else "OTHER"
        items.append(_item(f"X-{number}", level, kind, dice))
    items += [_item(f"H-{kind}", dice.choice(("country", "site")), kind, dice) for kind in KINDS]
    for place, item in enumerate(items):  # only to earlier ones: no circles
        earlier = [one["code"] for one in items[:place]]
        item["after"] = dice.sample(earlier, min(len(earlier), dice.choice((0, 0, 1, 1, 2, 3))))
        lower = [gate for gate in GATES if all(_rank(one) > GATES.index(gate) for one in items[place:])]
        if lower and dice.random() < 0.3:
            item["after"].append(f"@{dice.choice(lower)}")
    dice.shuffle(items)
    return {
        "title": "Drawn", "calendar": "DE", "attributes": {}, "items": items,
        "countries": {"AT": {"calendar": "AT", "owner": "Tests", "as_of": "2024-01-01", "route": "", "truths": {},
                             "days": {}}},
    }  # fmt: skip


def _rank(item: dict[str, Any]) -> int:
    return GATES.index(item["gate"]) if item["gate"] else len(GATES)


def _item(code: str, level: str, kind: str, dice: Random) -> dict[str, Any]:
    gate = dice.choice(GATES if kind != "OTHER" else (*GATES, "", ""))
    roles = dice.sample(ROLES, dice.randint(1, 3)) if level == "person" else []
    return {
        "code": code, "name": f"Item {code}", "level": level, "kind": kind, "gate": gate, "days": dice.randint(0, 9),
        "holder": "SITE", "after": [], "applies": [], "countries": [], "expires": "", "roles": roles, "fact": [],
        "column": "",
    }  # fmt: skip


def scatter(items: list[StartUpItem], dice: Random) -> None:
    """Settles, waives, and lets run out at random; mostly settled, or no gate would ever open."""
    open_share = dice.choice((0.0, 0.0, 0.05, 0.3))
    for item in items:
        chance = dice.random()
        item.status, item.actual_on, item.expires_on = "DONE", DAY - timedelta(days=dice.randint(0, 40)), None
        if chance < open_share:
            item.status, item.actual_on = dice.choice(("OPEN", "IN_PROGRESS")), None
        elif chance < open_share + 0.1 and not item.is_hard:
            item.status = "WAIVED"
        elif chance < open_share + 0.13:
            item.expires_on = DAY + timedelta(days=dice.choice((-1, 0, 1, 400)))
        elif chance < open_share + 0.15:
            item.actual_on = DAY + timedelta(days=1)
    StartUpItem.objects.bulk_update(items, ["status", "actual_on", "expires_on"])


def brute_force(site: Site, content: dict[str, Any]) -> dict[str, set[int]]:
    """Gate -> what blocks it: answered from the rows alone, by the transitive closure of a matrix."""
    rules = {rule["code"]: rule for rule in content["items"]}
    rows = []
    for row in StartUpItem.objects.filter(study=site.study_id, code__in=rules).select_related("engagement"):
        person = row.engagement
        here = row.site_id == site.pk or (row.site_id is None and row.country_id in (None, site.country_id))
        there = person is None or not (person.voided or (person.ends_on and person.ends_on < DAY))
        if here and there and (person is None or person.role in rules[row.code]["roles"]):
            rows.append(row)
    many = len(rows)
    rests_on = [[False] * many for _ in range(many)]
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            mine = one.engagement_id is None or other.engagement_id in (None, one.engagement_id)
            for wanted in rules[one.code]["after"]:
                if wanted[0] == "@":
                    its = rules[other.code]["gate"]
                    rests_on[i][j] |= i != j and bool(its) and GATES.index(its) <= GATES.index(wanted[1:])
                else:
                    rests_on[i][j] |= other.code == wanted and mine
    for k in range(many):
        for i in range(many):
            if rests_on[i][k]:
                rests_on[i] = [a or b for a, b in zip(rests_on[i], rests_on[k], strict=True)]

    def holds(row: StartUpItem) -> bool:
        done = row.status in ("DONE", "WAIVED") and row.actual_on is not None and row.actual_on <= DAY
        return done and (row.expires_on is None or row.expires_on >= DAY)

    found = {}
    for gate in GATES:
        gates = [rules[row.code]["gate"] for row in rows]
        asked = [bool(its) and GATES.index(its) <= GATES.index(gate) for its in gates]
        needed = [asked[i] or any(asked[j] and rests_on[j][i] for j in range(many)) for i in range(many)]
        found[gate] = {row.pk for i, row in enumerate(rows) if needed[i] and not holds(row)}
    return found


def test_a_thousand_random_graphs(north, petra, now, measured):
    dice = Random(SEED)
    found: Site = Site.objects.select_related("country", "study", "facility").get(number="AT-001")
    with act(petra):
        Site.objects.filter(pk=found.pk).update(operational_status="INITIATED", status_on=DAY - timedelta(days=90))
    differing, opened, wrong_moves, hard_passed = 0, 0, 0, 0
    for _ in range(GRAPHS):
        content = drawn(dice)
        assert objections(Template(content)) == []
        with transaction.atomic(), act(petra):
            site = Site.objects.select_related("country", "study", "facility").get(pk=found.pk)
            crew = [make(SitePersonnel, site=site, role=ROLES[0], starts_on=DAY - timedelta(days=80))]
            crew += [
                make(
                    SitePersonnel, site=site, role=dice.choice(ROLES[1:]), starts_on=DAY - timedelta(days=80),
                    ends_on=dice.choice((None, None, DAY - timedelta(days=3))),
                )
                for _ in range(dice.randint(0, 2))
            ]  # fmt: skip
            configuration = make(
                StartUpConfiguration, study=site.study, content=content, content_sha256=sha256(content)
            )
            make_checklist(site, configuration, on=DAY - timedelta(days=60), by=petra, at=now)
            extra = [one for one in crew if one.ends_on and dice.random() < 0.5]
            if extra:  # left after they were asked
                SitePersonnel.objects.filter(pk__in=[one.pk for one in extra]).update(voided=True)
            codes = [item["code"] for item in content["items"]]
            scatter(list(StartUpItem.objects.filter(study=site.study_id, code__in=codes)), dice)
            checklist = checklist_of(site)
            assert checklist is not None
            blocking = brute_force(site, content)
            differing += any(checklist.graph.blocking(gate, DAY) != blocking[gate] for gate in GATES)
            shut = blocking["ACTIVATION"] or not checklist.has_investigator
            try:
                with transaction.atomic():
                    move_site(site=site, move="activate", effective_on=DAY, by=petra, at=now)
                moved = True
            except Refusal:
                moved = False
            hard_open = [row for row in StartUpItem.objects.filter(study=site.study_id, code__in=codes, is_hard=True)
                         if row.status != "DONE"]  # fmt: skip
            wrong_moves += moved == bool(shut)
            hard_passed += moved and bool(hard_open)
            opened += moved
            transaction.set_rollback(True)
    measured("graphs whose blocking set differs from brute force", differing, 0, differing == 0)
    measured("activations that did not follow the blocking set", wrong_moves, 0, wrong_moves == 0)
    measured("activations with an open hard stop", hard_passed, 0, hard_passed == 0)
    measured("graphs that let the site open", opened, "some, not all", 0 < opened < GRAPHS)
