// One run: the ways to it, its overview and its steps.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logTexts, record, serve, writeHistory } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { line, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { proxy } from "./lib/web.mjs";

const dir = tempDir("run");
const SCRIPT = `
$STEP download -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do echo part $i; done'
$STEP transform -- sh -c 'echo reading; echo "ERROR: no such file: /data/part2.csv" >&2; echo giving up; exit 7'
echo after; exit 1
`;
let bridge, failed, good;

before(async () => {
  good = await record(dir, "nightly", "$STEP download -- echo fine", { tags: { team: "core" } });
  failed = await record(dir, "nightly", SCRIPT);
  bridge = await serve({ dir });
});
after(() => bridge?.stop());

const article = (id) => `article[data-run-id="${id}"]`;

test("run: opened by a click, by Enter, by a link, by a prefix and as the latest", async (t) => {
  // The browser itself reports the answer to a run that is not there.
  const page = await open(t, bridge.url, { allow: [/404 .*nosuchrun/] });
  await lists(page, [failed, good]);
  await page.locator(`[data-run-id="${good}"] .col-job`).click();
  await page.locator(article(good)).waitFor();
  const url = page.url();
  assert.deepEqual([...new URL(url).searchParams], [["view", "run"], ["source", "local"], ["run", good]]);
  await page.goBack();
  await lists(page, [failed, good]);
  await page.locator(`[data-run-id="${good}"]`).focus();
  await page.keyboard.press("Enter");
  await page.locator(article(good)).waitFor();
  await page.goBack();
  await page.locator(`[data-run-id="${failed}"] a`).click();
  await page.locator(article(failed)).waitFor();

  for (const [query, id] of [
    [new URL(url).search.slice(1), good],
    [`view=run&run=${good}`, good],
    [`view=run&run=${good.slice(0, prefixOf(good, failed))}`, good],
    ["view=run&run=latest", failed],
    ["view=run&run=latest&job=night*&tag=team=core", good],
    ["view=run&run=latest&status=succeeded&source=local", good],
  ]) {
    await page.goto(`${bridge.url}?${query}`);
    await page.locator(article(id)).waitFor();
  }
  await page.goto(`${bridge.url}?view=run&run=nosuchrun`);
  await shows(page, "main", /no such run|could not be read/i);
  await page.goto(`${bridge.url}?view=run&run=latest&job=nothing`);
  await shows(page, "main", "There is no such run");
});

test("run: the beginning of a UUID stands for it, also one of digits alone; a number stands for no other number", async (t) => {
  const runs = ["80586806-ebb2-48da-9da0-32ad63da9810", "1234567"];
  const at = "2026-11-20T08:00:00Z";
  const history = writeHistory(dir, runs.map((id) => ({ run_id: id, started_at: at, ended_at: at, result: "success", stages_executed: ["a"], metadata: { job: "etl" } })), "digits.jsonl");
  const bridge = await serve({ histories: { history } });
  later(t, () => bridge.stop());
  // It may be asked for before the list is there.
  const page = await open(t, `${bridge.url}?view=run&run=80586806`, { allow: [/404 /] });
  await page.locator(article(runs[0])).waitFor();
  await page.goto(`${bridge.url}?view=run&run=123456`);
  await shows(page, "main", /no such run/i);
  await until(page, () => document.querySelectorAll('[aria-label="Latest runs"] tbody tr').length === 2);
  await page.getByRole("link", { name: runs[1] }).first().click();
  await page.locator(article(runs[1])).waitFor();
});

/** The shortest prefix of at least 6 that fits `id` alone. */
function prefixOf(id, other) {
  let length = 6;
  while (other.startsWith(id.slice(0, length))) length += 1;
  return length;
}

