// The numbers on the statistics page are those of Python's `statistics` over the same 10,000 runs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { serve, writeHistory } from "./lib/bridge.mjs";
import { root, tempDir } from "./lib/env.mjs";
import { longTasks, open, shows, until } from "./lib/page.mjs";
import { start } from "./lib/proc.mjs";
import { chance } from "./lib/web.mjs";

const RUNS = 10_000;
const NEWEST = 100;
const dir = tempDir("stats");
let bridge;
let records;

/** Runs over forty days: jobs of many sizes, all results, some that have no end, steps that fail and are tried again. */
function make() {
  const random = chance(7);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const iso = (ms) => new Date(ms).toISOString();
  return Array.from({ length: RUNS }, (_, at) => {
    const job = `job_${String(Math.floor(random() ** 3 * 37)).padStart(2, "0")}`;
    const started = Date.parse("2024-03-01T00:00:00Z") + at * 347_000 + Math.floor(random() * 300_000);
    const stages = [];
    let now = started;
    for (const stage of ["extract", "transform", "load"]) {
      for (let attempt = 1; attempt <= 2; attempt++) {
        const end = now + 20 + Math.floor(random() ** 4 * 900_000);
        const result = random() < 0.06 ? "failed" : "success";
        stages.push({ stage, attempt, result, started_at: iso(now), ended_at: iso(end) });
        now = end;
        if (result === "success") break;
      }
      if (stages.at(-1).result === "failed") break;
    }
    const failed = stages.at(-1).result === "failed";
    const result = failed ? "failed" : random() < 0.04 ? "stopped" : "success";
    return {
      run_id: `s${at}`, started_at: iso(started), ended_at: iso(now), result, failure_reason: failed ? pick(["exit code 1", "disk full"]) : null,
      stages_executed: [...new Set(stages.map(({ stage }) => stage))], stages_failed: failed ? [stages.at(-1).stage] : [], retry_count: 0, metadata: { job, stages },
    };
  });
}

/** What Python says of these records. */
async function reference(name, records) {
  const file = join(dir, name);
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const child = start("python3", [join(root, "core/tests/stats_reference.py"), file]);
  assert.equal(await child.done, 0, child.text.err);
  return JSON.parse(child.text.out);
}

before(async () => {
  records = make();
  bridge = await serve({ dir: join(dir, "runs"), histories: { history: writeHistory(dir, records) } });
});
after(() => bridge?.stop());

const count = (number) => number.toLocaleString("en-US");
const percent = (rate) => `${(Math.round(rate * 1000) / 10).toFixed(1)} %`;

