"""Writes synthetic runs into the instance of DAGSTER_HOME (SQLite), for measurements: seconds, where executing them would take days.

  seed.py runs --count 10000     runs of all jobs that have one, the latest ones with events
  seed.py big --events 100000    one finished run with so many events; prints its id

What is seeded copies the snapshots and the origin of a run that Dagster itself made: of each job one must be there.
"""
import argparse
import datetime
import logging
import random
import time
import uuid

from dagster import AssetKey, AssetMaterialization, DagsterInstance
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData, StepOutputData, StepSuccessData
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.plan.handle import StepHandle
from dagster._core.execution.plan.objects import TypeCheckData
from dagster._core.execution.plan.outputs import StepOutputHandle
from dagster._core.storage.dagster_run import DagsterRun, DagsterRunStatus
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable

SUCCESS, FAILURE, CANCELED = DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED
STATUSES = {SUCCESS: 80, FAILURE: 15, CANCELED: 5}
ENDS = {SUCCESS: DagsterEventType.RUN_SUCCESS, FAILURE: DagsterEventType.RUN_FAILURE, CANCELED: DagsterEventType.RUN_CANCELED}
LEVELS = [logging.DEBUG] * 5 + [logging.INFO] * 10 + [logging.WARNING] * 2 + [logging.ERROR]
# So many of the latest runs have events: a list that shows figures of its rows finds what a real instance has.
WITH_EVENTS, EVENTS_OF_EACH = 100, 40
MATERIALIZED_EVERY = 50
BATCH = 2000


def copy(template, status, tags):
    kept = {key: value for key, value in template.tags.items() if key.startswith((".dagster/", "dagster/code_location"))}
    return DagsterRun(
        job_name=template.job_name, run_id=str(uuid.UUID(int=random.getrandbits(128), version=4)), run_config=template.run_config, status=status,
        tags={**kept, **tags}, job_snapshot_id=template.job_snapshot_id, execution_plan_snapshot_id=template.execution_plan_snapshot_id,
        remote_job_origin=template.remote_job_origin, job_code_origin=template.job_code_origin,
        has_repository_load_data=template.has_repository_load_data, run_op_concurrency=template.run_op_concurrency,
        asset_selection=template.asset_selection, asset_check_selection=template.asset_check_selection,
    )


def events(instance, run, start, pauses):
    """Events of a run, one after each pause (in seconds): each step starts, logs, materializes, succeeds."""
    at, count, pauses = start, len(pauses), iter(pauses)

    def entry(event=None, level=logging.DEBUG, message="", step=None):
        nonlocal at
        at += next(pauses)
        return EventLogEntry(error_info=None, level=level, user_message=message, run_id=run.run_id, timestamp=at, step_key=step,
                             job_name=run.job_name, dagster_event=event)

    def own(kind, message, step=None, data=None):
        handle = StepHandle.parse_from_key(step) if step else None
        event = DagsterEvent(event_type_value=kind.value, job_name=run.job_name, message=message, step_handle=handle,
                             step_kind_value="COMPUTE" if step else None, logging_tags={}, event_specific_data=data)
        return entry(event, step=step)

    kinds = DagsterEventType
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id)
    # What a dynamic step becomes is known only when it is executed.
    steps = [step.key for step in plan.steps if not step.key.endswith("[?]")]
    yield own(kinds.RUN_ENQUEUED, "")
    yield own(kinds.RUN_STARTING, "")
    yield own(kinds.RUN_START, f'Started execution of run for "{run.job_name}".')
    left = count - 4
    for index, key in enumerate(steps):
        share = left // (len(steps) - index)
        left -= share
        began = at
        yield own(kinds.STEP_START, f'Started execution of step "{key}".', key)
        for number in range(share - 3):
            if number % MATERIALIZED_EVERY == MATERIALIZED_EVERY - 1:
                made = AssetMaterialization(AssetKey(["seed", key]), metadata={"rows": number})
                yield own(kinds.ASSET_MATERIALIZATION, f"Materialized value {key}.", key, StepMaterializationData(made))
            else:
                message = f"{key}: message {number} of {share}" + " payload" * (number * 7 % 12)
                yield entry(level=LEVELS[number % len(LEVELS)], message=message, step=key)
        checked = TypeCheckData(success=True, label="Any")
        output = StepOutputData(StepOutputHandle(key, "result"), type_check_data=checked)
        yield own(kinds.STEP_OUTPUT, 'Yielded output "result" of type "Any". (Type check passed).', key, output)
        yield own(kinds.STEP_SUCCESS, f'Finished execution of step "{key}".', key, StepSuccessData(duration_ms=(at - began) * 1000))
    yield own(ENDS[run.status], f'Finished execution of run for "{run.job_name}".')


