"""A run launcher that launches nothing, for runs that fail before they have a process (serve.py --no-launch)."""
from dagster._core.launcher import DefaultRunLauncher


class FailingLauncher(DefaultRunLauncher):
    def launch_run(self, context):
        try:
            raise ConnectionError("no room in the cluster")
        except ConnectionError as error:
            raise RuntimeError("the run could not be launched") from error
