// What can be run in Flyte: tasks, how their runs went, versions, triggers, and runs made of them; against the open service and a strict one.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flyte, service } from "./lib/flyte.mjs";
import { open, shows, until } from "./lib/page.mjs";

const TASKS = '[aria-label="Tasks of the source"]';
const names = (page) => page.evaluate((table) => [...document.querySelectorAll(`${table} tbody tr th`)].map((cell) => cell.innerText), TASKS);
const gone = (page) => until(page, () => /view=run/.test(location.search) && new URLSearchParams(location.search).get("run")?.split("/").at(-1));

for (const mode of ["open", "strict"]) {
  const here = {};
  before(async () => {
    here.all = await service(mode === "strict" ? ["--strict"] : []);
    here.fly = await flyte({ to: here.all, extra: ["--allow-actions"] });
  });
  const control = (what) => here.all.control(what);
  const tasks = (query = "") => `${here.fly.bridge.url}?view=tasks&source=fly${query}`;
  const main = (query = "") => tasks(`&task=flytesnacks/development/etl.main${query}`);

  test(`flyte tasks, ${mode}: found by name, in an order, with how their runs went`, async (t) => {
    const page = await open(t, tasks());
    await until(page, (table) => document.querySelectorAll(`${table} tbody tr`).length === 3, TASKS);
    assert.deepEqual(await names(page), ["billing.invoice", "etl.main", "etl.report"]);
    const row = () => page.evaluate((table) => document.querySelector(`${table} tbody tr`).innerText, TASKS);
    await shows(page, `${TASKS} tbody tr`, "1 (50 %)");
    assert.match(await row(), /billing\/production\s+v7\s+2\s+1 \(50 %\)/);
    const last = page.locator(`${TASKS} tbody tr`).first().getByRole("link", { name: "billing/production/rtwice: failed" });
    assert.equal(await last.count(), 1);
    // News of the service come while somebody looks.
    await control("set?run=rbill&phase=6");
    await shows(page, `${TASKS} tbody tr`, "2 (100 %)");
    const ordered = async (head, by, all) => {
      await page.getByRole("columnheader", { name: new RegExp(`^${head}`) }).getByRole("button").click();
      await until(page, ([table, all]) => [...document.querySelectorAll(`${table} tbody tr th`)].map((cell) => cell.innerText).join() === all, [TASKS, all], head);
      assert.ok(page.url().includes(`sort=${by}`), page.url());
    };
    await ordered("Deployed", "-created", "billing.invoice,etl.report,etl.main");
    await ordered("Runs", "-run", "etl.main,billing.invoice,etl.report");
    await ordered("Runs", "run", "billing.invoice,etl.report,etl.main");
    await shows(page, ".tasks", "2 triggers, 1 active");
    await shows(page, '[aria-label="Triggers of the source"] tbody', /hourly\s+flytesnacks\/development\/etl.report\s+not active\s+cron 0 \* \* \* \*/);
    await page.getByRole("searchbox", { name: "Search tasks" }).fill("REPORT");
    await until(page, (table) => document.querySelectorAll(`${table} tbody tr`).length === 1, TASKS);
    assert.deepEqual(await names(page), ["etl.report"]);
    await page.goto(tasks());
    await page.locator(`${TASKS} tbody tr`).first().getByRole("link", { name: /rtwice/ }).click();
    await shows(page, "main h1", "billing.invoice");
  });

  test(`flyte tasks, ${mode}: a run with typed inputs and a name of its own, and what is wrong with those`, async (t) => {
    const page = await open(t, main());
    await shows(page, ".tasks", "How its runs of 30 days went");
    await page.getByRole("button", { name: "Run …", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("day").fill("friday");
    await dialog.getByLabel("rows").fill("many");
    await dialog.getByLabel("dry").selectOption("true");
    await dialog.getByLabel("name of the run").fill("Not A Name");
    const run = dialog.getByRole("button", { name: "Run", exact: true });
    await run.click();
    await shows(page, ".dialog__wrong", "rows");
    await dialog.getByLabel("rows").fill("7");
    await run.click();
    await shows(page, ".dialog__wrong", "1 to 30 letters");
    await dialog.getByLabel("name of the run").fill("my-run");
    await dialog.getByLabel("options").fill('{"labels": {"values": {"team": "data"}}}');
    await run.click();
    assert.equal(await gone(page), "my-run");
    const made = await control("run?run=my-run");
    assert.equal(made.task, "flytesnacks/development/etl.main/v2");
    const primitive = (name) => made.inputs[name].scalar.primitive;
    assert.deepEqual([primitive("day"), primitive("rows"), primitive("dry")], [{ stringValue: "friday" }, { integer: "7" }, { boolean: true }]);
    assert.deepEqual(made.spec.labels, { values: { team: "data" } });
    await shows(page, "main", "team");
    // An enum is chosen, and a list is typed as JSON; what is wrong in it is named.
    await page.goto(tasks("&task=billing/production/billing.invoice"));
    await page.getByRole("button", { name: "Run …", exact: true }).click();
    await dialog.getByLabel("month").fill("may");
    await dialog.getByLabel("level (ENUM)").selectOption("high");
    await dialog.getByLabel("parts (list of INTEGER as JSON)").fill('[1, "two"]');
    await run.click();
    await shows(page, ".dialog__wrong", 'parts[1]: "two" is not a whole number');
    await dialog.getByLabel("parts (list of INTEGER as JSON)").fill("[1, 2]");
    await run.click();
    const invoice = await control(`run?run=${await gone(page)}`);
    assert.deepEqual(invoice.inputs.level.scalar.primitive, { stringValue: "high" });
    assert.deepEqual(invoice.inputs.parts.collection.literals.map((one) => one.scalar.primitive.integer), ["1", "2"]);
  });

  test(`flyte tasks, ${mode}: a new version is filled in from the old one; one that is there is not overwritten`, async (t) => {
    const page = await open(t, main(), { allow: [/status of 409/] });
    await page.getByRole("button", { name: "New version …" }).click();
    const dialog = page.getByRole("dialog");
    const spec = dialog.getByLabel("spec (TaskSpec as JSON)");
    const old = await spec.inputValue();
    assert.match(old, /registry\.example\/etl:v2/);
    await dialog.getByLabel("version").fill("v2");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await shows(page, ".dialog__wrong", "has a version v2");
    await dialog.getByLabel("version").fill("v3");
    await spec.fill(old.replace("etl:v2", "etl:v3"));
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await shows(page, "pre.json", "registry.example/etl:v3");
    assert.ok((await control("tasks")).tasks.includes("flytesnacks/development/etl.main/v3"));
    await page.getByLabel("version").selectOption("v1");
    await shows(page, "pre.json", "registry.example/etl:v1");
    // A task that was not there before.
    await page.goto(tasks());
    await page.getByRole("button", { name: "Deploy …" }).click();
    await dialog.getByLabel("task (project/domain/name)").fill("flytesnacks/development/etl.fresh");
    await dialog.getByLabel("version").fill("v1");
    await dialog.getByLabel("spec (TaskSpec as JSON)").fill("{");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await shows(page, ".dialog__wrong", /the task: .*line 1/);
    await dialog.getByLabel("spec (TaskSpec as JSON)").fill(old);
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await shows(page, ".tasks h1", "etl.fresh");
  });

  test(`flyte tasks, ${mode}: triggers are turned off and on, and what they start is run now`, async (t) => {
    const page = await open(t, main());
    const nightly = page.locator("[data-trigger=nightly]");
    await shows(page, "[data-trigger=nightly]", "cron 0 3 * * *");
    const turn = async (verb, state) => {
      await nightly.getByRole("button", { name: `${verb} …`, exact: true }).click();
      await nightly.getByRole("button", { name: `${verb} this trigger` }).click();
      await until(page, (state) => document.querySelector("[data-trigger=nightly]")?.dataset.active === state, state);
    };
    await turn("Deactivate", "false");
    assert.equal((await control("tasks")).active.nightly, false);
    await turn("Activate", "true");
    await nightly.getByRole("button", { name: "Run now …" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Run", exact: true }).click();
    const made = await control(`run?run=${await gone(page)}`);
    assert.deepEqual([made.trigger, made.task], ["nightly", "flytesnacks/development/etl.main/v2"]);
  });

  test(`flyte tasks, ${mode}: a pasted task is run without being deployed`, async (t) => {
    const page = await open(t, tasks(), { allow: [/404.*GetTaskDetails/] });
    await page.getByRole("button", { name: "Run a spec …" }).click();
    const dialog = page.getByRole("dialog");
    const run = dialog.getByRole("button", { name: "Run", exact: true });
    await run.click();
    await shows(page, ".dialog__wrong", "The spec is missing");
    const spec = { shortName: "pasted", taskTemplate: { id: { resourceType: "TASK", org: "testorg", project: "flytesnacks", domain: "staging", name: "etl.pasted", version: "v0" }, type: "python" } };
    await dialog.getByLabel("spec (TaskSpec as JSON)").fill(JSON.stringify(spec));
    await run.click();
    await shows(page, ".dialog__wrong", "The project and its domain are missing");
    await dialog.getByLabel("project").fill("flytesnacks");
    await dialog.getByLabel("domain").fill("staging");
    await dialog.getByLabel("inputs").fill("[]");
    await run.click();
    await shows(page, ".dialog__wrong", "inputs: a JSON object is needed");
    await dialog.getByLabel("inputs").fill('{"literals": [{"name": "day", "value": {"scalar": {"primitive": {"stringValue": "monday"}}}}]}');
    await run.click();
    const made = await control(`run?run=${await gone(page)}`);
    assert.ok(made.key.startsWith("flytesnacks/staging/"), made.key);
    assert.equal(made.task, "flytesnacks/staging/etl.pasted/v0");
    assert.match(JSON.stringify(made.inputs), /monday/);
    await page.locator(".run__head").getByRole("link", { name: "etl.pasted v0" }).click();
    await shows(page, "main", "This task is not deployed");
    // Its runs are counted all the same.
    await page.goto(tasks());
    await shows(page, `${TASKS} tbody`, /etl.pasted\s+flytesnacks\/staging\s+not deployed\s+1/);
  });
}
