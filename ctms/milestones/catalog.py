"""The standard milestones: codes, what each means, what it waits for, and where the day comes from that it is reached.

Plain data. A plan takes from it what a place of a level has to reach, with days counted from the plan's first day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["STUDY", "COUNTRY", "SITE"]


@dataclass(frozen=True, slots=True)
class RollUp:
    """Reached when so many of the sites below have reached `code`: the first one, or this share of them."""

    code: str
    percent: int = 0  # 0: the first one

    def needed(self, sites: int) -> int:
        """How many of so many sites; at least one."""
        return max(1, -(-sites * self.percent // 100))


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard milestone.

    Args:
        code: stable; unique among all levels.
        definition: one sentence.
        day: where the template puts it, in days from the plan's day 0.
        after: what must come before, and at least how many days: a code of the same place, or of a place above it.
        rolls_up: it follows from the sites below.
        of_subjects: it follows from subjects, whose systems of record tell it; by hand only with a reason.
    """

    code: str
    level: Level
    label: str
    definition: str
    day: int
    after: tuple[tuple[str, int], ...] = ()
    rolls_up: RollUp | None = None
    of_subjects: bool = False

    @property
    def is_told(self) -> bool:
        """Whether its day follows from what other systems or the sites say, so that by hand it needs a reason."""
        return self.of_subjects or self.rolls_up is not None


def _study(code: str, label: str, definition: str, day: int, *after: tuple[str, int],
           sites: RollUp | None = None, subjects: bool = False) -> Standard:  # fmt: skip
    return Standard(code, "STUDY", label, definition, day, after, sites, subjects)


def _country(code: str, label: str, definition: str, day: int, *after: tuple[str, int],
             sites: RollUp | None = None, subjects: bool = False) -> Standard:  # fmt: skip
    return Standard(code, "COUNTRY", label, definition, day, after, sites, subjects)


def _site(
    code: str, label: str, definition: str, day: int, *after: tuple[str, int], subjects: bool = False
) -> Standard:
    return Standard(code, "SITE", label, definition, day, after, None, subjects)


