// Children: each is killed by its own pid when the tests end, whatever happened.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cleanEnv } from "./env.mjs";

const running = new Set();
const killAll = () => {
  for (const child of running) child.kill("SIGKILL");
};
/** All end, and what they have started with them (tests/dagster/serve.py sees to that); who does not is killed. */
async function endAll() {
  for (const child of running) child.kill("SIGTERM");
  const ended = Promise.allSettled([...running].map((child) => child.done));
  await Promise.race([ended, new Promise((late) => setTimeout(late, 20_000).unref())]);
  killAll();
}
// A test that failed in its middle leaves children behind, and a file with children never ends. Measurements are no tests.
if (process.env.NODE_TEST_CONTEXT) (await import("node:test")).after(endAll);
process.once("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

/** Starts a program; what it prints is kept. */
export function start(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], ...options, env: { ...cleanEnv(), ...options.env } });
  running.add(child);
  child.text = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (text) => (child.text.out += text));
  child.stderr?.setEncoding("utf8").on("data", (text) => (child.text.err += text));
  child.stdin?.on("error", () => {});
  child.done = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve(code ?? signal);
    });
  });
  child.done.catch(() => running.delete(child));
  return child;
}

/** Runs a program to its end and gives its exit code. */
export async function run(program, args, options = {}) {
  const child = start(program, args, options);
  child.stdin.end(options.input ?? "");
  return await child.done;
}

/** The first line that a child prints. */
export async function firstLine(child) {
  while (!child.text.out.includes("\n")) {
    const ended = await Promise.race([once(child.stdout, "data").then(() => false), child.done.then(() => true)]);
    if (ended && !child.text.out.includes("\n")) throw new Error(`it ended before it printed a line: ${child.text.err}`);
  }
  return child.text.out.split("\n")[0];
}

const ends = new WeakMap();
/** What is to be done when a test ends: the last thing first; but pages are closed before any server, or they would see it go. */
export function later(t, end, isPage = false) {
  if (!ends.has(t)) {
    const list = [];
    ends.set(t, list);
    t.after(async () => {
      const wrong = [];
      const order = list.reverse().sort((a, b) => b.isPage - a.isPage);
      for (const { end } of order) await Promise.resolve().then(end).catch((error) => wrong.push(error));
      if (wrong.length > 0) throw wrong[0];
    });
  }
  ends.get(t).push({ end, isPage });
}
