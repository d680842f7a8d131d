// The tabs of a run: events, figures, timeline, family, records; steps filtered and ordered; what is shown, as a file.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { live, logTexts, record, serve, writeRun } from "./lib/bridge.mjs";
import { dist, tempDir } from "./lib/env.mjs";
import { download, line, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { files, littleApi } from "./lib/web.mjs";

const dir = tempDir("tabs");
const base = Date.UTC(2026, 0, 2, 3, 4, 0);
const at = (second) => new Date(base + second * 1000).toISOString();
const ended = (status) => [{ at: at(0), event: "run", status: "running" }, { at: at(9), event: "run", status }];
const MANY = 121_500;
let bridge, wide, good;

before(async () => {
  good = await record(dir, "nightly", `$STEP download -- sh -c 'echo one; echo two'; $STEP load -- sh -c 'echo three >&2'`);
  const steps = [];
  for (let number = 0; number < 300; number++) {
    const step = `stage_${String(number).padStart(3, "0")}`;
    const bad = number % 100 === 7;
    steps.push({ at: at(number), event: "step", step, attempt: 1, status: "running" });
    steps.push({ at: at(number + 1 + (number % 5)), event: "step", step, attempt: 1, status: bad ? "failed" : "succeeded", exit_code: bad ? 4 : 0, reason: bad ? "exit code 4" : undefined });
    if (bad) {
      steps.push({ at: at(number + 20), event: "step", step, attempt: 2, status: "running" });
      steps.push({ at: at(number + 30), event: "step", step, attempt: 2, status: number > 200 ? "failed" : "succeeded", exit_code: 1, reason: "exit code 1" });
    }
  }
  steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  wide = writeRun(dir, { run_id: "wide-0001", job: "wide", created_at: at(-6), started_at: at(0) }, [
    { at: at(0), event: "run", status: "running" }, ...steps, { at: at(400), event: "run", status: "failed", reason: "stage_207: exit code 1" },
  ]);
  for (const [id, parent, status] of [["wide-0002", wide, "failed"], ["wide-0003", "wide-0002", "succeeded"], ["wide-0004", "wide-gone", "succeeded"]]) {
    writeRun(dir, { run_id: id, job: "wide", created_at: at(1000), started_at: at(1000), parent, root: wide }, ended(status));
  }
  const notes = Array.from({ length: MANY - 2 }, (_, number) => ({ at: at(number), event: "note", text: `note ${number}` }));
  writeRun(dir, { run_id: "chatty-1", job: "chatty", created_at: at(0), started_at: at(0) }, [ended("succeeded")[0], ...notes, ended("succeeded")[1]]);
  const twice = [1, 2].flatMap((attempt) => [
    { at: at(attempt * 100), event: "step", step: "load, all", attempt, status: "running" },
    { at: at(attempt * 100 + 5), event: "step", step: "load, all", attempt, status: attempt === 1 ? "failed" : "succeeded" },
  ]);
  const said = [100, 103, 200, 204].map((second) => `${at(second)}\tload, all\tout\tat ${second}\n`).join("");
  writeRun(dir, { run_id: "twice-1", job: "twice", created_at: at(0) }, [ended("succeeded")[0], ...twice, { at: at(300), event: "run", status: "succeeded" }], said);
  bridge = await serve({ dir });
});
after(() => bridge?.stop());

const link = (id, rest) => `${bridge.url}?view=run&source=local&run=${id}&tab=${rest}`;
const params = (page) => Object.fromEntries(new URL(page.url()).searchParams);
const json = async (page) => JSON.parse((await download(page, () => page.getByRole("button", { name: "Download JSON" }).click())).bytes);
const events = (page) => page.evaluate(() => [...document.querySelectorAll("[role=grid][aria-label=Events] [data-event]")].map((row) => Number(row.dataset.event)).sort((a, b) => a - b));
const rowCount = (page, label, count) => until(page, ([label, count]) => document.querySelector(`[aria-label=${label}][aria-rowcount]`)?.getAttribute("aria-rowcount") === String(count), [label, count]);

test("tabs: events are listed, filtered by the address and by the fields, and saved as they are shown", async (t) => {
  const page = await open(t, link(wide, "events&f.level=error"));
  const all = (await bridge.get(`runs/${wide}/events?level=error`)).events;
  await rowCount(page, "Events", all.length + 1);
  assert.deepEqual(await events(page), all.map(({ n }) => n));
  await page.getByLabel("step", { exact: true }).fill("stage_20?,stage_1*");
  await page.keyboard.press("Enter");
  await until(page, () => document.querySelectorAll("[data-event]").length === 3);
  assert.equal(params(page)["f.step"], "stage_20?,stage_1*");
  await page.getByLabel("type", { exact: true }).fill("step_fail*");
  await page.getByRole("combobox", { name: "level" }).selectOption("");
  await page.getByLabel("find", { exact: true }).fill("exit CODE 4");
  await until(page, () => document.querySelectorAll("[data-event]").length === 2);
  assert.deepEqual([params(page)["f.type"], params(page)["f.level"], params(page)["f.q"]], ["step_fail*", undefined, "exit CODE 4"]);
  await shows(page, ".tools__count", /^2 of /);
  const saved = await json(page);
  assert.deepEqual(saved.events.map(({ n, type, step }) => [n, type, step]), all.filter(({ step, detail }) => /_20|_1/.test(step) && detail.exit_code === 4).map(({ n, type, step }) => [n, type, step]));
  assert.deepEqual(saved.events[0].detail, all.find(({ n }) => n === saved.events[0].n).detail);
  await page.getByLabel("find", { exact: true }).fill("nothing like it");
  await shows(page, "main", "No event matches");
  await page.getByRole("button", { name: "Show all events" }).click();
  const { total } = await bridge.get(`runs/${wide}/events?limit=1`);
  await rowCount(page, "Events", total + 1);
  await page.goto(link(wide, "events&f.since=soon"));
  await shows(page, "[role=alert]", /since=soon/);
});

test("tabs: an event opens its record by a click and by keys, and the rows stay where they are", async (t) => {
  const page = await open(t, link(wide, "events"));
  await page.locator('[data-event="3"]').click();
  const pane = page.getByRole("region", { name: "Event", exact: true });
  await shows(page, ".events__detail pre", /"step": "stage_/);
  const { events: [third] } = await bridge.get(`runs/${wide}/events?after=2&limit=1`);
  assert.deepEqual(JSON.parse(await pane.locator("pre").textContent()), third.detail);
  await page.keyboard.press("ArrowDown");
  await shows(page, ".events__detail-head", "event 4");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.event), "4");
  await page.keyboard.press("Escape");
  await pane.waitFor({ state: "detached" });
  await page.keyboard.press("End");
  await until(page, () => document.activeElement?.querySelector(".col-type")?.textContent === "RUN_FAILURE");
  await page.keyboard.press("Enter");
  await shows(page, ".events__detail", /stage_207: exit code 1/);
  await page.getByRole("button", { name: "Close" }).click();
  await pane.waitFor({ state: "detached" });
});