_STUDY = (
    _study("PROT_SYN", "Protocol synopsis final", "The sponsor approved the synopsis.", -60),
    _study("PROT_FINAL", "Protocol final", "The sponsor approved the first version of the protocol.", 0,
           ("PROT_SYN", 14)),
    _study("FIRST_RA_SUB", "First submission to an authority", "The first application went to a regulatory authority.",
           30, ("PROT_FINAL", 7)),
    _study("FIRST_SITE_SEL", "First site selected", "The first site was selected.", 75,
           sites=RollUp("SELECTED")),
    _study("FIRST_RA_APP", "First authority approval", "The first regulatory authority approved.", 90,
           ("FIRST_RA_SUB", 30)),
    _study("FIRST_EC_APP", "First ethics approval", "The first ethics committee approved.", 95, ("PROT_FINAL", 30)),
    _study("EDC_GOLIVE", "EDC live", "The EDC was released for use by sites.", 110, ("PROT_FINAL", 45)),
    _study("IRT_GOLIVE", "IRT live", "The IRT was released for use by sites.", 112, ("PROT_FINAL", 45)),
    _study("INV_MTG", "Investigators' meeting", "The first investigators' meeting ended.", 120, ("PROT_FINAL", 30)),
    _study("FSI", "First site initiated", "The initiation visit was done at the first site.", 145, ("EDC_GOLIVE", 0),
           sites=RollUp("SIV")),
    _study("FSA", "First site activated", "The first site was activated.", 155, ("FIRST_RA_APP", 0),
           ("FIRST_EC_APP", 0), ("IRT_GOLIVE", 0), ("FSI", 0), sites=RollUp("ACTIVATED")),
    _study("FPS", "First subject screened", "The first subject signed consent and entered screening.", 170, ("FSA", 5),
           subjects=True),
    _study("FPI", "First subject in", "The first subject had the first visit of the study (FSFV).", 176, ("FPS", 3),
           subjects=True),
    _study("FPR", "First subject randomised", "The first subject was randomised.", 184, ("FPI", 5), subjects=True),
    _study("FPFD", "First subject's first dose", "The first subject took the first dose.", 184, ("FPR", 0),
           subjects=True),
    _study("SA25", "25 % of sites activated", "A quarter of the sites with a plan were activated.", 215,
           sites=RollUp("ACTIVATED", 25)),
    _study("SA50", "50 % of sites activated", "Half of the sites with a plan were activated.", 260,
           sites=RollUp("ACTIVATED", 50)),
    _study("SA75", "75 % of sites activated", "Three quarters of the sites with a plan were activated.", 320,
           sites=RollUp("ACTIVATED", 75)),
    _study("SA90", "90 % of sites activated", "Nine tenths of the sites with a plan were activated.", 370,
           sites=RollUp("ACTIVATED", 90)),
    _study("LSA", "Last site activated", "All sites with a plan that take part were activated.", 420,
           sites=RollUp("ACTIVATED", 100)),
    _study("ENR25", "25 % of subjects enrolled", "A quarter of the planned subjects were enrolled.", 340, ("FPI", 60),
           subjects=True),
    _study("ENR50", "50 % of subjects enrolled", "Half of the planned subjects were enrolled.", 430, ("ENR25", 45),
           subjects=True),
    _study("ENR75", "75 % of subjects enrolled", "Three quarters of the planned subjects were enrolled.", 500,
           ("ENR50", 45), subjects=True),
    _study("LPI", "Last subject in", "The last subject had the first visit of the study (LSFV).", 580, ("ENR75", 45),
           subjects=True),
    _study("LPFD", "Last subject's first dose", "The last subject took the first dose.", 588, ("LPI", 5),
           subjects=True),
    _study("PCD", "Primary completion", "The last subject was examined for the primary outcome.", 950, ("LPI", 180),
           subjects=True),
    _study("LPLV", "Last subject's last visit", "The last subject had the last visit of the study (LSLV).", 980,
           ("PCD", 0), subjects=True),
    _study("EOT_NOTIF", "End of trial notified", "The end of the trial was notified; in the EU within 15 days.", 995,
           ("LPLV", 1)),
    _study("LAST_COV", "Last close-out visit", "The last site's close-out visit was done.", 1030,
           sites=RollUp("COV", 100)),
    _study("DBL_SOFT", "Database soft lock", "The database was locked but for corrections.", 1020, ("LPLV", 21)),
    _study("DBL", "Database lock", "The database was locked for good.", 1035, ("DBL_SOFT", 7)),
    _study("UNBLIND", "Unblinding", "Treatment was disclosed for the analysis.", 1037, ("DBL", 1)),
    _study("TLR", "Top-line results", "The sponsor released the top-line results.", 1055, ("UNBLIND", 10)),
    _study("CSR_FINAL", "Clinical study report final", "The clinical study report was approved.", 1215, ("TLR", 60)),
    _study("RESULTS", "Results posted", "Results were posted in the registry, a year after the end at the latest.",
           1340, ("TLR", 30)),
    _study("TMF_ARCHIVED", "TMF archived", "The trial master file was archived.", 1400, ("CSR_FINAL", 60)),
)  # fmt: skip

_COUNTRY = (
    _country("C_SEL", "Country selected", "The country was chosen to take part.", 0),
    _country("C_RA_SUB", "Authority submission", "The application went to the country's authority.", 45, ("C_SEL", 14)),
    _country("C_EC_SUB", "Ethics submission", "The application went to the country's central ethics committee.", 50,
             ("C_SEL", 14)),
    _country("C_RA_APP", "Authority approval", "The country's authority approved.", 105, ("C_RA_SUB", 30)),
    _country("C_EC_APP", "Ethics approval", "The country's central ethics committee approved.", 105, ("C_EC_SUB", 30)),
    _country("C_FSI", "First site initiated", "The initiation visit was done at the country's first site.", 150,
             sites=RollUp("SIV")),
    _country("C_FSA", "First site activated", "The country's first site was activated.", 165,
             ("C_RA_APP", 0), ("C_EC_APP", 0), ("C_FSI", 0), sites=RollUp("ACTIVATED")),
    _country("C_FPI", "First subject in", "The country's first subject had the first visit.", 190, ("C_FSA", 10),
             subjects=True),
    _country("C_LPI", "Last subject in", "The country's last subject had the first visit.", 560, ("C_FPI", 60),
             subjects=True),
    _country("C_LPLV", "Last subject's last visit", "The country's last subject had the last visit.", 960,
             ("C_LPI", 180), subjects=True),
    _country("C_CLOSED", "All sites closed", "All sites of the country with a plan that take part were closed.", 1040,
             sites=RollUp("CLOSED", 100)),
)  # fmt: skip

