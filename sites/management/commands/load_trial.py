import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ctms.core import clock
from ctms.core.refusals import Refusal
from ctms.studies.importers.reading import Unreadable
from sites.services.load_trial import TrialReport, load_trial


class Command(BaseCommand):
    help = "Loads a trial from a ClinicalTrials.gov record, and its visit schedule from a USDM protocol file."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--registry", metavar="FILE", required=True, help="ClinicalTrials.gov API v2: a record or a download."
        )
        parser.add_argument("--nct", metavar="ID", help="Which study, when the file holds several.")
        parser.add_argument("--protocol", metavar="FILE", help="CDISC USDM version 4 or 3, JSON.")
        parser.add_argument(
            "--sponsor", metavar="CODE", help="The sponsor to load it for; made from the record if missing."
        )
        parser.add_argument(
            "--with-people", action="store_true", help="Take in names and roles of people; e-mails never."
        )
        parser.add_argument("--json", action="store_true", help="Print exactly one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = load_trial(
                registry=Path(options["registry"]),
                nct=options["nct"],
                protocol=Path(options["protocol"]) if options["protocol"] else None,
                sponsor_code=options["sponsor"],
                with_people=options["with_people"],
                at=clock.now(),
            )
        except (Unreadable, Refusal) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(2)
        self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) if options["json"] else _as_text(report))


def _as_text(report: TrialReport) -> str:
    facts = report.as_json()
    schedule = facts["schedule"]
    lines = [
        f"{facts['protocol_no']} ({facts['nct']}): {facts['sites']} sites in {facts['countries']} countries",
        f"Registry status: {facts['status']}; enrollment at the registry: {facts['target_enrollment']}",
    ]
    if schedule:
        counts = f"{schedule['visits']} visits, {schedule['instances']} contacts, {schedule['unplaced']} without a day"
        lines.append(f"Schedule of {schedule['source_study']}: {counts}")
    for verb in ("created", "changed", "unchanged"):
        counts = ", ".join(f"{kind.replace('_', ' ')}: {count}" for kind, count in facts[verb].items() if count)
        lines.append(f"{verb.capitalize()}: {counts or 'nothing'}")
    lines += [f"  {finding['code']} at {finding['where']}: {finding['message']}" for finding in facts["findings"]]
    return "\n".join(lines)
