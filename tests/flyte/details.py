"""An action's details as the open service reports them: attempts from events, errors where it puts them, nothing that it leaves out."""

from flyteidl2.core import execution_pb2 as ex
from flyteidl2.core import literals_pb2 as lt
from flyteidl2.workflow import run_definition_pb2 as rd

import mount
from store import ABORTED, FAILED, TERMINAL, stamp


def owner(into, name):
    into.user.id.subject = name
    into.user.spec.first_name, into.user.spec.email = name.title(), name + "@example.org"


def literal(value):
    out = lt.Literal()
    primitive = out.scalar.primitive
    if isinstance(value, bool):
        primitive.boolean = value
    elif isinstance(value, int):
        primitive.integer = value
    elif isinstance(value, float):
        primitive.float_value = value
    else:
        primitive.string_value = str(value)
    return out


def context(action, attempt):
    pod = ex.PodLogContext(namespace="flyte", pod_name=pod_name(action, attempt), primary_container_name="main")
    pod.containers.add(container_name="main")
    return ex.LogContext(pods=[pod], primary_pod_name=pod.pod_name)


def pod_name(action, attempt):
    return f"{action.run.key[2]}-{action.name}-{attempt - 1}"


def events_of(action, attempt):
    out = []
    for at, reason, message, kind in action.events.get(attempt, []):
        out.append(rd.ClusterEvent(occurred_at=stamp(at), reason=reason, message=message, type=kind, source_component="kubelet", count=1))
    return out


def attempts(action):
    for number, spans in sorted(action.transitions.items()):
        one = rd.ActionAttempt(attempt=number, phase=spans[-1][0], start_time=stamp(spans[0][1]), cluster="kind-1", cache_status=action.cache)
        if action.cached_from:
            one.cache_metadata.source_action_attempt.CopyFrom(action.cached_from)
        if spans[-1][0] in TERMINAL:
            one.end_time.CopyFrom(stamp(spans[-1][1]))
        for phase, start, end in spans:
            span = one.phase_transitions.add(phase=phase, start_time=stamp(start))
            if end is not None:
                span.end_time.CopyFrom(stamp(end))
        one.cluster_events.extend(events_of(action, number))
        is_last = number == action.attempts
        if spans[-1][0] in (FAILED, 8):
            message, kind = action.error if is_last and action.error else ("attempt failed", rd.ErrorInfo.KIND_SYSTEM)
            one.error_info.message, one.error_info.kind, one.error_info.code = message, kind, "E" + str(kind)
        if number in action.logs:
            one.logs_available = True
            if not action.hides_context:
                one.log_context.CopyFrom(context(action, number))
            # The service says of dashboards and editors alone when they are ready.
            one.log_info.add(uri=f"https://logs.example/{action.name}/{number}", name="Cloud logs", link_type=ex.TaskLog.EXTERNAL)
            one.log_info.add(uri=f"https://dash.example/{number}", name="Dashboard", ready=is_last, link_type=ex.TaskLog.DASHBOARD)
            one.log_info.add(uri=f"https://ide.example/{number}", name="Editor", ready=True, link_type=ex.TaskLog.IDE, HideOnceFinished=True)
        if is_last and action.phase in (5, 10) and action.outputs:
            one.outputs.output_uri = f"s3://data/{action.run.key[2]}/{action.name}/outputs.pb"
        if action.report:
            one.outputs.report_uri = action.report
        yield one


def details(action):
    run = action.run
    out = rd.ActionDetails()
    small = action.proto()
    out.id.CopyFrom(small.id)
    out.metadata.CopyFrom(small.metadata)
    out.status.CopyFrom(small.status)
    meta = out.metadata
    meta.action_type = {"task": 1, "trace": 2, "condition": 3}[action.kind]
    enrich(meta, action)
    if action.phase == FAILED and action.error:
        out.error_info.message, out.error_info.kind = action.error
    if action.phase == ABORTED and action.abort:
        out.abort_info.reason = action.abort
        # The open service does not tell who it was.
        if mount.STRICT:
            owner(out.abort_info.aborted_by, "grace")
    if action.signal is not None:
        owner(out.signal_info.signalled_by, "ada")
        out.signal_info.output.CopyFrom(literal(action.signal))
    if action.kind == "task" and run.store is not None:
        spec = run.store.tasks.get(action.task) or run.store.sent.get(action.task)
        if spec is not None:
            out.task.CopyFrom(spec)
    elif action.kind == "trace":
        answer = out.trace.interface.outputs.variables.add(key="o0")
        answer.value.type.simple = 1
    elif action.kind == "condition":
        one = action.condition
        out.condition.name, out.condition.type.simple = one["name"], one["type"]
        out.condition.prompt, out.condition.description = one["prompt"], one["description"]
        # Text, or Markdown where a person has an hour for it.
        out.condition.prompt_type = 2 if one["wait"] else 1
        if one["wait"]:
            out.condition.timeout.FromSeconds(one["wait"])
    out.attempts.extend(attempts(action))
    return out


def enrich(meta, action):
    """What lists and details tell of a run's root, and the tree does not."""
    run = action.run
    if run.owner:
        owner(meta.executed_by, run.owner)
    if action.name == "a0":
        meta.source = run.source
        if run.trigger:
            meta.trigger_name = run.trigger
            name = meta.trigger_id.name
            name.project, name.domain = run.key[0], run.key[1]
            name.name, name.task_name = run.trigger, run.task[2]
            meta.trigger_id.revision = 1
            meta.trigger_type.type = 2
            meta.trigger_type.schedule.cron.expression = "0 3 * * *"
        if run.relation:
            meta.relation.CopyFrom(run.relation)
            meta.relation.related_to.org = ""
    if action.recovered:
        meta.recovered_from.CopyFrom(action.recovered)


def row(run):
    out = rd.Run()
    out.action.CopyFrom(run.root.proto())
    enrich(out.action.metadata, run.root)
    return out