/** Microseconds as the page writes them. */
function duration(micros) {
  const ms = Math.floor(micros / 1000);
  const s = Math.floor(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  if (s < 1) return `${ms}ms`;
  if (s < 10) return `${s}.${Math.floor((ms % 1000) / 100)}s`;
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`;
  return `${Math.floor(s / 3600)}h ${two(Math.floor(s / 60) % 60)}m`;
}

/** The three lengths of a row. */
const lengths = (spread) => (spread === null ? ["–", "–", "–"] : spread.count < 5 ? Array(3).fill("n too small") : [spread.p50, spread.p95, spread.max].map(duration));

const table = (page, name) =>
  page.evaluate((name) => [...document.querySelectorAll(`[role=region][aria-label="${name}"] tbody tr`)].map((row) => [...row.children].map((cell) => cell.textContent)), name);

test("stats: 10,000 runs: every number is the one that Python gives", async (t) => {
  const wanted = await reference("all.jsonl", records);
  const page = await open(t, `${bridge.url}?view=stats`);
  await shows(page, ".stats__numbers", /runs\s*10,000/);
  const numbers = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".stats__number")].map((each) => [each.querySelector("dt").textContent, [each.querySelector("b").textContent, each.querySelector("span").textContent]])));
  const { succeeded, failed, stopped } = wanted.outcomes;
  assert.deepEqual(numbers, {
    runs: ["10,000", `${count(succeeded)} succeeded, ${count(failed)} failed, ${count(stopped)} stopped, 0 open`],
    "success rate": [percent(wanted.success_rate), `${count(succeeded)} of ${count(succeeded + failed)} that succeeded or failed`],
    p50: [duration(wanted.spread.p50), `of ${count(wanted.spread.count)} runs that succeeded or failed`],
    p95: [duration(wanted.spread.p95), `of ${count(wanted.spread.count)} runs that succeeded or failed`],
  });

  const jobs = await table(page, "Jobs");
  assert.equal(jobs.length, Object.keys(wanted.jobs).length);
  for (const [name, runs, bad, rate, p50, p95, max] of jobs) {
    const { outcomes, spread } = wanted.jobs[name];
    const [good, wrong, ended] = [outcomes.succeeded ?? 0, outcomes.failed ?? 0, outcomes.stopped ?? 0];
    assert.deepEqual([runs, bad, rate], [count(good + wrong + ended), count(wrong), good + wrong === 0 ? "–" : good + wrong < 5 ? "n too small" : percent(good / (good + wrong))], name);
    assert.deepEqual([p50, p95, max], lengths(spread), name);
  }

  await page.locator("details summary", { hasText: "as a table" }).click();
  const days = await table(page, "Runs per day");
  assert.equal(days.length, Object.keys(wanted.days).length);
  for (const [day, all, good, bad, ended, open] of days) {
    const outcomes = wanted.days[Date.parse(day) / 86_400_000];
    const number = (word) => outcomes[word] ?? 0;
    assert.deepEqual([all, good, bad, ended, open], [...[Object.values(outcomes).reduce((a, b) => a + b)], number("succeeded"), number("failed"), number("stopped"), number("open")].map(count), day);
  }
  const { count: tasks, max } = await longTasks(page);
  t.diagnostic(`${tasks} long tasks while it was read and computed, the longest ${max} ms`);
});

test("stats: steps of the newest runs are those that Python finds", async (t) => {
  const newest = [...records].sort((a, b) => a.started_at < b.started_at ? 1 : -1).slice(0, NEWEST);
  const wanted = await reference("newest.jsonl", newest);
  const page = await open(t, `${bridge.url}?view=stats`);
  await shows(page, "main", `${NEWEST} runs that match, ${NEWEST} read`);
  // With the last runs the table begins anew.
  await shows(page, ".stats__numbers", /runs\s*10,000/);
  await shows(page, "main", `${NEWEST} runs that match, ${NEWEST} read`);
  const of = (key) => wanted.steps.find((step) => step.key === key);
  for (const [name, order] of [["Most failing steps", wanted.most_failing], ["Slowest steps", wanted.slowest]]) {
    const rows = await table(page, name);
    assert.deepEqual(rows.map(([key]) => key), order, name);
    for (const [key, runs, bad, flaky, p50, p95, longest] of rows) {
      const step = of(key);
      assert.deepEqual([runs, bad, flaky], [step.runs, step.failed, step.flaky].map(count), `${name}: ${key}`);
      assert.deepEqual([p50, p95, longest], lengths(step.spread), `${name}: ${key}`);
    }
  }
});

test("stats: they follow the filters, and lead back to the list", async (t) => {
  const few = records.filter(({ metadata }) => metadata.job === "job_36");
  const page = await open(t, `${bridge.url}?view=stats&job=job_36`);
  await shows(page, ".stats__numbers", new RegExp(`runs\\s*${count(few.length)}\\b`));
  await page.getByRole("region", { name: "Jobs" }).getByRole("link", { name: "job_36" }).click();
  await until(page, (rows) => document.querySelector("[role=grid]")?.getAttribute("aria-rowcount") === String(rows + 1), few.length);
  await page.goto(`${bridge.url}?view=stats&job=no_such_job`);
  await shows(page, "main", "No run matches");
});
