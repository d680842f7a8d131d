// Dagster in the app, against a real webserver and daemon, through the bridge's proxy.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dagster, front } from "./lib/dagster.mjs";
import { domNodes, listed, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

let server, bridge;
const ids = {};

before(async () => {
  server = await dagster();
  for (const [name, job, config] of [
    ["ok", "ok_job"], ["fail", "fail_job"], ["retry", "retry_job"], ["asset", "asset_job"], ["broken", "broken_assets_job"],
    ["dynamic", "dynamic_job", { ops: { work: { config: { fail: "k1" } } } }],
  ]) {
    ids[name] = await server.launch(job, config);
  }
  await server.wait(...Object.values(ids));
  bridge = await front(server.url);
}, { timeout: 300_000 });
after(async () => {
  await bridge?.stop();
  await server?.stop();
});

const link = (id, tab = "overview", rest = "") => `${bridge.url}?view=run&source=dg&run=${id}&tab=${tab}${rest}`;
const list = (query = "") => `${bridge.url}?source=dg${query}`;
const rows = (page, label) => page.evaluate((label) => [...document.querySelectorAll(`[aria-label="${label}"] tbody tr`)].map((row) => [...row.children].map((cell) => cell.innerText.trim())), label);
const phases = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[role=treegrid][aria-label=Steps] [data-step-key][aria-level='1']")].map((row) => [row.dataset.stepKey, row.dataset.phase])));

test("dagster: its runs are listed, newest first, with Dagster's own words and filters", async (t) => {
  const page = await open(t, list());
  await until(page, (count) => document.querySelectorAll("[data-run-id]").length === count, Object.keys(ids).length);
  assert.deepEqual(await listed(page), [ids.dynamic, ids.broken, ids.asset, ids.retry, ids.fail, ids.ok]);
  await shows(page, `[data-run-id="${ids.fail}"]`, "failed");
  for (const [query, wanted] of [
    ["&status=FAILURE", [ids.dynamic, ids.broken, ids.fail]],
    ["&status=SUCCESS,QUEUED&job=*_job", [ids.asset, ids.retry, ids.ok]],
    ["&status=IN_PROGRESS", []],
    ["&job=ok_job,fail_job", [ids.fail, ids.ok]],
    ["&job=*asset*", [ids.broken, ids.asset]],
    ["&tag=team=core&tag=tier=1", [ids.ok]],
    ["&tag=team=core,team=data", [ids.fail, ids.ok]],
    ["&since=1h&limit=2", [ids.dynamic, ids.broken]],
    ["&until=1h", []],
  ]) {
    await page.goto(list(query));
    if (wanted.length === 0) await shows(page, "main", "No run matches");
    else await lists(page, wanted);
  }
  // What begins like this.
  await page.goto(`${bridge.url}?view=run&source=dg&run=${ids.fail.slice(0, 8)}`);
  await page.locator(`article[data-run-id="${ids.fail}"]`).waitFor();
});

test("dagster: jobs and tags are completed by the server", async (t) => {
  const page = await open(t, list());
  await page.getByRole("combobox", { name: "job", exact: true }).fill("parted");
  await until(page, () => [...document.querySelectorAll("#filter-job option")].some((option) => option.value === "parted_job"));
  await page.getByRole("combobox", { name: "tag", exact: true }).fill("team=");
  await until(page, () => [...document.querySelectorAll("#filter-tag option")].some((option) => option.value === "team=core"));
});

test("dagster: a failed run names its step and its error, and what stands behind it is upstream-failed", async (t) => {
  const page = await open(t, link(ids.fail));
  await shows(page, ".failed-step h2", "boom");
  await shows(page, ".run__head", "boom failed on purpose");
  await page.goto(link(ids.fail, "steps"));
  await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length === 6);
  assert.deepEqual(await phases(page), { up_a: "succeeded", up_b: "succeeded", boom: "failed", side: "succeeded", down_a: "upstream_failed", down_b: "upstream_failed" });
  await page.goto(link(ids.fail, "events", "&f.type=STEP_FAILURE"));
  await page.locator("[data-event]").first().click();
  await shows(page, "[aria-label=Event]", "inner cause");
  await shows(page, "[aria-label=Event] .facts", /rows\s*7\s*note\s*\*\*bad\*\* row/);
  await page.getByText("Record of the event").click();
  await shows(page, "[aria-label=Event] .json", '"mdStr": "**bad** row"');
  await page.goto(link(ids.asset, "events", "&f.type=ASSET_MATERIALIZATION"));
  await page.locator("[data-event]").first().click();
  await shows(page, "[aria-label=Event] .facts", /asset\s*orders\s*rows\s*100\s*preview\s*\|a\|/);
  await shows(page, "[aria-label=Event] .facts", /sample\s*\{"id": 1, "sum": 2.5\}/);
  await shows(page, "[aria-label=Event] .facts", /tag dagster\/data_version\s*\w+/);
  // What was planned names its check, and what was evaluated also what it looked at.
  for (const [type, said] of [["ASSET_CHECK_EVALUATION_PLANNED", /asset\s+\w+\s+check\s+\w+/], ["ASSET_CHECK_EVALUATION", new RegExp(`passed\\s+(true|false)[^]*materialization checked\\s+run ${ids.asset}`)]]) {
    await page.goto(link(ids.asset, "events", `&f.type=${type}`));
    await page.locator("[data-event]").first().click();
    await shows(page, "[aria-label=Event] .facts", said);
  }
});

