"""What the kinds of discrepancies mean, and what puts them right."""

from ctms.core.wording import days_written_out
from enrollment.models import Difference, Discrepancy

D = Difference
MEANINGS: dict[Difference, str] = {
    D.UNKNOWN_TO_EDC: "IRT knows this subject, and the EDC does not, although it should by now.",
    D.UNKNOWN_TO_IRT: "The EDC knows this subject, and IRT does not, although it should by now.",
    D.NOT_RANDOMISED_IN_IRT: "The EDC has a first dose, and IRT has no randomisation.",
    D.FAILED_YET_RANDOMISED: "The EDC has a screen failure, and IRT a randomisation.",
    D.MISSING_IN_EDC: "IRT has this milestone, and the EDC does not, although it should by now.",
    D.MISSING_IN_IRT: "The EDC has this milestone, and IRT does not, although it should by now.",
    D.DAY_DIFFERS: "EDC and IRT have different days for the same milestone.",
    D.SITE_DIFFERS: "EDC and IRT have the subject at different sites.",
    D.DUPLICATE_NUMBER: "One system has the same subject number at two sites.",
    D.OUT_OF_ORDER: "The days, each from its system of record, are in an order that cannot be.",
    D.BEFORE_ACTIVATION: "The subject consented before the site was activated.",
    D.WHILE_CLOSED: "The subject consented while enrollment at the site was on hold or closed.",
    D.NOT_IN_CTMS: "The system of record knows this subject, and the CTMS made no record of it.",
    D.ONLY_IN_CTMS: "The CTMS has a record of a subject that its system of record does not know.",
    D.CTMS_DIFFERS: "The CTMS has another day than the system of record.",
}
_IF_RIGHT = "If the days are right, this is a deviation to be reported; a wrong day is corrected where it stands."
_BY_FEED = "The next reading of its feed should mend it; if not, it is a fault of the CTMS."
REMEDIES: dict[Difference, str] = {
    D.UNKNOWN_TO_EDC: "The site enters the subject in the EDC, or the entry in IRT is made void.",
    D.UNKNOWN_TO_IRT: "The site registers the subject in IRT, or the entry in the EDC is deleted.",
    D.NOT_RANDOMISED_IN_IRT: "Find out where the dose came from; the randomisation is recorded in IRT, or the dose "
    "corrected in the EDC.",
    D.FAILED_YET_RANDOMISED: "The site says which holds; the other is corrected where it stands.",
    D.MISSING_IN_EDC: "The site enters it in the EDC, or the event in IRT is made void.",
    D.MISSING_IN_IRT: "The site records it in IRT, or the entry in the EDC is corrected.",
    D.DAY_DIFFERS: "The site looks it up in its records; the wrong day is corrected where it stands.",
    D.SITE_DIFFERS: "The site where the subject really is says so; the other system is corrected.",
    D.DUPLICATE_NUMBER: "One of the two gets a number of its own, in the system that gives numbers.",
    D.OUT_OF_ORDER: "The wrong day is corrected in the system that has it.",
    D.BEFORE_ACTIVATION: _IF_RIGHT,
    D.WHILE_CLOSED: _IF_RIGHT,
    D.NOT_IN_CTMS: _BY_FEED,
    D.ONLY_IN_CTMS: _BY_FEED,
    D.CTMS_DIFFERS: _BY_FEED,
}


def meaning_of(one: Discrepancy) -> str:
    """What is wrong; of one number at two sites, at which; of consent at the wrong time, what the CTMS holds of it."""
    sites = [(system, said.split(", ")) for system, said in (("EDC", one.edc_says), ("IRT", one.irt_says))]
    ours = [f"CTMS: {days_written_out(one.ctms_says)}."] if one.ctms_says else []
    more = {
        D.DUPLICATE_NUMBER: [f"{system} has it at {' and '.join(at)}." for system, at in sites if len(at) > 1],
        D.BEFORE_ACTIVATION: ours,
        D.WHILE_CLOSED: ours,
    }
    return " ".join([MEANINGS[D(one.difference)], *more.get(D(one.difference), ())])
