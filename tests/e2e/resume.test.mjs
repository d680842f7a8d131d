// Resuming with open eyes: a history of executioner, made by a command line that behaves like the real one, is listed, shown, previewed, resumed and watched.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { record, serve } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { checkout, sql } from "./lib/executioner.mjs";
import { lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

const NOT_FOUND = [/404/];

async function started(t, options, extra = ["--allow-actions"]) {
  const ex = await checkout(options);
  assert.equal(await ex.run(), 1);
  const bridge = await serve({ extra: [...ex.options, ...extra] });
  later(t, () => bridge.stop());
  return { ex, bridge, at: (id, tab = "overview") => `${bridge.url}?view=run&source=ex&run=${id}&tab=${tab}` };
}

/** Ends the run with success, so many times. */
async function succeed(ex, times) {
  ex.fix();
  for (let time = 0; time < times; time++) assert.equal(await ex.run(), 0);
  ex.unfix();
}

/** `key phase` of each row of the steps. */
const steps = (page) => page.evaluate(() => [...document.querySelectorAll("[role=treegrid] [data-step-key]")].map((row) => `${row.dataset.stepKey} ${row.dataset.phase}`));
const totals = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".resume [data-plan-total]")].map((one) => [one.dataset.planTotal, one.textContent])));
const phase = (page, word) => until(page, (word) => document.querySelector(".run__title")?.dataset.phase === word, word, `the run is ${word}`);

test("resume: the example run is shown, previewed, resumed, watched live, and succeeds; nothing is sent before Confirm", async (t) => {
  const { ex, at } = await started(t, { gates: { merge_results: "go" } });
  const page = await open(t, at(249), {});
  const changes = [];
  page.on("request", (request) => {
    if (!["GET", "HEAD"].includes(request.method())) changes.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });

  // As section 2 of its design shows a run.
  await phase(page, "failed");
  await shows(page, "h1", "data_pipeline");
  await shows(page, ".failed-step", "transform_part2");
  await until(page, () => document.querySelector(".run__why .mono")?.textContent === "ERROR: Unable to process data file", undefined, "what the job itself said");
  await until(page, () => document.querySelector(".preview")?.textContent === "ERROR: Unable to process data file\nFileNotFoundError: /data/part2_input.csv", undefined, "the preview of the log");
  await shows(page, ".preview .ansi-fg-1", "FileNotFoundError: /data/part2_input.csv");
  await shows(page, ".overview", /Data transformation\. Reason: Job failed after 1 attempts \(status: FAILED, exit code: 1\)\. Log: \/.*job-transform_part2\.run-249\.log/);
  await shows(page, ".overview", `-c ${ex.config} --resume-from 249 --resume-failed-only`);
  await page.getByRole("tab", { name: "Jobs" }).or(page.locator('[role="tab"][href*="tab=steps"]')).first().click();
  await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length === 8);
  // In the words of its users.
  await page.getByRole("treegrid", { name: "Jobs" }).getByRole("columnheader", { name: "Job" }).waitFor();
  await page.getByRole("group", { name: "Filter steps" }).getByRole("combobox", { name: "job" }).waitFor();
  await shows(page, ".tools", "8 jobs");
  assert.deepEqual(await steps(page), [
    "download_data succeeded", "validate_data succeeded", "transform_part1 succeeded", "transform_part2 failed",
    "merge_results upstream_failed", "generate_report upstream_failed", "send_notification upstream_failed", "cleanup upstream_failed",
  ]);
  await shows(page, '[data-step-key="cleanup"]', "dependency failed: transform_part2");

  // As section 4 previews its resume.
  await page.goto(at(249, "resume"));
  await shows(page, ".plan__total", "Total: 5 jobs to execute, 3 jobs to skip");
  assert.deepEqual(await totals(page), { skip: "3", retry: "1", run: "4", blocked: "0" });
  assert.equal(await page.locator('.resume [data-step-key="transform_part2"]').getAttribute("data-plan"), "retry");
  await shows(page, ".resume", `-c ${ex.config} --resume-from 249`);
  for (const words of ["--resume-failed-only", "--dry-run", "--mark-success -r 249 -j transform_part2", "--show-run 249", "--list-runs data_pipeline"]) await shows(page, ".resume", words);
  await shows(page, ".resume", "today's executioner does the same in both modes here");
  await page.getByRole("radio", { name: "failed" }).check();
  await shows(page, ".resume", "merge_results: executioner runs it (it never ran); its design skips it");
  await page.getByRole("radio", { name: "incomplete" }).check();
  // Steps that the user passes over are passed over, and the box that was pressed keeps the focus.
  const box = page.locator(".resume").getByRole("checkbox", { name: "skip cleanup" });
  await box.check();
  await shows(page, ".plan__total", "Total: 4 jobs to execute, 4 jobs to skip");
  await shows(page, ".resume", "--resume-from 249 --skip cleanup");
  await until(page, () => document.activeElement?.getAttribute("aria-label") === "Skip cleanup");
  assert.equal(await page.getByRole("checkbox", { name: "skip download_data" }).count(), 0, "it is skipped anyway");
  await box.uncheck();
  await shows(page, ".plan__total", "Total: 5 jobs to execute");
  assert.deepEqual(changes, []);

  // Confirm is separate, and names what will run.
  ex.fix();
  await page.getByRole("button", { name: "Resume …" }).click();
  const dialog = page.getByRole("dialog", { name: "Resume this run?" });
  await dialog.getByText("Total: 5 jobs to execute, 3 jobs to skip").waitFor();
  assert.deepEqual(changes, []);
  await dialog.getByRole("button", { name: "Resume 5 jobs" }).click();
  await phase(page, "running");
  assert.deepEqual(changes, ["POST /api/v1/ex/runs/249/resume"]);
  // It is watched while it goes on.
  await page.goto(at(249, "steps"));
  await until(page, () => document.querySelector('[data-step-key="merge_results"]')?.dataset.phase === "running");
  await page.goto(at(249, "logs"));
  await shows(page, ".log", "merge_results");
  ex.open("go");
  await shows(page, ".log", "merge_results went on");
  await phase(page, "succeeded");
  await page.goto(at(249));
  await shows(page, ".run__head", "attempt 2");
  await shows(page, ".overview", /attempt 1\s*FAILED 3\/8/);
  await shows(page, ".overview", /attempt 2\s*SUCCESS 8\/8/);
  await shows(page, ".overview", /resumed\s*.* from run 249/);
  await page.goto(at(249, "lineage"));
  await shows(page, ".tools", "Attempt 2 of this run: resumed in place, see its attempts.");
  await page.getByRole("link", { name: "its attempts" }).click();
  await until(page, () => document.querySelector('[data-step-key="transform_part2"] .col-attempts')?.textContent === "2", undefined, "the attempts of the failed job");
  assert.deepEqual(changes, ["POST /api/v1/ex/runs/249/resume"]);
});

