// A real Dagster webserver and daemon over tests/dagster/defs.py, and the bridge before it.
import { join } from "node:path";
import process from "node:process";
import { serve } from "./bridge.mjs";
import { root, tempDir } from "./env.mjs";
import { firstLine, run, start } from "./proc.mjs";

const python = process.env.RUNBOARD_DAGSTER_PYTHON;
if (!python) throw new Error("RUNBOARD_DAGSTER_PYTHON must name the Python of a venv with dagster-webserver; `cargo xtask test --only e2e` makes one");
const script = (name) => join(root, "tests/dagster", name);

/** Starts Dagster over `home`; `args` as tests/dagster/serve.py takes them. It ends with us. */
export async function dagster(home = tempDir("dagster"), args = []) {
  const child = start(python, [script("serve.py"), home, "--tied", ...args]);
  const url = await firstLine(child);
  const self = {
    url,
    home,
    port: Number(new URL(url).port),
    async stop() {
      child.kill("SIGTERM");
      await child.done;
    },
    /** Without a word, and what it started with it. */
    async kill() {
      child.kill("SIGKILL");
      await child.done;
    },
    /** Starts a run of a job; gives its id. */
    launch: (job, config = {}) => ask("launch", job, JSON.stringify(config)),
    /** Until the runs are over. */
    wait: (...runs) => ask("wait", ...runs),
    /** Registers a run that another system runs, under an id if one is given, or one that stands as it is told; gives its id. */
    async managed(...words) {
      const child = start(python, [script("managed.py"), ...words], { env: { DAGSTER_HOME: home } });
      child.stdin.end();
      if ((await child.done) !== 0) throw new Error(`managed.py: ${child.text.err}`);
      return child.text.out.trim();
    },
    async query(text, variables = {}) {
      const answer = await fetch(`${url}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query: text, variables }) });
      return (await answer.json()).data;
    },
  };
  async function ask(...words) {
    const child = start(python, [script("ask.py"), url, ...words]);
    child.stdin.end();
    const code = await child.done;
    if (code !== 0) throw new Error(`${words.join(" ")}: ${child.text.err}`);
    return child.text.out.trim();
  }
  return self;
}

/** The bridge with a source `dg`. */
export const front = (url, extra = ["--allow-actions"]) => serve({ extra: ["--dagster", `dg=${url}`, ...extra] });
export { run };
