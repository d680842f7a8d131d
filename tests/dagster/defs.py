"""A code location with every shape of a run that the Dagster tests need (see serve.py for the server).

  ok_job             8 ops, a diamond and a chain, all succeed
  fail_job           an op fails in the middle; what stands behind it never runs (a file FIX in DAGSTER_HOME mends it)
  retry_job          fails twice, then succeeds; with `needs` 9 it fails for good
  lost_job           fails before any of its steps: a resource of it cannot be had
  changing           has one op more once a file CHANGED is in DAGSTER_HOME and the code is loaded anew
  asset_job          materializations (one with a table, its columns and where they are from), an observation, checks that pass, warn and fail
  broken_assets_job  an asset fails, the one behind it is planned and not materialized
  blocked_job        a blocking check fails, so that the asset behind it is not made
  soft_checks        succeeds although a blocking check of its asset does not pass, which only warns
  slow_job           logs for `seconds` at all levels, and to stdout and stderr
  sleepy_job         sleeps, to be terminated
  dynamic_job        DynamicOut, map, collect; `fail` names the mapping key that fails
  parted_job         a partitioned asset; dyn_parted_job one with partitions of its own making
"""
import os
import sys
import time

import dagster as dg


# ------------------------------------------------------------------ ok_job
@dg.op
def extract(context) -> int:
    context.log.info("extracting")
    print("stdout from extract")
    print("stderr from extract", file=sys.stderr)
    return 1


@dg.op
def clean(context, x: int) -> int:
    context.log.debug("clean debug")
    return x + 1


@dg.op
def left(x: int) -> int:
    return x


@dg.op
def right(context, x: int) -> int:
    context.log.warning("right warns")
    return x


@dg.op
def join(a: int, b: int) -> int:
    return a + b


@dg.op
def score(x: int) -> int:
    return x * 2


@dg.op
def publish(context, x: int) -> int:
    context.add_output_metadata({"x": x, "url": dg.MetadataValue.url("http://127.0.0.1/")})
    return x


@dg.op
def notify(context, x: int) -> None:
    context.log.info(f"done {x}")


@dg.job(tags={"team": "core", "tier": "1"})
def ok_job():
    c = clean(extract())
    notify(publish(score(join(left(c), right(c)))))


# ---------------------------------------------------------------- fail_job
@dg.op
def up_a() -> int:
    print("up_a speaks")
    return 1


@dg.op
def up_b(x: int) -> int:
    print("up_b speaks\nand goes on")
    return x + 1


@dg.op
def boom(context, x: int) -> int:
    if os.path.exists(os.path.join(os.environ.get("DAGSTER_HOME", "/nonexistent"), "FIX")):
        return x
    try:
        raise ValueError("inner cause")
    except ValueError as e:
        raise dg.Failure(
            description="boom failed on purpose",
            metadata={"rows": 7, "note": dg.MetadataValue.md("**bad** row")},
        ) from e


@dg.op
def side(x: int) -> int:
    return x


@dg.op
def down_a(x: int) -> int:
    return x


@dg.op
def down_b(x: int, y: int) -> int:
    return x + y


@dg.job(tags={"team": "core"}, executor_def=dg.multiprocess_executor)
def fail_job():
    b = up_b(up_a())
    down_b(down_a(boom(b)), side(b))


# --------------------------------------------------------------- retry_job
@dg.op(retry_policy=dg.RetryPolicy(max_retries=3, delay=0.2), config_schema={"needs": dg.Field(int, default_value=2)})
def flaky(context) -> int:
    if context.retry_number < context.op_config["needs"]:
        raise RuntimeError(f"flaky attempt {context.retry_number}")
    return context.retry_number


@dg.op
def after_flaky(x: int) -> int:
    return x


@dg.job
def retry_job():
    after_flaky(flaky())


# ---------------------------------------------------------------- lost_job
@dg.resource
def lost(_):
    raise RuntimeError("the resource is lost")


@dg.op(required_resource_keys={"lost"})
def needs_lost() -> int:
    return 1


@dg.job(resource_defs={"lost": lost}, executor_def=dg.in_process_executor)
def lost_job():
    needs_lost()


# ---------------------------------------------------------------- changing
@dg.job
def changing():
    extract()
    if os.path.exists(os.path.join(os.environ.get("DAGSTER_HOME", "/nonexistent"), "CHANGED")):
        up_a()


# --------------------------------------------------------------- asset_job
@dg.asset(group_name="raw", metadata={"owner": "data"})
def orders(context) -> dg.MaterializeResult:
    context.log_event(
        dg.AssetObservation(asset_key="external_feed", metadata={"lag_s": 12.5})
    )
    unique = dg.TableColumnConstraints(nullable=False, unique=True)
    schema = dg.TableSchema(columns=[dg.TableColumn("id", "int", "the order", constraints=unique), dg.TableColumn("sum", "float")])
    return dg.MaterializeResult(metadata={
        "rows": 100,
        "preview": dg.MetadataValue.md("|a|\n|-|\n|1|"),
        "sample": dg.MetadataValue.table(records=[dg.TableRecord({"id": 1, "sum": 2.5})], schema=schema),
        "dagster/column_schema": schema,
        "dagster/column_lineage": dg.TableColumnLineage({"sum": [dg.TableColumnDep(asset_key=dg.AssetKey(["raw", "lines"]), column_name="price")]}),
        "look": dg.MetadataValue.notebook("/notes/orders.ipynb"),
    })


