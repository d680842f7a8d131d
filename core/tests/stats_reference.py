"""Statistics over a run history by Python's own `statistics`: the reference for core/src/model/stats.rs and step_stats.rs.

Reads runs.jsonl from the file named, prints one JSON object. Times are integers of microseconds.
"""

import collections
import datetime
import json
import statistics
import sys

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICRO = datetime.timedelta(microseconds=1)


def micros(text):
    return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - EPOCH) // MICRO


def spread(values):
    if not values:
        return None
    p95 = statistics.quantiles(values, n=20, method="inclusive")[18] if len(values) > 1 else values[0]
    return {"count": len(values), "p50": statistics.median(values), "p95": p95, "max": max(values)}


def outcome(result):
    return {"success": "succeeded", "failed": "failed", "stopped": "stopped"}.get(result, "unknown")


def main():
    overall, days, jobs = collections.Counter(), collections.defaultdict(collections.Counter), {}
    steps = {}
    everything = []
    with open(sys.argv[1], encoding="utf-8") as lines:
        runs = [json.loads(line) for line in lines]
    for run in runs:
        word = outcome(run["result"])
        job = jobs.setdefault(run["metadata"]["job"], {"outcomes": collections.Counter(), "durations": []})
        day = datetime.datetime.fromisoformat(run["started_at"].replace("Z", "+00:00")).date()
        overall[word] += 1
        days[(day - EPOCH.date()).days][word] += 1
        job["outcomes"][word] += 1
        if word in ("succeeded", "failed") and run["ended_at"] is not None:
            length = micros(run["ended_at"]) - micros(run["started_at"])
            job["durations"].append(length)
            everything.append(length)
        tries = collections.OrderedDict()
        for stage in run["metadata"]["stages"]:
            tries.setdefault(stage["stage"], []).append(stage)
        for key, attempts in tries.items():
            step = steps.setdefault(key, {"runs": 0, "failed": 0, "flaky": 0, "durations": []})
            last = attempts[-1]
            step["runs"] += 1
            step["failed"] += last["result"] == "failed"
            step["flaky"] += last["result"] == "success" and any(one["result"] == "failed" for one in attempts)
            if last["ended_at"] is not None:
                # The work of all attempts; where an end is missing, from the first start to the last end.
                known = all(one["ended_at"] is not None for one in attempts)
                spans = attempts if known else [{"started_at": attempts[0]["started_at"], "ended_at": last["ended_at"]}]
                step["durations"].append(sum(micros(one["ended_at"]) - micros(one["started_at"]) for one in spans))
    decided = overall["succeeded"] + overall["failed"]
    table = [
        {"key": key, "runs": step["runs"], "failed": step["failed"], "flaky": step["flaky"], "spread": spread(step["durations"])}
        for key, step in sorted(steps.items())
    ]
    slowest = sorted((s for s in table if s["spread"]), key=lambda s: (-s["spread"]["p50"], -s["spread"]["max"], s["key"]))
    failing = sorted((s for s in table if s["failed"] or s["flaky"]), key=lambda s: (-s["failed"], -s["flaky"], s["key"]))
    print(json.dumps({
        "success_rate": statistics.mean([1] * overall["succeeded"] + [0] * overall["failed"]) if decided else None,
        "outcomes": overall,
        "spread": spread(everything),
        "days": {str(day): counts for day, counts in days.items()},
        "jobs": {name: {"outcomes": job["outcomes"], "spread": spread(job["durations"])} for name, job in jobs.items()},
        "steps": table,
        "slowest": [step["key"] for step in slowest[:10]],
        "most_failing": [step["key"] for step in failing[:10]],
    }))


if __name__ == "__main__":
    main()
