// Measurements: `node tests/bench/run.mjs NAME`. `cargo xtask bench NAME` gives them what they need: DIST, BRIDGE, CHROME, RUNBOARD_NODE_MODULES and
// RUNBOARD_DAGSTER_PYTHON or RUNBOARD_FLYTE_PYTHON. The exit code tells whether every bound was kept.
import process from "node:process";
import { table } from "./lib/table.mjs";

// Each needs programs that another one does not.
const ALL = {
  dagster: async () => await (await import("./dagster.mjs")).dagster(),
  flyte: async () => await (await import("./flyte.mjs")).flyte(),
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(ALL, name));
if (names.length === 0 || unknown.length > 0) {
  console.error(`there is nothing to measure under the name ${unknown.join(", ") || "of nothing"}; there is: ${Object.keys(ALL).join(" ")}`);
  process.exit(2);
}
let isOver = false;
for (const name of names) {
  const rows = await ALL[name]();
  console.log(table(rows));
  isOver ||= rows.some((row) => row.isKept === false);
}
// Whatever was started goes with us.
process.exit(isOver ? 1 : 0);
