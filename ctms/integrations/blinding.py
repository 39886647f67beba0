"""Field names that say who gets which treatment, or let it be guessed. A blinded feed that carries one is quarantined.

Names are looked at before anything is picked from a delivery, and alone: no value is read to find out.
"""

import re
from collections.abc import Iterable

_WORDS = frozenset({
    "arm", "armcd", "armnrs", "actarm", "actarmcd", "arm_code", "assigned_arm", "actual_arm", "treatment",
    "treatment_arm", "treatment_group", "treatment_code", "planned_treatment", "actual_treatment", "trt", "trt01p",
    "trt01a", "trtp", "trta", "extrt", "exdose", "dose", "dose_level", "dose_group", "cohort", "kit", "kit_type",
    "kit_no", "kit_number", "kit_id", "kits", "lot", "lot_no", "lot_number", "batch", "stratum", "strata",
    "stratification", "randomisation_list", "randomization_list", "unblinded",
})  # fmt: skip


def treatment_fields(names: Iterable[str]) -> tuple[str, ...]:
    """Those of these names that must not stand in a blinded feed, each once, sorted."""
    return tuple(sorted({name for name in names if _plain(name) in _WORDS}))


def _plain(name: str) -> str:
    """mdsol:ARM, DM.ARM, assignedArm and treatment_group__c are arm, arm, assigned_arm and treatment_group."""
    last = re.sub(r"__[a-z]+$", "", re.split(r"[.:}]", name)[-1])
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