@dg.asset(deps=[orders], group_name="mart")
def orders_daily(context) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 10})


@dg.asset(deps=[orders_daily], group_name="mart")
def report(context) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 1})


@dg.asset_check(asset=orders)
def orders_not_empty() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, metadata={"rows": 100})


@dg.asset_check(asset=orders_daily)
def daily_fresh() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, description="late by 2h")


@dg.asset_check(asset=report)
def report_complete() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.ERROR)


# ---------------------------------------------------------------- slow_job
@dg.op(config_schema={"seconds": dg.Field(int, default_value=60), "per_s": dg.Field(int, default_value=5)})
def slow_log(context) -> None:
    levels = [context.log.debug, context.log.info, context.log.warning, context.log.error, context.log.critical]
    # So many lines, however slow the machine is.
    for i in range(context.op_config["seconds"] * context.op_config["per_s"]):
        # The time in the message tells how long it took to be seen.
        levels[i % 5](f"slow line {i} t={time.time():.3f}")
        print(f"out {i}", flush=True)
        print(f"err {i}", file=sys.stderr, flush=True)
        time.sleep(1 / context.op_config["per_s"])


@dg.job
def slow_job():
    slow_log()


@dg.op
def sleep_op(context) -> None:
    for i in range(600):
        time.sleep(1)


@dg.job
def sleepy_job():
    sleep_op()


# ------------------------------------------------------------- dynamic_job
@dg.op(out=dg.DynamicOut(int))
def fan_out():
    for i in range(4):
        yield dg.DynamicOutput(i, mapping_key=f"k{i}")


@dg.op(config_schema={"fail": dg.Field(str, default_value="")})
def work(context, x: int) -> int:
    if context.op_config["fail"] == context.get_mapping_key():
        raise RuntimeError(f"work on {context.get_mapping_key()} failed")
    return x * x


@dg.op
def fan_in(xs: list) -> int:
    return sum(xs)


@dg.job
def dynamic_job():
    fan_in(fan_out().map(work).collect())


# -------------------------------------------- a partitioned asset and a schedule
@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b", "c"]))
def parted(context) -> dg.MaterializeResult:
    if context.partition_key == "b" :
        context.log.warning("partition b")
    return dg.MaterializeResult(metadata={"p": context.partition_key})


parted_job = dg.define_asset_job("parted_job", selection=["parted"])


@dg.asset(partitions_def=dg.DynamicPartitionsDefinition(name="days"))
def dyn_parted(context) -> None:
    pass


dyn_parted_job = dg.define_asset_job("dyn_parted_job", selection=["dyn_parted"])


@dg.schedule(cron_schedule="0 0 1 1 *", job=ok_job)
def yearly(_):
    return {}


# An asset graph with one failing asset, for FROM_ASSET_FAILURE
@dg.asset(group_name="broken")
def a_ok():
    return 1


@dg.asset(group_name="broken")
def a_bad(a_ok):
    if os.path.exists(os.path.join(os.environ.get("DAGSTER_HOME", "/nonexistent"), "FIX")):
        return 2
    raise RuntimeError("a_bad failed")


@dg.asset(group_name="broken")
def a_down(a_bad):
    return 3


broken_assets_job = dg.define_asset_job("broken_assets_job", selection=["a_ok", "a_bad", "a_down"])

# A check that keeps what stands behind its asset from being made
@dg.asset(group_name="blocked")
def b_up() -> None:
    pass


@dg.asset(deps=[b_up], group_name="blocked")
def b_down() -> None:
    pass


@dg.asset(group_name="blocked")
def b_beside() -> None:
    pass


@dg.asset_check(asset=b_up, blocking=True)
def b_hard() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.ERROR)


@dg.asset_check(asset=b_up)
def b_fine() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=b_down)
def b_late() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


blocked_job = dg.define_asset_job("blocked_job", selection=["b_up", "b_down", "b_beside"])


# A check that blocks and only warns: nothing fails, and Dagster makes the asset again "from asset failure"
@dg.asset(group_name="soft")
def c_up() -> None:
    pass


@dg.asset_check(asset=c_up, blocking=True)
def c_soft() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)


soft_checks = dg.define_asset_job("soft_checks", selection=["c_up"])

asset_job = dg.define_asset_job("asset_job", selection=["orders", "orders_daily", "report"])

defs = dg.Definitions(
    assets=[orders, orders_daily, report, parted, dyn_parted, a_ok, a_bad, a_down, b_up, b_down, b_beside, c_up],
    asset_checks=[orders_not_empty, daily_fresh, report_complete, b_hard, b_fine, b_late, c_soft],
    jobs=[ok_job, fail_job, retry_job, lost_job, changing, slow_job, sleepy_job, dynamic_job, asset_job, parted_job, dyn_parted_job, broken_assets_job, blocked_job, soft_checks],
    schedules=[yearly],
    # A process for each step, as users have it, takes a slow machine seconds; fail_job is run that way.
    executor=dg.in_process_executor,
)
