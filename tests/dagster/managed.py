"""Registers a run of ok_job that another system runs, in the instance of DAGSTER_HOME, under the id that is given or a new one, and prints
its id. No mutation does that. With a second word the run stands so instead: `managed.py ID SUSPENDED`."""
import importlib.util
import pathlib
import sys

import dagster as dg
from dagster._core.execution.api import create_execution_plan
from dagster._core.snap import snapshot_from_execution_plan
from dagster._core.utils import make_new_run_id

spec = importlib.util.spec_from_file_location("defs", pathlib.Path(__file__).with_name("defs.py"))
defs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(defs)
job = defs.defs.get_job_def("ok_job")
plan = snapshot_from_execution_plan(create_execution_plan(job), job.get_job_snapshot_id())
instance = dg.DagsterInstance.get()
run_id, status = (*sys.argv[1:], *("", "")[len(sys.argv) - 1:])
run = instance.register_managed_run(
    job_name="ok_job", run_id=run_id if run_id and not status else make_new_run_id(), run_config={}, resolved_op_selection=None, step_keys_to_execute=None, tags={},
    root_run_id=None, parent_run_id=None, job_snapshot=job.get_job_snapshot(), execution_plan_snapshot=plan, parent_job_snapshot=None,
)
if status:
    # Held back by nobody: no launcher knows of it, so it stays as it stands.
    run = instance.add_run(dg.DagsterRun(
        job_name=run.job_name, run_id=run_id or make_new_run_id(), status=dg.DagsterRunStatus(status), run_config={}, tags={"stands": status},
        job_snapshot_id=run.job_snapshot_id, execution_plan_snapshot_id=run.execution_plan_snapshot_id,
    ))
print(run.run_id)
