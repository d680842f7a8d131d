// A checkout of executioner: its command line (tests/fixture/executioner/executioner.py behaves like the real one), a configuration, and a history.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, tempDir } from "./env.mjs";
import { run } from "./proc.mjs";

const FIXTURES = join(root, "tests/fixture/executioner");

/** Earlier runs, as their design lists them. */
const EARLIER = [
  [246, "data_pipeline", "FAILED", "08:00:00", "08:00:45", 0, 8], [247, "data_pipeline", "FAILED", "08:30:00", "08:31:05", 2, 8],
  [248, "batch_processor", "SUCCESS", "09:00:00", "09:15:42", 12, 12],
];

/** Runs these lines of SQL on a database, which is made if it is not there. */
export const sql = (database, ...lines) => run("python3", ["-c", "import sqlite3,sys\ndb=sqlite3.connect(sys.argv[1])\nfor line in sys.argv[2:]: db.execute(line)\ndb.commit()", database, ...lines]);

/** The jobs of the example; `gates`: files that a job waits for before it goes on. */
export async function checkout({ gates = {} } = {}) {
  const dir = tempDir("executioner");
  const home = join(dir, "home");
  mkdirSync(home);
  const script = join(dir, "executioner.py");
  copyFileSync(join(FIXTURES, "executioner.py"), script);
  const config = join(dir, "data_pipeline.json");
  const json = JSON.parse(readFileSync(join(FIXTURES, "data_pipeline.json"), "utf8").replaceAll("/srv/pipeline", home).replace("; sleep 1", ""));
  for (const job of json.jobs) if (gates[job.id]) job.command += `; while [ ! -e ${gates[job.id]} ]; do sleep 0.05; done; echo ${job.id} went on`;
  writeFileSync(config, JSON.stringify(json));
  const database = join(dir, "data/jobs_history.db");
  const call = (...args) => run("python3", [script, ...args]);
  await call("--list-runs");
  const rows = EARLIER.map(([id, app, status, start, end, done, total]) => {
    const failed = status === "FAILED" ? 1 : 0;
    return `INSERT INTO run_summary VALUES (${id},1,'${app}','2025-05-23 ${start}','2025-05-23 ${end}','${status}',${total},${done},${failed},0,${failed},'${home}','2025-05-23 ${start}')`;
  });
  await sql(database, ...rows);
  return {
    dir, home, script, config, database,
    /** Runs the configuration once: the job transform_part2 fails until `fixed` is there. */
    run: () => call("-c", config),
    fix: () => writeFileSync(join(home, "fixed"), ""),
    unfix: () => rmSync(join(home, "fixed")),
    open: (name) => writeFileSync(join(home, name), ""),
    /** The bridge's options for it, as the source `ex`. */
    options: [
      "--executioner", `ex=${database}`, "--executioner-config", `ex=${config}`, "--executioner-command", "ex=python3", "--executioner-command", `ex=${script}`,
    ],
  };
}
