"""The services beside RunService: projects, tasks, triggers, who asks, and the data proxy with values and logs."""

import asyncio

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.auth import identity_pb2
from flyteidl2.cluster import payload_pb2 as cs
from flyteidl2.dataproxy import dataproxy_service_pb2 as dp
from flyteidl2.project import project_service_pb2 as ps
from flyteidl2.task import task_definition_pb2 as td
from flyteidl2.task import task_service_pb2 as ts
from flyteidl2.trigger import trigger_service_pb2 as gs

import query
from details import literal, owner, pod_name
from store import TERMINAL, stamp

TASK_FIELDS = set(
    "project domain name version environment function_name deployed_by created_at updated_at trigger_name total_triggers active_triggers env_description "
    "short_description".split()
)


TRIGGER_FIELDS = set("project domain task_name name active deployed_at updated_at task_version automation_type".split())


def after(page, request):
    """A full page has a token, whether or not more follows."""
    return str(int(request.token or 0) + len(page)) if len(page) == (request.limit or 50) else ""


class Projects:
    def __init__(self, store):
        self.store = store

    async def list_projects(self, request, ctx):
        out = ps.ListProjectsResponse()
        for name, domains in self.store.projects.items():
            one = out.projects.projects.add(id=name, name=name)
            for domain in domains:
                one.domains.add(id=domain, name=domain)
        return out


class Tasks:
    def __init__(self, store):
        self.store = store
        self.deployed = {}

    def describe(self, out, key):
        id = out.task_id
        id.project, id.domain, id.name, id.version = key
        owner(out.metadata.deployed_by, "ada")
        out.metadata.short_description = self.store.tasks[key].documentation.short_description
        out.metadata.short_name, out.metadata.environment_name = key[2].split(".")[-1], key[2].split(".")[0]
        out.metadata.deployed_at.CopyFrom(stamp(1767225600 + 60 * list(self.store.tasks).index(key)))

    def read(self, key, field):
        at = list(self.store.tasks).index(key)
        return {"project": key[0], "domain": key[1], "name": key[2], "version": key[3], "function_name": key[2].split(".")[-1],
                "environment": key[2].split(".")[0], "created_at": 1767225600 + 60 * at}.get(field, "")

    async def list_tasks(self, request, ctx):
        newest = {key[:3]: key for key in self.store.tasks}
        keys = list(newest.values())
        if request.WhichOneof("scope_by") == "project_id":
            keys = [key for key in keys if key[:2] == (request.project_id.name, request.project_id.domain)]
        total = len(keys)
        keys = query.passes(keys, request.request.filters, self.read, TASK_FIELDS)
        keys = query.ordered(keys, list(request.request.sort_by_fields), self.read, TASK_FIELDS)
        page, _ = query.cut(keys, request.request)
        out = ts.ListTasksResponse()
        for key in page:
            self.describe(out.tasks.add(), key)
        out.token = after(page, request.request)
        out.metadata.total, out.metadata.filtered_total = total, len(keys)
        return out

    async def get_task_details(self, request, ctx):
        id = request.task_id
        key = (id.project, id.domain, id.name, id.version)
        if key not in self.store.tasks:
            raise ConnectError(Code.NOT_FOUND, f"task {id.name} not found")
        out = td.TaskDetails(spec=self.store.tasks[key])
        self.describe(out, key)
        return ts.GetTaskDetailsResponse(details=out)

    async def list_versions(self, request, ctx):
        id = request.task_name
        out = ts.ListVersionsResponse()
        keys = [key for key in reversed(self.store.tasks) if key[:3] == (id.project, id.domain, id.name)]
        keys = query.ordered(keys, list(request.request.sort_by_fields), self.read, {"version", "created_at"})
        page, _ = query.cut(keys, request.request)
        for key in page:
            one = out.versions.add(version=key[3])
            one.deployed_at.CopyFrom(stamp(self.read(key, "created_at")))
        out.token = after(page, request.request)
        return out

    async def deploy_task(self, request, ctx):
        id = request.task_id
        key = (id.project, id.domain, id.name, id.version)
        if not all(key):
            raise query.wrong("task id is incomplete")
        if key in self.store.tasks:
            raise ConnectError(Code.ALREADY_EXISTS, f"task {id.name} has a version {id.version}")
        self.store.tasks[key] = request.spec
        return ts.DeployTaskResponse()


class Triggers:
    def __init__(self, store):
        self.store = store

    async def list_triggers(self, request, ctx):
        out = gs.ListTriggersResponse()
        found = list(self.store.triggers.items())
        if request.WhichOneof("scope_by") in ("task_name", "task_id"):
            wanted = request.task_name if request.HasField("task_name") else request.task_id
            found = [one for one in found if one[1]["task"][2] == wanted.name]
        found = query.ordered(found, list(request.request.sort_by_fields), lambda one, field: 0, TRIGGER_FIELDS)
        page, _ = query.cut(found, request.request)
        out.token = after(page, request.request)
        for name, trigger in page:
            task = trigger["task"]
            one = out.triggers.add(active=trigger["active"])
            one.id.name.project, one.id.name.domain, one.id.name.name, one.id.name.task_name = task[0], task[1], name, task[2]
            one.id.revision = 1
            one.automation_spec.type = 2
            one.automation_spec.schedule.cron.expression = trigger["cron"]
        return out

    async def update_triggers(self, request, ctx):
        for name in request.names:
            if name.name not in self.store.triggers:
                raise ConnectError(Code.NOT_FOUND, f"trigger {name.name} not found")
            self.store.triggers[name.name]["active"] = request.active
        return gs.UpdateTriggersResponse()


class Identity:
    async def user_info(self, request, ctx):
        raise ConnectError(Code.UNAUTHENTICATED, "no identity")


class Clusters:
    async def select_cluster(self, request, ctx):
        return cs.SelectClusterResponse(cluster="kind-1")


class Data:
    def __init__(self, store, runs):
        self.store, self.runs = store, runs

    async def get_action_data(self, request, ctx):
        action = self.runs.action(request.action_id)
        out = dp.GetActionDataResponse(inputs_uri=f"s3://data/{action.name}/inputs.pb")
        for into, values in ((out.inputs, action.inputs), (out.outputs, action.outputs)):
            for name, value in values.items():
                into.literals.add(name=name, value=literal(value) if isinstance(value, (str, int, float, bool)) else value)
        return out

    async def create_download_link(self, request, ctx):
        out = dp.CreateDownloadLinkResponse()
        out.pre_signed_urls.signed_url.append("https://store.example/report.html?signed=1")
        return out

    async def tail_logs(self, request, ctx):
        action = self.runs.action(request.action_id)
        if request.attempt not in action.logs:
            raise ConnectError(Code.NOT_FOUND, "log context not found")
        sent = 0
        with self.store.listen("logs") as channel, self.store.listen("details") as changes:
            while True:
                lines = action.logs[request.attempt]
                while sent < len(lines):
                    out = dp.TailLogsResponse()
                    batch = out.logs.add()
                    for at, text in lines[sent : sent + 100]:
                        batch.lines.add(timestamp=stamp(at), message=text, originator=1, short_pod_name=pod_name(action, request.attempt)[-8:])
                    sent += len(batch.lines)
                    yield out
                if action.phase in TERMINAL or request.attempt < action.attempts:
                    return
                while channel.empty() and changes.empty():
                    await asyncio.sleep(0.02)
                while not channel.empty():
                    channel.get_nowait()
                while not changes.empty():
                    changes.get_nowait()


__all__ = ["Clusters", "Data", "Identity", "Projects", "Tasks", "Triggers", "identity_pb2"]
