"""A site that loses its investigator soon after it was opened: no subject came, and it is closed again."""

from random import Random
from typing import TYPE_CHECKING

from ctms.demo import visits
from sites.models import EvidenceCode as E

if TYPE_CHECKING:
    from ctms.demo.history import SiteStory


def tell(story: "SiteStory") -> None:
    """From the activation to the closed site."""
    story.chance = Random(f"{story.site.number} closing")
    story.wait(1, 2)
    story.enrollment("hold_enrollment", who="mara", reason="The principal investigator leaves the hospital", code="ALL")
    story.wait(25, 40)
    story.enrollment("close_enrollment", who="mara", reason="No successor was found")
    story.fact(E.NO_SUBJECTS)
    story.move("close_out", who="mara")
    story.wait(28, 40)
    visits.close_out(story)
    story.wait(21, 32)
    for code in (E.QUERIES_ANSWERED, E.IP_RECONCILED, E.EC_NOTIFIED, E.ARCHIVE_PLACE):
        story.fact(code)
    story.move("close", who="mara")
