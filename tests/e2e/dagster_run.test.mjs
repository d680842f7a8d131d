// The page of a Dagster run: captured output, the error in full, completion, what was selected and planned, and what ends it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import { dagster, front } from "./lib/dagster.mjs";
import { download, lines, none, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

let server, bridge;
const ids = {};
const NEWER = "mutation R($p: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $p) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }";

before(async () => {
  server = await dagster();
  for (const [name, job] of [["ok", "ok_job"], ["fail", "fail_job"], ["lost", "lost_job"], ["blocked", "blocked_job"], ["changing", "changing"]]) ids[name] = await server.launch(job);
  await server.wait(...Object.values(ids));
  bridge = await front(server.url);
}, { timeout: 300_000 });
after(async () => {
  await bridge?.stop();
  await server?.stop();
});

const link = (id, tab = "overview", rest = "", at = bridge) => `${at.url}?view=run&source=dg&run=${id}&tab=${tab}${rest}`;
const rows = (page, label) => page.evaluate((label) => [...document.querySelectorAll(`[aria-label="${label}"] tbody tr`)].map((row) => [...row.children].map((cell) => cell.innerText.trim())), label);
const facts = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".overview .facts > div")].map((row) => [row.children[0].innerText.trim(), row.children[1].innerText.trim()])));
/** Texts of the lines on the screen. */
const texts = async (page) => (await lines(page)).map((line) => line.text);
const status = async (id) => (await server.query("query S($r: ID!) { runOrError(runId: $r) { __typename ... on Run { status } } }", { r: id })).runOrError;
/** Until the run stands so; the server alone knows. */
async function stands(id, ...wanted) {
  for (;;) {
    const { __typename, status: now } = await status(id);
    if (wanted.includes(now ?? __typename)) return;
    await new Promise((done) => setTimeout(done, 200));
  }
}
const action = (page, name) => page.locator(".actions").getByRole("button", { name: `${name} …` });

test("dagster run: what processes printed is asked for when it is chosen, and comes as it is printed", async (t) => {
  const page = await open(t, `${bridge.url}?view=sources`);
  const id = await server.launch("slow_job", { ops: { slow_log: { config: { seconds: 25, per_s: 4 } } } });
  await stands(id, "STARTED");
  await page.goto(link(id, "logs"));
  const asked = [];
  page.on("request", (request) => /capturedLogs|LogsCapturedEvent\{fileKey stepKeys\}/.test(request.postData() ?? "") && asked.push(request.postData()));
  await shows(page, "[aria-label=Log]", "slow line 3");
  assert.equal(asked.length, 0, "nobody has asked for it");
  const which = page.getByRole("group", { name: "Which log" });
  assert.equal(await which.getByRole("button", { name: "Run log" }).getAttribute("aria-pressed"), "true");
  await which.getByRole("button", { name: "stdout" }).click();
  await shows(page, "[data-line]", /^\d+\s+slow_log\s+out \d+$/);
  assert.match(page.url(), /f\.stream=out/);
  await shows(page, ".log__note", /stdout of 1 process.*asked for again/);
  const first = Math.max(...(await lines(page)).map((line) => line.number));
  await until(page, (first) => [...document.querySelectorAll("[data-line]")].some((row) => Number(row.dataset.line) > first), first);
  await which.getByRole("button", { name: "stderr" }).click();
  // Dagster's own words stand there too.
  await shows(page, "[data-line]", /^\d+\s+slow_log\s+err \d+$/);
  await page.getByLabel("Find in log").fill("err 2");
  await shows(page, ".log__hits", /line/);
  await page.getByRole("button", { name: "Only matches" }).click();
  await until(page, () => [...document.querySelectorAll("[data-line]")].every((row) => row.innerText.includes("err 2")));
  await server.wait(id);
  // To its end, each line once.
  await page.goto(link(id, "logs", "&f.stream=out"));
  await shows(page, ".log__note", "this is all");
  const own = (await download(page, () => page.getByRole("button", { name: "Download JSON" }).click())).bytes.toString();
  const all = JSON.parse(own).lines.map((line) => line.text);
  assert.ok(all.length > 20);
  assert.deepEqual(all, all.map((_, at) => `out ${at}`));
  await page.getByRole("button", { name: "Download", exact: true }).click();
  const file = await download(page, () => page.getByRole("link", { name: /^slow_log stdout of process/ }).click());
  assert.match(file.name, new RegExp(`^${id}.*\\.out$`));
  assert.equal(file.bytes.toString(), all.map((line) => `${line}\n`).join(""));
  await which.getByRole("button", { name: "Run log" }).click();
  await shows(page, "[aria-label=Log]", "slow line");
  assert.doesNotMatch(page.url(), /f\.stream/);
});

