"""What the server knows when it starts: runs of every phase, a tree with groups, retries, a paused condition, tasks and triggers, and on request
one run of many actions."""

import time

from flyteidl2.common import identifier_pb2 as ids
from flyteidl2.core import interface_pb2 as it
from flyteidl2.core import literals_pb2 as lt
from flyteidl2.task import run_pb2 as tr
from flyteidl2.task import task_definition_pb2 as td
from flyteidl2.workflow import run_definition_pb2 as rd

from store import ABORTED, FAILED, INITIALIZING, PAUSED, QUEUED, RUNNING, SUCCEEDED, TIMED_OUT, WAITING, Action, Run

HOME = ("flytesnacks", "development")
SIMPLE = {"integer": 1, "float": 2, "string": 3, "boolean": 4}


def task(store, name, version, inputs, place=HOME):
    spec = td.TaskSpec(short_name=name.split(".")[-1])
    template = spec.task_template
    template.id.project, template.id.domain, template.id.name, template.id.version = place[0], place[1], name, version
    template.id.resource_type, template.type = 1, "python"
    template.container.image = "registry.example/etl:" + version
    template.container.args.extend(["python", "-m", name])
    for key, (kind, default) in inputs.items():
        variable = it.Variable(description="the " + key)
        if kind == "enum":
            variable.type.enum_type.values.extend(["low", "high"])
        elif kind == "list":
            variable.type.collection_type.simple = SIMPLE["integer"]
        else:
            variable.type.simple = SIMPLE[kind]
        template.interface.inputs.variables.add(key=key, value=variable)
        parameter = spec.default_inputs.add(name=key).parameter
        parameter.var.CopyFrom(variable)
        if default is None:
            parameter.required = True
        else:
            parameter.default.CopyFrom(lt.Literal(scalar=lt.Scalar(primitive=lt.Primitive(integer=default))))
    spec.environment.name = name.split(".")[0]
    spec.documentation.short_description = "what " + name + " is for"
    key = (place[0], place[1], name, version)
    store.tasks[key] = spec
    return key


def run(store, name, task, phase, ago, place=HOME, seconds=None, **more):
    at = time.time() - ago
    made = Run((*place, name), task, **more)
    made.store = store
    root = Action(made, "a0", at=at)
    root.inputs = {"day": "2026-11-21", "rows": 500}
    store.add(made, root)
    steps = [(WAITING, 1), (INITIALIZING, 3), (RUNNING, 5)]
    for step, after in steps:
        if phase != QUEUED and (phase >= SUCCEEDED or step <= phase):
            store.set(root, step, at=at + after)
    if phase >= SUCCEEDED:
        more = {FAILED: {"error": ("ValueError: no rows for day", rd.ErrorInfo.KIND_USER)}, ABORTED: {"abort": "too expensive"}}
        store.set(root, phase, at=at + (seconds or 60), **more.get(phase, {}))
    root.updated = at
    return made


def fill(store, big):
    etl = task(store, "etl.main", "v1", {"day": ("string", None), "rows": ("integer", 100)})
    etl2 = task(store, "etl.main", "v2", {"day": ("string", None), "rows": ("integer", 200), "dry": ("boolean", None)})
    report = task(store, "etl.report", "v1", {"day": ("string", None)})
    bill = task(store, "billing.invoice", "v7", {"month": ("string", None), "level": ("enum", None), "parts": ("list", None)}, ("billing", "production"))
    store.triggers["nightly"] = {"task": etl2, "active": True, "cron": "0 3 * * *"}
    store.triggers["hourly"] = {"task": report, "active": False, "cron": "0 * * * *"}

    done = run(store, "rdone", etl, SUCCEEDED, 3600, trigger="nightly", source=rd.RUN_SOURCE_SCHEDULE_TRIGGER)
    done.root.outputs = {"rows": 480}
    done.root.report = "s3://data/rdone/report.html"
    done.root.events[1] = [(done.root.created + 2, "Scheduled", "assigned to node-1", 1), (done.root.created + 3, "Pulled", "image pulled", 1)]
    for number in range(250):
        store.log(done.root, f"INFO line {number + 1}", at=done.root.created + 6 + number / 10)
    run(store, "rfailed", etl, FAILED, 3000)
    run(store, "rabort", report, ABORTED, 2800, owner="grace")
    run(store, "rtimeout", report, TIMED_OUT, 2600)
    run(store, "rqueued", etl2, QUEUED, 40)
    run(store, "rbill", bill, SUCCEEDED, 2000, ("billing", "production"), owner="linus")
    # A name that stands in two projects.
    run(store, "rtwice", etl, SUCCEEDED, 1900)
    run(store, "rtwice", bill, FAILED, 1800, ("billing", "production"))
    tree(store, etl, report)
    for number in range(120):
        run(store, f"rold{number:03}", etl, SUCCEEDED, 90000 + 60 * number)
    live = run(store, "rlive", etl2, RUNNING, 20)
    store.action(live, "s1", task=report, phase=RUNNING)
    for number in range(5):
        store.log(live.root, f"line {number + 1}")
    if big:
        many(store, report, big)


