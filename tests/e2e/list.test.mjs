// The list beyond filters: groups, columns, export, order, Back, and the newest run.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { record, serve, writeHistory } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { download, listed, lists, open, shows, until } from "./lib/page.mjs";

const dir = tempDir("list");
const START = Date.parse("2024-05-01T00:00:00Z");
const JOBS = ["orders", "report", "=SUM(A1)", "features"];
let bridge;

/** 200 runs of four jobs, an hour apart, the newest last in the file. */
const RECORDS = Array.from({ length: 200 }, (_, at) => {
  const started = START + at * 3_600_000;
  const failed = at % 5 === 0;
  return {
    run_id: `h${String(at).padStart(3, "0")}`, started_at: new Date(started).toISOString(), ended_at: new Date(started + 60_000 + at * 1000).toISOString(),
    result: failed ? "failed" : "success", failure_reason: failed ? `load: "it" broke, at ${at}` : null, stages_executed: ["load"], stages_failed: failed ? ["load"] : [], retry_count: 0,
    metadata: { job: JOBS[at % 4], user: `user${at % 3}`, host: "node3" },
  };
});

before(async () => {
  bridge = await serve({ dir, histories: { history: writeHistory(dir, RECORDS) } });
});
after(() => bridge?.stop());

const at = (query) => `${bridge.url}?source=history${query}`;
/** The rows of the grid as they stand: heads by name, runs by id. */
const rows = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("[role=grid][aria-label=Runs] [data-row]")]
      .sort((a, b) => Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex")))
      .map((row) => (row.dataset.group !== undefined ? `# ${row.dataset.group}` : row.dataset.runId)),
  );
const head = (page, name) => page.locator(`[data-group="${name}"]`);
const menu = async (page) => {
  await page.getByRole("button", { name: "Columns and export" }).click();
  return page.locator("#list-menu");
};
const columns = (page) => page.locator("[role=columnheader]").allInnerTexts().then((names) => names.map((name) => name.trim()));

test("list: groups have heads that count outcomes and name the newest run, and fold by pointer and keyboard", async (t) => {
  const page = await open(t, at("&limit=40"));
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 10);
  await page.getByLabel("group by").selectOption("job");
  await until(page, () => document.querySelectorAll("[data-group]").length > 0);
  assert.equal(new URL(page.url()).searchParams.get("group"), "job");
  // Of the newest forty, each job has ten; the job of the newest run stands first.
  const first = (await rows(page)).slice(0, 12);
  assert.deepEqual(first, ["# features", "h199", "h195", "h191", "h187", "h183", "h179", "h175", "h171", "h167", "h163", "# =SUM(A1)"]);
  await shows(page, '[data-group="features"]', /10 runs/);
  await shows(page, '[data-group="features"]', /2 failed/);
  await shows(page, '[data-group="features"]', /8 succeeded/);
  await shows(page, '[data-group="features"]', /newest[\s\S]*h199/);
  const fold = head(page, "features").locator("[aria-expanded]");
  assert.equal(await fold.getAttribute("aria-expanded"), "true");
  await fold.click();
  await until(page, () => document.querySelector('[data-group="features"] [aria-expanded=false]'));
  assert.deepEqual((await rows(page)).slice(0, 3), ["# features", "# =SUM(A1)", "h198"]);
  // The row that was clicked has the keys.
  await head(page, "features").focus();
  await page.keyboard.press("ArrowRight");
  await until(page, () => document.querySelector('[data-group="features"] [aria-expanded=true]'));
  await page.keyboard.press("Enter");
  await until(page, () => document.querySelector('[data-group="features"] [aria-expanded=false]'));
  await page.keyboard.press("j");
  await until(page, () => document.activeElement?.dataset.group === "=SUM(A1)");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("j");
  await until(page, () => document.activeElement?.dataset.group === "report");
  assert.deepEqual((await rows(page)).slice(0, 4), ["# features", "# =SUM(A1)", "# report", "h197"]);
  await page.keyboard.press("j");
  await until(page, () => document.activeElement?.dataset.runId === "h197");
  await page.keyboard.press("Enter");
  await page.locator('article[data-run-id="h197"]').waitFor();
  // Back: the same groups are folded, and the same row has the keys.
  await page.goBack();
  await until(page, () => document.activeElement?.dataset.runId === "h197");
  assert.deepEqual((await rows(page)).slice(0, 4), ["# features", "# =SUM(A1)", "# report", "h197"]);
  assert.equal(await page.locator("[role=grid]").getAttribute("aria-rowcount"), String(1 + 4 + 20));
});