test("dagster: a finished short run that is opened by its link is asked for with one document, its log and its events included", async (t) => {
  // For a while after its end a run may still get events.
  for (;;) {
    const { runOrError: { endTime } } = await server.query("query R($r: ID!) { runOrError(runId: $r) { ... on Run { endTime } } }", { r: ids.fail });
    if (Date.now() / 1000 - endTime > 12) break;
    await new Promise((done) => setTimeout(done, 500));
  }
  const page = await open(t, `${bridge.url}?view=sources`);
  const asked = [];
  page.on("request", (request) => {
    const { query, variables } = request.method() === "POST" ? request.postDataJSON() : {};
    if (variables?.r === ids.fail) asked.push(query);
  });
  await page.goto(link(ids.fail));
  await shows(page, ".run__head", "boom failed on purpose");
  await shows(page, ".overview", "code location");
  assert.equal(asked.filter((query) => query.includes("runOrError(")).length, 1, asked.join("\n"));
  for (const tab of ["Steps", "Logs", "Events"]) {
    await page.getByRole("tab", { name: tab }).click();
    await page.locator({ Steps: "[data-step-key]", Logs: "[data-line]", Events: "[data-event]" }[tab]).first().waitFor();
  }
  assert.equal(asked.length, 1, asked.join("\n"));
});

test("dagster: retries are attempts, and a mapped step that fails is one of several", async (t) => {
  const page = await open(t, link(ids.retry, "steps"));
  await shows(page, '[data-step-key="flaky"] .col-attempts', "3");
  await page.goto(link(ids.dynamic, "steps"));
  await until(page, () => document.querySelector('[data-step-key="work[k1]"]'));
  const all = await phases(page);
  assert.equal(all["work[k1]"], "failed");
  assert.equal(all["work[k0]"], "succeeded");
});

test("dagster: assets and checks, planned beside made", async (t) => {
  const page = await open(t, link(ids.asset));
  await until(page, () => document.querySelectorAll('[aria-label="Assets and checks"] tbody tr').length >= 6);
  const asset = Object.fromEntries((await rows(page, "Assets and checks")).map(([key, check, planned, became]) => [`${key} ${check}`.trim(), [planned, became]]));
  assert.deepEqual(asset.orders, ["planned", "materialized"]);
  assert.match(asset["orders orders_not_empty"][1], /^passed/);
  assert.match(asset["orders_daily daily_fresh"][1], /^warned/);
  assert.match(asset["report report_complete"][1], /^not passed/);
  await page.goto(link(ids.broken));
  await shows(page, ".notice", /planned and not made/);
  await page.goto(link(ids.asset, "stats"));
  await shows(page, ".figures", /materialized\s*3/);
  await shows(page, ".figures", /passed\s*1/);
});

test("dagster: event types are found by the names that they had, and by those of their records", async (t) => {
  const page = await open(t, link(ids.asset, "events", "&f.type=MATERIALIZATION,PIPELINE_START"));
  await until(page, () => document.querySelectorAll("[data-event]").length === 4);
  await page.goto(link(ids.asset, "events", "&f.type=MaterializationEvent"));
  await until(page, () => document.querySelectorAll("[data-event]").length === 3);
});

