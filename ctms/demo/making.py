"""Making the demo: sponsors and their people, a real trial for each, and a history of its sites for one of them."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.demo import cast, history, money, outside, own_data, plans, recruitment, startup, training
from ctms.demo.calendar import BEGINS, TODAY, noon
from ctms.demo.pen import Pen
from ctms.demo.steps import play
from ctms.studies.models import Study
from sites.models import Site
from sites.services.load_trial import load_trial

_DATA = Path(__file__).parent / "data"
_TRIALS = {
    "north": (_DATA / "ctgov_v2" / "NCT05925803.json", _DATA / "usdm" / "CDISC_Pilot_Study.json"),
    "south": (_DATA / "ctgov_v2" / "NCT05816382.json", None),
}
_WITH_HISTORY = "north"


def make(*, password: str, countries: Iterable[str] = (), until: date = TODAY) -> int:
    """Puts all of it into an empty database, in the open transaction; returns how many steps of history were played.

    Args:
        password: everybody's, with which they also sign.
        countries: only sites there get a history, for who cannot wait for all of them, nothing is left undone and no
            other system connected; by default every site does.
        until: the day on which it is shown; what happens from then on is not told.
    """
    with on_simulated_day(noon(BEGINS)):
        sponsors = cast.make_sponsors()
        people = {}
        for code, (registry, protocol) in _TRIALS.items():
            load_trial(registry=registry, protocol=protocol, sponsor_code=code, at=noon(BEGINS))
            with in_sponsor(sponsors[code].pk):
                study = Study.objects.select_related("scope").get()
                people[code] = cast.make_cast(sponsors[code], study, until=until)
        cast.set_passwords(password)
        for code, sponsor in sponsors.items():
            with in_sponsor(sponsor.pk):
                training.train(sponsor, people[code], password)
        with in_sponsor(sponsors[_WITH_HISTORY].pk):
            startup.configure(Study.objects.get(), people[_WITH_HISTORY], Pen(password))
    if not countries:
        own_data.leave(sponsors["north"], people["north"]["idris"], sponsors["south"], people["south"]["otto"],
                       until=until)  # fmt: skip
    with in_sponsor(sponsors[_WITH_HISTORY].pk):
        sites = Site.objects.select_related("country", "facility").order_by("number")
        if countries:
            sites = sites.filter(country__country__in=list(countries))
        team, pen = people[_WITH_HISTORY], Pen(password)
        study = Study.objects.select_related("scope").get()
        stories = history.of_sites(list(sites))
        steps = [step for story in stories for step in story.steps]
        steps += startup.shared_steps(stories) + money.steps(stories, study) + plans.steps(study, until)
        if not countries:
            recruitment.plan(team["mara"])
            steps.append(history.scheduled())
            steps += startup.late_steps(stories, until)
            steps += outside.steps(sponsors[_WITH_HISTORY], team, until)
        return play(steps, team, pen, until=until)