test("tabs: more events than are kept: the newest stay, few are drawn, and what is missing is said", async (t) => {
  const page = await open(t, link("chatty-1", "events"));
  await rowCount(page, "Events", 120_001);
  await shows(page, ".log__note", `the first ${(MANY - 120_000).toLocaleString("en")} events are not shown`);
  // It stands at its end, whatever came in front of that.
  await page.locator(`[data-event="${MANY}"]`).waitFor();
  assert.ok((await page.locator("[data-event]").count()) < 80);
  await page.locator("[data-event]").first().focus();
  await page.keyboard.press("End");
  // The focus moves a moment after the row is drawn, and keys go where it is.
  await until(page, (last) => document.activeElement?.dataset.event === last, String(MANY));
  await page.keyboard.press("Home");
  await page.locator(`[data-event="${MANY - 119_999}"]`).waitFor();
  await page.getByLabel("find", { exact: true }).fill("note 99999");
  await until(page, () => document.querySelectorAll("[data-event]").length === 1);
});

test("tabs: what a live run does appears in its events, figures and timeline", async (t) => {
  const run = await live(dir, "moving");
  later(t, () => run.end());
  const page = await open(t, link(run.id, "events"));
  await page.locator("[data-event]").first().waitFor();
  run.say("$STEP first -- true");
  await until(page, () => [...document.querySelectorAll("[data-event]")].some((row) => row.innerText.includes("first succeeded")));
  const numbers = await events(page);
  assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
  run.say("$STEP second -- sh");
  await page.goto(link(run.id, "timeline"));
  const bar = page.locator("[data-step-key=second] .lane__bar[data-open=true]");
  await bar.waitFor();
  assert.match(await page.locator("[data-step-key=second]").innerText(), /running, began at .*so far/);
  assert.match(await page.locator("[data-step-key=first]").innerText(), /attempt 1: succeeded, began at .*took/);
  const length = () => page.evaluate(() => document.querySelector("[data-step-key=second] .grid__cell--number").textContent);
  const before = await length();
  await until(page, (before) => document.querySelector("[data-step-key=second] .grid__cell--number").textContent !== before, before);
  await page.goto(link(run.id, "stats"));
  const facts = "section[aria-label], .figures section:nth-child(2)";
  await shows(page, ".figures section:nth-child(2)", /running\s*2/, facts);
  const execution = () => page.evaluate(() => document.querySelector(".figures tbody tr:nth-child(3) td")?.textContent);
  const first = await execution();
  await until(page, (first) => document.querySelector(".figures tbody tr:nth-child(3) td").textContent !== first, first);
});