test("resume: of a run without rows its counters count, on its page as in the list", async (t) => {
  const { at } = await started(t);
  const page = await open(t, at(247));
  await until(page, () => document.querySelector(".overview span:has(> .steps-bar)")?.textContent === "2/8", undefined, "two of eight, as its design lists it");
  assert.doesNotMatch(await page.locator(".overview").textContent(), /no row\b.*more/);
  await shows(page, ".overview", "no job has a row: counted by run_summary");
  await page.goto(at(246));
  await until(page, () => document.querySelector(".overview span:has(> .steps-bar)")?.textContent === "0/8");
});

test("resume: without actions the preview and the command lines are there, and no button", async (t) => {
  const { at } = await started(t, {}, []);
  const page = await open(t, at(249, "resume"));
  await shows(page, ".plan__total", "Total: 5 jobs to execute, 3 jobs to skip");
  await shows(page, ".tools", "actions are off for this source");
  assert.equal(await page.getByRole("button", { name: "Resume …" }).count(), 0);
});

test("resume: an id that is not in the history offers recent runs of the configuration", async (t) => {
  const { at } = await started(t);
  const page = await open(t, at(999), { allow: NOT_FOUND });
  await shows(page, "main", "Run ID 999 not found in history.");
  await shows(page, "main h3", "Recent runs for this config:");
  await shows(page, "main", "Use --list-runs to see all available runs.");
  for (const id of ["249", "247", "246"]) await page.locator("main").getByRole("link", { name: id, exact: true }).waitFor();
  // The run of another application is in the list, and not offered.
  await page.getByRole("link", { name: "All runs" }).click();
  await lists(page, ["249", "248", "247", "246"]);
  await page.goBack();
  await shows(page, "main h3", "Recent runs for this config:");
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("main table tbody a")].map((link) => link.textContent)), ["249", "247", "246"]);
});

