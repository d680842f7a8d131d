// Dagster runs that are out of the ordinary: a server that breaks at events, one that pushes nothing, steps chosen by hand, runs of other systems.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import { dagster, front } from "./lib/dagster.mjs";
import { tempDir } from "./lib/env.mjs";
import { none, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { dagsterProxy } from "./lib/web.mjs";

let server, bridge;
const ids = {};

before(async () => {
  server = await dagster();
  for (const [name, job] of [["fail", "fail_job"], ["ok", "ok_job"], ["broken", "broken_assets_job"], ["soft", "soft_checks"]]) ids[name] = await server.launch(job);
  await server.wait(...Object.values(ids));
  bridge = await front(server.url);
}, { timeout: 300_000 });
after(async () => {
  await bridge?.stop();
  await server?.stop();
});

const link = (id, tab = "overview", rest = "", at = bridge) => `${at.url}?view=run&source=dg&run=${id}&tab=${tab}${rest}`;

/** The bridge in front of a proxy that does what it is told. */
async function through(t, options) {
  const proxy = await dagsterProxy(server.url, options);
  later(t, () => proxy.stop());
  const at = await front(proxy.url);
  later(t, () => at.stop());
  return { proxy, at };
}

test("dagster odd: events at which the server breaks are shown with less, and the page says so", async (t) => {
  const errors = { allow: [/500 \(Internal Server Error\)/] };
  const whole = await open(t, link(ids.fail, "events"));
  await until(whole, () => document.querySelectorAll("[data-event]").length > 10);
  assert.equal(await whole.locator(".notes").count(), 0, "nothing to say");

  const { proxy, at } = await through(t, { breaks: (query) => /fragment [PF] on EventConnection/.test(query) });
  const page = await open(t, link(ids.fail, "events", "&f.type=STEP_FAILURE", at), errors);
  await shows(page, "[data-event]", "boom");
  assert.ok(proxy.broken.length > 0);
  await shows(page, ".notes summary", /^\d+ things? could not be read …$/);
  assert.equal(await page.locator(".notes li").first().isVisible(), false, "folded");
  await page.locator(".notes summary").click();
  await shows(page, ".notes li", /the server breaks at their own fields.*Cannot return null for non-nullable field/);
  await page.goto(link(ids.fail, "logs", "", at));
  await shows(page, "[aria-label=Log]", "boom");
  await shows(page, ".notes summary", "could not be read");
  await page.locator(".notes summary").click();
  const found = [];
  for (const width of [1440, 400]) {
    await page.setViewportSize({ width, height: 900 });
    found.push(...(await violations(page)).map((words) => `${width}: ${words}`));
  }
  none(found, "axe finds");
});

test("dagster odd: where an answer is lost, nobody is told that it is safe to ask again", async (t) => {
  const { at } = await through(t, { drops: (query) => query.includes("launchRunReexecution") });
  const page = await open(t, link(ids.ok, "overview", "", at), { allow: [/502|Failed to load resource/] });
  await page.getByRole("button", { name: "Re-execute …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Re-execute", exact: true }).click();
  await shows(page, "dialog .dialog__wrong", "Nobody can tell whether it was done");
  await shows(page, "dialog .dialog__wrong", "Look whether it was done before you ask again");
});

test("dagster odd: where the server breaks at what events say of assets, none is shown for all", async (t) => {
  const { at } = await through(t, { breaks: (query) => /fragment A on DagsterRunEvent/.test(query) });
  const page = await open(t, link(ids.broken, "overview", "", at), { allow: [/500 \(Internal Server Error\)/] });
  await shows(page, ".notes summary", "could not be read");
  await page.locator(".notes summary").click();
  await shows(page, ".notes li", "what became of assets and checks is not all told");
  assert.equal(await page.getByRole("heading", { name: "Assets and checks" }).count(), 0);
  await page.goto(link(ids.broken, "resume", "", at));
  await page.getByRole("radio", { name: "assets" }).check();
  await shows(page, ".resume", "which of its assets were left out cannot be told");
});

test("dagster odd: where nothing is pushed, a live log comes all the same", async (t) => {
  const { proxy, at } = await through(t, { pushes: false });
  const worse = await through(t, { pushes: false, breaks: (query) => query.includes("$c") && query.includes("fragment P on EventConnection") });
  const id = await server.launch("slow_job", { ops: { slow_log: { config: { seconds: 20, per_s: 4 } } } });
  const allow = [/WebSocket/, /500 \(Internal Server Error\)/];
  const page = await open(t, link(id, "logs", "", at), { allow });
  const other = await open(t, link(id, "logs", "", worse.at), { allow });
  const grows = async (live) => {
    await shows(live, "[aria-label=Log]", "slow line 3");
    const last = await live.evaluate(() => Math.max(...[...document.querySelectorAll("[data-line]")].map((row) => Number(row.dataset.line))));
    await until(live, (last) => [...document.querySelectorAll("[data-line]")].some((row) => Number(row.dataset.line) > last), last);
  };
  await Promise.all([page, other].map(grows));
  assert.ok(proxy.refused > 0, "it was asked for");
  await server.wait(id);
  for (const live of [page, other]) await shows(live, ".run__head", "succeeded");
  assert.equal(await page.locator(".notes").count(), 0, "nothing was kept back");
  // What came while somebody watched is said as well.
  await other.locator(".notes summary").click();
  await shows(other, ".notes li", /^events from [1-9]\d+ on: the server breaks at their own fields/);
});

/** What the page says that would run, by key. */
const planned = (page, within = "[role=tabpanel]") =>
  page.evaluate((within) => [...document.querySelectorAll(`${within} tr[data-step-key]`)].filter((row) => row.dataset.plan !== "skip").map((row) => row.dataset.stepKey).sort(), within);
/** Until the page shows a run that is not `old`; gives its id. */
const another = (page, old) => until(page, (old) => { const id = document.querySelector("article[data-run-id]")?.dataset.runId; return id && id !== old && id; }, old);
/** What became of a run, once it is over. */
async function became(id) {
  await server.wait(id);
  const text = "query R($r: ID!) { runOrError(runId: $r) { ... on Run { parentRunId stepKeysToExecute stepStats { stepKey } tags { key value } } } }";
  const { runOrError } = await server.query(text, { r: id });
  return { ...runOrError, ran: runOrError.stepStats.map((step) => step.stepKey).sort(), tags: Object.fromEntries(runOrError.tags.map(({ key, value }) => [key, value])) };
}

test("dagster odd: steps are chosen by hand in the plan, with all that need them, and are what runs", async (t) => {
  const page = await open(t, link(ids.fail, "resume"));
  await until(page, () => document.querySelectorAll("[data-plan]").length === 6);
  const chosen = page.getByRole("group", { name: "Chosen by hand" });
  const button = chosen.getByRole("button", { name: "Re-execute chosen …" });
  assert.equal(await button.isDisabled(), true, "none is chosen");
  await page.getByLabel("choose side").check();
  await page.getByLabel("choose boom").check();
  await page.getByLabel("choose side").uncheck();
  await shows(page, ".pick", "1 of 6 steps: boom");
  await chosen.getByLabel("with all that need them").check();
  await shows(page, ".pick", "3 of 6 steps: boom, down_a, down_b");
  none(await violations(page), "axe finds");
  await button.click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("steps").inputValue(), "boom,down_a,down_b");
  await shows(page, "dialog", "3 of 6 steps: boom, down_a, down_b");
  // Thought better of: what is chosen stays, and the button in the head is for all steps.
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.getByLabel("choose boom").isChecked(), true);
  await page.locator(".actions").getByRole("button", { name: "Re-execute …" }).click();
  await shows(page, "dialog", "all steps");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await button.click();
  await dialog.getByRole("button", { name: "Re-execute" }).click();
  const run = await became(await another(page, ids.fail));
  assert.deepEqual(run.stepKeysToExecute.toSorted(), ["boom", "down_a", "down_b"]);
  assert.equal(run.parentRunId, ids.fail);
});

