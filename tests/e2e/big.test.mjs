// 100,000 runs and 1,000,000 lines: what they cost, and that every one of them can be reached exactly.
import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { domNodes, line, longTasks, memory, open, shows, until } from "./lib/page.mjs";

const RUNS = 100_000;
const LINES = 1_000_000;
const NODES = 2_000;
const dir = tempDir("big");
let bridge;

/** Writes many lines without holding all of them. */
function writeLines(path, count, line) {
  const file = openSync(path, "w");
  for (let at = 1, part = []; at <= count; at++) {
    part.push(line(at));
    if (part.length === 20_000 || at === count) writeSync(file, part.splice(0).join(""));
  }
  closeSync(file);
}

const BASE = Date.UTC(2026, 0, 1);
const runId = (number) => `big-${String(number).padStart(6, "0")}`;
const lineText = (number) => (number % 99_991 === 0 ? `needle ${number}` : `line ${number} of a long log`);

before(async () => {
  writeLines(join(dir, "history.jsonl"), RUNS, (number) => {
    const [start, end] = [BASE + number * 60_000, BASE + number * 60_000 + 45_000].map((at) => new Date(at).toISOString());
    const isBad = number % 97 === 0;
    return `{"run_id":"${runId(number)}","started_at":"${start}","ended_at":"${end}","result":"${isBad ? "failed" : "success"}","failure_reason":${isBad ? '"load: exit code 1"' : "null"},"stages_executed":["extract","load"],"stages_failed":[],"retry_count":0,"metadata":{"job":"job_${number % 200}","user":"ops"}}\n`;
  });
  const folder = join(dir, "runs", "biglog");
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  writeLines(join(folder, "log.tsv"), LINES, (number) => `${at}\tmain\tout\t${lineText(number)}\n`);
  writeFileSync(join(folder, "events.jsonl"), `{"at":"${at}","event":"run","status":"running"}\n{"at":"${at}","event":"run","status":"succeeded","exit_code":0}\n`);
  writeFileSync(join(folder, "run.json"), JSON.stringify({ format: 1, run_id: "biglog", job: "printer", created_at: at }));
  bridge = await serve({ dir, histories: { history: join(dir, "history.jsonl") } });
});
after(() => bridge?.stop());

/** What a page costs now; the nodes are asserted, the rest depends on the machine. */
async function cost(t, page, what) {
  const nodes = await domNodes(page);
  const { count, max } = await longTasks(page);
  t.diagnostic(`${what}: ${nodes} DOM nodes, ${await memory() ?? "?"} MB in the page's process, ${count} long tasks (longest ${max} ms)`);
  assert.ok(nodes < NODES, `${nodes} DOM nodes`);
}

test("big: 100,000 runs are listed, and the first, a middle and the last row are reached", async (t) => {
  const page = await open(t, `${bridge.url}?source=history`);
  await shows(page, ".summary", "100,000 of");
  await cost(t, page, "100,000 runs listed");
  const grid = page.getByRole("grid", { name: "Runs" });
  assert.equal(await grid.getAttribute("aria-rowcount"), String(RUNS + 1));
  const seen = (id) => until(page, (id) => {
    const row = document.querySelector(`[data-run-id="${id}"]`);
    const [box, view] = [row?.getBoundingClientRect(), document.querySelector(".grid__scroll").getBoundingClientRect()];
    return box && box.top >= view.top && box.bottom <= view.bottom + 1 && row.getAttribute("aria-rowindex");
  }, id, `the row of ${id} in view`);
  assert.equal(await seen(runId(RUNS)), "2");
  await page.keyboard.press("j");
  await page.keyboard.press("End");
  assert.equal(await seen(runId(1)), String(RUNS + 1));
  await until(page, (id) => document.activeElement?.dataset.runId === id, runId(1));
  await page.keyboard.press("ArrowUp");
  assert.equal(await seen(runId(2)), String(RUNS));
  await page.keyboard.press("Home");
  assert.equal(await seen(runId(RUNS)), "2");
  // The middle: by the scrollbar, then by keys to one row.
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    const scroll = document.querySelector(".grid__scroll");
    scroll.scrollTop = (scroll.scrollHeight - scroll.clientHeight) / 2;
  });
  await until(page, (half) => [...document.querySelectorAll("[data-run-id]")].some((row) => Math.abs(Number(row.getAttribute("aria-rowindex")) - half) < 30), RUNS / 2);
  const rows = await page.evaluate(() => [...document.querySelectorAll("[data-run-id]")].map((row) => [row.dataset.runId, Number(row.getAttribute("aria-rowindex"))]));
  for (const [id, index] of rows) assert.equal(id, runId(RUNS + 2 - index), "each row is the run of its place");
  await cost(t, page, "100,000 runs scrolled");
  await page.goto(`${bridge.url}?source=history&status=failed&job=job_97`);
  const wanted = Array.from({ length: RUNS }, (_, index) => index + 1).filter((number) => number % 97 === 0 && number % 200 === 97).length;
  await shows(page, ".summary", new RegExp(`^${wanted.toLocaleString("en")} of`));
  await page.goto(`${bridge.url}?view=run&run=${runId(50_000)}`);
  await page.locator(`article[data-run-id="${runId(50_000)}"]`).waitFor();
});

test("big: 1,000,000 lines open at the end, and the first, a middle and the last are reached", async (t) => {
  const url = `${bridge.url}?view=run&run=biglog&source=local&tab=logs`;
  const page = await open(t, url);
  assert.equal(await line(page, LINES), lineText(LINES));
  await cost(t, page, "the end of 1,000,000 lines");
  await until(page, (count) => document.querySelector(".log select option[value=out]")?.textContent.includes(count), LINES.toLocaleString("en"), "all lines read");
  await cost(t, page, "1,000,000 lines read");
  await page.locator(".log__scroll").focus();
  await page.keyboard.press("Home");
  assert.equal(await line(page, 1), lineText(1));
  await page.keyboard.press("ArrowDown");
  assert.equal(await line(page, 2), lineText(2));
  await page.keyboard.press("End");
  assert.equal(await line(page, LINES), lineText(LINES));
  await page.goto(`${url}#L500000`);
  assert.equal(await line(page, 500_000), lineText(500_000));
  assert.equal(await page.locator('[data-line="500000"]').getAttribute("data-linked"), "true");
  await page.getByRole("searchbox", { name: "Find in log" }).fill("needle");
  await shows(page, ".log__hits", "10 lines");
  await page.getByRole("button", { name: "Next match" }).click();
  await until(page, () => document.querySelector("[data-current=true] mark"));
  await cost(t, page, "1,000,000 lines searched");
  // The link alone, in a fresh page, before the earlier lines have been read.
  const other = await open(t, `${url}#L500000`);
  assert.equal(await line(other, 500_000), lineText(500_000));
});
