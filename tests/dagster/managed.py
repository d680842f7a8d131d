"""Registers a run of ok_job that another system runs, in the instance of DAGSTER_HOME, under the id that is given or a new one, and prints
its id. No mutation does that."""
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
run = dg.DagsterInstance.get().register_managed_run(
    job_name="ok_job", run_id=(*sys.argv[1:], make_new_run_id())[0], run_config={}, resolved_op_selection=None, step_keys_to_execute=None, tags={},
    root_run_id=None, parent_run_id=None, job_snapshot=job.get_job_snapshot(), execution_plan_snapshot=plan, parent_job_snapshot=None,
)
print(run.run_id)
