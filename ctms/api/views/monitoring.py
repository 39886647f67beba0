"""Monitoring: visits with their deadlines, follow-up items, deviations. Reports are read and signed on pages."""

from ctms.api.lists import ListEndpoint
from monitoring.views.candidates import CandidateList
from monitoring.views.lists import DeviationList, FollowUpList, VisitList


class Visits(ListEndpoint):
    """The monitoring visits of a study's sites"""

    tag = "Monitoring"
    operations = {"GET": "list_visits"}
    lists = VisitList


class FollowUps(ListEndpoint):
    """What has to be followed up at a study's sites"""

    tag = "Monitoring"
    operations = {"GET": "list_follow_ups"}
    lists = FollowUpList


class Deviations(ListEndpoint):
    """The protocol deviations of a study"""

    tag = "Monitoring"
    operations = {"GET": "list_deviations"}
    lists = DeviationList


class DeviationCandidates(ListEndpoint):
    """Subjects' visits that are outside their windows or were missed, and what became of them"""

    tag = "Monitoring"
    operations = {"GET": "list_deviation_candidates"}
    lists = CandidateList
