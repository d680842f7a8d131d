// Histories of pipelines: their own API, and a file behind a URL that grows, is cut and is replaced.
import assert from "node:assert/strict";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serve, writeHistory } from "./lib/bridge.mjs";
import { dist, root, tempDir } from "./lib/env.mjs";
import { PATIENCE, download, listed, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

const record = (id, minute, result = "success", more = {}) => ({
  run_id: id, started_at: `2025-12-01T09:${String(minute).padStart(2, "0")}:00-06:00`, ended_at: "2025-12-01T10:30:00-06:00", result, failure_reason: result === "failed" ? "Stage merger failed" : null,
  stages_executed: ["translator", "merger"], stages_failed: result === "failed" ? ["merger"] : [], retry_count: 1, metadata: { manual: true }, ...more,
});

/** A bridge that serves the app with `files` beside it, and these sources. */
async function site(t, sources, files = {}, options = {}) {
  const own = tempDir("history");
  const place = join(own, "dist");
  cpSync(dist, place, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  const config = join(own, "config.json");
  writeFileSync(config, JSON.stringify({ sources }));
  const bridge = await serve({ dist: place, config, ...options });
  later(t, () => bridge.stop());
  return { bridge, place };
}

test("history: the pipelines' own API lists runs, and a run shows its stages, reason, retries and metadata", async (t) => {
  const dir = tempDir("history-api");
  const file = writeHistory(dir, [record("one", 1), record("two", 2, "failed"), record("three", 3, "stopped")]);
  const { bridge } = await site(t, [{ id: "etl", kind: "history", url: "./api/pipeline/" }], {}, { histories: { etl: file } });
  const page = await open(t, bridge.url);
  await lists(page, ["three", "two", "one"]);
  assert.deepEqual((await page.evaluate(() => [...document.querySelectorAll("[data-run-id]")].map((row) => row.dataset.phase))), ["canceled", "failed", "succeeded"]);
  await page.locator('[data-run-id="two"] a').click();
  await shows(page, "h1", "pipeline");
  await shows(page, ".run__head", "Stage merger failed");
  await shows(page, ".overview", /retry_count\s*1/);
  await shows(page, ".overview", /manual\s*true/);
  await page.goto(`${bridge.url}?view=run&source=etl&run=two&tab=steps`);
  await until(page, () => document.querySelector('[data-step-key="merger"]')?.dataset.phase === "failed" && document.querySelector('[data-step-key="translator"]')?.dataset.phase === "succeeded");
  await shows(page, ".tools", "2 stages without times: the record's metadata holds no stage timings");
  await page.goto(`${bridge.url}?view=run&source=etl&run=three`);
  await shows(page, ".run__title", /canceled\s*\(stopped\)/);
  await page.goto(`${bridge.url}?view=sources`);
  await shows(page, "main", "run health");
  await shows(page, "main", "healthy");
  // What is written later comes by itself.
  appendFileSync(file, `${JSON.stringify(record("four", 4, "failed"))}\n`);
  await page.goto(bridge.url);
  await lists(page, ["four", "three", "two", "one"]);
});

test("history: lists and objects of metadata, retries and the pipeline's health are shown, by a file's URL as through the bridge", async (t) => {
  const dir = tempDir("history-facts");
  const metadata = { manual: true, run_health: "degraded", run_health_reasons: ["a lock", "a slow disk"], cluster: { name: "blue", nodes: [{ cpu: 4 }] } };
  const records = [record("none", 1, "failed", { retry_count: undefined }), record("zero", 2, "failed", { retry_count: 0, metadata })];
  const file = writeHistory(dir, records);
  const { bridge } = await site(
    t, [{ id: "file", kind: "history", url: "./runs.jsonl" }, { id: "etl", url: "./api/v1/etl/" }], { "runs.jsonl": readFileSync(file) }, { histories: { etl: file } },
  );
  for (const source of ["file", "etl"]) {
    const at = (id, tab = "overview") => `${bridge.url}?view=run&source=${source}&run=${id}&tab=${tab}`;
    const page = await open(t, at("zero"));
    const fact = (name) => page.evaluate((name) => [...document.querySelectorAll(".overview dt")].find((head) => head.textContent === name)?.nextSibling.innerText, name);
    await shows(page, ".overview", /cluster\.nodes\[0\]\.cpu\s*4/);
    assert.equal(await fact("cluster.name"), "blue");
    assert.equal(await fact("run_health_reasons"), "a lock\na slow disk");
    assert.equal(await fact("retry_count"), "0");
    assert.equal(await fact("run_health"), "degraded");
    await page.goto(at("none"));
    await shows(page, ".overview", /retry_count\s*-/);
    await page.goto(at("zero", "steps"));
    await shows(page, ".tools", "2 stages without times: the record's metadata holds no stage timings");
    await page.goto(`${bridge.url}?view=sources`);
    const parts = `[data-source=${source}] [aria-label='Parts of the source']`;
    await shows(page, parts, /run health\s*degraded\s*ill\s*the two newest runs failed in merger; by the newest 2 of 2 runs/);
    await page.close();
  }
});

test("history: a file by URL is read line by line, its tail is followed, and what is wrong is listed with its place", async (t) => {
  const edge = readFileSync(join(root, "tests/fixture/jsonl/edge.jsonl"));
  const { bridge, place } = await site(t, [{ id: "file", kind: "history", url: "./runs.jsonl" }], { "runs.jsonl": edge });
  const page = await open(t, bridge.url);
  await until(page, () => document.querySelectorAll("[data-run-id]").length === 18, undefined, "18 records");
  const unknown = await page.evaluate(() => document.querySelectorAll('[data-run-id][data-phase="unknown"]').length);
  assert.ok(unknown > 0);
  await page.goto(`${bridge.url}?view=sources`);
  await shows(page, "main", /line 15 \(byte \d+\): not_an_object/);
  // A result that nobody knows is not one that is still to come.
  await page.goto(`${bridge.url}?view=stats`);
  await shows(page, ".stats__numbers", new RegExp(` 0 open, ${unknown} of unknown result`));
  await page.goto(bridge.url);
  const text = [record("a", 1), record("b", 2)].map((one) => `${JSON.stringify(one)}\n`).join("");
  writeFileSync(join(place, "runs.jsonl"), text);
  await lists(page, ["b", "a"]);
  appendFileSync(join(place, "runs.jsonl"), `${JSON.stringify(record("c", 3))}\n`);
  await lists(page, ["c", "b", "a"]);
  assert.ok((await listed(page)).length === 3);
});

test("history: lines that cannot be read are listed before any number of odd ones, with how many there are; what is appended comes by itself, and another file has its own", async (t) => {
  const lines = (count, more) => Array.from({ length: count }, (_, at) => `${JSON.stringify(record(`r${at}`, at % 60, "success", more))}\n`).join("");
  const text = `${lines(300, { priority: 1 })}no json\n`;
  const file = join(tempDir("history-remarks"), "runs.jsonl");
  writeFileSync(file, text);
  const sources = [{ id: "file", kind: "history", url: "./runs.jsonl" }, { id: "etl", url: "./api/v1/etl/" }];
  const { bridge, place } = await site(t, sources, { "runs.jsonl": text }, { histories: { etl: file } });
  const page = await open(t, `${bridge.url}?view=sources`);
  const told = (source) => page.evaluate((source) => [...document.querySelectorAll(`[data-source=${source}] .source__problems li`)].map((item) => item.textContent), source);
  const list = (source) => `[data-source=${source}] .source__problems`;
  for (const source of ["file", "etl"]) {
    await shows(page, list(source), "301 remarks, of which the first are listed: 300 extra_fields, 1 bad_json");
    const all = await told(source);
    assert.equal(all.length, 42);
    assert.match(all[1], /line 301 \(byte \d+\): bad_json$/);
    assert.match(all[2], /line 1 \(byte 0\): extra_fields$/);
  }
  // A source is asked for what it tells of itself every half minute.
  for (const path of [file, join(place, "runs.jsonl")]) appendFileSync(path, "[]\n");
  const waits = async (source, is, what) => {
    const end = Date.now() + PATIENCE;
    while (!is(await told(source))) {
      assert.ok(Date.now() < end, `${what}: ${await told(source)}`);
      await page.waitForTimeout(200);
    }
  };
  for (const source of ["file", "etl"]) {
    await waits(source, (all) => /^(runs\.jsonl: )?302 remarks/.test(all[0]) && /line 302 \(byte \d+\): not_an_object$/.test(all[2]), "the line that was appended");
  }
  for (const path of [file, join(place, "runs.jsonl")]) writeFileSync(path, `null\n${lines(2, {})}`);
  for (const source of ["file", "etl"]) {
    await waits(source, (all) => all.length === 1 && /line 1 \(byte 0\): not_an_object$/.test(all[0]), "the other file's");
  }
});

test("history: a time without a zone is shown as it is written, unless the source's configuration names its zone, and what is saved says so", async (t) => {
  const text = [["winter", "2025-01-15T10:00:00"], ["summer", "2025-07-15T10:00:00"], ["zoned", "2025-07-15T10:00:00Z"]]
    .map(([id, time]) => `${JSON.stringify(record(id, 0, "success", { started_at: time, ended_at: time }))}\n`).join("");
  const source = (id, more) => ({ id, kind: "history", url: "./runs.jsonl", ...more });
  const { bridge } = await site(t, [source("own"), source("east", { zone: "+02:00" }), source("odd", { zone: "Berlin" })], { "runs.jsonl": text });
  const page = await open(t, `${bridge.url}?source=own`, { context: { timezoneId: "America/Chicago" } });
  const times = async (name) => {
    await page.goto(`${bridge.url}?source=${name}`);
    await until(page, () => document.querySelectorAll("[data-run-id]").length === 3, undefined, "the runs");
    return page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[data-run-id]")].map((row) => [row.dataset.runId, row.querySelector("time").title])));
  };
  const zoned = "2025-07-15 05:00:00 UTC\u22125";
  assert.deepEqual(await times("own"), { winter: "2025-01-15 10:00:00 UTC\u22126 (zone assumed)", summer: "2025-07-15 10:00:00 UTC\u22125 (zone assumed)", zoned });
  assert.deepEqual(await times("east"), { winter: "2025-01-15 02:00:00 UTC\u22126 (zone assumed)", summer: "2025-07-15 03:00:00 UTC\u22125 (zone assumed)", zoned });
  await page.getByRole("button", { name: "Columns and export" }).click();
  const saved = await download(page, () => page.locator("#list-menu").getByRole("button", { name: "JSON", exact: true }).click());
  const told = JSON.parse(saved.bytes.toString()).map((run) => [run.id, run.started_at, run.zone_assumed]);
  assert.deepEqual(told.toSorted(), [["summer", "2025-07-15T08:00:00.000000Z", true], ["winter", "2025-01-15T08:00:00.000000Z", true], ["zoned", "2025-07-15T10:00:00.000000Z", false]]);
  await page.goto(`${bridge.url}?view=sources`);
  await shows(page, "main", 'config.json, sources[2].zone: must be "Z" or an offset like "+02:00", and is "Berlin"');
});

test("history: a file from disk, opened or dropped, is a source of this page, and nothing of it is sent", async (t) => {
  const { bridge } = await site(t, [{ id: "local", url: "./api/v1/local/" }]);
  const dir = tempDir("history-disk");
  const many = Array.from({ length: 3000 }, (_, at) => record(`run-${at}`, at % 60));
  const file = writeHistory(dir, [...many, record("last", 59, "failed", { started_at: "2025-12-02T09:00:00Z" })], "disk.jsonl");
  const page = await open(t, `${bridge.url}?view=sources`);
  const sent = [];
  page.on("request", (request) => sent.push(request.method()));
  await page.getByLabel("Open a runs.jsonl").setInputFiles(file);
  await until(page, () => document.querySelector("[data-run-id]")?.dataset.runId === "last");
  await shows(page, "nav.strip", "disk.jsonl");
  await page.locator('[data-run-id="last"] a').click();
  await shows(page, ".run__head", "Stage merger failed");
  assert.ok(sent.every((method) => method === "GET"));
  // Dropped: its records join those that are there.
  await page.goBack();
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 0);
  const text = `${JSON.stringify(record("dropped", 58, "success", { started_at: "2025-12-03T09:00:00Z" }))}\n`;
  await page.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "dropped.jsonl"));
    document.querySelector("main").dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, text);
  await shows(page, "nav.strip", "dropped.jsonl");
  // The list stays where it was left, and says that there is more above.
  const more = page.getByText(/1 new/);
  if (await page.evaluate(() => document.querySelector("[data-run-id]")?.dataset.runId !== "dropped")) await more.click();
  await until(page, () => document.querySelector("[data-run-id]")?.dataset.runId === "dropped");
});

