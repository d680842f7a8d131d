"""Starts a Dagster webserver and daemon for tests, and stops both when it is asked to end.

  serve.py HOME [--read-only] [--path-prefix /dg]

HOME becomes a throw-away DAGSTER_HOME. The first line on stdout is the server's address, once it answers.
"""
import argparse
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

DEFS = pathlib.Path(__file__).with_name("defs.py")
CONFIG = """\
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def main():
    args = argparse.ArgumentParser()
    args.add_argument("home", type=pathlib.Path)
    args.add_argument("--path-prefix", default="")
    args.add_argument("--read-only", action="store_true")
    args = args.parse_args()
    args.home.mkdir(parents=True, exist_ok=True)
    (args.home / "dagster.yaml").write_text(CONFIG)
    tools = pathlib.Path(sys.executable).parent
    # A proxy of the environment is not for a server on this machine.
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env |= {"DAGSTER_HOME": str(args.home), "DAGSTER_DISABLE_TELEMETRY": "yes", "NO_PROXY": "*", "PYTHONDONTWRITEBYTECODE": "1"}
    os.environ["NO_PROXY"] = "*"
    port = free_port()
    web = [tools / "dagster-webserver", "-h", "127.0.0.1", "-p", str(port), "-f", DEFS]
    if args.path_prefix:
        web += ["--path-prefix", args.path_prefix]
    if args.read_only:
        web += ["--read-only"]
    daemon = [tools / "dagster-daemon", "run", "-f", DEFS]
    over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda *_: over.set())
    log = open(args.home / "server.log", "ab")
    started = []

    def start(command):
        started.append(subprocess.Popen(list(map(str, command)), env=env, cwd=args.home, stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log))

    def died():
        return any(one.poll() is not None for one in started)

    try:
        url = f"http://127.0.0.1:{port}{args.path_prefix}"
        end = time.monotonic() + 120
        start(web)
        while not answers(f"{url}/server_info"):
            if over.is_set() or time.monotonic() > end or died():
                log.flush()
                sys.exit("Dagster did not start:\n" + (args.home / "server.log").read_text()[-4000:])
            time.sleep(0.2)
        # Not before: both would make the tables of the same new databases.
        if not args.read_only:
            start(daemon)
        print(url, flush=True)
        while not over.wait(0.5):
            if died():
                sys.exit("Dagster ended by itself:\n" + (args.home / "server.log").read_text()[-4000:])
    finally:
        for one in started:
            one.terminate()
        for one in started:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()


if __name__ == "__main__":
    main()