test("dagster run: processes stand one after the other with their steps, and silence is said", async (t) => {
  const page = await open(t, link(ids.fail, "logs", "&f.stream=out"));
  await shows(page, ".log__note", /stdout of \d processes, one after the other/);
  assert.deepEqual(await texts(page), ["up_a speaks", "up_b speaks", "and goes on"]);
  await page.getByLabel("step").selectOption("up_b");
  await until(page, () => document.querySelectorAll("[data-line]").length === 2);
  assert.deepEqual(await texts(page), ["up_b speaks", "and goes on"]);
  const sleeping = await server.launch("sleepy_job");
  await stands(sleeping, "STARTED");
  await page.goto(link(sleeping, "logs", "&f.stream=out"));
  await shows(page, "[aria-label=Log]", /written nothing to stdout so far/);
  await server.query("mutation T($r: String!) { terminateRun(runId: $r, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }", { r: sleeping });
  await shows(page, "[aria-label=Log]", /The run is over, and its processes wrote nothing to stdout/);
});

test("dagster run: the failed step's error in full is one click from the header", async (t) => {
  const page = await open(t, link(ids.fail));
  await shows(page, ".run__why", "boom failed");
  assert.equal(await page.locator(".failed-step").getByRole("link", { name: "its error in full" }).count(), 1);
  await page.locator(".run__why").getByRole("link", { name: "the error in full" }).click();
  await shows(page, "[aria-label=Error]", "Failure: boom failed on purpose");
  const error = await page.getByRole("group", { name: "Error" }).innerText();
  assert.match(error, /File ".*defs\.py", line \d+, in boom/);
  assert.match(error, /^Failure: boom failed on purpose\ncaused by ValueError: inner cause\n\nFailure: /);
  assert.match(error, /\nValueError: inner cause\n.*File ".*defs\.py"/s);
  await page.getByText("Record of the event").click();
  await shows(page, "[aria-label='Record of the event']", '"className": "Failure"');
  assert.equal(await page.locator("[data-event][aria-selected=true] .col-type").innerText(), "STEP_FAILURE");
  // The address is the link to it, and follows what is opened.
  assert.match(page.url(), /tab=events&f\.event=\d+/);
  await page.reload();
  await shows(page, "[aria-label=Error]", "boom failed on purpose");
  await until(page, () => document.querySelector("[data-event][aria-selected=true]"));
  await page.getByRole("button", { name: "Close" }).click();
  await until(page, () => !location.search.includes("f.event"));
  assert.equal(await page.getByRole("region", { name: "Event", exact: true }).count(), 0);
  await page.goto(link(ids.fail, "events", "&f.event=99999"));
  await shows(page, ".events", /Event 99,999 could not be read/);
});

test("dagster run: a failure without a failed step shows the run's own error", async (t) => {
  const page = await open(t, link(ids.lost));
  await shows(page, ".run__why", "the resource is lost");
  await page.locator(".run__why").getByRole("link", { name: "the error in full" }).click();
  await shows(page, "[aria-label=Error]", /Error executing resource_fn[^]*caused by RuntimeError: the resource is lost\n/);

  // Its process is gone.
  const id = await server.launch("sleepy_job");
  await stands(id, "STARTED");
  let pid;
  while (!pid) {
    const { logsForRun } = await server.query("query L($r: ID!) { logsForRun(runId: $r) { ... on EventConnection { events { ... on LogsCapturedEvent { pid } } } } }", { r: id });
    pid = logsForRun.events.find((event) => event.pid)?.pid;
  }
  process.kill(pid, "SIGKILL");
  await server.wait(id);
  await page.goto(link(id));
  await shows(page, ".run__why", /was terminated by signal 9/);
  await page.locator(".run__why").getByRole("link", { name: "the error in full" }).click();
  await shows(page, "[aria-label=Event]", /ENGINE_EVENT[^]*was terminated by signal 9/);
});

test("dagster run: a run that could not be launched says why", async (t) => {
  const narrow = await dagster(undefined, ["--no-launch"]);
  later(t, () => narrow.stop());
  const at = await front(narrow.url);
  later(t, () => at.stop());
  const id = await narrow.launch("ok_job");
  await narrow.wait(id);
  const page = await open(t, link(id, "overview", "", at));
  await shows(page, ".run__why", "the run could not be launched");
  await page.locator(".run__why").getByRole("link", { name: "the error in full" }).click();
  await shows(page, "[aria-label=Error]", /^RuntimeError: the run could not be launched\ncaused by ConnectionError: no room in the cluster[^]*, in launch_run/);
  await page.goto(link(id, "logs", "&f.stream=err", at));
  await shows(page, "[aria-label=Log]", "captured the output of none of its processes");
});