test("list: groups by source stay live", async (t) => {
  const page = await open(t, `${bridge.url}?group=source`);
  await until(page, () => document.querySelector('[data-group="history"]'));
  const id = await record(dir, "fresh", "echo x");
  await until(page, () => document.querySelector('[data-group="local"]'));
  await shows(page, '[data-group="local"]', /1 run\b/);
  await shows(page, '[data-group="local"]', id.slice(0, 6));
  await shows(page, '[data-group="history"]', /200 runs/);
  await shows(page, ".summary", /201 runs/);
});

test("list: columns are chosen, and remembered", async (t) => {
  const page = await open(t, at(""));
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 10);
  assert.deepEqual(await columns(page), ["Status", "Run", "Job", "Source", "Started", "Duration", "Steps", "Why / tags"]);
  const box = await menu(page);
  await box.getByLabel("User").check();
  await box.getByLabel("Host").check();
  await box.getByLabel("Created").check();
  await box.getByLabel("Exit code").check();
  await box.getByLabel("Attempt").check();
  await box.getByLabel("Steps").uncheck();
  await page.keyboard.press("Escape");
  await until(page, () => !document.querySelector("#list-menu").matches(":popover-open"));
  const chosen = ["Status", "Run", "Job", "Source", "Attempt", "Created", "Started", "Duration", "Exit code", "User", "Host", "Why / tags"];
  assert.deepEqual(await columns(page), chosen);
  await shows(page, '[data-run-id="h199"] .col-user', "user1");
  const middles = await page.evaluate(() => [...document.querySelector("[data-run-id]").children].map((cell) => cell.getBoundingClientRect()).map(({ top, bottom }) => (top + bottom) / 2));
  assert.ok(Math.max(...middles) - Math.min(...middles) < 4, `one line a run: ${middles}`);
  assert.equal(await page.locator("[role=grid]").getAttribute("aria-colcount"), "12");
  await page.reload();
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 10);
  assert.deepEqual(await columns(page), chosen);
  await (await menu(page)).getByRole("button", { name: "the usual columns" }).click();
  await until(page, () => document.querySelectorAll("[role=columnheader]").length === 8);
  // Storage that holds nonsense is as good as none.
  await page.evaluate(() => localStorage.setItem("runboard.prefs", '{"version":1,"columns":["user","warp",7,null]}'));
  await page.reload();
  await until(page, () => document.querySelectorAll("[role=columnheader]").length === 4);
  assert.deepEqual(await columns(page), ["Status", "Run", "Job", "User"]);
});

/** Reads RFC 4180. */
function csv(text) {
  const out = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    out.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ",") out.push([]);
  }
  return out.slice(0, -1);
}

test("list: what is shown is saved as CSV, JSON and JSONL: all rows, in the order and the columns of the page", async (t) => {
  const page = await open(t, at("&job=orders,*SUM*&sort=duration"));
  await shows(page, ".summary", /100/);
  const wanted = RECORDS.filter(({ metadata }) => ["orders", "=SUM(A1)"].includes(metadata.job)).map(({ run_id }) => run_id);
  const box = await menu(page);
  await box.getByLabel("User").check();
  const save = (name) => download(page, () => box.getByRole("button", { name, exact: true }).click());
  const json = await save("JSON");
  assert.equal(json.name, "runs.json");
  const objects = JSON.parse(json.bytes.toString());
  assert.deepEqual(objects.map(({ id }) => id), wanted);
  assert.deepEqual(Object.keys(objects[0]), ["status", "id", "job", "source", "started_at", "duration_s", "steps_succeeded", "steps_total", "steps_failed", "user", "reason", "tags", "zone_assumed"]);
  assert.deepEqual([objects[0].status, objects[0].reason, objects[0].duration_s, objects[0].source], ["failed", 'load: "it" broke, at 0', 60, "history"]);
  const lines = (await save("JSONL")).bytes.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines, objects);
  const [header, ...table] = csv((await save("CSV")).bytes.toString());
  assert.deepEqual(header, Object.keys(objects[0]));
  assert.deepEqual(table.map((row) => row[1]), wanted);
  // A spreadsheet must not take a name for a formula.
  assert.ok(table.every((row) => row[2] === "orders" || row[2] === "'=SUM(A1)"));
  assert.equal(table[0][header.indexOf("reason")], 'load: "it" broke, at 0');
  // Groups give their order, also where they are folded.
  await page.keyboard.press("Escape");
  await page.getByLabel("group by").selectOption("job");
  await head(page, "orders").locator("[aria-expanded]").click();
  await until(page, () => document.querySelector('[data-group="orders"] [aria-expanded=false]'));
  const again = await menu(page);
  const grouped = JSON.parse((await download(page, () => again.getByRole("button", { name: "JSON", exact: true }).click())).bytes.toString());
  assert.deepEqual(grouped.map(({ id }) => id), [...wanted.filter((_, place) => place % 2 === 0), ...wanted.filter((_, place) => place % 2 === 1)]);
});

