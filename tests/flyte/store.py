"""Runs and their actions in memory, as Flyte 2's one table has them: a run is the row of its root action a0. News pass by channels that lose what
does not fit, as Postgres' NOTIFY into channels of 100 does."""

import asyncio
import collections
import time

from flyteidl2.common import phase_pb2 as ph
from flyteidl2.task import run_pb2 as tr
from flyteidl2.workflow import run_definition_pb2 as rd
from google.protobuf.timestamp_pb2 import Timestamp

QUEUED, WAITING, INITIALIZING, RUNNING = 1, 2, 3, 4
SUCCEEDED, FAILED, ABORTED, TIMED_OUT, PAUSED, RECOVERED = 5, 6, 7, 8, 9, 10
TERMINAL = {SUCCEEDED, FAILED, ABORTED, TIMED_OUT, RECOVERED}
CHANNEL = 100


def stamp(at):
    whole = int(at)
    return Timestamp(seconds=whole, nanos=int(round((at - whole) * 1e6)) * 1000)


class Action:
    def __init__(self, run, name, parent="", kind="task", task=None, phase=QUEUED, group="", at=None):
        self.run, self.name, self.parent, self.kind, self.group = run, name, parent, kind, group
        self.task = task or run.task
        self.created = self.start = at if at is not None else time.time()
        self.updated = self.created
        self.end = None
        self.phase, self.attempts, self.cache = phase, 1, 0
        self.counts = collections.Counter()
        self.error = self.abort = self.signal = self.condition = self.recovered = self.cached_from = None
        # Of each attempt: (phase, start, end), cluster events, error.
        self.transitions = {1: [[phase, self.start, None]]}
        self.events = {}
        self.logs = {}
        self.inputs, self.outputs, self.offloaded = {}, {}, None
        self.report = None
        # Where it runs is known, and its details do not tell.
        self.hides_context = False

    def proto(self, full=True):
        action = rd.Action()
        self.identify(action.id)
        self.describe(action.metadata, full)
        status = action.status
        status.phase, status.attempts, status.cache_status = self.phase, self.attempts, self.cache
        status.start_time.CopyFrom(stamp(self.start))
        if self.end is not None:
            status.end_time.CopyFrom(stamp(self.end))
            status.duration_ms = int((self.end - self.start) * 1000)
        return action

    def identify(self, id):
        # The organisation is never sent back.
        id.run.project, id.run.domain, id.run.name = self.run.key
        id.name = self.name

    def describe(self, metadata, full):
        metadata.parent, metadata.group = self.parent, self.group
        if not full:
            return
        if self.kind == "task":
            project, domain, name, version = self.task
            id = metadata.task.id
            id.project, id.domain, id.name, id.version = project, domain, name, version
            metadata.task.task_type, metadata.task.short_name = "python", name.split(".")[-1]
            metadata.funtion_name = name.split(".")[-1]
            metadata.environment_name = name.split(".")[0]
        elif self.kind == "trace":
            metadata.trace.name = self.group or self.name
        else:
            metadata.condition.name = self.condition["name"]
            metadata.condition.type.simple = self.condition["type"]


class Run:
    def __init__(self, key, task, source=rd.RUN_SOURCE_CLI, owner="ada", trigger=None, spec=None, relation=None):
        self.key, self.task, self.source, self.owner, self.trigger = key, task, source, owner, trigger
        self.spec = spec or tr.RunSpec()
        self.relation = relation
        self.actions = {}

    @property
    def root(self):
        return self.actions["a0"]


class Store:
    def __init__(self, lossy):
        self.projects = {"flytesnacks": ["development", "staging", "production"], "billing": ["development", "production"]}
        self.runs = {}
        self.tasks = {}
        # Tasks that came with a run and were never deployed.
        self.sent = {}
        self.triggers = {}
        self.watchers = {"runs": set(), "actions": set(), "details": set(), "logs": set()}
        # Every so many-th news of a run is lost.
        self.lossy, self.told = lossy, 0

    def add(self, run, root):
        self.runs[run.key] = run
        run.actions["a0"] = root
        return run

    def find(self, id):
        return self.runs.get((id.project, id.domain, id.name))

    def action(self, run, name, parent="a0", quiet=False, **more):
        action = Action(run, name, parent, **more)
        run.actions[name] = action
        for above in self.above(action):
            above.counts[action.phase] += 1
        if not quiet:
            self.tell("actions", (run.key, name))
        return action

    def above(self, action):
        while action.parent:
            action = action.run.actions[action.parent]
            yield action

    def set(self, action, phase, at=None, **more):
        """A new phase. A failed action that goes on is a new attempt."""
        at = at or time.time()
        old = action.phase
        if old in (FAILED, TIMED_OUT) and phase < SUCCEEDED:
            action.attempts += 1
            action.error = None
        for name, value in more.items():
            setattr(action, name, value)
        spans = action.transitions.setdefault(action.attempts, [])
        if spans and spans[-1][2] is None and spans[-1][0] != phase:
            spans[-1][2] = at
        if not any(span[0] == phase for span in spans):
            spans.append([phase, at, at if phase in TERMINAL else None])
        action.phase, action.updated = phase, time.time()
        action.end = at if phase in TERMINAL else None
        for above in self.above(action):
            above.counts[old] -= 1
            above.counts[phase] += 1
        self.tell("actions", (action.run.key, action.name))
        self.tell("details", (action.run.key, action.name))
        if action.name == "a0":
            self.told += 1
            if not self.lossy or self.told % self.lossy:
                self.tell("runs", action.run.key)

    def log(self, action, text, at=None):
        lines = action.logs.setdefault(action.attempts, [])
        lines.append((at or time.time(), text))
        self.tell("logs", (action.run.key, action.name))

    def tell(self, what, news):
        for channel in self.watchers[what]:
            if channel.qsize() < CHANNEL:
                channel.put_nowait(news)

    def listen(self, what):
        return Listening(self.watchers[what])


class Listening:
    def __init__(self, watchers):
        self.watchers, self.channel = watchers, asyncio.Queue()

    def __enter__(self):
        self.watchers.add(self.channel)
        return self.channel

    def __exit__(self, *_):
        self.watchers.discard(self.channel)