test("run: the overview names the failed step and its error line, and leads to that line", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&run=${failed}`);
  await shows(page, ".run__title", /failed[\s\S]*nightly/);
  const why = page.getByRole("group", { name: "Why it failed" });
  await shows(page, ".run__why", "transform failed");
  await shows(page, ".run__why", "exit code 7");
  await shows(page, ".run__why", "ERROR: no such file: /data/part2.csv");
  const texts = logTexts(dir, failed);
  const number = texts.indexOf("ERROR: no such file: /data/part2.csv") + 1;
  await shows(page, "section.failed-step[data-step-key=transform] pre", "giving up");
  assert.match(await page.title(), /failed nightly/);
  await why.getByRole("link", { name: `log line ${number}` }).click();
  assert.equal(await line(page, number), texts[number - 1]);
  assert.equal(new URL(page.url()).hash, `#L${number}`);
  assert.equal(await page.locator("[data-linked=true]").count(), 1);
});

test("run: the steps are a treegrid with phases, durations and reasons", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&run=${failed}&tab=steps`);
  await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length === 3);
  const rows = await page.evaluate(() =>
    [...document.querySelectorAll("[role=treegrid][aria-label=Steps] [data-step-key]")].map((row) => [
      row.dataset.stepKey, row.dataset.phase, row.getAttribute("aria-level"), row.querySelector(".col-error").textContent,
    ]),
  );
  assert.deepEqual(rows.map((row) => row.slice(0, 3)), [["main", "failed", "1"], ["download", "succeeded", "1"], ["transform", "failed", "1"]]);
  assert.match(rows[2][3], /exit code 7/);
  // The step's name leads to its part of the log.
  await page.getByRole("link", { name: "download", exact: true }).click();
  await until(page, () => document.querySelectorAll("[data-line]").length === 10);
  assert.equal(new URL(page.url()).searchParams.get("f.step"), "download");
});

test("run: tabs follow the arrow keys and keep the address", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&run=${failed}`);
  await page.getByRole("tab", { name: "overview", selected: true }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tab", { name: "steps", selected: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "steps");
  const press = async (key, names) => {
    for (const name of names) {
      await page.keyboard.press(key);
      await page.getByRole("tab", { name, selected: true }).waitFor();
    }
  };
  await press("ArrowRight", ["timeline", "events", "logs", "stats", "resume", "lineage", "raw", "overview"]);
  await press("ArrowLeft", ["raw", "lineage", "resume", "stats", "logs"]);
  assert.equal(new URL(page.url()).searchParams.get("tab"), "logs");
  await page.getByRole("region", { name: "Log", exact: true }).waitFor();
});

test("run: steps and a log that could not be read for a while come by themselves", async (t) => {
  const front = await proxy(bridge);
  later(t, () => front.stop());
  const page = await open(t, front.url, { allow: [/503/] });
  await page.clock.install();
  for (const [tab, part, words, row] of [["steps", "/steps", "The steps could not be read", "[data-step-key=transform]"], ["logs", "/logs", "The log could not be read", '[data-line="3"]']]) {
    front.mode = (path) => (path.includes(part) ? "error" : "pass");
    await page.goto(`${front.url}?view=run&run=${failed}&source=local&tab=${tab}`);
    await shows(page, "main", words);
    front.mode = () => "pass";
    await page.clock.fastForward(60_000);
    await page.locator(row).waitFor();
  }
});

test("run: the preview of a long log holds 20 lines, those that name an error first, and says how many it leaves out", async (t) => {
  const id = await record(dir, "long", `$STEP count -- sh -c 'echo "ERROR: early"; echo "ValueError: boom"; seq 1 30; exit 2'; exit 2`);
  const page = await open(t, `${bridge.url}?view=run&source=local&run=${id}`);
  const lines = ["ERROR: early", "ValueError: boom", ...Array.from({ length: 18 }, (_, at) => String(at + 13))];
  await until(page, (lines) => document.querySelector(".preview")?.textContent === lines, lines.join("\n"), "the preview");
  await page.getByRole("link", { name: "12 lines left out" }).click();
  await shows(page, ".log", "ERROR: early");
});