test("list: every column orders the list, in both directions", async (t) => {
  const page = await open(t, at(""), { width: 1920 });
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 10);
  const box = await menu(page);
  for (const name of ["User", "Host", "Created", "Exit code", "Attempt"]) await box.getByLabel(name).check();
  await page.keyboard.press("Escape");
  const by = { Run: "h000", Started: "h000", Duration: "h000" };
  for (const name of await columns(page)) by[name] ??= undefined;
  assert.equal(Object.keys(by).length, 13);
  for (const [name, lowest] of Object.entries(by)) {
    const column = page.getByRole("columnheader", { name: new RegExp(`^${name}`) });
    await column.getByRole("button").click();
    await until(page, (name) => [...document.querySelectorAll("[aria-sort=descending]")].some((head) => head.innerText.startsWith(name)), name);
    await column.getByRole("button").click();
    await until(page, (name) => [...document.querySelectorAll("[aria-sort=ascending]")].some((head) => head.innerText.startsWith(name)), name);
    if (lowest) await until(page, (id) => document.querySelector(`[aria-rowindex="2"]`)?.dataset.runId === id, lowest);
    await column.getByRole("button").click();
    await until(page, () => !document.querySelector("[aria-sort]"));
  }
});

test("list: limit= leaves the newest, whatever orders them", async (t) => {
  const page = await open(t, `${bridge.url}?source=history&sort=duration&limit=3`);
  await lists(page, ["h197", "h198", "h199"]);
  await shows(page, ".summary", /^3 of/);
  await page.goto(`${bridge.url}?view=stats&source=history&limit=3`);
  await shows(page, ".stats__numbers", /runs\s*3/);
  await page.goto(`${bridge.url}?source=history&limit=0`);
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 10);
  await page.goto(`${bridge.url}?source=nowhere`);
  await shows(page, "main", "source=nowhere is not understood");
});

test("list: Back returns to the row, far down and with the focus", async (t) => {
  const page = await open(t, at("&job=orders,report"));
  await until(page, () => document.querySelectorAll("[data-run-id]").length > 10);
  await page.locator("[role=grid]").evaluate((grid) => (grid.scrollTop = 1600));
  await until(page, () => Number(document.querySelector("[data-run-id]")?.getAttribute("aria-rowindex")) > 20);
  const top = await page.locator("[role=grid]").evaluate((grid) => grid.scrollTop);
  const ids = await listed(page);
  const id = ids[Math.floor(ids.length / 2)];
  await page.locator(`[data-run-id="${id}"]`).click();
  await page.locator(`article[data-run-id="${id}"]`).waitFor();
  await page.goBack();
  await until(page, (id) => document.activeElement?.dataset.runId === id, id);
  assert.ok(Math.abs((await page.locator("[role=grid]").evaluate((grid) => grid.scrollTop)) - top) < 40);
});

test("list: run=latest is the newest run that the filters match, and moves on", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&run=latest&source=history&job=orders`);
  await page.locator('article[data-run-id="h196"]').waitFor();
  await page.goto(`${bridge.url}?view=run&run=latest&status=failed&source=history`);
  await page.locator('article[data-run-id="h195"]').waitFor();
  const first = await record(dir, "moving", "echo one");
  await page.goto(`${bridge.url}?view=run&run=latest&job=moving&tab=logs`);
  await page.locator(`article[data-run-id="${first}"]`).waitFor();
  const second = await record(dir, "moving", "echo two");
  await page.locator(`article[data-run-id="${second}"]`).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("tab"), "logs");
  await page.goto(`${bridge.url}?view=run&run=latest&job=no_such_job`);
  await shows(page, "main", "No run matches");
});