test("tabs: a run that was over and goes on is followed again, its events without a hole", async (t) => {
  const id = writeRun(dir, { run_id: "again-0001", job: "again", created_at: at(0), started_at: at(0) }, ended("failed"));
  const page = await open(t, link(id, "events"));
  await rowCount(page, "Events", 3);
  await shows(page, ".run__title", "failed");
  const file = join(dir, "runs", id, "events.jsonl");
  const say = (event) => appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...event })}\n`);
  say({ event: "run", status: "running", attempt: 2 });
  for (let number = 0; number < 5; number++) say({ event: "step", step: `s${number}`, status: "running" });
  await shows(page, ".run__title", "running");
  await rowCount(page, "Events", 9);
  say({ event: "step", step: "s0", status: "succeeded" });
  await rowCount(page, "Events", 10);
  assert.deepEqual(await events(page), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("tabs: figures are the source's, and what it does not know is not 0", async (t) => {
  const page = await open(t, link(wide, "stats"));
  await shows(page, ".tools", "As the source tells");
  const rows = await page.evaluate(() => [...document.querySelectorAll(".figures tbody tr")].map((row) => [...row.children].slice(0, 3).map((cell) => cell.textContent)));
  assert.deepEqual(rows, [["queue", "6.0s", "1.5 %"], ["start", "0ms", "0.0 %"], ["execution", "6m 40s", "98.5 %"], ["duration", "6m 40s", ""]]);
  assert.equal(await page.locator(".figures__bar rect").count(), 3);
  await shows(page, ".figures section:nth-child(2)", /in all\s*300\s*succeeded\s*299\s*failed\s*1/);
  for (const part of [3, 4]) await shows(page, `.figures section:nth-child(${part})`, "not known");
  const saved = await json(page);
  const { cursor, ...told } = await bridge.get(`runs/${wide}/stats`);
  assert.deepEqual(saved, told);
});

test("tabs: the timeline has a lane for each step, a bar for each attempt, and round marks", async (t) => {
  const page = await open(t, link(wide, "timeline"));
  await rowCount(page, "Timeline", 301);
  assert.ok((await page.locator("[data-step-key]").count()) < 60);
  const lane = await page.evaluate(() => {
    const row = document.querySelector("[data-step-key=stage_007]");
    return [...row.querySelectorAll(".lane__bar")].map((bar) => [bar.dataset.phase, bar.dataset.open]);
  });
  assert.deepEqual(lane, [["failed", "false"], ["succeeded", "false"]]);
  assert.match(await page.locator("[data-step-key=stage_007]").innerText(), /attempt 1: failed, began at 7 s, took 3\.0s; attempt 2: succeeded, began at 27 s, took 10s/);
  const ticks = await page.evaluate(() => [...document.querySelectorAll(".lane__tick")].map((tick) => tick.textContent));
  assert.deepEqual(ticks.slice(0, 3), ["0", "1 min", "2 min"]);
  await page.getByRole("table", { name: "Timeline" }).focus();
  await page.keyboard.press("End");
  await page.locator("[data-step-key=stage_299]").waitFor();
  assert.deepEqual((await json(page)).steps.length, 300);
  await page.getByRole("link", { name: "stage_299" }).click();
  await page.getByRole("tab", { name: "logs", selected: true }).waitFor();
  assert.equal(params(page)["f.step"], "stage_299");
});

test("tabs: the family is a tree of links, and who is missing is named", async (t) => {
  const page = await open(t, link("wide-0002", "lineage"));
  await shows(page, "main", "not there any more: wide-gone");
  const rows = await page.evaluate(() => [...document.querySelectorAll(".lineage tbody tr")].map((row) => [row.children[0].innerText.trim(), row.children[1].innerText.trim(), row.children[5].innerText.trim()]));
  assert.deepEqual(rows, [["wide-0001", "failed", "\u2013"], ["\u2514 wide-0002 this run", "failed", "wide-0001"], ["\u2514 wide-0003", "succeeded", "wide-0002"], ["wide-0004", "succeeded", "wide-gone"]]);
  const saved = await json(page);
  assert.deepEqual([saved.root, saved.parent, saved.runs.map(({ id }) => id), saved.missing], [wide, wide, [wide, "wide-0002", "wide-0003", "wide-0004"], ["wide-gone"]]);
  await page.getByRole("link", { name: "wide-0003" }).click();
  await page.locator('article[data-run-id="wide-0003"]').waitFor();
  assert.equal(params(page).tab, "lineage");
});

test("tabs: the record is shown as it is read and as the source keeps it", async (t) => {
  const page = await open(t, link(wide, "raw"), { context: { permissions: ["clipboard-read", "clipboard-write"] } });
  const { raw } = await bridge.get(`runs/${wide}/raw`);
  await until(page, () => [...document.querySelectorAll("pre.json")].filter((part) => part.textContent !== "").length === 2);
  const [ours, own] = await page.evaluate(() => [...document.querySelectorAll("pre.json")].map((part) => JSON.parse(part.textContent)));
  assert.deepEqual(own, raw);
  assert.deepEqual([ours.run.id, ours.run.status, ours.run.reason], [wide, "failed", "stage_207: exit code 1"]);
  assert.deepEqual(await json(page), { normalised: ours, own });
  await page.getByRole("button", { name: "Copy", exact: true }).last().click();
  await shows(page, ".toast", "Record copied");
  assert.deepEqual(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())), raw);
});

const stepRows = (page) => page.evaluate(() =>
  [...document.querySelectorAll("[role=treegrid] [data-step-key]")].sort((a, b) => a.getAttribute("aria-rowindex") - b.getAttribute("aria-rowindex")).map((row) => row.dataset.stepKey));

test("tabs: steps are filtered by status and key, ordered by any column, and stay a treegrid", async (t) => {
  const page = await open(t, link(wide, "steps&f.status=failed,running"));
  await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length === 1);
  assert.deepEqual(await stepRows(page), ["stage_207"]);
  await page.getByRole("combobox", { name: "status" }).selectOption("");
  await page.getByLabel("step", { exact: true }).fill("stage_00?");
  await rowCount(page, "Steps", 11);
  const sorted = (name) => page.evaluate((name) => [...document.querySelectorAll("[role=columnheader]")].find((head) => head.innerText.startsWith(name)).getAttribute("aria-sort"), name);
  assert.equal(await sorted("In the run"), "ascending");
  await page.getByRole("button", { name: "Duration" }).click();
  assert.deepEqual([await sorted("Duration"), await sorted("In the run"), params(page)["f.sort"]], ["ascending", null, "duration"]);
  await page.getByRole("button", { name: "Duration" }).click();
  assert.deepEqual([await sorted("Duration"), params(page)["f.sort"]], ["descending", "-duration"]);
  const expected = ["stage_007", "stage_004", "stage_009", "stage_003", "stage_008", "stage_002", "stage_001", "stage_006", "stage_000", "stage_005"];
  assert.deepEqual(await stepRows(page), expected);
  assert.deepEqual((await json(page)).steps.map(({ key }) => key), expected);
  for (const [name, word] of [["Status", "status"], ["Step", "key"], ["Attempts", "attempts"], ["Started", "start"], ["Error", "reason"]]) {
    await page.getByRole("button", { name, exact: true }).click();
    assert.deepEqual([await sorted(name), params(page)["f.sort"]], ["ascending", word]);
  }
  // The row that is held stays the same, and in the page, while the order changes around it.
  await page.locator("[data-step-key=stage_007]").focus();
  await page.keyboard.press("ArrowRight");
  await until(page, () => document.querySelectorAll('[data-step-key=stage_007][aria-level="2"]').length === 2);
  await page.evaluate(() => [...document.querySelectorAll("[role=columnheader] button")].find((button) => button.innerText.startsWith("Step")).click());
  await until(page, () => document.activeElement.dataset?.stepKey === "stage_007" && document.activeElement.getAttribute("aria-rowindex") === "9");
  await page.getByLabel("step", { exact: true }).fill("no such step");
  await shows(page, "main", "No step matches");
  await page.getByRole("button", { name: "Show all steps" }).click();
  await rowCount(page, "Steps", 303);
});

test("tabs: the log is saved as it is shown, and the overview as the run", async (t) => {
  const page = await open(t, link(good, "logs"));
  await until(page, () => document.querySelectorAll("[data-line]").length === 3);
  const texts = logTexts(dir, good);
  assert.deepEqual((await json(page)).lines.map(({ n, text }) => [n, text]), texts.map((text, index) => [index + 1, text]));
  await page.goto(link(good, "logs&f.stream=err"));
  await until(page, () => document.querySelectorAll("[data-line]").length === 1);
  assert.deepEqual((await json(page)).lines.map(({ text, step, stream }) => [text, step, stream]), [["three", "load", "err"]]);
  await page.goto(link(good, "overview"));
  await until(page, () => [...document.querySelectorAll(".overview dt")].some((name) => name.textContent === "download"));
  const { run, failed, slowest } = await json(page);
  assert.deepEqual([run.id, run.job, run.status], [good, "nightly", "succeeded"]);
  assert.deepEqual(failed, []);
  const shown = await page.evaluate(() => [...document.querySelectorAll(".overview h2")].find((head) => head.innerText === "Steps").parentElement.querySelectorAll("dt").length);
  assert.equal(slowest.length, shown);
  const bad = await record(dir, "nightly", `$STEP load -- sh -c 'echo first; echo last; exit 4'`);
  await page.goto(link(bad, "overview"));
  await shows(page, ".preview", "last");
  const { failed: [first] } = await json(page);
  assert.deepEqual([first.key, first.status, first.reason, first.last_lines], ["load", "failed", "exit code 4", ["first", "last"]]);
});

test("tabs: step= and attempt= lead to one step and one of its attempts", async (t) => {
  const page = await open(t, link("twice-1", "steps&step=load, all&attempt=1"));
  await until(page, () => document.querySelector('[data-linked=true][aria-level="2"]')?.innerText.includes("attempt 1"));
  // Two attempts of 5 s each, 95 s apart: the step worked 10 s.
  await shows(page, '[data-step-key="load, all"][aria-level="1"]', "10s");
  await page.locator('[data-linked=true] a').click();
  await shows(page, ".log__note", "only lines from the time of attempt 1 of load, all");
  await until(page, () => document.querySelectorAll("[data-line]").length === 2);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll(".log__text")].map((text) => text.textContent)), ["at 100", "at 103"]);
  // The whole step, whose name has a comma.
  await page.goto(link("twice-1", "steps"));
  await page.locator('[data-step-key="load, all"][aria-level="1"] a').click();
  await until(page, () => document.querySelectorAll("[data-line]").length === 4);
  for (const query of ["events&step=load, all", "events&f.step=load\\, all"]) {
    await page.goto(link("twice-1", query));
    await shows(page, ".tools__count", /^4\b/);
  }
});

test("tabs: an id that nobody knows: the nearest and the latest runs are offered", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&source=local&run=wide-0009`, { allow: [/404/] });
  await shows(page, "main", /no such run[\s\S]*wide-0009/);
  const offered = (name) => page.evaluate((name) => [...document.querySelectorAll(`[aria-label="${name}"] tbody tr`)].map((row) => row.children[0].innerText.trim()), name);
  await until(page, () => document.querySelectorAll('[aria-label="Latest runs"] tbody tr').length === 5);
  const near = await offered("Runs with ids near to it");
  assert.deepEqual(near.toSorted(), ["wide-0001", "wide-0002", "wide-0003", "wide-0004", "wide-gone"].filter((id) => id !== "wide-gone"));
  await page.getByRole("region", { name: "Runs with ids near to it" }).getByRole("link", { name: "wide-0003" }).click();
  await page.locator('article[data-run-id="wide-0003"]').waitFor();
  await page.goto(`${bridge.url}?view=run&run=latest&job=nothing`);
  await shows(page, "main", "There is no such run");
  await until(page, () => document.querySelectorAll('[aria-label="Latest runs"] tbody tr').length === 5);
});

