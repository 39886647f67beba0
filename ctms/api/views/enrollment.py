"""Subjects, their visits and counts; what was read from other systems."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ctms.api.base import ApiView
from ctms.api.feed_listings import ConnectionList, ItemList, RunList
from ctms.api.fields import Schema, a_list, an_object
from ctms.api.lists import ListEndpoint, listing_for
from ctms.api.records import RecordEndpoint
from ctms.web.places import Place
from ctms.web.rest.answers import answer
from enrollment.models import COUNTED
from enrollment.queries import enrolled_means, subject_counts
from enrollment.views.lists import SubjectList, VisitList
from enrollment.views.messages import SubjectMessages as MessageList
from enrollment.views.reconciliation import DiscrepancyList
from sites.metrics import sites_within

_STUDY = {"study": ("The study's protocol number, as it stands in addresses.", "D3460C00002")}


class Subjects(ListEndpoint):
    """The subjects of a study, by number, with the days of their milestones"""

    tag = "Enrollment"
    operations = {"GET": "list_subjects"}
    said = _STUDY
    lists = SubjectList


class OneSubject(RecordEndpoint):
    """One subject"""

    tag = "Enrollment"
    operations = {"GET": "read_subject"}
    said = {**_STUDY, "pk": ("Key of the subject.", 1)}
    lists = SubjectList


class SubjectMessages(ListEndpoint):
    """What the connected systems say of one subject, message by message; the newest first"""

    tag = "Enrollment"
    operations = {"GET": "list_subject_messages"}
    said = {**_STUDY, "subject": ("Key of the subject.", 1)}
    lists = MessageList


class SubjectVisits(ListEndpoint):
    """The visits of a study's subjects against its schedule"""

    tag = "Enrollment"
    operations = {"GET": "list_subject_visits"}
    said = _STUDY
    lists = VisitList


class SubjectCounts(ApiView):
    """Counts of subjects by site

    Only sites with subjects. `enrolled_means` says from which milestone on this study counts a subject as enrolled.
    """

    tag = "Enrollment"
    operations = {"GET": "read_subject_counts"}
    said = _STUDY

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        listing = listing_for(self, SubjectList)
        sites = sites_within(Place(listing.sponsor, listing.study), self.user)
        numbers = dict(sites.values_list("pk", "number"))
        rows = sorted(
            ({"site": numbers[row["site"]], **{name: row[name] for name in COUNTED}} for row in subject_counts(sites)),
            key=lambda row: str(row["site"]),
        )
        return answer({"enrolled_means": enrolled_means(listing.study), "results": rows})

    def answers(self, method: str) -> Schema:
        counts: Schema = {name: {"type": "integer"} for name in COUNTED}
        row = an_object({"site": {"type": "string", "description": "Number of the site."}, **counts})
        return an_object({"enrolled_means": {"type": "string"}, "results": a_list(row)})


class Discrepancies(ListEndpoint):
    """What EDC, IRT and CTMS say differently about subjects, and what became of it"""

    tag = "Enrollment"
    operations = {"GET": "list_discrepancies"}
    said = _STUDY
    lists = DiscrepancyList


class OneDiscrepancy(RecordEndpoint):
    """One discrepancy"""

    tag = "Enrollment"
    operations = {"GET": "read_discrepancy"}
    said = {**_STUDY, "pk": ("Key of the discrepancy.", 1)}
    lists = DiscrepancyList


class Connections(ListEndpoint):
    """The connections of a study to other systems; never their credentials"""

    tag = "Feeds"
    operations = {"GET": "list_connections"}
    said = _STUDY
    lists = ConnectionList


class FeedRuns(ListEndpoint):
    """What was read from other systems, run by run, and what became of every item"""

    tag = "Feeds"
    operations = {"GET": "list_feed_runs"}
    said = _STUDY
    lists = RunList


class FeedItems(ListEndpoint):
    """What feeds could not take, why, and what became of it since"""

    tag = "Feeds"
    operations = {"GET": "list_feed_items"}
    said = _STUDY
    lists = ItemList
