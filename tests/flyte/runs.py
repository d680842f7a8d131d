"""RunService over the store, with the traps of the open one."""

import asyncio
import collections
import contextvars
import random
import re
import string
import time

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.workflow import run_definition_pb2 as rd
from flyteidl2.workflow import run_service_pb2 as rs

import query
from details import context, details, events_of, row
from query import wrong
from store import ABORTED, FAILED, PAUSED, RECOVERED, RUNNING, SUCCEEDED, TERMINAL, Action, Run, stamp

# Set by a handler that the open service would have crashed in: the connection goes.
CRASH = contextvars.ContextVar("crash", default=None)
FRAME = 1000


def crash():
    CRASH.get()["crash"] = True
    raise ConnectError(Code.INTERNAL, "runtime error: invalid memory address or nil pointer dereference")


def missing(what):
    return ConnectError(Code.NOT_FOUND, what + " not found")


class Runs:
    def __init__(self, store):
        self.store = store
        self.orphans = set()
        # A snapshot of actions stops behind its first frame, until it is let go.
        self.held = False

    def run(self, id):
        if not id.name:
            crash()
        run = self.store.find(id)
        if run is None:
            raise missing(f"run {id.project}/{id.domain}/{id.name}")
        return run

    def action(self, id):
        action = self.run(id.run).actions.get(id.name)
        if action is None:
            raise missing(f"action {id.name}")
        return action

    async def list_runs(self, request, ctx):
        rows = [run.root for run in self.store.runs.values()]
        scope = request.WhichOneof("scope_by")
        if scope == "project_id":
            id = request.project_id
            rows = [one for one in rows if one.run.key[:2] == (id.name, id.domain)]
        elif scope in ("task_name", "task_id"):
            id = getattr(request, scope)
            rows = [one for one in rows if one.task[:3] == (id.project, id.domain, id.name)]
            if scope == "task_id":
                rows = [one for one in rows if one.task[3] == id.version]
        elif scope == "trigger_name":
            rows = [one for one in rows if one.run.trigger == request.trigger_name.name]
        if request.paused_actions_only:
            rows = [one for one in rows if any(action.phase == PAUSED for action in one.run.actions.values())]
        page, token = query.listed(rows, request.request)
        return rs.ListRunsResponse(runs=[row(one.run) for one in page], token=token)

    async def list_actions(self, request, ctx):
        run = self.run(request.run_id)
        page, token = query.listed(list(run.actions.values()), request.request)
        # Nothing of an action but where it stands in the tree.
        return rs.ListActionsResponse(actions=[one.proto(full=False) for one in page], token=token)

    async def get_run_details(self, request, ctx):
        run = self.run(request.run_id)
        out = rd.RunDetails(run_spec=run.spec)
        out.action.CopyFrom(details(run.root))
        return rs.GetRunDetailsResponse(details=out)

    async def get_action_details(self, request, ctx):
        return rs.GetActionDetailsResponse(details=details(self.action(request.action_id)))

    async def get_action_data_ur_is(self, request, ctx):
        return await self.get_action_data_uris(request, ctx)

    async def get_action_data_uris(self, request, ctx):
        action = self.action(request.action_id)
        place = f"s3://data/{action.run.key[2]}/{action.name}"
        out = rs.GetActionDataURIsResponse(inputs_uri=place + "/inputs.pb")
        if action.phase in (SUCCEEDED, RECOVERED):
            if not action.outputs:
                raise ConnectError(Code.NOT_FOUND, "outputs not available")
            out.outputs_uri = place + "/outputs.pb"
        return out

    async def get_action_log_context(self, request, ctx):
        action = self.action(request.action_id)
        if request.attempt not in action.logs:
            raise missing("log context")
        return rs.GetActionLogContextResponse(log_context=context(action, request.attempt), cluster="kind-1")

    async def watch_runs(self, request, ctx):
        scope = request.WhichOneof("target")
        id = request.project_id

        def mine(run):
            return scope != "project_id" or run.key[:2] == (id.name, id.domain)

        with self.store.listen("runs") as channel:
            first = query.natural([run.root for run in self.store.runs.values() if mine(run)])[:101]
            if first:
                yield rs.WatchRunsResponse(runs=[row(one.run) for one in first])
            while True:
                run = self.store.runs.get(await channel.get())
                if run is not None and mine(run):
                    yield rs.WatchRunsResponse(runs=[row(run)])

    async def watch_run_details(self, request, ctx):
        yield rs.WatchRunDetailsResponse(details=rd.RunDetails())
        await asyncio.Event().wait()

    async def watch_actions(self, request, ctx):
        run = self.run(request.run_id)
        for one in request.filter:
            if one.field not in ("PHASE", "NAME"):
                raise wrong(f"invalid filter field: {one.field}")

        def shown(action):
            for one in request.filter:
                if one.field == "PHASE" and str(action.phase) not in one.values:
                    return False
                if one.field == "NAME":
                    name = action.task[2].split(".")[-1] if action.kind == "task" else action.name
                    if one.values[0].lower() not in name.lower():
                        return False
            return True

        def enriched(actions):
            out = rs.WatchActionsResponse()
            for action in actions:
                one = out.enriched_actions.add(meets_filter=shown(action) or action.name == "a0")
                one.action.CopyFrom(action.proto())
                for phase, count in action.counts.items():
                    one.children_phase_counts[phase] = count
            return out

        with self.store.listen("actions") as channel:
            all = sorted(run.actions.values(), key=lambda one: (one.created, one.name))
            all = [one for one in all if not request.filter or shown(one) or one.name == "a0"]
            for at in range(0, len(all), FRAME):
                yield enriched(all[at : at + FRAME])
                await asyncio.sleep(0)
                while self.held:
                    await asyncio.sleep(0.02)
            while True:
                changed = {}
                news = [await channel.get()]
                while not channel.empty():
                    news.append(channel.get_nowait())
                if run.key in self.orphans:
                    self.orphans.discard(run.key)
                    raise ConnectError(Code.UNKNOWN, "parent node [p] not found for action [x]")
                for key, name in news:
                    if key == run.key:
                        action = run.actions[name]
                        changed[name] = action
                        changed.update((above.name, above) for above in self.store.above(action))
                if changed:
                    yield enriched(changed.values())

    async def watch_action_details(self, request, ctx):
        action = self.action(request.action_id)
        with self.store.listen("details") as channel:
            while True:
                yield rs.WatchActionDetailsResponse(details=details(action))
                if action.phase in TERMINAL and action.phase != ABORTED:
                    return
                while await channel.get() != (action.run.key, action.name):
                    pass

    async def watch_cluster_events(self, request, ctx):
        action = self.action(request.id)
        events = events_of(action, request.attempt)
        if events:
            yield rs.WatchClusterEventsResponse(cluster_events=events)

    async def watch_groups(self, request, ctx):
        id = request.project_id
        since = request.start_date.ToDatetime().timestamp()
        while True:
            groups = {}
            for run in self.store.runs.values():
                if run.key[:2] == (id.name, id.domain) and run.root.created >= since:
                    groups.setdefault(run.task[2], []).append(run)
            out = rs.WatchGroupsResponse(sentinel=True)
            for name, runs in groups.items():
                runs.sort(key=lambda run: -run.root.created)
                failed = sum(run.root.phase in (FAILED, 8) for run in runs)
                one = out.task_groups.add(task_name=name, total_runs=len(runs), average_failure_rate=failed / len(runs))
                one.latest_run_time.CopyFrom(stamp(runs[0].root.created))
                counts = collections.Counter(run.root.phase for run in runs)
                for phase, count in counts.items():
                    one.phase_counts.add(phase=phase, count=count)
                for run in runs[:10]:
                    one.recent_statuses.add(run_name=run.key[2], phase=run.root.phase)
            yield out
            if request.HasField("end_date"):
                return
            await asyncio.sleep(5)

    async def create_run(self, request, ctx):
        which = request.WhichOneof("id")
        id = request.run_id if which == "run_id" else request.project_id
        project, domain = (id.project, id.domain) if which == "run_id" else (id.name, id.domain)
        if domain not in self.store.projects.get(project, []):
            raise missing(f"project {project}/{domain}")
        name = id.name if which == "run_id" else "r" + "".join(random.choices(string.ascii_lowercase + string.digits, k=19))
        if not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name) or len(name) > 30:
            raise wrong(f"invalid run name: {name}")
        key = (project, domain, name)
        if key in self.store.runs:
            raise ConnectError(Code.ALREADY_EXISTS, f"run {name} already exists")
        kind, trigger = request.WhichOneof("task"), None
        if kind == "task_id":
            task = (request.task_id.project, request.task_id.domain, request.task_id.name, request.task_id.version)
            if task not in self.store.tasks:
                raise missing(f"task {task[2]}")
        elif kind == "task_spec":
            given = request.task_spec.task_template.id
            task = (given.project or project, given.domain or domain, given.name or "inline", given.version or "inline")
            self.store.sent[task] = request.task_spec
        elif kind == "trigger_name":
            trigger = request.trigger_name.name
            if trigger not in self.store.triggers:
                raise missing(f"trigger {trigger}")
            task = self.store.triggers[trigger]["task"]
        else:
            raise wrong("no task")
        relation = request.run_spec.relation if request.run_spec.HasField("relation") else None
        run = Run(key, task, request.source or rd.RUN_SOURCE_WEB, "grace", trigger, request.run_spec, relation)
        run.store = self.store
        root = Action(run, "a0")
        root.inputs = {one.name: one.value for one in request.inputs.literals}
        root.offloaded = request.offloaded_input_data
        self.store.add(run, root)
        if relation and relation.relation_type == 2:
            self.recover(run, relation, set(request.run_spec.recover.force_rerun_actions))
        # Nobody is told of it before its first change.
        return rs.CreateRunResponse(run=row(run))

    def recover(self, run, relation, forced):
        old = self.store.find(relation.related_to)
        for action in list(old.actions.values())[1:] if old else []:
            made = self.store.action(run, action.name, action.parent, kind=action.kind, task=action.task, group=action.group, quiet=True)
            made.condition = action.condition
            if action.phase in (SUCCEEDED, RECOVERED) and action.name not in forced:
                self.store.set(made, RECOVERED)
                made.recovered = action.proto().id

    async def abort_run(self, request, ctx):
        run = self.run(request.run_id)
        reason = request.reason or "User requested abort"
        # Whatever it was: the phase is overwritten, the end is kept.
        end = run.root.end
        self.store.set(run.root, ABORTED, abort=reason)
        run.root.end = end or run.root.end
        for action in run.actions.values():
            if action.phase not in TERMINAL:
                self.store.set(action, ABORTED, abort="the run was aborted")
        return rs.AbortRunResponse()

    async def abort_action(self, request, ctx):
        self.store.set(self.action(request.action_id), ABORTED, abort=request.reason)
        return rs.AbortActionResponse()

    async def signal_event(self, request, ctx):
        action = self.action(request.action_id)
        if action.kind != "condition":
            raise ConnectError(Code.FAILED_PRECONDITION, f"action {action.name} is not a condition")
        which = request.payload.WhichOneof("value") or wrong("no payload")
        value = getattr(request.payload, which)
        wanted = {"bool_value": 4, "int_value": 1, "float_value": 2, "string_value": 3}[which]
        if wanted != action.condition["type"]:
            raise wrong("payload does not fit the condition's type")
        if request.parent_action_name != action.parent:
            raise wrong("parent action does not match")
        if action.phase != PAUSED:
            words = "already signalled with a different value" if action.signal not in (None, value) else "not paused"
            raise ConnectError(Code.FAILED_PRECONDITION, words)
        self.store.set(action, SUCCEEDED, signal=value)
        return rs.SignalEventResponse()