const LITTLE = { id: "only-1", job: "small", status: "succeeded", created_at: at(0), started_at: at(2), ended_at: at(12), steps: { total: 1, succeeded: 1, failed: 0, running: 0, skipped: 0 } };
const TELLS_NOT = [
  ["events", "This source gives no events"], ["stats", "This source keeps no figures"], ["lineage", "does not tell of families"], ["raw", "no records of its own"], ["logs", "gives no logs"],
];

/** A source that tells little of one run, and the app beside it. */
async function little(t, run, { config, ...options } = {}) {
  const api = await littleApi(run, options);
  later(t, () => api.stop());
  const site = await files({ dist, api: api.url, config });
  later(t, () => site.stop());
  return { api, site };
}
const NAMED = { sources: [{ id: "little", url: "./api/v1/" }] };

test("tabs: a source that tells little says what it does not tell", async (t) => {
  const { site } = await little(t, LITTLE);
  const page = await open(t, site.url, { allow: [/404|501/] });
  await lists(page, ["only-1"]);
  for (const [tab, words] of TELLS_NOT) {
    await page.goto(`${site.url}?view=run&run=only-1&tab=${tab}`);
    await shows(page, "main", words);
  }
  await page.goto(`${site.url}?view=run&run=only-1&tab=stats`);
  await shows(page, ".figures", /queue\s*2\.0s/);
});

