// A long runs.jsonl, from disk and by URL: read with progress, stopped and gone on with, usable meanwhile, and small in memory.
import assert from "node:assert/strict";
import { closeSync, createReadStream, openSync, rmSync, statSync, writeSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dist, isFull, tempDir } from "./lib/env.mjs";
import { goTo, listed, longTasks, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { files } from "./lib/web.mjs";

/** The full size takes minutes. */
const RUNS = isFull ? 1_000_000 : 100_000;
/** Bytes of the app's memory that a run may take, and what reading takes however many there are. */
const EACH = 60;
const READING = isFull ? 0 : 4_000_000;

const dir = tempDir("history-long");
const path = join(dir, "long.jsonl");
const id = (number) => `${((number * 2654435761) % 4294967296).toString(16).padStart(8, "0")}-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
const RESULTS = ["success", "success", "failed", "stopped"];
const START = Date.UTC(2024, 0, 1);
const note = (number) => `note-${String(number).padStart(7, "0")}-of-a-run`;

function record(number) {
  const result = RESULTS[number % 4];
  const [start, end] = [0, 45_000].map((more) => new Date(START + number * 60_000 + more).toISOString());
  return {
    run_id: id(number), started_at: start, ended_at: end, result, failure_reason: result === "failed" ? "no rows came" : null, stages_executed: ["translator", "analyzer", "merger"],
    stages_failed: result === "failed" ? ["merger"] : [], retry_count: 0, metadata: { manual: false, note: note(number) },
  };
}

before(() => {
  const file = openSync(path, "w");
  for (let at = 0, part = []; at < RUNS; at++) {
    part.push(`${JSON.stringify(record(at))}\n`);
    if (part.length === 20_000 || at === RUNS - 1) writeSync(file, part.splice(0).join(""));
  }
  closeSync(file);
});
after(() => rmSync(path));

/** Lets the app's memory be seen; what it is before anything was opened. */
async function watched(t, url) {
  const page = await open(t, url);
  await page.addInitScript(() => {
    for (const name of ["instantiate", "instantiateStreaming"]) {
      const made = WebAssembly[name];
      WebAssembly[name] = async (...parts) => {
        const it = await made.apply(WebAssembly, parts);
        const { memory } = (it.instance ?? it).exports;
        if (memory) window.e2eMemory = memory;
        return it;
      };
    }
  });
  return page;
}
const held = (page) => page.evaluate(() => window.e2eMemory.buffer.byteLength);

const words = (page) => page.evaluate(() => document.querySelector(".reading [role=status]")?.innerText ?? "");
const READ = /^(stopped )?reading \S+: [\d.]+ of [\d.]+ MB, [\d,]+ runs$/;
const shown = RUNS.toLocaleString("en");

/** Until the row that stands at a place (from 0) is drawn as the run `number`. */
const stands = (page, place, number) =>
  until(page, ({ index, id }) => document.querySelector(`[data-run-id="${id}"]`)?.getAttribute("aria-rowindex") === index, { index: String(place + 2), id: id(number) });

const scroll = (page, part) =>
  page.evaluate((part) => {
    const element = document.querySelector(".grid__scroll");
    element.scrollTop = (element.scrollHeight - element.clientHeight) * part;
  }, part);

/** Every row on screen is drawn in full. */
const whole = (page, least) =>
  until(page, (least) => {
    const rows = [...document.querySelectorAll(".grid__row[data-row]")];
    return rows.length > 10 && Number(rows[0].getAttribute("aria-rowindex")) >= least && rows.every((row) => row.dataset.runId && !row.innerText.includes("\u2026\n"));
  }, least);

/** What can be done with a list that was read whole. */
async function every(page, source) {
  await shows(page, ".summary", new RegExp(`^${shown} (runs|of)`));
  await stands(page, 0, RUNS - 1);
  await page.mouse.move(0, 0);
  await page.keyboard.press("j");
  await page.keyboard.press("End");
  await stands(page, RUNS - 1, 0);
  await page.keyboard.press("Home");
  await stands(page, 0, RUNS - 1);
  await scroll(page, 0.5);
  await whole(page, RUNS / 4);
  const rows = await page.evaluate(() => [...document.querySelectorAll("[data-run-id]")].map((row) => [row.dataset.runId, Number(row.getAttribute("aria-rowindex")), row.dataset.phase]));
  for (const [own, index, phase] of rows) {
    const number = RUNS + 1 - index;
    assert.equal(own, id(number), "each row is the run of its place");
    assert.equal(phase, ["succeeded", "succeeded", "failed", "canceled"][number % 4]);
  }
  // Filters over what is held; and a text, which is looked for in the file.
  await goTo(page, new URLSearchParams({ source, status: "failed", since: new Date(START).toISOString(), until: new Date(START + 4_000 * 60_000).toISOString() }));
  await shows(page, ".summary", /^1,000 of/);
  await scroll(page, 0);
  await stands(page, 0, 3998);
  await page.locator(`[data-run-id="${id(3998)}"] a`).first().click();
  await shows(page, ".run__head", "no rows came");
  await page.goBack();
  const wanted = Math.floor(RUNS * 0.7);
  await goTo(page, new URLSearchParams({ source, q: note(wanted) }));
  await until(page, (id) => [...document.querySelectorAll("[data-run-id]")].map((row) => row.dataset.runId).join() === id, id(wanted));
}

async function cost(t, page, before, what) {
  const bytes = (await held(page)) - before;
  const { count, max } = await longTasks(page);
  t.diagnostic(`${shown} runs, ${(statSync(path).size / 1e6).toFixed(0)} MB, ${what}: ${(bytes / RUNS).toFixed(1)} bytes of the app's memory a run (${(before / 1e6).toFixed(1)} MB before), ${count} long tasks (longest ${max} ms)`);
  assert.ok(bytes <= EACH * RUNS + READING, `${bytes / RUNS} bytes a run`);
}