test("dagster: what a resume would run is shown, and is what it runs", async (t) => {
  const page = await open(t, link(ids.fail, "resume"));
  await until(page, () => document.querySelectorAll("[data-plan]").length === 6);
  const plan = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("tr[data-step-key]")].map((row) => [row.dataset.stepKey, row.dataset.plan])));
  const todo = Object.keys(plan).filter((key) => plan[key] !== "skip").sort();
  assert.deepEqual(todo, ["boom", "down_a", "down_b"]);
  await page.getByRole("button", { name: "Resume …" }).click();
  await page.getByRole("button", { name: /^Resume 3/ }).click();
  await until(page, (old) => { const id = document.querySelector("article[data-run-id]")?.dataset.runId; return id && id !== old && id; }, ids.fail);
  const id = await page.evaluate(() => document.querySelector("article[data-run-id]").dataset.runId);
  await server.wait(id);
  const { runOrError: { stepKeysToExecute, parentRunId } } = await server.query("query R($r: ID!) { runOrError(runId: $r) { ... on Run { stepKeysToExecute parentRunId } } }", { r: id });
  assert.deepEqual(stepKeysToExecute.toSorted(), todo);
  assert.equal(parentRunId, ids.fail);
  await page.goto(link(id, "lineage"));
  await shows(page, "[role=tabpanel]", ids.fail.slice(0, 6));
});

test("dagster: chosen steps run again with all that need them, with tags", async (t) => {
  const page = await open(t, link(ids.ok));
  await page.getByRole("button", { name: "Re-execute …" }).click();
  const dialog = page.getByRole("dialog");
  // What chooses nothing is not taken for all.
  await dialog.getByLabel("steps").fill("scroe");
  await shows(page, "dialog .dialog__wrong", "No step matches");
  assert.ok(await dialog.getByRole("button", { name: "Re-execute" }).isDisabled());
  await dialog.getByLabel("steps").fill("score");
  await shows(page, "dialog", "1 of 8 steps: score");
  await dialog.getByLabel("with all that need them").check();
  await shows(page, "dialog", "3 of 8 steps: score, publish, notify");
  await dialog.getByLabel("tags", { exact: true }).fill("why=again");
  await dialog.getByRole("button", { name: "Re-execute" }).click();
  const id = await until(page, (old) => { const id = document.querySelector("article[data-run-id]")?.dataset.runId; return id && id !== old && id; }, ids.ok);
  await server.wait(id);
  const { runOrError } = await server.query("query R($r: ID!) { runOrError(runId: $r) { ... on Run { stepKeysToExecute tags { key value } } } }", { r: id });
  assert.deepEqual(runOrError.stepKeysToExecute.toSorted(), ["notify", "publish", "score"]);
  const tags = Object.fromEntries(runOrError.tags.map(({ key, value }) => [key, value]));
  assert.equal(tags.why, "again");
  assert.equal(tags.team, "core");
});