test("history: a file that the browser gives a handle of is followed as it grows, and read anew when it is another one", async (t) => {
  const { bridge } = await site(t, [{ id: "local", url: "./api/v1/local/" }]);
  const page = await open(t, `${bridge.url}?view=sources`);
  const text = (...records) => records.map((one) => `${JSON.stringify(one)}\n`).join("");
  // No test can press the browser's own dialog; the handle is a real one, of a file in the browser's own store.
  await page.evaluate(() => {
    window.showOpenFilePicker = async () => [await (await navigator.storage.getDirectory()).getFileHandle("grows.jsonl", { create: true })];
  });
  const write = (text, keepExistingData) =>
    page.evaluate(
      async ([text, keepExistingData]) => {
        const [handle] = await window.showOpenFilePicker();
        const out = await handle.createWritable({ keepExistingData });
        if (keepExistingData) await out.seek((await handle.getFile()).size);
        await out.write(text);
        await out.close();
      },
      [text, keepExistingData],
    );
  await write(text(record("a", 1)), false);
  await page.getByText("Open a runs.jsonl").click();
  await lists(page, ["a"]);
  await shows(page, "nav.strip", "grows.jsonl");
  await write(text(record("b", 2)), true);
  await lists(page, ["b", "a"]);
  await write(text(record("c", 3)), false);
  await lists(page, ["c"]);
});
