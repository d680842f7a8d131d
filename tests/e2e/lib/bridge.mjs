// The real bridge and the real recorder.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as env from "./env.mjs";
import { firstLine, run, start } from "./proc.mjs";

/** Starts `runboard-bridge serve` on a free port (or on `port`), with `extra` arguments. */
export async function serve({ dir = env.tempDir("runs"), dist = env.dist, histories = {}, config, port = 0, extra = [] } = {}) {
  const args = ["serve", "--listen", `127.0.0.1:${port}`, "--dist", dist, "--dir", dir];
  for (const [name, path] of Object.entries(histories)) args.push("--history", `${name}=${path}`);
  if (config) args.push("--config", config);
  args.push(...extra);
  const child = start(env.bridge, args);
  const url = await firstLine(child);
  const self = {
    url,
    dir,
    child,
    port: Number(new URL(url).port),
    /** Ends as an operator ends it. */
    async stop() {
      child.kill("SIGTERM");
      await child.done;
    },
    /** Ends without a last word. */
    async kill() {
      child.kill("SIGKILL");
      await child.done;
    },
    /** The same bridge once more, at the same place. */
    again: (changed = {}) => serve({ dir, dist, histories, config, extra, port: Number(new URL(url).port), ...changed }),
    async get(path) {
      const answer = await fetch(new URL(`api/v1/${path}`, url));
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return await answer.json();
    },
    /** Until the API shows what is wanted. */
    async until(path, test, what = path) {
      for (const end = Date.now() + env.PATIENCE; Date.now() < end; ) {
        const answer = await self.get(path).catch(() => null);
        if (answer && test(answer)) return answer;
        await new Promise((done) => setTimeout(done, 25));
      }
      throw new Error(`the bridge never showed: ${what}`);
    },
  };
  return self;
}

function recordArgs(dir, job, { tags = {}, step } = {}, command) {
  const args = ["record", "--dir", dir, "--job", job];
  for (const [key, value] of Object.entries(tags)) args.push("--tag", `${key}=${value}`);
  if (step) args.push("--step", step);
  return [...args, "--", ...command];
}

/** Records `script` (for sh) as a run and waits for its end; gives the run's id. `$STEP NAME COMMAND...` inside is a step. */
export async function record(dir, job, script, options = {}) {
  const before = new Set(ids(dir));
  await run(env.bridge, recordArgs(dir, job, { step: "main", ...options }, ["sh", "-c", script]), { env: { STEP: stepCommand() } });
  const id = ids(dir).find((id) => !before.has(id));
  if (!id) throw new Error(`no run was recorded of ${job}`);
  return id;
}

/** In a script: `$STEP NAME -- COMMAND...`. */
const stepCommand = () => `${env.bridge} record --job step --step`;

/** A run that does what the test says: each `say` is a line for its shell. */
export async function live(dir, job, options = {}) {
  const before = new Set(ids(dir));
  const child = start(env.bridge, recordArgs(dir, job, { step: "main", ...options }, ["sh"]), { env: { STEP: stepCommand() } });
  while (!ids(dir).some((id) => !before.has(id))) {
    if (child.exitCode !== null) throw new Error(`the recorder ended: ${child.text.err}`);
    await new Promise((done) => setTimeout(done, 10));
  }
  return {
    id: ids(dir).find((id) => !before.has(id)),
    child,
    say: (line) => child.stdin.write(`${line}\n`),
    /** Ends the shell, and gives the recorder's exit code. */
    async end(code = 0) {
      child.stdin.end(`exit ${code}\n`);
      return await child.done;
    },
  };
}

/** Ids of the runs that have been put in place. */
export function ids(dir) {
  try {
    return readdirSync(join(dir, "runs")).filter((id) => exists(join(dir, "runs", id, "run.json")));
  } catch {
    return [];
  }
}

function exists(path) {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

export const logFile = (dir, id) => join(dir, "runs", id, "log.tsv");

/** The lines of a run's log as they were printed. */
export function logTexts(dir, id) {
  const rows = readFileSync(logFile(dir, id), "utf8").split("\n").slice(0, -1);
  return rows.map((row) => row.split("\t").slice(3).join("\t"));
}

/** A run folder as a shell script would write it. */
export function writeRun(dir, run, events, log = "") {
  const folder = join(dir, "runs", run.run_id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "events.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  writeFileSync(join(folder, "log.tsv"), log);
  writeFileSync(join(folder, "run.json"), JSON.stringify({ format: 1, ...run }));
  return run.run_id;
}

/** A history file of these records. */
export function writeHistory(dir, records, name = "history.jsonl") {
  const path = join(dir, name);
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  return path;
}
