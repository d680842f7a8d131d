// Dagster's own page and ours side by side, over one webserver and one instance: a run of 100,000 events, and a list of 10,000 runs.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { dagster as server, front } from "../e2e/lib/dagster.mjs";
import { chrome, chromium, root, tempDir } from "../e2e/lib/env.mjs";
import { start } from "../e2e/lib/proc.mjs";
import { readAll } from "./lib/socket.mjs";
import { row } from "./lib/table.mjs";
import { FLAGS, firstRow, scrolled, visit } from "./lib/visit.mjs";

const EVENTS = 100_000;
const RUNS = 10_000;
const ROUNDS = { run: 3, list: 5 };
const JOBS = ["ok_job", "fail_job", "retry_job", "asset_job", "dynamic_job"];
const python = process.env.RUNBOARD_DAGSTER_PYTHON;
const file = (name) => join(root, "tests/dagster", name);
const say = (words) => console.log(`  ${words}`);

async function seed(home, ...words) {
  const env = { DAGSTER_HOME: home, DAGSTER_DISABLE_TELEMETRY: "yes", PYTHONDONTWRITEBYTECODE: "1" };
  const child = start(python, [file("seed.py"), ...words], { env });
  child.stdin.end();
  if ((await child.done) !== 0) throw new Error(`seed.py ${words.join(" ")}: ${child.text.err}`);
  return child.text.out.trim().split("\n").at(-1);
}

/** A DAGSTER_HOME with the runs, made once for each version of what makes it; gives the id of the long run. */
async function instance(home) {
  const hash = createHash("sha256").update(`${python}\n${EVENTS}\n${RUNS}\n${root}`);
  for (const name of ["seed.py", "defs.py", "serve.py"]) hash.update(readFileSync(file(name)));
  const cache = process.env.RUNBOARD_BENCH_CACHE ?? tempDir("bench");
  const kept = join(cache, `dagster-${hash.digest("hex").slice(0, 16)}`);
  if (!existsSync(kept)) {
    say(`seeding ${RUNS} runs and one of ${EVENTS} events, once`);
    const partial = `${kept}.partial-${process.pid}`;
    mkdirSync(partial, { recursive: true });
    try {
      // What is seeded is copied from runs that Dagster made itself.
      const real = await server(partial);
      const ids = [];
      for (const job of JOBS) ids.push(await real.launch(job));
      await real.wait(...ids);
      await real.stop();
      await seed(partial, "runs", "--count", String(RUNS));
      writeFileSync(join(partial, "long-run"), await seed(partial, "big", "--events", String(EVENTS)));
      renameSync(partial, kept);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
  cpSync(kept, home, { recursive: true });
  return readFileSync(join(home, "long-run"), "utf8");
}

async function ourRun(browser, base, id) {
  return await visit(browser, `${base}?view=run&source=dg&run=${id}&tab=events`, async (page) => {
    const last = await page.evaluate((count) => window.benchSeen(() => document.querySelector(`[role=grid][aria-label=Events] [data-event="${count}"]`)), EVENTS);
    const all = await page.evaluate(
      (count) =>
        new Promise((done) => {
          const frame = () => {
            const grid = document.querySelector("[role=grid][aria-label=Events]");
            if (Number(grid?.getAttribute("aria-rowcount")) >= count) done(performance.now());
            else requestAnimationFrame(frame);
          };
          frame();
        }),
      EVENTS + 1,
    );
    return { last, all, ...(await scrolled(page, "[role=grid][aria-label=Events] [data-event]")) };
  });
}

async function theirRun(browser, base, id) {
  return await visit(browser, `${base}/runs/${id}`, async (page) => {
    const words = 'Finished execution of run for "ok_job".';
    const find = (words) => {
      const found = document.evaluate(`//*[contains(text(), '${words}')]`, document.body, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null);
      return found.singleNodeValue;
    };
    const last = await page.evaluate(`window.benchSeen(() => document.body && (${find})(${JSON.stringify(words)}))`);
    await page.evaluate(`(window.benchLast = (${find})(${JSON.stringify(words)})).dataset.benchLast = ""`);
    return { last, ...(await scrolled(page, "[data-bench-last]")) };
  });
}

export async function dagster() {
  const document = readFileSync(join(root, "tests/bench/dagster-live.graphql"), "utf8").trim();
  const home = join(tempDir("bench-home"), "home");
  const id = await instance(home);
  const theirs = await server(home, ["--no-daemon"]);
  const bridge = await front(theirs.url, []);
  const browser = await chromium.launch({ executablePath: chrome, args: FLAGS, handleSIGINT: false });
  const figures = { ours: [], theirs: [], raw: [], ourRow: [], theirRow: [] };
  try {
    // The server loads most of its code when it is first asked.
    for (let round = 0; round <= ROUNDS.list; round++) {
      const their = await firstRow(browser, `${theirs.url}/runs`, 'a[href*="/runs/"]');
      const our = await firstRow(browser, `${bridge.url}?source=dg`, "[role=grid][aria-label=Runs] [data-run-id]");
      if (round === 0) continue;
      figures.theirRow.push(their);
      figures.ourRow.push(our);
      say(`first row: Dagster ${Math.round(their)} ms, Runboard ${Math.round(our)} ms`);
    }
    for (let round = 0; round < ROUNDS.run; round++) {
      figures.raw.push(await readAll(theirs.url, document, id, EVENTS));
      figures.ours.push(await ourRun(browser, bridge.url, id));
      figures.theirs.push(await theirRun(browser, theirs.url, id));
      const [raw, our, their] = [figures.raw.at(-1), figures.ours.at(-1), figures.theirs.at(-1)];
      say(`websocket ${Math.round(raw)} ms; Runboard last ${Math.round(our.last)} ms, all ${Math.round(our.all)} ms, ${our.long} of ${our.frames} frames long; Dagster last ${Math.round(their.last)} ms, ${their.long} of ${their.frames} frames long`);
    }
  } finally {
    await browser.close();
    await bridge.stop();
    await theirs.stop();
  }
  const of = (rounds, name) => rounds.map((round) => round[name]);
  return [
    row({ name: "last of 100,000 events on screen, against Dagster's page", unit: "s", ours: of(figures.ours, "last"), other: of(figures.theirs, "last"), ratio: 1 / 20 }),
    row({ name: "all 100,000 events loaded, against a websocket client", unit: "s", ours: of(figures.ours, "all"), other: figures.raw, ratio: 1.3 }),
    row({ name: "frames over 50 ms in 5 s of scrolling them", ours: of(figures.ours, "long"), other: of(figures.theirs, "long"), count: 0 }),
    row({ name: "frames in all", ours: of(figures.ours, "frames"), other: of(figures.theirs, "frames") }),
    row({ name: "long tasks meanwhile", ours: of(figures.ours, "tasks"), other: of(figures.theirs, "tasks"), count: 0 }),
    row({ name: "first of 10,000 runs on screen, against Dagster's list", unit: "s", ours: figures.ourRow, other: figures.theirRow, ratio: 1 / 2 }),
  ];
}