test("resume: a resume of the old kind counts what it carried over on its page as in the list, and names its parent as inferred", async (t) => {
  // Schema 5, which knows no attempts: a resume is a run of its own, without rows of what it passed over.
  const database = join(tempDir("old"), "jobs_history.db");
  const job = (run, id, status) => `INSERT INTO job_history (run_id, id, status, application_name) VALUES (${run},'${id}','${status}','old')`;
  const row = (run, status, done, failed, skipped) => `INSERT INTO run_summary VALUES (${run},'old','2025-05-23 0${run - 300}:00:00','2025-05-23 0${run - 300}:01:00','${status}',3,${done},${failed},${skipped},${failed},'2025-05-23 0${run - 300}:00:00')`;
  await sql(
    database, "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, description TEXT)", "INSERT INTO schema_version VALUES (5,'x')",
    "CREATE TABLE run_summary (run_id INTEGER PRIMARY KEY, application_name TEXT NOT NULL, start_time TIMESTAMP NOT NULL, end_time TIMESTAMP, status TEXT, total_jobs INTEGER, completed_jobs INTEGER, failed_jobs INTEGER, skipped_jobs INTEGER, exit_code INTEGER, created_at TIMESTAMP)",
    "CREATE TABLE job_history (run_id INTEGER, id TEXT, command TEXT, description TEXT, status TEXT, application_name TEXT, last_run TIMESTAMP, retry_count INTEGER, last_error TEXT, retry_history TEXT, duration_seconds REAL, PRIMARY KEY (run_id, id))",
    row(301, "FAILED", 2, 1, 0), job(301, "one", "SUCCESS"), job(301, "two", "SUCCESS"), job(301, "three", "FAILED"), row(302, "SUCCESS", 3, 0, 2), job(302, "three", "SUCCESS"),
  );
  const bridge = await serve({ extra: ["--executioner", `ex=${database}`] });
  later(t, () => bridge.stop());
  const at = (id, tab = "overview") => `${bridge.url}?view=run&source=ex&run=${id}&tab=${tab}`;
  const page = await open(t, bridge.url);
  await until(page, () => document.querySelector('[data-run-id="302"] span:has(> .steps-bar)')?.textContent === "3/3", undefined, "the counts of the list");
  await page.goto(at(302));
  await until(page, () => document.querySelector(".overview span:has(> .steps-bar)")?.textContent === "3/3", undefined, "the same on the page");
  await shows(page, ".overview", "2 more jobs have no row");
  await shows(page, ".overview", /parent\s*301 \(inferred\)/);
  await page.goto(at(302, "lineage"));
  await shows(page, ".lineage", "301 (inferred)");
});

test("resume: a history that changes after the preview forces a new one", async (t) => {
  const { ex, at } = await started(t);
  const page = await open(t, at(249, "resume"), { allow: [/409/] });
  await page.getByRole("button", { name: "Resume …" }).click();
  const dialog = page.getByRole("dialog", { name: "Resume this run?" });
  await dialog.getByText("Total: 5 jobs to execute").waitFor();
  // Somebody else marks the failed job in the meantime; here by a change of the configuration.
  writeFileSync(ex.config, readFileSync(ex.config, "utf8").replace("echo report", "echo report again"));
  await dialog.getByRole("button", { name: "Resume 5 jobs" }).click();
  await shows(page, "dialog", "has changed since the plan was made");
  // It is said where it is seen, and what would be done now is agreed to only by somebody who says that he looked.
  const [top, bottom] = await page.locator(".dialog__wrong").evaluate((words) => [words.getBoundingClientRect().top, innerHeight - words.getBoundingClientRect().bottom]);
  assert.ok(top >= 0 && bottom >= 0, `${top} ${bottom}`);
  const button = dialog.getByRole("button", { name: "Resume 5 jobs" });
  await button.and(page.locator(":disabled")).waitFor();
  await phase(page, "failed");
  const seen = dialog.getByRole("checkbox", { name: "I have looked at it" });
  await seen.check();
  // Each new plan is looked at anew.
  writeFileSync(ex.config, readFileSync(ex.config, "utf8").replace("echo report again", "echo report"));
  await button.click();
  await button.and(page.locator(":disabled")).waitFor();
  await until(page, () => document.querySelector("dialog .choice input[type=checkbox]")?.checked === false);
  await seen.check();
  // It goes on for good this time, so that its moment is not missed.
  ex.fix();
  await button.click();
  await until(page, () => document.querySelector(".run__title")?.dataset.phase === "succeeded");
});

test("resume: a run that succeeded although a job failed can be gone on with", async (t) => {
  const { ex, at } = await started(t);
  await sql(ex.database, "UPDATE run_summary SET status = 'SUCCESS' WHERE run_id = 249");
  const page = await open(t, at(249));
  await phase(page, "succeeded");
  await page.getByRole("button", { name: "Resume …" }).click();
  await page.getByRole("dialog", { name: "Resume this run?" }).getByText("Total: 5 jobs to execute, 3 jobs to skip").waitFor();
});

