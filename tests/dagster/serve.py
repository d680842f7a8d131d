"""Starts a Dagster webserver and daemon for tests, and stops both, with the runs that they have started, when it is asked to end.

  serve.py HOME [--read-only] [--path-prefix /dg] [--no-daemon] [--no-launch] [--tied] [--port N] [--header NAME:VALUE]

HOME becomes a throw-away DAGSTER_HOME. The first line on stdout is the server's address, once it answers. With --header it is that of a gate before the
server, which lets nobody in who does not send the header. With --no-launch no run can be launched (failing_launcher.py). With --tied it also ends, killed and without a word, when its stdin ends.
"""
import argparse
import ctypes
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
NO_LAUNCH = """\
run_launcher:
  module: failing_launcher
  class: FailingLauncher
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def die_with_parent():
    """Whoever kills us outright leaves no server behind (Linux: PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def adopt_orphans():
    """What Dagster starts and leaves behind (run workers, code servers) becomes our child (Linux: PR_SET_CHILD_SUBREAPER)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)


def children():
    """Those of this process, by /proc/PID/stat: `pid (name) state ppid ...`."""
    for one in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = one.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # It has ended meanwhile.
        if int(parent) == os.getpid():
            yield int(one.parent.name)


def end_orphans():
    """Runs that go on would write into HOME while its owner removes it."""
    while True:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)  # What it leaves behind is ours next.
        except ChildProcessError:
            return


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def gate(port, header):
    """Passes on connections to the port whose head has the header, and refuses the others; gives its own port."""
    name, value = header.split(":", 1)
    wanted = f"{name}: {value}".lower()
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
        except OSError:
            pass
        finally:
            for one in (source, target):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def serve(client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return client.close()
            head += piece
        lines = head.split(b"\r\n\r\n")[0].decode("latin-1").lower().split("\r\n")
        if wanted not in lines:
            client.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return client.close()
        server = socket.create_connection(("127.0.0.1", port))
        server.sendall(head)
        threading.Thread(target=copy, args=(server, client), daemon=True).start()
        copy(client, server)

    def listen():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    return listener.getsockname()[1]


def main():
    args = argparse.ArgumentParser()
    args.add_argument("home", type=pathlib.Path)
    args.add_argument("--path-prefix", default="")
    args.add_argument("--read-only", action="store_true")
    args.add_argument("--no-daemon", action="store_true")
    args.add_argument("--no-launch", action="store_true")
    args.add_argument("--tied", action="store_true")
    args.add_argument("--port", type=int, default=0)
    args.add_argument("--header", default="")
    args = args.parse_args()
    args.home.mkdir(parents=True, exist_ok=True)
    (args.home / "dagster.yaml").write_text(CONFIG + (NO_LAUNCH if args.no_launch else ""))
    tools = pathlib.Path(sys.executable).parent
    # A proxy of the environment is not for a server on this machine.
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env |= {"DAGSTER_HOME": str(args.home), "DAGSTER_DISABLE_TELEMETRY": "yes", "NO_PROXY": "*", "PYTHONDONTWRITEBYTECODE": "1"}
    if args.no_launch:
        env["PYTHONPATH"] = str(DEFS.parent)
    os.environ["NO_PROXY"] = "*"
    port = args.port or free_port()
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
    adopt_orphans()

    def until_stdin_ends():
        sys.stdin.read()
        for one in started:
            one.kill()
        over.set()

    if args.tied:
        threading.Thread(target=until_stdin_ends, daemon=True).start()

    def start(command):
        started.append(subprocess.Popen(list(map(str, command)), env=env, cwd=args.home, stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, preexec_fn=die_with_parent))

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
        if not args.read_only and not args.no_daemon:
            start(daemon)
        if args.header:
            url = f"http://127.0.0.1:{gate(port, args.header)}{args.path_prefix}"
        print(url, flush=True)
        while not over.wait(0.5):
            if died() and not over.is_set():
                sys.exit("Dagster ended by itself:\n" + (args.home / "server.log").read_text()[-4000:])
    finally:
        for one in started:
            one.terminate()
        for one in started:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        end_orphans()


if __name__ == "__main__":
    main()
