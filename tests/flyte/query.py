"""Filters, sorts and pages as the open service has them, odd answers included."""

from datetime import datetime

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from flyteidl2.common import list_pb2 as ls
from flyteidl2.workflow import run_definition_pb2 as rd

MOST = 200


def value(action, field):
    run = action.run
    task = action.task if action.kind == "task" else ("", "", "", "")
    return {
        "project": run.key[0], "domain": run.key[1], "run_name": run.key[2], "phase": action.phase,
        "action_type": {"task": 1, "trace": 2, "condition": 3}[action.kind],
        "run_source": rd.RunSource.Name(run.source), "created_by_subject": run.owner or "",
        "trigger_task_name": "", "trigger_name": run.trigger or "", "trigger_revision": 1 if run.trigger else 0,
        "task_project": task[0], "task_domain": task[1], "task_name": task[2], "task_version": task[3],
        "function_name": task[2].split(".")[-1], "created_at": action.created, "updated_at": action.updated,
        "ended_at": action.end or 0.0, "duration_ms": int((action.end - action.start) * 1000) if action.end else 0,
    }[field]


FIELDS = set(
    "project domain run_name phase action_type run_source created_by_subject trigger_task_name trigger_name trigger_revision trigger_type task_project "
    "task_domain task_name task_version function_name created_at updated_at ended_at duration_ms".split()
)


def wrong(words, code=Code.INVALID_ARGUMENT):
    return ConnectError(code, words)


def typed(field, text):
    if field in ("phase", "action_type", "trigger_revision", "duration_ms"):
        return int(text)
    if field.endswith("_at"):
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    return text


def passes(rows, filters, read=value, fields=FIELDS):
    for one in filters:
        if one.field not in fields:
            raise wrong(f"invalid filter field: {one.field}")
        if one.field == "trigger_type":
            raise wrong('pq: column "trigger_type" does not exist', Code.INTERNAL)
        if not one.values:
            raise wrong("filter needs a value")
        if one.function == ls.Filter.VALUE_IN and len(one.values) == 1:
            raise wrong("sql: converting argument $1 type: pq.Array", Code.INTERNAL)
        wanted = [typed(one.field, text) for text in one.values]
        first = wanted[0]
        test = {
            ls.Filter.EQUAL: lambda own: own == first, ls.Filter.NOT_EQUAL: lambda own: own != first,
            ls.Filter.GREATER_THAN: lambda own: own > first, ls.Filter.GREATER_THAN_OR_EQUAL: lambda own: own >= first,
            ls.Filter.LESS_THAN: lambda own: own < first, ls.Filter.LESS_THAN_OR_EQUAL: lambda own: own <= first,
            ls.Filter.CONTAINS: lambda own: first in own, ls.Filter.VALUE_IN: lambda own: own in wanted,
            ls.Filter.ENDS_WITH: lambda own: own.endswith(first), ls.Filter.NOT_ENDS_WITH: lambda own: not own.endswith(first),
            ls.Filter.CONTAINS_CASE_INSENSITIVE: lambda own: first.lower() in own.lower(),
        }.get(one.function)
        if test is None:
            raise wrong(f"unsupported filter function: {ls.Filter.Function.Name(one.function)}")
        rows = [row for row in rows if test(read(row, one.field))]
    return rows


def ordered(rows, sorts, read=value, fields=FIELDS):
    for sort in reversed(sorts):
        if sort.key not in fields:
            raise wrong(f"invalid sort field: {sort.key}")
        rows = sorted(rows, key=lambda row: read(row, sort.key), reverse=sort.direction == ls.Sort.DESCENDING)
    return rows


def cut(rows, request):
    """A page and the token of the next one."""
    limit = request.limit or 50
    if limit > MOST:
        raise wrong(f"invalid limit: {limit} (exceeds maximum of {MOST})")
    if request.token and not request.token.isdigit():
        raise wrong(f"invalid token: {request.token}")
    start = int(request.token or 0)
    page = rows[start : start + limit]
    return page, str(start + limit) if start + limit < len(rows) else ""


def natural(rows):
    """Unsorted: by phase first, so that what runs stands before what is over, but paused and recovered last."""
    return sorted(rows, key=lambda row: (row.phase, -row.created, row.run.key[2]))


def listed(rows, request):
    rows = passes(rows, request.filters)
    sorts = list(request.sort_by_fields) or ([request.sort_by] if request.HasField("sort_by") else [])
    rows = sorted(natural(rows), key=lambda row: row.run.key[2], reverse=True) if sorts else natural(rows)
    return cut(ordered(rows, sorts), request)