test("dagster: a job is launched from the list, and what the server refuses is said in its words", async (t) => {
  const page = await open(t, list());
  await page.getByRole("button", { name: "Launch …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("job").fill("slow_job");
  await dialog.getByLabel("config").fill("ops:\n  slow_log:\n    config:\n      seconds: many\n");
  await dialog.getByRole("button", { name: "Launch" }).click();
  await shows(page, "dialog .dialog__wrong", /seconds|Int/);
  // What it answers with an error of its own was not done either, and its stack is nobody's business.
  await dialog.getByLabel("config").fill("a: [1");
  await dialog.getByRole("button", { name: "Launch" }).click();
  await shows(page, "dialog .dialog__wrong", /^Not done: [\s\S]*(yaml|flow sequence)/i);
  assert.doesNotMatch(await page.locator("dialog .dialog__wrong").innerText(), /File "|Nobody can tell/);
  await dialog.getByLabel("config").fill("ops:\n  slow_log:\n    config:\n      seconds: 1\n");
  await dialog.getByLabel("tags").fill("by=hand");
  await dialog.getByRole("button", { name: "Launch" }).click();
  const id = await until(page, () => document.querySelector("article[data-run-id]")?.dataset.runId);
  await server.wait(id);
  await shows(page, ".run__head", "succeeded");
  await shows(page, ".overview", "hand");
  // Its config is told in full, and is what one begins with who wants to change it.
  await page.locator(".overview summary", { hasText: "lines" }).click();
  await shows(page, ".overview pre", "seconds: 1");
  await page.getByRole("button", { name: "Re-execute …" }).click();
  await until(page, () => document.querySelector("dialog textarea")?.value.includes("seconds: 1"));
});

test("dagster: several runs are ended and deleted at once, each with its result", async (t) => {
  const sleeping = [await server.launch("sleepy_job"), await server.launch("sleepy_job")];
  const page = await open(t, list("&job=sleepy_job"));
  await until(page, () => [...document.querySelectorAll("[data-run-id]")].filter((row) => row.dataset.phase === "running").length === 2);
  for (const id of sleeping) await page.getByLabel(`choose ${id}`).check();
  await shows(page, ".bulk", "2 runs chosen");
  await page.getByRole("button", { name: "Terminate …" }).click();
  await page.getByRole("button", { name: "Terminate 2 runs" }).click();
  await until(page, () => [...document.querySelectorAll("dialog tbody tr")].every((row) => row.lastElementChild.innerText.startsWith("done")));
  await page.getByRole("button", { name: "Close" }).click();
  await until(page, () => [...document.querySelectorAll("[data-run-id]")].every((row) => row.dataset.phase === "canceled"));
  for (const id of sleeping) await page.getByLabel(`choose ${id}`).check();
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByRole("button", { name: "Delete 2 runs" }).click();
  await until(page, () => [...document.querySelectorAll("dialog tbody tr")].every((row) => row.lastElementChild.innerText.startsWith("done")));
  await page.getByRole("button", { name: "Close" }).click();
  await shows(page, "main", "No run matches");
});

test("dagster: daemons, code locations and the version stand on the sources page", async (t) => {
  const page = await open(t, `${bridge.url}?view=sources`);
  await until(page, () => document.querySelector('[aria-label="Parts of the source"] tbody tr'));
  const parts = await rows(page, "Parts of the source");
  assert.ok(parts.some(([kind]) => /daemon/i.test(kind)), JSON.stringify(parts));
  assert.ok(parts.some(([kind]) => /location/i.test(kind)), JSON.stringify(parts));
  await shows(page, '[data-source="dg"]', /1\.13/);
});

test("dagster: a live log survives its server: stale is said, and each event comes once", async (t) => {
  const home = server.home;
  const second = await dagster(home, ["--no-daemon"]);
  let again;
  later(t, () => (again ?? second).stop());
  const watching = await front(second.url);
  later(t, () => watching.stop());
  const id = await server.launch("slow_job", { ops: { slow_log: { config: { seconds: 20, per_s: 5 } } } });
  const page = await open(t, `${watching.url}?view=run&source=dg&run=${id}&tab=logs`, { allow: [/502|Failed to load resource|WebSocket/] });
  await shows(page, "[aria-label=Log]", "slow line 3");
  await second.kill();
  await shows(page, "nav.strip", /STALE|down/);
  again = await dagster(home, ["--no-daemon", "--port", String(second.port)]);
  await server.wait(id);
  await shows(page, ".run__head", "succeeded");
  await shows(page, "[aria-label=Log]", 'Finished execution of run for "slow_job"');
  const seen = await page.evaluate(async () => {
    const texts = new Map();
    const scroll = document.querySelector(".log__scroll");
    scroll.scrollTop = 0;
    for (let still = 0; still < 5; ) {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const before = texts.size;
      for (const row of document.querySelectorAll("[data-line]")) texts.set(Number(row.dataset.line), row.querySelector(".log__text")?.textContent ?? "");
      scroll.scrollTop += 300;
      still = texts.size === before ? still + 1 : 0;
    }
    return [...texts.values()];
  });
  const numbers = seen.flatMap((text) => (/slow line (\d+) /.exec(text) ? [Number(/slow line (\d+) /.exec(text)[1])] : []));
  assert.ok(numbers.length > 20, `${numbers.length} lines`);
  assert.equal(new Set(numbers).size, numbers.length, "no line twice");
  assert.equal(Math.max(...numbers) + 1, numbers.length, "none is missing");
});

test("dagster: a server that only reads offers nothing to press", async (t) => {
  const locked = await dagster(server.home, ["--read-only", "--path-prefix", "/deep/er"]);
  later(t, () => locked.stop());
  const only = await front(locked.url);
  later(t, () => only.stop());
  const page = await open(t, `${only.url}?view=run&source=dg&run=${ids.fail}`);
  await shows(page, ".run__head", "boom failed on purpose");
  assert.equal(await page.locator(".actions button").count(), 0);
  assert.ok((await domNodes(page)) < 2000);
});