test("dagster odd: assets that were not made are planned, and are what a resume makes", async (t) => {
  const page = await open(t, link(ids.broken, "resume"));
  await page.getByRole("radio", { name: /^assets/ }).check();
  await until(page, () => document.querySelector('tr[data-step-key="a_down"]'));
  const plan = await planned(page);
  assert.deepEqual(plan, ["a_bad", "a_down"]);
  await page.getByRole("button", { name: "Resume …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: /^assets/ }).check();
  await until(page, () => document.querySelector('dialog tr[data-step-key="a_down"]'));
  assert.deepEqual(await planned(page, "dialog"), plan);
  const asked = page.waitForRequest((request) => (request.postData() ?? "").includes("launchRunReexecution"));
  await dialog.getByRole("button", { name: /^Resume 2/ }).click();
  assert.match((await asked).postData(), /FROM_ASSET_FAILURE/);
  const id = await another(page, ids.broken);
  const run = await became(id);
  assert.equal(run.parentRunId, ids.broken);
  // It breaks once more at the first: what was to be made is what the new run plans.
  const { runOrError } = await server.query("query A($r: ID!) { runOrError(runId: $r) { ... on Run { executionPlan { steps { key } } assetSelection { path } } } }", { r: id });
  assert.deepEqual(runOrError.assetSelection.map(({ path }) => path.join("/")).sort(), plan);
  assert.deepEqual(runOrError.executionPlan.steps.map(({ key }) => key).sort(), plan);
});

test("dagster odd: what a run that succeeded left out is made by a resume, and where nothing is left none is offered", async (t) => {
  const page = await open(t, link(ids.soft));
  await shows(page, ".run__title", "succeeded");
  await page.locator(".actions").getByRole("button", { name: "Resume …" }).click();
  const dialog = page.getByRole("dialog");
  await until(page, () => document.querySelector("dialog tr[data-step-key]"));
  assert.equal(await dialog.getByRole("radio", { name: /^assets/ }).isChecked(), true);
  const plan = await planned(page, "dialog");
  assert.deepEqual(plan, ["c_up", "c_up_c_soft"]);
  await dialog.getByRole("button", { name: /^Resume 2/ }).click();
  const run = await became(await another(page, ids.soft));
  assert.equal(run.parentRunId, ids.soft);
  assert.deepEqual(run.ran, plan);
  await page.goto(link(ids.ok));
  await shows(page, ".overview", "code location");
  // What can be done, the source tells apart from the run.
  await until(page, () => document.querySelector(".actions button"));
  assert.deepEqual(await page.locator(".actions button").allInnerTexts(), ["Re-execute …", "Delete …"]);
});

test("dagster odd: a run is re-executed with the tags of its parent, or without", async (t) => {
  let from = ids.ok;
  const page = await open(t, link(from));
  for (const [tag, keeps] of [["first", true], ["second", true], ["third", false]]) {
    await page.getByRole("button", { name: "Re-execute …" }).click();
    const dialog = page.getByRole("dialog");
    const box = dialog.getByLabel("and the tags of this run");
    assert.equal(await box.isChecked(), true);
    await box.setChecked(keeps);
    await dialog.getByLabel("tags", { exact: true }).fill(`${tag}=1`);
    await dialog.getByRole("button", { name: "Re-execute" }).click();
    const id = await another(page, from);
    const run = await became(id);
    assert.equal(run.parentRunId, from);
    from = id;
    const own = Object.keys(run.tags).filter((key) => ["first", "second", "third"].includes(key)).sort();
    assert.deepEqual(own, { first: ["first"], second: ["first", "second"], third: ["third"] }[tag]);
  }
});

test("dagster odd: a run that starts and one that is held say so", async (t) => {
  const page = await open(t, link(ids.ok));
  for (const [status, phase] of [["STARTING", "starting"], ["SUSPENDED", "paused"]]) {
    const id = await server.managed("", status);
    await page.goto(link(id));
    await until(page, (phase) => document.querySelector(".run__title")?.dataset.phase === phase, phase);
    await shows(page, ".run__title", phase);
    await page.goto(`${bridge.url}?source=dg&status=${status}`);
    await until(page, (id) => [...document.querySelectorAll("[data-run-id]")].map((row) => row.dataset.runId).join() === id, id);
    await shows(page, `[data-run-id="${id}"]`, phase);
  }
});

test("dagster odd: what one run does not permit is known in the list, before anybody asks the server for it", async (t) => {
  const { at } = await through(t, { rewrite: (text) => text.replace(/("hasDeletePermission"): ?true/g, "$1:false") });
  const page = await open(t, `${at.url}?source=dg&job=ok_job`);
  const sent = [];
  page.on("request", (request) => (request.postData() ?? "").includes("mutation") && sent.push(request.postData()));
  await page.getByLabel(`choose ${ids.ok}`).check();
  await page.getByRole("button", { name: "Delete …" }).click();
  await shows(page, "dialog tbody", "not done: this Dagster does not permit you to delete this run");
  assert.equal(await page.getByRole("dialog").getByRole("button", { name: "Delete 0 runs" }).isDisabled(), true);
  assert.deepEqual(sent, []);
});

test("dagster odd: an event of a type that nobody knows yet is shown by its own word", async (t) => {
  const { at } = await through(t, { rewrite: (text) => text.replaceAll('"STEP_START"', '"STEP_DREAMT"').replaceAll('"ExecutionStepStartEvent"', '"ExecutionStepDreamtEvent"') });
  const page = await open(t, link(ids.ok, "events", "&f.type=STEP_DREAMT", at));
  await shows(page, "[data-event] .col-type", "STEP_DREAMT");
  await page.locator("[data-event]").first().click();
  await shows(page, "[aria-label='Record of the event']", '"__typename": "ExecutionStepDreamtEvent"');
});

test("dagster odd: a deployment's path and a token that the browser never sees", async (t) => {
  const gate = await dagster(undefined, ["--no-daemon", "--path-prefix", "/prod", "--header", "Dagster-Cloud-Api-Token:secret"]);
  later(t, () => gate.stop());
  const token = join(tempDir("token"), "token");
  writeFileSync(token, "secret\n", { mode: 0o600 });
  const at = await front(gate.url, ["--upstream-header", `dg=Dagster-Cloud-Api-Token:${token}`]);
  later(t, () => at.stop());
  const page = await open(t, `${at.url}?view=sources`);
  const seen = [];
  page.on("request", (request) => seen.push(JSON.stringify([request.url(), request.headers(), request.postData()])));
  await page.goto(`${at.url}?view=sources`);
  await shows(page, "main", "Dagster 1.");
  assert.ok(seen.some((words) => words.includes("/proxy/dg/graphql")));
  assert.deepEqual(seen.filter((words) => words.includes("secret")), []);
  // Without it the server lets nobody in, and the page says what it was told.
  const bare = await front(gate.url, []);
  later(t, () => bare.stop());
  const without = await open(t, `${bare.url}?view=sources`, { allow: [/401|403/] });
  await shows(without, "main", /sign|not let|401|403/i);
});

test("dagster odd: a run that another system runs is shown as such, and of several that begin alike all are offered", async (t) => {
  const id = await server.managed();
  const page = await open(t, link(id));
  await shows(page, ".run", "another system runs it: Dagster keeps its records and cannot tell how it stands");
  await until(page, () => document.querySelector(".run__title")?.dataset.phase === "unknown");
  await shows(page, ".run__title", "MANAGED");
  // Where nobody has to look for it: in the head, whatever tab is open, and in the list.
  await page.goto(link(id, "steps"));
  await shows(page, ".run__head", /another system runs it/);
  await page.goto(`${bridge.url}?source=dg&status=MANAGED`);
  await shows(page, `[data-run-id="${id}"]`, /MANAGED[^]*another system runs it/);
  // Another that begins like this one.
  const last = id.endsWith("0") ? "1" : "0";
  const twin = await server.managed(id.slice(0, -1) + last);
  assert.notEqual(twin, id);
  await page.goto(`${bridge.url}?view=run&source=dg&run=${id.slice(0, 8)}`);
  await shows(page, "main", "Several runs begin like this");
  const offered = await page.evaluate(() => [...document.querySelectorAll(".empty li a")].map((link) => link.innerText));
  assert.deepEqual(offered.toSorted(), [id, twin].toSorted());
  await page.getByRole("link", { name: twin }).click();
  await page.locator(`article[data-run-id="${twin}"]`).waitFor();
});

test("dagster odd: only events of a type are shown, by the address and by hand", async (t) => {
  const types = (page) => page.evaluate(() => [...document.querySelectorAll("[data-event]")].map((row) => row.querySelector(".col-type").innerText.trim()));
  const page = await open(t, link(ids.fail, "events", "&f.type=STEP_SUCCESS"));
  await until(page, () => document.querySelectorAll("[data-event]").length === 3);
  assert.deepEqual(await types(page), Array(3).fill("STEP_SUCCESS"));
  const type = page.getByRole("group", { name: "Filter events" }).getByRole("combobox", { name: "type" });
  await type.fill("STEP_FAILURE");
  await type.press("Enter");
  await until(page, () => document.querySelectorAll("[data-event]").length === 1);
  assert.deepEqual(await types(page), ["STEP_FAILURE"]);
  assert.match(page.url(), /f\.type=STEP_FAILURE/);
});

test("dagster odd: events are found by step, level, time and text, each alone and together, by the address", async (t) => {
  const text = "query L($r: ID!) { logsForRun(runId: $r) { ... on EventConnection { events { ... on MessageEvent { timestamp level stepKey message eventType } } } } }";
  const all = (await server.query(text, { r: ids.fail })).logsForRun.events.map((event, at) => ({ ...event, n: String(at + 1) }));
  const one = (type) => all.find(({ eventType }) => eventType === type);
  const last = all.at(-6).timestamp;
  const found = (test) => all.filter(test).map(({ n }) => n);
  const page = await open(t, link(ids.fail, "events"));
  for (const [query, wanted] of [
    ["f.step=down_*", found(({ stepKey }) => /^down_/.test(stepKey))],
    ["f.step=up_?,side&f.type=STEP_SUCCESS", found(({ stepKey, eventType }) => /^(up_.|side)$/.test(stepKey) && eventType === "STEP_SUCCESS")],
    ["f.level=error", found(({ level }) => level === "ERROR" || level === "CRITICAL")],
    [`f.since=${new Date(Number(last)).toISOString()}`, found(({ timestamp }) => Number(timestamp) >= Number(last))],
    ["f.since=9w&f.type=RUN_*", found(({ eventType }) => /^RUN_/.test(eventType))],
    // Also in what is told of the error behind the message.
    ["f.q=Inner+Cause", [one("STEP_FAILURE").n, one("RUN_FAILURE").n]],
    ["f.step=bo*&f.level=error&f.since=1h&f.q=boom&f.type=STEP_*", [one("STEP_FAILURE").n]],
    ["f.step=nobody", []],
  ]) {
    if (query !== "f.step=nobody") assert.ok(wanted.length > 0 && wanted.length < 16, `${query}: ${wanted}`);
    await page.goto(link(ids.fail, "events", `&${query}`));
    await shows(page, ".tools__count", `${wanted.length} of ${all.length} events`);
    await until(page, (wanted) => [...document.querySelectorAll("[data-event]")].map((row) => row.dataset.event).toSorted((a, b) => a - b).join() === wanted, wanted.join());
  }
});