def bursts(count):
    """Pauses between events as programs make them: now many events a second, now few."""
    pauses = []
    while len(pauses) < count:
        pause = random.choice((0.001, 0.005, 0.02, 0.1))
        pauses.extend(random.expovariate(1 / pause) for _ in range(random.randint(100, 3000)))
    return pauses[:count]


def storage(whole):
    """The SQLite storage itself, without what wraps it."""
    return getattr(whole, "_event_storage", getattr(whole, "_run_storage", whole))


def store_events(instance, run, all_events):
    store = storage(instance.event_log_storage)
    batch, count = [], 0
    with store.run_connection(run.run_id) as connection:
        def flush():
            if batch:
                connection.execute(SqlEventLogStorageTable.insert(), batch)
                batch.clear()
        for event in all_events:
            # What the store's own store_event writes; it would make a transaction for each.
            batch.append(store._event_to_row(event))
            count += 1
            if len(batch) >= BATCH:
                flush()
        flush()
    return count


def store_runs(instance, rows):
    """`rows`: run, created, started, ended, as seconds since 1970."""
    store = storage(instance.run_storage)
    values, tags = [], []
    for run, created, started, ended in rows:
        at = lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).replace(tzinfo=None)
        row = dict(store._get_run_insertion_values(run, at(created)))
        row.update(create_timestamp=at(created), update_timestamp=at(ended), start_time=started, end_time=ended)
        values.append(row)
        tags += [{"run_id": run.run_id, "key": key, "value": value} for key, value in run.tags_for_storage().items()]
    with store.connect() as connection:
        connection.execute(RunsTable.insert(), values)
        connection.execute(RunTagsTable.insert(), tags)


def templates(instance):
    """The latest run of each job."""
    found = {}
    for run in instance.get_runs(limit=1000):
        if run.execution_plan_snapshot_id:
            found.setdefault(run.job_name, run)
    if not found:
        raise SystemExit("the instance has no run to copy from: launch one of each job first")
    return found


def seed_runs(instance, args):
    known = [run for _, run in sorted(templates(instance).items())]
    now = time.time()
    rows = []
    # In the order of their creation, as in life.
    for number, created in enumerate(sorted(now - 60 - random.random() * 30 * 86400 for _ in range(args.count))):
        status = random.choices(list(STATUSES), list(STATUSES.values()))[0]
        tags = {"team": random.choice(["core", "growth", "ml", "ops"]), "env": random.choice(["prod", "dev"]), "batch": f"b{number % 200:03d}"}
        started = created + random.random() * 20
        rows.append((copy(random.choice(known), status, tags), created, started, started + random.expovariate(1 / 180)))
    for start in range(0, len(rows), 1000):
        store_runs(instance, rows[start:start + 1000])
    for run, created, _, _ in rows[-WITH_EVENTS:]:
        store_events(instance, run, events(instance, run, created, [0.5] * EVENTS_OF_EACH))
    print(len(rows), flush=True)


def seed_big(instance, args):
    template = templates(instance)[args.job]
    run = copy(template, SUCCESS, {"events": str(args.events)})
    pauses = bursts(args.events)
    start = time.time() - 60 - sum(pauses)
    store_runs(instance, [(run, start, start + pauses[0], start + sum(pauses))])
    count = store_events(instance, run, events(instance, run, start, pauses))
    if count != args.events:
        raise SystemExit(f"{count} events were made, not {args.events}")
    print(run.run_id, flush=True)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    runs = commands.add_parser("runs")
    runs.add_argument("--count", type=int, required=True)
    runs.set_defaults(work=seed_runs)
    big = commands.add_parser("big")
    big.add_argument("--events", type=int, required=True)
    big.add_argument("--job", default="ok_job")
    big.set_defaults(work=seed_big)
    args = parser.parse_args()
    # The same each time, and no id twice.
    random.seed(args.work.__name__)
    with DagsterInstance.get() as instance:
        args.work(instance, args)


if __name__ == "__main__":
    main()