test("history: a long file from disk is read with progress, stopped, gone on with, and is whole in the end", async (t) => {
  const site = await files({ dist, config: { sources: [] } });
  later(t, () => site.stop());
  const page = await watched(t, site.url);
  await page.goto(`${site.url}?view=sources`);
  await page.getByLabel("Open a runs.jsonl").waitFor({ state: "attached" });
  const before = await held(page);
  await page.getByLabel("Open a runs.jsonl").setInputFiles(path);
  await page.getByRole("button", { name: "stop reading long.jsonl" }).click();
  await shows(page, ".reading", /^stopped reading long\.jsonl/);
  // A slice that is on its way is still taken in.
  let stopped;
  do {
    stopped = await words(page);
    await page.waitForTimeout(1000);
  } while ((await words(page)) !== stopped);
  assert.match(stopped, READ);
  const count = Number(/([\d,]+) runs/.exec(stopped)[1].replaceAll(",", ""));
  assert.ok(count > 0 && count < RUNS, stopped);
  await shows(page, "nav.strip", "reading stopped");
  // What is here can be used; rows that are not drawn yet would wait while somebody reads further down.
  await shows(page, ".summary", new RegExp(`^${count.toLocaleString("en")} (runs|of)`));
  await stands(page, 0, count - 1);
  await scroll(page, 1);
  await stands(page, count - 1, 0);
  await page.locator(`[data-run-id="${id(0)}"] a`).first().click();
  await shows(page, "h1", "pipeline");
  await page.goBack();
  await page.locator(".grid__row[data-row]").first().waitFor();
  assert.equal(await words(page), stopped);
  await page.getByRole("button", { name: "go on reading long.jsonl" }).click();
  await until(page, () => document.querySelector(".reading") === null);
  // The list was being read where it stood: what came since waits, until nobody reads there any more.
  await page.locator(".grid__chip").waitFor();
  await page.mouse.move(0, 0);
  await scroll(page, 0);
  await shows(page, ".summary", new RegExp(`^${shown} (runs|of)`));
  await cost(t, page, before, "read");
  await every(page, "long.jsonl");
  await cost(t, page, before, "read, filtered and searched");
});

test("history: a long file by URL can be used while it is read", async (t) => {
  const size = statSync(path).size;
  let [begin, go] = [];
  const gates = [new Promise((done) => (begin = done)), new Promise((done) => (go = done))];
  const server = http.createServer(async (request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const [from, to] = range ? [Number(range[1]), range[2] === "" ? size - 1 : Math.min(Number(range[2]), size - 1)] : [0, size - 1];
    if (from >= size) return response.writeHead(416).end();
    response.writeHead(range ? 206 : 200, {
      "content-type": "application/x-ndjson", "content-length": to - from + 1, ...(range && { "content-range": `bytes ${from}-${to}/${size}` }),
    });
    if (range) return createReadStream(path, { start: from, end: to }).pipe(response);
    // Either half comes when the test says so.
    await gates[0];
    const half = Math.floor(size / 2);
    for await (const part of createReadStream(path, { end: half })) if (!response.write(part)) await new Promise((done) => response.once("drain", done));
    await gates[1];
    createReadStream(path, { start: half + 1 }).pipe(response);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  later(t, () => {
    begin();
    go();
    server.closeAllConnections();
    server.close();
  });
  const site = await files({ dist, api: `http://127.0.0.1:${server.address().port}`, config: { sources: [{ id: "long", kind: "history", url: "./api/long.jsonl" }] } });
  later(t, () => site.stop());
  const page = await watched(t, site.url);
  await page.goto(site.url);
  await until(page, () => document.querySelector(".app") && window.e2eMemory);
  const before = await held(page);
  begin();
  // All that has come so far is listed: half of it, but for what the page has not taken in yet.
  const half = RUNS / 2;
  await until(page, (least) => Number(/([\d,]+) runs/.exec(document.querySelector(".reading")?.innerText ?? "")?.[1].replaceAll(",", "") ?? 0) >= least, half - 2000);
  assert.match(await words(page), READ);
  await scroll(page, 0.5);
  await whole(page, half / 4);
  // One in the middle: the first ones drawn stand above what is seen.
  const drawn = await listed(page);
  await page.locator(`[data-run-id="${drawn[drawn.length >> 1]}"] a`).first().click();
  await shows(page, "h1", "pipeline");
  await page.goBack();
  // A link to a run that comes later waits for it.
  await goTo(page, new URLSearchParams({ view: "run", source: "long", run: id(RUNS - 7) }));
  await shows(page, "main", "has not been read to its end yet");
  go();
  await shows(page, "h1", "pipeline");
  await shows(page, "main", note(RUNS - 7));
  await goTo(page, new URLSearchParams({ source: "long" }));
  await every(page, "long");
  await until(page, () => document.querySelector(".reading") === null);
  await cost(t, page, before, "read, filtered and searched");
});
