// All end-to-end tests: `node tests/e2e/run.mjs [--only NAME] [--full] [--readme]`.
// DIST, BRIDGE, CHROME and RUNBOARD_NODE_MODULES say what is tested (lib/env.mjs); `cargo xtask test --only e2e` sets them.
// The last line is `N passed, N failed`.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { run } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const only = args.flatMap((arg, at) => (arg === "--only" ? [args[at + 1]] : []));
if (args.includes("--full")) process.env.E2E_FULL = "1";
if (args.includes("--readme")) process.env.E2E_README = "1";

const { bridge, chrome, dist } = await import("./lib/env.mjs").catch((error) => {
  console.error(`the tests need playwright-core and axe-core; \`cargo xtask test --only e2e\` gets them, or set RUNBOARD_NODE_MODULES (${error.message.split("\n")[0]})`);
  process.exit(2);
});
for (const [what, path] of [["DIST", join(dist, "index.html")], ["BRIDGE", bridge], ["CHROME", chrome]]) {
  if (path.includes("/") && !existsSync(path)) {
    console.error(`${what}: ${path} is missing; \`cargo xtask test --only e2e\` builds what the tests need`);
    process.exit(2);
  }
}

const all = readdirSync(here).filter((name) => name.endsWith(".test.mjs")).sort();
// A name is a file's, or else a part of tests' names.
const ofFiles = only.filter((name) => all.some((file) => file.startsWith(name)));
const ofTests = only.filter((name) => !ofFiles.includes(name));
const chosen = all.filter((file) => ofFiles.length === 0 || ofFiles.some((name) => file.startsWith(name)));
// Two files at a time, and the longest first, so that none of those is left for the end.
const LONG = ["states", "dagster", "big", "flyte"];
function rank(file) {
  const at = LONG.findIndex((name) => file.startsWith(name));
  return at < 0 ? LONG.length : at;
}
const files = chosen.toSorted((a, b) => rank(a) - rank(b));

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const stream = run({
  files: files.map((file) => join(here, file)),
  concurrency: 2,
  timeout: 600_000,
  ...(ofTests.length > 0 && { testNamePatterns: ofTests.map((name) => new RegExp(escaped(name))) }),
});

let [passed, failed] = [0, 0];
const failures = [];
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
/** A file's own result counts only when it broke outside of its tests. */
const isFile = (data) => data.nesting === 0 && files.some((file) => data.name.endsWith(file));

function cause(error) {
  const inner = error?.cause ?? error;
  return (typeof inner === "string" ? inner : inner?.stack ?? inner?.message ?? String(inner)).split("\n").slice(0, 60).join("\n");
}

stream.on("test:pass", (data) => {
  if (isFile(data) || data.details.type === "suite" || data.skip !== undefined) return;
  passed += 1;
  console.log(`ok      ${data.name}  ${seconds(data.details.duration_ms)}`);
});
stream.on("test:fail", (data) => {
  if (data.details.type === "suite" || (isFile(data) && data.details.error?.failureType === "subtestsFailed")) return;
  failed += 1;
  const words = cause(data.details.error);
  failures.push([data.name, words]);
  console.log(`FAILED  ${data.name}  ${seconds(data.details.duration_ms)}\n${words.replace(/^/gm, "        ")}`);
});
stream.on("test:diagnostic", (data) => {
  // node's own counts at the end of each file are left out.
  if (!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) console.log(`        ${data.message}`);
});
stream.on("test:stderr", (data) => process.stderr.write(data.message));
stream.on("test:stdout", (data) => process.stdout.write(data.message));
stream.on("end", () => {
  if (failures.length > 0) console.log(`\nfailed:\n${failures.map(([name, words]) => `  ${name}: ${words.split("\n")[0]}`).join("\n")}`);
  if (passed + failed === 0) {
    console.log(`no test is named ${only.join(", ")}`);
    failed = 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
});
stream.resume();
