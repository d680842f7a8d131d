// The list of runs: order, attributes, filters in the address and in the bar.
import assert from "node:assert/strict";
import { before, after, test } from "node:test";
import { record, serve, writeHistory } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { listed, lists, open, shows, until } from "./lib/page.mjs";

const dir = tempDir("runs");
let bridge;
const id = {};

before(async () => {
  id.extract = await record(dir, "etl_extract", "echo hello", { tags: { team: "core", env: "prod" } });
  id.load = await record(dir, "etl_load", "echo ERROR: no disk >&2; exit 3", { tags: { team: "core", env: "dev" } });
  id.report = await record(dir, "report", "echo done", { tags: { team: "sales" } });
  const history = writeHistory(dir, [
    { run_id: "h-old", started_at: "2020-01-01T10:00:00Z", ended_at: "2020-01-01T10:05:00Z", result: "success", stages_executed: ["one"], metadata: { job: "etl_old" } },
    { run_id: "h-stopped", started_at: "2020-01-02T10:00:00Z", ended_at: "2020-01-02T10:05:00Z", result: "stopped", stages_executed: ["one"], metadata: { job: "nightly" } },
  ], "history.jsonl");
  bridge = await serve({ dir, histories: { history } });
});
after(() => bridge?.stop());

const all = () => [id.report, id.load, id.extract, "h-stopped", "h-old"];

test("runs: recorded runs stand newest first, with the attributes of the contract", async (t) => {
  const page = await open(t, bridge.url);
  await lists(page, all());
  const grid = page.getByRole("grid", { name: "Runs" });
  await grid.and(page.locator('[aria-rowcount="6"]')).waitFor();
  const rows = await page.evaluate(() =>
    [...document.querySelectorAll("[role=grid] [data-run-id]")].map((row) => [
      row.getAttribute("role"), row.dataset.source, row.dataset.phase, row.getAttribute("aria-rowindex"),
    ]),
  );
  assert.deepEqual(rows, [
    ["row", "local", "succeeded", "2"], ["row", "local", "failed", "3"], ["row", "local", "succeeded", "4"],
    ["row", "history", "canceled", "5"], ["row", "history", "succeeded", "6"],
  ]);
  // The reason stands in the row, the source says that it is live, and the tab's title says what failed.
  await shows(page, `[data-run-id="${id.load}"]`, /main.*exit code 3|exit code 3/);
  await until(page, () => [...document.querySelectorAll("nav.strip [data-source-state]")].every((each) => each.dataset.sourceState === "live"));
  assert.match(await page.title(), /1 failed/);
  await shows(page, ".summary", "5 runs");
});

const QUERIES = [
  ["status=failed", ["load"]],
  ["status=FAILED,canceled", ["load", "h-stopped"]],
  ["status=failed&status=canceled", ["load", "h-stopped"]],
  ["status=stopped", ["h-stopped"]],
  ["job=etl_*", ["load", "extract", "h-old"]],
  ["job=etl_?oad", ["load"]],
  ["job=etl", []],
  ["since=1d", ["report", "load", "extract"]],
  ["since=2020-01-02T00:00:00Z&until=2020-01-03", ["h-stopped"]],
  ["tag=team=core", ["load", "extract"]],
  ["tag=team=core,env=prod", ["extract"]],
  ["tag=team=core&tag=env=dev", ["load"]],
  ["tag=team", ["report", "load", "extract"]],
  ["q=EXTRACT", ["extract"]],
  ["q=exit code 3", ["load"]],
  ["source=history", ["h-stopped", "h-old"]],
  ["source=local,history&status=succeeded", ["report", "extract", "h-old"]],
  ["limit=2", ["report", "load"]],
  ["job=etl_*&status=failed&since=1d&tag=team=core&q=load&source=local&limit=5", ["load"]],
];

test("runs: the address filters", async (t) => {
  const page = await open(t, bridge.url);
  for (const [query, names] of QUERIES) {
    await page.goto(`${bridge.url}?${query}`);
    await lists(page, names.map((name) => id[name] ?? name));
    if (names.length === 0) await shows(page, "main", "No run matches");
  }
});