_SITE = (
    _site("CDA_OUT", "CDA sent", "The confidentiality agreement went to the site.", 0),
    _site("CDA_EXE", "CDA executed", "The confidentiality agreement was signed by all.", 21, ("CDA_OUT", 2)),
    _site("FEAS_OUT", "Feasibility sent", "The feasibility questionnaire went to the site.", 24, ("CDA_EXE", 1)),
    _site("FEAS_IN", "Feasibility received", "The site's answers came back.", 45, ("FEAS_OUT", 5)),
    _site("SQV", "Qualification visit", "The site was qualified, by a visit or by prior experience.", 75,
          ("FEAS_IN", 5)),
    _site("SELECTED", "Site selected", "The sponsor selected the site.", 90, ("SQV", 2)),
    _site("STARTUP_PKG_OUT", "Start-up package sent", "The start-up package went to the site.", 97, ("SELECTED", 1)),
    _site("IRB_SUB", "Ethics submission", "The site's ethics committee or IRB had the application.", 115,
          ("STARTUP_PKG_OUT", 7)),
    _site("CTA_OUT", "Contract sent", "The draft of the clinical trial agreement went to the site.", 105,
          ("STARTUP_PKG_OUT", 1)),
    _site("IRB_APP", "Ethics approval", "The site's ethics committee or IRB approved.", 150, ("IRB_SUB", 20)),
    _site("BUDGET_FINAL", "Budget agreed", "The site's budget was agreed.", 165, ("CTA_OUT", 10)),
    _site("CTA_EXE", "Contract executed", "The clinical trial agreement was signed by all.", 175, ("BUDGET_FINAL", 3)),
    _site("ESS_DOCS_COMPLETE", "Essential documents complete", "All documents required before initiation were there.",
          175, ("STARTUP_PKG_OUT", 14)),
    _site("SIV", "Initiation visit", "The initiation visit was done.", 190, ("IRB_APP", 3), ("ESS_DOCS_COMPLETE", 1),
          ("EDC_GOLIVE", 0)),
    _site("GREEN_LIGHT", "Green light", "The sponsor's regulatory green light was given.", 196, ("SIV", 1),
          ("CTA_EXE", 1), ("C_RA_APP", 1)),
    _site("IP_RELEASED", "Product released", "Release of investigational product to the site was authorised.", 198,
          ("GREEN_LIGHT", 0), ("IRT_GOLIVE", 0)),
    _site("IP_RECEIVED", "Product received", "The site confirmed receipt of investigational product.", 206,
          ("IP_RELEASED", 3)),
    _site("ACTIVATED", "Site activated", "The site was activated.", 205, ("GREEN_LIGHT", 1), ("IP_RELEASED", 0)),
    _site("S_FPS", "First subject screened", "The site's first subject entered screening.", 220, ("ACTIVATED", 5),
          ("IP_RECEIVED", 1), subjects=True),
    _site("S_FPI", "First subject in", "The site's first subject had the first visit.", 230, ("S_FPS", 5),
          subjects=True),
    _site("FIRST_IMV", "First monitoring visit", "The first routine monitoring visit was done.", 255, ("S_FPI", 14)),
    _site("S_LPI", "Last subject in", "The site's last subject had the first visit.", 560, ("S_FPI", 30),
          subjects=True),
    _site("S_LPLV", "Last subject's last visit", "The site's last subject had the last visit.", 940, ("S_LPI", 180),
          subjects=True),
    _site("COV", "Close-out visit", "The close-out visit was done.", 985, ("S_LPLV", 14)),
    _site("CLOSED", "Site closed", "The site was closed.", 1015, ("COV", 7)),
    _site("ARCHIVED", "Site archived", "The site's records were archived.", 1075, ("CLOSED", 14)),
)  # fmt: skip

TEMPLATES: Mapping[str, tuple[Standard, ...]] = {"STUDY": _STUDY, "COUNTRY": _COUNTRY, "SITE": _SITE}
STANDARDS: Mapping[str, Standard] = {one.code: one for listed in TEMPLATES.values() for one in listed}


def _later(code: str, level: str) -> tuple[str, ...]:
    """What waits for a milestone at the same place, near or far."""
    next_ones = [one.code for one in TEMPLATES[level] if any(code == before for before, _ in one.after)]
    return tuple(dict.fromkeys([*next_ones, *(far for near in next_ones for far in _later(near, level))]))


LATER: Mapping[str, tuple[str, ...]] = {one.code: _later(one.code, one.level) for one in STANDARDS.values()}
POSITIONS: Mapping[str, int] = {code: number for number, code in enumerate(STANDARDS, start=1)}
CODES = tuple((one.code, f"{one.label} ({one.code})") for one in STANDARDS.values())