def tree(store, etl, report):
    """A root with two groups, a retried action, a trace, a nested level and a question that waits for its answer."""
    options = tr.RunSpec(labels=tr.Labels(values={"team": "data", "cost": "42"}), envs=tr.Envs(values=[lt.KeyValuePair(key="MODE", value="night")]), queue="gpu", cluster_pool="night")
    options.interruptible.value, options.cache_config.overwrite_cache = True, True
    made = run(store, "rtree", etl, RUNNING, 600, spec=options)
    at = made.root.created + 10
    for number in range(4):
        one = store.action(made, f"load{number}", task=report, group="load", at=at + number)
        store.set(one, RUNNING, at=at + number + 1)
        store.set(one, SUCCEEDED, at=at + 20 + number)
        one.inputs, one.outputs = {"part": number}, {"rows": number * 10}
        if number == 0:
            one.cache = 2
            one.cached_from = ids.ActionAttemptIdentifier(attempt=2, action_id={"name": "load0", "run": {"project": HOME[0], "domain": HOME[1], "name": "rdone"}})
    one.hides_context = True
    store.log(one, "loaded", at=at + 5)
    retried = store.action(made, "train", task=report, group="fit", at=at + 30)
    store.set(retried, RUNNING, at=at + 31)
    store.log(retried, "first try", at=at + 32)
    store.set(retried, FAILED, at=at + 40, error=("OOMKilled", rd.ErrorInfo.KIND_SYSTEM))
    store.set(retried, QUEUED, at=at + 41)
    store.set(retried, RUNNING, at=at + 45)
    store.log(retried, "second try", at=at + 46)
    for number in range(2):
        inner = store.action(made, f"fold{number}", "train", task=report, at=at + 50 + number)
        store.set(inner, FAILED if number else SUCCEEDED, at=at + 60, **({"error": ("diverged", rd.ErrorInfo.KIND_USER)} if number else {}))
    trace = store.action(made, "fetch", kind="trace", phase=SUCCEEDED, group="fetch", at=at + 70)
    trace.end = at + 71
    markdown = "Release the **model**?\n\n- accuracy `0.91`\n- [the report](https://reports.example/rtree), <b>not</b> [this](javascript:alert(1))"
    for name, kind, prompt in (("approve", 4, markdown), ("amount", 1, "How **many**?")):
        asked = store.action(made, name, kind="condition", at=at + 80, quiet=True)
        asked.condition = {"name": name, "type": kind, "prompt": prompt, "description": "asks a person", "wait": 3600 if name == "approve" else 0}
        store.set(asked, PAUSED, at=at + 81)


def many(store, report, count):
    """One run of `count` actions, the root included: folders of 100 leaves."""
    made = run(store, "rbig", report, RUNNING, 5000)
    at = made.root.created + 10
    left, folder = count - 1, 0
    while left > 0:
        parent = store.action(made, f"f{folder}", task=report, phase=RUNNING, at=at + folder)
        left -= 1
        for number in range(min(left, 100)):
            one = store.action(made, f"f{folder}n{number}", parent.name, task=report, phase=SUCCEEDED, group=f"part{number // 10}", at=at + folder + number / 1000)
            one.end = one.created + 3
            left -= 1
        folder += 1