test("runs: a filter that is none is named", async (t) => {
  const page = await open(t, `${bridge.url}?since=someday`);
  await shows(page, "[role=alert]", "since=someday");
});

test("runs: the bar filters, writes the address, and clears", async (t) => {
  const page = await open(t, bridge.url);
  await lists(page, all());
  const bar = page.getByRole("search", { name: "Filter runs" });
  await bar.getByLabel("status").selectOption("failed");
  await lists(page, [id.load]);
  assert.equal(new URL(page.url()).search, "?status=failed");
  await bar.getByLabel("status").selectOption("");
  await bar.getByLabel("job").fill("etl_*");
  await bar.getByLabel("job").press("Enter");
  await lists(page, [id.load, id.extract, "h-old"]);
  await bar.getByLabel("since").selectOption("1d");
  await lists(page, [id.load, id.extract]);
  await bar.getByLabel("tag").fill("env=prod");
  await bar.getByLabel("tag").press("Enter");
  await lists(page, [id.extract]);
  const url = new URL(page.url());
  assert.deepEqual([...url.searchParams], [["job", "etl_*"], ["since", "1d"], ["tag", "env=prod"]]);
  // The link alone gives the same list to somebody else, and the bar shows where it comes from.
  await page.reload();
  await lists(page, [id.extract]);
  assert.equal(await bar.getByLabel("job").inputValue(), "etl_*");
  assert.equal(await bar.getByLabel("since").inputValue(), "1d");
  await page.getByRole("link", { name: "clear filters" }).click();
  await lists(page, all());
  assert.equal(new URL(page.url()).search.replace("?", ""), "");
  assert.equal(await bar.getByLabel("job").inputValue(), "");
  await bar.getByLabel("source").selectOption("history");
  await lists(page, ["h-stopped", "h-old"]);
  await bar.getByLabel("source").selectOption("");
  await bar.getByLabel("until").selectOption("1d");
  await lists(page, ["h-stopped", "h-old"]);
  await page.goto(`${bridge.url}?until=2020-01-03&limit=1`);
  await lists(page, ["h-stopped"]);
  assert.deepEqual([await bar.getByLabel("until").inputValue(), await bar.getByLabel("show").inputValue()], ["2020-01-03", "1"]);
  await bar.getByLabel("show").selectOption("10");
  await lists(page, ["h-stopped", "h-old"]);
  assert.equal(new URL(page.url()).search, "?until=2020-01-03&limit=10");
  await bar.getByLabel("until").selectOption("");
  await bar.getByLabel("show").selectOption("");
  await lists(page, all());
  // Any time can be given, by a field that comes up beside; a link keeps it.
  for (const [name, moment, expected] of [["until", "2020-01-01T12:00", ["h-old"]], ["since", "2020-01-01T12:00", all().filter((id) => id !== "h-old")]]) {
    const choice = bar.getByRole("combobox", { name });
    const field = bar.getByLabel(`${name}, date and time`);
    assert.equal(await field.count(), 0);
    await choice.selectOption({ label: "a time …" });
    await lists(page, all());
    await field.fill(moment);
    await lists(page, expected);
    assert.equal(new URL(page.url()).searchParams.get(name), moment);
    await page.reload();
    await lists(page, expected);
    assert.equal(await field.inputValue(), moment);
    await field.fill("");
    await lists(page, all());
    await choice.selectOption("1d");
    assert.equal(await field.count(), 0);
    await choice.selectOption("");
    await lists(page, all());
  }
  await bar.getByLabel("Search runs").fill("report");
  await lists(page, [id.report]);
});

test("runs: Back and Forward move between pages and lists", async (t) => {
  const page = await open(t, bridge.url);
  await lists(page, all());
  await page.locator(".summary").getByRole("link", { name: "1 failed" }).click();
  await lists(page, [id.load]);
  await page.goBack();
  await lists(page, all());
  await page.goForward();
  await lists(page, [id.load]);
  assert.equal((await listed(page)).length, 1);
});