test("dagster run: event types and step keys are completed", async (t) => {
  const page = await open(t, link(ids.fail, "events"));
  const offers = (list, value) => until(page, ([list, value]) => [...document.querySelectorAll(`#${list} option`)].some((option) => option.value === value), [list, value]);
  const tools = page.getByRole("group", { name: "Filter events" });
  await tools.getByRole("combobox", { name: "type" }).fill("step_f");
  await offers("event-type", "STEP_FAILURE");
  await tools.getByRole("combobox", { name: "type" }).fill("RUN_START,asset_mat");
  await offers("event-type", "RUN_START,ASSET_MATERIALIZATION");
  await tools.getByRole("combobox", { name: "step" }).fill("down");
  await offers("event-step", "down_a");
  await page.goto(link(ids.fail, "steps"));
  await page.getByRole("group", { name: "Filter steps" }).getByRole("combobox", { name: "step" }).fill("up");
  await offers("step-key", "up_b");
  await page.goto(link(ids.fail, "logs"));
  await until(page, () => [...document.querySelectorAll(".log__tools select option")].some((option) => option.value === "down_b"));
});

test("dagster run: what was selected, planned and not evaluated, and whether the job changed", async (t) => {
  const page = await open(t, link(ids.blocked));
  await until(page, () => document.querySelectorAll('[aria-label="Assets and checks"] tbody tr').length >= 6);
  await shows(page, ".notice", /planned and not made or evaluated/);
  const of = Object.fromEntries((await rows(page, "Assets and checks")).map(([key, check, planned, became]) => [`${key} ${check}`.trim(), [planned, became]]));
  assert.deepEqual(of["b_down b_late"], ["planned", "not evaluated or made"]);
  assert.deepEqual(of["b_up b_fine"], ["planned", "passed"]);
  assert.deepEqual(of.b_down, ["planned", "not evaluated or made"]);
  await until(page, () => document.querySelector(".overview").innerText.includes("job snapshot"));
  assert.match((await facts(page))["job snapshot"], /^[0-9a-f]{40}$/);

  const again = async (id) => {
    const { launchRunReexecution } = await server.query(NEWER, { p: { parentRunId: id, strategy: "ALL_STEPS" } });
    assert.equal(launchRunReexecution.__typename, "LaunchRunSuccess", JSON.stringify(launchRunReexecution));
    return launchRunReexecution.run.runId;
  };
  const same = await again(ids.changing);
  await server.wait(same);
  await page.goto(link(same));
  await shows(page, ".overview", "the same as for the parent run");
  writeFileSync(join(server.home, "CHANGED"), "");
  await server.query('mutation { reloadRepositoryLocation(repositoryLocationName: "defs.py") { __typename } }');
  const changed = await again(same);
  await page.goto(link(changed));
  await shows(page, ".overview", "it changed since the parent run");
  await server.wait(changed);

  await page.goto(`${bridge.url}?source=dg`);
  await page.getByRole("button", { name: "Launch …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("job").fill("fail_job");
  await dialog.getByLabel("steps").fill("up_a, up_b");
  await dialog.getByRole("button", { name: "Launch" }).click();
  await shows(page, ".overview", /steps selected\s+up_a, up_b/);
  const steps = await page.evaluate(() => document.querySelector("article[data-run-id]").dataset.runId);

  const { workspaceOrError } = await server.query("{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { ... on RepositoryLocation { repositories { name } } } } } } }");
  const [{ name, locationOrLoadError }] = workspaceOrError.locationEntries;
  const selector = { repositoryLocationName: name, repositoryName: locationOrLoadError.repositories[0].name };
  const launch = async (params) => {
    const { launchRun } = await server.query("mutation L($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }", { p: { mode: "default", runConfigData: {}, ...params } });
    assert.equal(launchRun.__typename, "LaunchRunSuccess", JSON.stringify(launchRun));
    return launchRun.run.runId;
  };
  const assets = await launch({ selector: { ...selector, jobName: "blocked_job", assetSelection: [{ path: ["b_up"] }], assetCheckSelection: [{ name: "b_fine", assetKey: { path: ["b_up"] } }] } });
  await server.wait(steps, assets);
  await page.goto(link(ids.fail));
  await until(page, () => document.querySelector(".overview")?.innerText.includes("job snapshot"));
  assert.equal((await facts(page))["steps selected"], undefined, "all of them");
  await page.goto(link(assets));
  await until(page, () => document.querySelector(".overview")?.innerText.includes("checks selected"));
  const said = await facts(page);
  assert.equal(said["assets selected"], "b_up");
  assert.equal(said["checks selected"], "b_up:b_fine");
});

/** First columns of tables that nobody can read: narrower than a short word, or with a word that is broken over more than two lines. */
const squeezed = (page) =>
  page.evaluate(() => {
    const cells = [...document.querySelectorAll("table tr > :first-child")].filter((cell) => cell.checkVisibility() && cell.innerText.trim());
    const wrong = cells.filter((cell) => {
      const line = Number.parseFloat(getComputedStyle(cell).lineHeight);
      const lines = Math.round((cell.clientHeight - 8) / line);
      return cell.clientWidth < 72 || lines > Math.max(2, cell.innerText.trim().split(/\s+/).length);
    });
    return wrong.map((cell) => `${cell.closest("table").parentElement.getAttribute("aria-label")}: "${cell.innerText}" is ${cell.clientWidth} px wide, ${cell.clientHeight} px high`);
  });

test("dagster run: axe finds nothing in what only such runs show", async (t) => {
  const sleeping = await server.launch("sleepy_job");
  await stands(sleeping, "STARTED");
  for (const [theme, width] of [["light", 1440], ["dark", 400]]) {
    const page = await open(t, link(ids.fail, "logs", "&f.stream=out"), { theme, width });
    const found = [];
    const look = async (where) => found.push(...[...(await violations(page)), ...(await squeezed(page))].map((words) => `${theme} ${width} ${where}: ${words}`));
    await shows(page, ".log__note", "this is all");
    await page.getByRole("button", { name: "Download", exact: true }).click();
    await look("captured");
    await page.goto(link(ids.fail));
    await page.locator(".run__why").getByRole("link", { name: "the error in full" }).click();
    await shows(page, "[aria-label=Error]", "boom");
    await look("error");
    await page.goto(link(ids.blocked));
    await shows(page, ".notice", "planned");
    await look("assets");
    await page.goto(link(sleeping));
    await action(page, "Delete").click();
    await shows(page, "dialog", "still goes on");
    await look("delete");
    for (const [tab, row] of [["resume", "tr[data-plan]"], ["stats", ".figures tbody tr"], ["lineage", ".lineage tbody tr"]]) {
      await page.goto(link(ids.fail, tab));
      await page.locator(row).first().waitFor();
      found.push(...(await squeezed(page)).map((words) => `${theme} ${width} ${tab}: ${words}`));
    }
    none(found, "axe finds");
  }
  await server.query("mutation T($r: String!) { terminateRun(runId: $r, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }", { r: sleeping });
});

test("dagster run: a running run is asked to stop, or ended at once", async (t) => {
  const [safe, hard] = [await server.launch("sleepy_job"), await server.launch("sleepy_job")];
  await stands(safe, "STARTED");
  await stands(hard, "STARTED");
  const page = await open(t, link(safe));
  await action(page, "Terminate").click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("safe").isChecked(), true);
  await dialog.getByRole("button", { name: "Terminate" }).click();
  await shows(page, ".run__head", "canceled");
  await stands(safe, "CANCELED");
  await page.goto(link(hard));
  await action(page, "Terminate").click();
  await dialog.getByLabel("immediate").check();
  const answer = page.waitForRequest((request) => (request.postData() ?? "").includes("MARK_AS_CANCELED_IMMEDIATELY"));
  await dialog.getByRole("button", { name: "Terminate" }).click();
  await answer;
  await shows(page, ".run__head", "canceled");
  await stands(hard, "CANCELED");
});

test("dagster run: a run that goes on is deleted only by who says so twice", async (t) => {
  const id = await server.launch("sleepy_job");
  await stands(id, "STARTED");
  const page = await open(t, link(id));
  await action(page, "Delete").click();
  const dialog = page.getByRole("dialog");
  await shows(page, "dialog", /still goes on: Dagster ends nothing when it deletes/);
  const confirm = dialog.getByRole("button", { name: "Delete" });
  assert.equal(await confirm.isDisabled(), true, "the first word is not enough");
  await dialog.getByLabel(/although it still goes on/).check();
  await dialog.getByLabel(/although it still goes on/).uncheck();
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByLabel(/although it still goes on/).check();
  await confirm.click();
  await stands(id, "RunNotFoundError");
  await until(page, () => !document.querySelector("article[data-run-id]"));
  // What is over needs no second word.
  await page.goto(link(ids.lost));
  await action(page, "Delete").click();
  assert.equal(await dialog.getByLabel(/although it still goes on/).count(), 0);
  assert.equal(await confirm.isDisabled(), false);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await status(ids.lost)).status, "FAILURE");
});