test("tabs: by a link somebody is there before the source has told what it does not tell", async (t) => {
  for (const [tab, words] of TELLS_NOT) {
    const { site } = await little(t, LITTLE, { config: NAMED, infoAfter: new RegExp(`/only-1/${tab}$`) });
    const page = await open(t, `${site.url}?view=run&source=little&run=only-1&tab=${tab}`, { allow: [/404|501/] });
    await shows(page, "main", words);
    await until(page, () => !/not found|not here/i.test(document.querySelector("main").innerText));
  }
});

test("tabs: a source that tells no news is asked again, and no stream of it is asked for", async (t) => {
  const run = { ...LITTLE, status: "running", ended_at: null };
  const { api, site } = await little(t, run, { config: NAMED });
  api.answers["/api/v1/info"].capabilities.logs = "snapshot";
  const tail = (first, last) => ({ run: run.id, first, total: last, lines: Array.from({ length: last - first + 1 }, (_, at) => ({ text: `line ${first + at}` })) });
  const log = "/api/v1/runs/only-1/logs";
  api.answers[log] = tail(1, 3);
  const page = await open(t, site.url, { allow: [/404/] });
  const list = await open(t, site.url, { allow: [/404/] });
  await lists(page, ["only-1"]);
  await shows(page, "nav.strip", "polling");
  await page.locator("[data-run-id=only-1]").click();
  await page.getByRole("tab", { name: "steps" }).press("Enter");
  await shows(page, "main", "No steps");
  const logs = await open(t, `${site.url}?view=run&source=little&run=only-1&tab=logs`, { allow: [/404/] });
  assert.equal(await line(logs, 3), "line 3");
  Object.assign(run, { status: "succeeded", ended_at: at(12), version: 2 });
  api.answers["/api/v1/runs/only-1/steps"].steps = [{ key: "load", status: "succeeded", attempts: [] }];
  // More than one look gives: the lines between are not there to be had.
  api.answers[log] = tail(8, 9);
  await page.locator("[data-step-key=load]").waitFor();
  assert.equal(await line(logs, 9), "line 9");
  await until(page, () => document.querySelector(".run__title")?.dataset.phase === "succeeded");
  await until(list, () => document.querySelector("[data-run-id=only-1]")?.dataset.phase === "succeeded");
  assert.ok(!(await page.locator("main").innerText()).includes("Not current"));
  assert.deepEqual(api.asked.filter((path) => path.endsWith("/stream")), []);
  // A run that is over is not asked for without a pause, though the list has not heard of its end.
  for (const other of [page, list, logs]) await other.close();
  api.answers["/api/v1/runs"].runs = [{ ...run, status: "running", version: 1 }];
  const late = await open(t, `${site.url}?view=run&source=little&run=only-1&tab=steps`, { allow: [/404/] });
  await late.locator("[data-step-key=load]").waitFor();
  api.asked.length = 0;
  for (let look = 0; look < 2; look++) await late.waitForResponse(/\/runs\?limit/);
  const again = api.asked.filter((path) => path.endsWith("/runs/only-1")).length;
  assert.ok(again <= 2, `it was asked for ${again} times`);
  assert.deepEqual(api.asked.filter((path) => path.endsWith("/stream")), []);
});

test("tabs: a step that is read again as it was keeps its link", async (t) => {
  const run = { ...LITTLE, status: "running", ended_at: null };
  const { api, site } = await little(t, run, { config: NAMED });
  const path = "/api/v1/runs/only-1/steps";
  let steps = [{ key: "load", status: "succeeded", attempts: [] }];
  // As the bridge's, each answer has the newest version for all.
  let version = 0;
  api.answers[path] = { run: run.id, get steps() { version += 1; return steps.map((step) => ({ ...step, version })); }, cursor: "c" };
  const page = await open(t, `${site.url}?view=run&source=little&run=only-1&tab=steps`, { allow: [/404/] });
  const link = await page.locator("[data-step-key=load] a").elementHandle();
  steps = [...steps, { key: "next", status: "running", attempts: [] }];
  await page.locator("[data-step-key=next]").waitFor();
  assert.ok(await link.evaluate((link) => link.isConnected), "it was drawn anew");
});
