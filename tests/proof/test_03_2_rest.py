"""Programs that repeat themselves, and programs that change the same record at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.proof.rest_client import Program, token_of, unthrottled  # noqa: F401

pytestmark = pytest.mark.shows("03-2")
SITES = "/studies/D3460C00002/sites/"
REPEATED, AT_ONCE, RACES, CONTESTANTS = 1000, 50, 200, 4


@pytest.fixture(scope="module")
def tokens(house):
    return {name: token_of(house, name) for name in ("petra", "mara")}


def every(program, address):
    """All rows of a list."""
    rows, query = [], f"{address}?limit=500"
    while query:
        page = program.get(query).json()
        rows += page["results"]
        query = (page["next"] or "").replace(program.root, "")
    return rows


def test_a_thousand_requests_sent_twice(house, tokens, measured):
    petras, address = Program(house, tokens["petra"]), f"{SITES}HU-003/personnel/"

    def twice(number):
        said = {"name": f"Person {number}", "role": "OTHER", "reason": "Sent twice"}
        first, again = (petras.post(address, said, Idempotency_Key=f"twice-{number}") for _ in range(2))
        return (first.status_code, again.status_code, first.content == again.content)

    with ThreadPoolExecutor(4) as pool:
        answers = Counter(pool.map(twice, range(REPEATED)))
    measured("duplicated requests: statuses, and whether the bodies are the same", str(dict(answers)),
             str({(201, 201, True): REPEATED}), answers == {(201, 201, True): REPEATED})  # fmt: skip
    names = Counter(row["name"] for row in every(petras, address))
    once = names == {f"Person {number}": 1 for number in range(REPEATED)}
    measured("effects of each duplicated request", sorted(set(names.values())), [1], once)
    other = {"name": "Somebody else", "role": "OTHER", "reason": "Sent twice"}
    refused = Counter(
        (answer.status_code, answer.json()["code"])
        for answer in (petras.post(address, other, Idempotency_Key=f"twice-{number}") for number in range(100))
    )
    measured("another body with a used key", str(dict(refused)), str({(422, "KEY_USED"): 100}),
             refused == {(422, "KEY_USED"): 100})  # fmt: skip
    measured("people at the site after that", len(every(petras, address)), REPEATED,
             len(every(petras, address)) == REPEATED)  # fmt: skip


def test_fifty_at_once_with_one_key(house, tokens, measured):
    address, together = f"{SITES}HU-003/evidence/", Barrier(AT_ONCE)
    said = {"code": "SIV", "occurred_on": "2024-03-01", "reference": "eTMF 1"}

    def send(_):
        program = Program(house, tokens["petra"])
        together.wait(30)
        answer = program.post(address, said, Idempotency_Key="fifty")
        return answer.status_code, answer.content

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = set(pool.map(send, range(AT_ONCE)))
    measured("different answers to fifty at once", len(answers), 1, len(answers) == 1)
    facts = every(Program(house, tokens["petra"]), address)
    measured("effects of fifty at once", len(facts), 1, len(facts) == 1)


def test_two_hundred_races_on_one_site(house, tokens, measured):
    programs = [Program(house, tokens[name]) for name in ("petra", "mara") * (CONTESTANTS // 2)]
    together = Barrier(CONTESTANTS)
    site = next(row for row in every(programs[0], SITES) if row["enrollment"] == "OPEN")
    address = f"{SITES}{site['number']}/"
    before = len(every(programs[0], f"{address}events/"))
    reasons = []

    def send(turn, move, code, version, reason):
        together.wait(30)
        said = {"effective_on": "2024-03-08", "reason": reason, "reason_code": code}
        # Half say which version they mean, half whichever it is.
        return programs[turn].post(f"{address}moves/{move}/", said, If_Match=version if turn % 2 else "*").status_code

    won, lost = Counter(), Counter()
    with ThreadPoolExecutor(CONTESTANTS) as pool:
        for number in range(RACES):
            read = programs[0].get(address)
            open_ones = [one for one in read.json()["allowed_moves"] if one["is_open"]]
            move = next(one for one in open_ones if one["to"] in ("ON_HOLD", "OPEN"))
            code = move["reason_codes"][0]["code"] if move["reason_codes"] else ""
            whys = [f"Race {number}, turn {turn}" for turn in range(CONTESTANTS)]
            jobs = [pool.submit(send, turn, move["move"], code, read.headers["ETag"], whys[turn])
                    for turn in range(CONTESTANTS)]  # fmt: skip
            statuses = [job.result() for job in jobs]
            won[statuses.count(200)] += 1
            lost.update(status for status in statuses if status != 200)
            reasons += [why for why, status in zip(whys, statuses, strict=True) if status == 200]
    measured("winners of each race", str(dict(won)), str({1: RACES}), won == {1: RACES})
    measured("answers to the others", str(dict(lost)), "409 and 412 alone", set(lost) <= {409, 412})
    events = every(programs[0], f"{address}events/")
    measured("changes of status on record", len(events) - before, RACES, len(events) - before == RACES)
    newest = [event["reason"] for event in sorted(events, key=lambda event: event["id"])[-RACES:]]
    kept = [why in text for why, text in zip(reasons, newest, strict=True)]
    measured("winners' reasons on record, in order", sum(kept), RACES, all(kept))
