"""A Flyte 2 runs service for tests: real Connect from the real descriptors over a store in memory. Its first line is its address; it ends when its
parent goes (stdin ends, where that is a pipe). `/control/...` is for tests alone: it tells what is open, cuts connections and makes things happen."""

import argparse
import asyncio
import json
import logging
import os
import random
import socket
import stat
import sys
import threading
import time
from urllib.parse import parse_qsl

import uvicorn
from flyteidl2.auth import identity_pb2
from flyteidl2.cluster import service_pb2 as cluster
from flyteidl2.dataproxy import dataproxy_service_pb2 as dp
from flyteidl2.project import project_service_pb2 as ps
from flyteidl2.task import task_service_pb2 as ts
from flyteidl2.trigger import trigger_service_pb2 as gs
from flyteidl2.workflow import run_service_pb2 as rs
from google.protobuf import json_format

import mount
import scenario
from others import Clusters, Data, Identity, Projects, Tasks, Triggers
from runs import CRASH, Runs
from store import PAUSED, QUEUED, RUNNING, SUCCEEDED, Store

ALLOWED = b"Accept, Authorization, Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, Grpc-Timeout, X-Grpc-Web, X-User-Agent"


class Cut(Exception):
    """Ends a connection in the middle."""


class App:
    def __init__(self, args):
        self.args = args
        self.store = Store(args.lossy)
        scenario.fill(self.store, args.big)
        self.runs = Runs(self.store)
        mounted = [mount.mount(rs, "RunService", self.runs), mount.mount(ts, "TaskService", Tasks(self.store)),
                   mount.mount(ps, "ProjectService", Projects(self.store)), mount.mount(gs, "TriggerService", Triggers(self.store)),
                   mount.mount(identity_pb2, "IdentityService", Identity())]
        if not args.no_dataproxy:
            mounted += [mount.mount(dp, "DataProxyService", Data(self.store, self.runs)), mount.mount(cluster, "ClusterService", Clusters())]
        self.services = dict(mounted)
        self.open, self.most, self.asked, self.gets, self.no_get = {}, 0, {}, {}, False
        self.blocked, self.unready, self.page = False, "", 0

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        path, cors = scope["path"], self.cors(scope)
        if scope["method"] == "OPTIONS" and self.args.cors:
            return await answer(send, 204, b"", cors + [(b"access-control-max-age", b"86400")])
        if path in ("/healthz", "/readyz"):
            words = self.unready if path == "/readyz" else ""
            return await answer(send, 503 if words else 200, (words or "OK").encode(), cors)
        if path.startswith("/control/"):
            said = await self.control(path[9:], dict(parse_qsl(scope["query_string"].decode())))
            return await answer(send, 200, json.dumps(said).encode(), [(b"content-type", b"application/json")])
        if self.page:
            words = b"<!doctype html><title>Sign in</title><form>user <input></form>" if self.page == 200 else b"<html><h1>Bad Gateway</h1></html>"
            return await answer(send, self.page, words, cors + [(b"content-type", b"text/html; charset=utf-8")])
        if self.unready:
            # Without its database it answers nothing.
            return await answer(send, 500, json.dumps({"code": "internal", "message": self.unready}).encode(), cors + [(b"content-type", b"application/json")])
        service = self.services.get(path.rsplit("/", 1)[0])
        if service is None:
            return await answer(send, 404, b"404 page not found\n", cors)
        method = path.rsplit("/", 1)[1]
        self.asked[method] = self.asked.get(method, 0) + 1
        if scope["method"] == "GET":
            if self.no_get:
                return await answer(send, 405, b"", cors)
            self.gets[method] = self.gets.get(method, 0) + 1
        is_stream = dict(scope["headers"]).get(b"content-type", b"").startswith(b"application/connect+")
        await self.serve(service, scope, receive, send, cors, method if is_stream else None)

    async def serve(self, service, scope, receive, send, cors, stream):
        """Runs a call that may be cut off at any moment."""
        crash, cut = {}, asyncio.Event()
        CRASH.set(crash)

        async def passing(message):
            if crash:
                raise Cut
            if stream and self.blocked:
                await asyncio.Event().wait()
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(message["headers"]) + cors}
            elif cut.is_set():
                raise Cut
            await send(message)

        work = asyncio.ensure_future(service(scope, receive, passing))
        if stream is None:
            await work
            return
        number = object()
        self.open[number] = (stream, cut)
        self.most = max(self.most, len(self.open))
        ended = asyncio.ensure_future(cut.wait())
        try:
            await asyncio.wait({work, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                # Half a frame, so that a reader that trusts its bytes is found out.
                if random.random() < 0.5:
                    await send({"type": "http.response.body", "body": b"\0\0\0\1\0{\"enri", "more_body": True})
                raise Cut
            work.result()
        finally:
            ended.cancel()
            work.cancel()
            del self.open[number]

    def cors(self, scope):
        if not self.args.cors:
            return []
        origin = dict(scope["headers"]).get(b"origin", b"*")
        return [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true"),
                (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, OPTIONS"), (b"access-control-allow-headers", ALLOWED)]

    def one(self, asked):
        run = next(run for run in self.store.runs.values() if run.key[2] == asked["run"])
        return run, run.actions[asked.get("action", "a0")]

    async def control(self, what, asked):
        if what == "streams":
            names = sorted(name for name, _ in self.open.values())
            return {"open": names, "most": self.most, "asked": self.asked, "gets": self.gets,
                    "listening": sorted(what for what, channels in self.store.watchers.items() if channels)}
        if what == "forget":
            self.most, self.asked = len(self.open), {}
        elif what == "gets":
            self.no_get = asked["on"] == "0"
        elif what == "cut":
            return self.cut(int(asked.get("n", 1000)))
        elif what == "tree":
            run, _ = self.one(asked)
            return {name: [one.phase, one.attempts] for name, one in run.actions.items()}
        elif what == "set":
            _, action = self.one(asked)
            self.store.set(action, int(asked["phase"]))
        elif what == "add":
            run, _ = self.one(asked)
            self.store.action(run, asked["name"], asked.get("parent", "a0"), phase=int(asked.get("phase", 1)))
        elif what == "log":
            _, action = self.one(asked)
            for number in range(int(asked["n"])):
                self.store.log(action, asked.get("text", "more") + f" {number}")
        elif what == "new":
            like, _ = self.one({"run": "rdone"})
            made = scenario.run(self.store, asked["name"], like.task, QUEUED, 0)
            made.root.updated = time.time()
        elif what == "lossy":
            self.store.lossy = int(asked["n"])
        elif what == "burst":
            # So many at once that the channels have no room.
            run, _ = self.one(asked)
            for number in range(int(asked["n"])):
                self.store.action(run, f"b{number}", phase=RUNNING)
            for number in range(int(asked["n"])):
                self.store.set(run.actions[f"b{number}"], SUCCEEDED)
        elif what == "churn":
            self.churning = asyncio.create_task(self.churn(asked))
            # Who asks for many waits longer than a client waits for an answer.
            return {} if "later" in asked else await self.churning
        elif what == "churned":
            return self.churning.result() if self.churning.done() else {"cuts": self.cuts}
        elif what == "orphan":
            run, _ = self.one(asked)
            self.runs.orphans.add(run.key)
            self.store.set(run.root, run.root.phase)
        elif what == "block":
            self.blocked = asked["on"] == "1"
        elif what == "hold":
            self.runs.held = asked["on"] == "1"
        elif what == "event":
            _, action = self.one(asked)
            now = (time.time(), asked["reason"], asked["message"], 2 if asked.get("warning") else 1)
            action.events.setdefault(action.attempts, []).append(now)
            self.store.tell("details", (action.run.key, action.name))
        elif what == "run":
            run, root = self.one(asked)
            return self.told(run, root)
        elif what == "runs":
            return {"runs": ["/".join(key) for key in self.store.runs]}
        elif what == "tasks":
            return {"tasks": ["/".join(key) for key in self.store.tasks], "active": {name: one["active"] for name, one in self.store.triggers.items()}}
        elif what == "many":
            # Versions and triggers of a task, more than a page holds.
            key = next(key for key in self.store.tasks if key[2] == asked["task"])
            for number in range(int(asked["n"])):
                self.store.tasks[(*key[:3], f"w{number}")] = self.store.tasks[key]
                self.store.triggers[f"t{number}"] = {"task": key, "active": False, "cron": "0 0 * * *"}
        elif what == "page":
            # What stands before the service, and says so in HTML: a page to sign in, or a proxy without a service behind it.
            self.page = int(asked["status"])
        elif what == "ready":
            self.unready = asked.get("words", "")
        return {}

    @staticmethod
    def told(run, root):
        """What a run was made of."""
        relation = run.relation
        return {"key": "/".join(run.key), "task": "/".join(run.task), "phase": root.phase, "abort": root.abort, "trigger": run.trigger, "source": run.source,
                "inputs": {name: json_format.MessageToDict(one) if hasattr(one, "DESCRIPTOR") else one for name, one in root.inputs.items()},
                "offloaded": json_format.MessageToDict(root.offloaded) if root.offloaded else {},
                "relation": relation and [relation.relation_type, relation.related_to.name], "spec": json_format.MessageToDict(run.spec)}

    def cut(self, count):
        there = list(self.open.values())
        for _, event in random.sample(there, min(count, len(there))):
            event.set()
        return {"cut": min(count, len(there))}

    async def churn(self, asked):
        """Many changes of a run's actions, with cuts among them; then every action is over, the root last."""
        chance = random.Random(int(asked["seed"]))
        run, root = self.one(asked)
        updates, cuts, pause = int(asked["updates"]), int(asked["cuts"]), float(asked["ms"]) / 1000 / int(asked["updates"])
        names, done, self.cuts = [], 0, 0
        for update in range(updates):
            if update % 10 == 0:
                name = f"c{update}"
                self.store.action(run, name, chance.choice(["a0", *names[-5:]]), task=root.task)
                names.append(name)
            else:
                action = run.actions[chance.choice(names)]
                self.store.set(action, chance.choice([2, 3, RUNNING, SUCCEEDED, 6, 1]))
            if done < cuts and update % (updates // cuts) == 0:
                for _ in range(1500):
                    # Now before the first frame, now after it.
                    if self.open:
                        await asyncio.sleep(chance.random() * 0.2)
                    if self.cut(1)["cut"]:
                        done += 1
                        self.cuts = done
                        break
                    await asyncio.sleep(0.02)
            if update % 5 == 0:
                await asyncio.sleep(pause * 5)
        for name in names:
            self.store.set(run.actions[name], chance.choice([SUCCEEDED, 6, 7]))
        self.store.set(root, SUCCEEDED)
        return {"updates": updates, "cuts": done, "actions": len(run.actions)}


async def answer(send, status, body, headers):
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--strict", action="store_true", help="refuse what the annotations forbid, as the closed service does")
    parser.add_argument("--cors", action="store_true", help="as the unified binary")
    parser.add_argument("--no-dataproxy", action="store_true", help="as the runs service alone")
    parser.add_argument("--lossy", type=int, default=3, help="every so many-th news of a run is lost; 0: none")
    parser.add_argument("--big", type=int, default=0, help="a run of so many actions")
    parser.add_argument("--verbose", action="store_true", help="say why something went wrong here")
    args = parser.parse_args()
    mount.STRICT = args.strict
    # Cut connections are no news.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR if args.verbose else logging.CRITICAL)
    listener = socket.create_server(("127.0.0.1", args.port))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    config = uvicorn.Config(App(args), log_level="error" if args.verbose else "critical", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)

    def parent():
        first = os.getppid()
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            while sys.stdin.buffer.read(4096):
                pass
        else:
            while os.getppid() == first:
                time.sleep(1)
        server.should_exit = server.force_exit = True

    threading.Thread(target=parent, daemon=True).start()
    asyncio.run(server.serve([listener]))


if __name__ == "__main__":
    main()