test("resume: the plan that somebody looks at follows the configuration", async (t) => {
  const { ex, at } = await started(t);
  const page = await open(t, at(249, "resume"));
  await shows(page, ".plan__total", "Total: 5 jobs to execute, 3 jobs to skip");
  const config = JSON.parse(readFileSync(ex.config, "utf8"));
  config.jobs.push({ ...config.jobs.at(-1), id: "archive" });
  writeFileSync(ex.config, JSON.stringify(config));
  await shows(page, ".plan__total", "Total: 6 jobs to execute, 3 jobs to skip");
  await shows(page, ".resume", "the configuration has 9 jobs, and the run had 8");
  // The run itself had 8, and nothing tells which of those that never began were among them.
  await page.goto(at(249));
  await until(page, () => document.querySelector(".overview span:has(> .steps-bar)")?.textContent === "3/8", undefined, "its own number of jobs");
  await shows(page, "main", "have no row in it and are left out of its steps, as nothing tells which of its jobs were there then");
});

test("resume: what the design promises is shown beside what is done, by a switch that a link keeps", async (t) => {
  const { bridge, at } = await started(t);
  const page = await open(t, at(249, "resume"));
  const rules = page.getByRole("group", { name: "By whose rules" });
  const rule = (name) => rules.getByRole("radio", { name });
  await page.getByRole("radio", { name: "failed" }).check();
  await shows(page, ".plan__total", "Total: 5 jobs to execute, 3 jobs to skip");
  assert.ok(await rule("actual").isChecked());
  // By keyboard, as every group of radio buttons; the focus stays.
  await rule("actual").focus();
  await page.keyboard.press("ArrowDown");
  await shows(page, ".plan__total", "Total: 1 job to execute, 7 jobs to skip");
  assert.ok(await rule("promised").isChecked());
  assert.equal(await page.evaluate(() => document.activeElement.value), "promised");
  await shows(page, ".resume", "Shown for comparison: a resume does what is actual.");
  await shows(page, ".resume", "merge_results: executioner runs it (it never ran); its design skips it");
  assert.match(page.url(), /[?&]f\.profile=promised(&|$)/);
  await shows(page, ".resume", "By hand, which does what is actual and not this:");
  // What is done is what is actual, in the mode that was chosen on the page, and what is chosen in the dialog stays.
  await page.getByRole("button", { name: "Resume …" }).click();
  const dialog = page.getByRole("dialog", { name: "Resume this run?" });
  await dialog.getByText("Total: 5 jobs to execute, 3 jobs to skip").waitFor();
  assert.equal(await dialog.getByRole("group", { name: "By whose rules" }).count(), 0);
  assert.ok(await dialog.getByRole("radio", { name: "failed" }).isChecked());
  await dialog.getByRole("radio", { name: "incomplete" }).check();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.ok(await page.locator(".resume").getByRole("radio", { name: "incomplete" }).isChecked());
  // The link opens the same.
  const other = await open(t, page.url());
  await until(other, () => document.querySelector('.resume input[value="promised"]')?.checked);
  await other.getByRole("radio", { name: "failed" }).check();
  await shows(other, ".plan__total", "Total: 1 job to execute, 7 jobs to skip");
  await other.getByRole("radio", { name: "actual" }).check();
  await shows(other, ".plan__total", "Total: 5 jobs to execute");
  assert.doesNotMatch(other.url(), /f\.profile/);
  // Where a source has one set of rules there is no switch, and what a link asks of another source is not sent.
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  const local = await record(bridge.dir, "plain", "echo x");
  await page.goto(`${bridge.url}?view=run&source=local&run=${local}&tab=resume&f.profile=promised`);
  await shows(page, ".plan__total", "Total:");
  assert.equal(await page.getByRole("group", { name: "By whose rules" }).count(), 0);
  assert.deepEqual(asked.filter((url) => /\/resume\?.*profile/.test(url)), []);
});

test("resume: a failed job is marked as done by hand, after a question that says what that changes", async (t) => {
  const { bridge, at } = await started(t);
  const page = await open(t, at(249, "resume"));
  const changes = [];
  page.on("request", (request) => {
    if (!["GET", "HEAD"].includes(request.method())) changes.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  await shows(page, ".plan__total", "Total: 5 jobs to execute, 3 jobs to skip");
  await page.getByRole("button", { name: "Mark success …" }).click();
  const dialog = page.getByRole("dialog", { name: "Mark as done by hand?" });
  // The only job that failed is chosen.
  assert.ok(await dialog.getByRole("group", { name: "Which failed job" }).getByRole("radio", { name: "transform_part2" }).isChecked());
  assert.equal(await dialog.getByRole("radio").count(), 1);
  await dialog.getByText("are changed to a success, in every attempt of this run. Nothing is executed").waitFor();
  assert.deepEqual(changes, []);
  await dialog.getByRole("button", { name: "Mark success" }).click();
  await shows(page, "body", "transform_part2 is marked as SUCCESS: a resume of run 249 leaves it alone");
  assert.deepEqual(changes, ["POST /api/v1/ex/runs/249/steps/transform_part2/mark-success"]);
  await shows(page, ".plan__total", "Total: 4 jobs to execute, 4 jobs to skip");
  await until(page, () => ![...document.querySelectorAll("button")].some((button) => button.textContent.startsWith("Mark success")), undefined, "nothing is left to be marked");
  assert.equal((await bridge.get("ex/runs/249")).run.status, "failed");
  await page.goto(at(249));
  await shows(page, ".overview", /marked by hand\s*transform_part2 as SUCCESS, /);
  // It is the executioner's own row that has changed: its resume passes over the job.
  await page.getByRole("button", { name: "Resume …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Resume 4 jobs" }).click();
  await phase(page, "succeeded");
  assert.ok(!(await bridge.get("ex/runs/249/steps")).steps.some((step) => step.status !== "succeeded"));
  assert.equal(await page.getByRole("button", { name: "Mark success …" }).count(), 0);
});

test("resume: a mark that comes too late is refused, and without actions there is none", async (t) => {
  const { ex, at } = await started(t);
  const page = await open(t, at(249, "resume"), { allow: [/409/] });
  await page.getByRole("button", { name: "Mark success …" }).click();
  const dialog = page.getByRole("dialog", { name: "Mark as done by hand?" });
  const button = dialog.getByRole("button", { name: "Mark success" });
  await until(page, () => [...document.querySelectorAll("dialog button")].some((button) => button.textContent === "Mark success" && !button.disabled));
  writeFileSync(ex.config, readFileSync(ex.config, "utf8").replace("echo report", "echo report again"));
  await button.click();
  await shows(page, "dialog", "Not done: run 249 or its configuration has changed since the plan was made");
  // Who has seen that may agree once more, to the run as it is now.
  await until(page, () => [...document.querySelectorAll("dialog button")].some((button) => button.textContent === "Mark success" && !button.disabled));
  await button.click();
  await shows(page, ".plan__total", "Total: 4 jobs to execute, 4 jobs to skip");

  const { at: other } = await started(t, {}, []);
  const plain = await open(t, other(249, "resume"));
  await shows(plain, ".plan__total", "Total: 5 jobs to execute");
  assert.equal(await plain.getByRole("button", { name: "Mark success …" }).count(), 0);
});

test("resume: how long it takes as a rule is said with what that is computed from, and a phone shows the whole table", async (t) => {
  const ex = await checkout();
  await succeed(ex, 5);
  assert.equal(await ex.run(), 1);
  const bridge = await serve({ extra: [...ex.options] });
  later(t, () => bridge.stop());
  const page = await open(t, `${bridge.url}?view=run&source=ex&run=254&tab=resume`, { width: 400, height: 860 });
  await shows(page, ".resume", /Expected to take .*, one after the other, by the median of each job's successes in this application's runs\./);
  await shows(page, '.resume [data-step-key="transform_part2"]', /\(p50 of 5\)/);
  // What is not executed takes no time.
  assert.doesNotMatch(await page.locator('.resume [data-step-key="download_data"]').textContent(), /p50/);
  const room = await page.evaluate(() => {
    const room = document.querySelector(".plan__room");
    return { has: room.clientWidth, needs: room.scrollWidth };
  });
  assert.ok(room.needs <= room.has, JSON.stringify(room));
  // Of recorded runs by their own history; where no success is known of a step that is said, and there is no sum of what is not known.
  for (let time = 0; time < 5; time++) await record(bridge.dir, "work", "$STEP extract -- true");
  const local = await record(bridge.dir, "work", "$STEP extract -- false; $STEP load -- false; exit 3");
  await page.goto(`${bridge.url}?view=run&source=local&run=${local}&tab=resume`);
  await shows(page, '.resume [data-step-key="extract"]', /\(p50 of 5\)/);
  assert.match(await page.locator('.resume [data-step-key="load"]').textContent(), /n too small \(0\)$/);
  await shows(page, ".resume", /Expected to take .* by the median of each step's latest successes, 20 at most, in the runs of this job\./);
});
