// The list over a real Dagster: what is asked for apart from the rows, partitions and backfills, words of filters, and servers that refuse pages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dagster, front } from "./lib/dagster.mjs";
import { dist } from "./lib/env.mjs";
import { download, listed, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { files } from "./lib/web.mjs";

const WHERE = "{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError { ... on RepositoryLocation { repositories { name } } } } } } }";
const BACKFILL = "mutation B($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) { __typename ... on LaunchBackfillSuccess { backfillId } } }";
const ENDED = 'query S($b: String!) { partitionBackfillOrError(backfillId: $b) { ... on PartitionBackfill { status } } runsOrError(filter: { tags: [{ key: "dagster/backfill", value: $b }] }) { ... on Runs { results { runId status } } } }';

let server, bridge, backfill;
const ids = {};

before(async () => {
  server = await dagster();
  for (const [name, job] of [["ok", "ok_job"], ["asset", "asset_job"]]) ids[name] = await server.launch(job);
  const [entry] = (await server.query(WHERE)).workspaceOrError.locationEntries;
  const repositorySelector = { repositoryLocationName: entry.name, repositoryName: entry.locationOrLoadError.repositories[0].name };
  const selector = { repositorySelector, partitionSetName: "parted_job_partition_set" };
  backfill = (await server.query(BACKFILL, { p: { selector, partitionNames: ["a", "b", "c"] } })).launchPartitionBackfill.backfillId;
  await server.wait(ids.ok, ids.asset);
  for (;;) {
    const { runsOrError, partitionBackfillOrError } = await server.query(ENDED, { b: backfill });
    const runs = runsOrError.results;
    if (runs.length === 3 && partitionBackfillOrError.status === "COMPLETED_SUCCESS") {
      ids.parts = runs.map(({ runId }) => runId);
      break;
    }
    if (runs.length > 0) await server.wait(...runs.map(({ runId }) => runId));
    else await new Promise((done) => setTimeout(done, 200));
  }
  bridge = await front(server.url);
}, { timeout: 300_000 });
after(async () => {
  await bridge?.stop();
  await server?.stop();
});

const list = (query = "") => `${bridge.url}?source=dg${query}`;
const cell = (page, id, column) => page.evaluate(([id, column]) => document.querySelector(`[data-run-id="${id}"] .col-${column}`)?.innerText.trim(), [id, column]);

test("dagster list: steps and assets of the rows on screen are asked for in one question", async (t) => {
  const page = await open(t, `${bridge.url}?view=sources`);
  const asked = [];
  page.on("request", (request) => {
    const body = request.url().includes("/graphql") ? request.postData() ?? "" : "";
    if (body.includes("materializations")) asked.push(body);
  });
  await page.goto(list());
  await until(page, (id) => document.querySelector(`[data-run-id="${id}"] .col-assets`)?.innerText.trim() === "3", ids.asset);
  await until(page, (id) => document.querySelector(`[data-run-id="${id}"] .col-steps`)?.innerText.trim() === "8/8", ids.ok);
  assert.equal(await cell(page, ids.ok, "assets"), "0");
  assert.equal(asked.length, 1, "all rows in one document");
  await page.getByRole("button", { name: "Columns and export" }).click();
  const file = await download(page, () => page.getByRole("button", { name: "JSON", exact: true }).click());
  const run = JSON.parse(file.bytes).find(({ id }) => id === ids.asset);
  assert.equal(run.assets, 3);
});

test("dagster list: a partition is a column, and the way to its other runs", async (t) => {
  const page = await open(t, list("&job=parted_job"));
  // The column comes with what the source says it can, which may be after its rows.
  await until(page, (text) => [...document.querySelectorAll("[data-run-id] .col-partition")].map((cell) => cell.innerText.trim()).toSorted().join() === text, "a,b,c");
  await page.getByRole("link", { name: "b", exact: true }).click();
  await until(page, () => document.querySelectorAll("[data-run-id]").length === 1);
  assert.equal(new URL(page.url()).searchParams.get("tag"), "dagster/partition=b");
  await page.goto(`${bridge.url}?view=run&source=dg&run=${(await listed(page))[0]}`);
  await shows(page, ".overview", "dagster/partition");
});

test("dagster list: runs of a backfill stand together, with its status and progress", async (t) => {
  const page = await open(t, list("&group=backfill"));
  await shows(page, `[data-backfill="${backfill}"]`, "succeeded");
  await shows(page, `[data-backfill="${backfill}"]`, "3 SUCCESS");
  await shows(page, `[data-backfill="${backfill}"]`, "3 partitions");
  await shows(page, '[data-group="of no backfill"]', "2 runs");
  // A backfill of which the list has no run is not forgotten.
  await page.goto(list("&group=backfill&job=ok_job"));
  await shows(page, '[aria-label="Backfills without runs here"]', backfill);
  // One that is not among the latest is asked for by the name that its runs have.
  await page.route(/graphql/, (route) => {
    const isLatest = (route.request().postData() ?? "").includes("partitionBackfillsOrError(");
    return isLatest ? route.fulfill({ json: { data: { partitionBackfillsOrError: { __typename: "PartitionBackfills", results: [] } } } }) : route.continue();
  });
  await page.goto(list("&group=backfill"));
  await shows(page, `[data-backfill="${backfill}"]`, /succeeded[^]*3 SUCCESS/);
});

test("dagster list: the server's numbers by status follow the filters and lead to them", async (t) => {
  const page = await open(t, list());
  await shows(page, '[data-count="SUCCESS"]', "5 SUCCESS");
  await page.goto(list("&job=parted_job&status=failed"));
  await shows(page, '[data-count="SUCCESS"]', "3 SUCCESS");
  await page.locator('[data-count="SUCCESS"]').click();
  await until(page, () => document.querySelectorAll("[data-run-id]").length === 3);
});

test("dagster list: IN_PROGRESS is explained and is what goes on", async (t) => {
  const id = await server.launch("sleepy_job");
  const page = await open(t, list("&status=IN_PROGRESS"));
  await shows(page, ".filters__note", "IN_PROGRESS stands for starting, running, canceling");
  await lists(page, [id]);
  // Before its process is there, Dagster has nothing to signal.
  await shows(page, `[data-run-id="${id}"]`, "running");
  await page.getByLabel(`choose ${id}`).check();
  await page.getByRole("button", { name: "Terminate …" }).click();
  await page.getByRole("button", { name: "Terminate 1 run" }).click();
  await shows(page, "dialog tbody", "done");
  await page.getByRole("button", { name: "Close" }).click();
  await page.goto(list("&job=sleepy_job"));
  await shows(page, `[data-run-id="${id}"]`, "canceled");
  await page.goto(list("&status=IN_PROGRESS"));
  await shows(page, "main", "No run matches");
});

test("dagster list: while runs are read, it is said how a filter was understood", async (t) => {
  const page = await open(t, "about:blank", { wait: false, allow: [/Failed to load resource/] });
  // The whole list never comes; what the source says of itself and what the filter asks for do.
  await page.route(/graphql/, (route) => (/"f0":\{"tags":\[\]\}/.test(route.request().postData()) ? route.abort() : route.continue()));
  await page.goto(`${bridge.url}?source=dg&job=ok_*`);
  await shows(page, ".filters__note", "jobs asked for, of those that are loaded now: ok_job");
  await until(page, () => document.querySelectorAll("[data-run-id]").length === 1);
});

test("dagster list: ids are completed while they are typed", async (t) => {
  const page = await open(t, list());
  await page.getByRole("combobox", { name: "Search runs" }).fill(ids.ok.slice(0, 6));
  await until(page, (id) => [...document.querySelectorAll("#filter-q option")].some((option) => option.value === id), ids.ok);
});

test("dagster list: a server that no page may ask is explained in words", async (t) => {
  const config = { sources: [{ id: "direct", kind: "dagster", url: server.url }] };
  const host = await files({ dist, config: JSON.stringify(config) });
  later(t, () => host.stop());
  const page = await open(t, host.url, { allow: [/blocked by the policy|Content Security Policy/] });
  await shows(page, "nav.strip", "direct");
  await page.goto(`${host.url}?view=sources`);
  await shows(page, '[data-source="direct"]', /lets no page of another origin ask \(CORS/);
  await shows(page, '[data-source="direct"]', /give it to the bridge, or put both behind one reverse proxy/);
});

test("dagster list: what is written wrong in a launch is said, and nothing is made", async (t) => {
  const page = await open(t, list());
  await page.getByRole("button", { name: "Launch …" }).click();
  const dialog = page.getByRole("dialog");
  const launch = dialog.getByRole("button", { name: "Launch" });
  await dialog.getByLabel("job").fill("asset_job");
  await dialog.getByLabel("checks").fill("orders_not_empty");
  await shows(page, "dialog .dialog__wrong", "orders_not_empty is no check: write asset:check.");
  assert.ok(await launch.isDisabled());
  await dialog.getByLabel("checks").fill("orders:orders_not_empty");
  await dialog.getByLabel("tags").fill("urgent");
  await shows(page, "dialog .dialog__wrong", "urgent is no tag: write key=value.");
  assert.ok(await launch.isDisabled());
  await dialog.getByLabel("tags").fill("urgent=yes");
  await dialog.getByLabel("assets").fill("orders");
  await launch.click();
  const id = await until(page, () => document.querySelector("article[data-run-id]")?.dataset.runId);
  await server.wait(id);
  const { runOrError } = await server.query("query R($r: ID!) { runOrError(runId: $r) { ... on Run { assetSelection { path } assetCheckSelection { name } } } }", { r: id });
  assert.deepEqual(runOrError.assetSelection, [{ path: ["orders"] }]);
  assert.deepEqual(runOrError.assetCheckSelection, [{ name: "orders_not_empty" }]);
});

test("dagster list: a partition is run on its own", async (t) => {
  const page = await open(t, list());
  await page.getByRole("button", { name: "Launch …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("job").fill("parted_job");
  await dialog.getByLabel("partition").fill("b");
  await until(page, () => [...document.querySelectorAll("#launch-partition option")].some((option) => option.value === "b"));
  await dialog.getByRole("button", { name: "Launch" }).click();
  const id = await until(page, () => document.querySelector("article[data-run-id]")?.dataset.runId);
  await server.wait(id);
  await shows(page, ".overview", /dagster\/partition\s*b/);
});

test("dagster list: several runs that go on are deleted only by who says so, who is told what becomes of them", async (t) => {
  const id = await server.launch("sleepy_job");
  const page = await open(t, list("&job=sleepy_job&status=running"));
  await shows(page, `[data-run-id="${id}"]`, "running");
  await page.getByLabel(`choose ${id}`).check();
  await page.getByRole("button", { name: "Delete …" }).click();
  await shows(page, "dialog", "their processes go on without a record");
  await page.getByRole("button", { name: "Delete 1 run" }).click();
  await shows(page, "dialog tbody", "not done: it still goes on");
  // It was asked to end, so that nothing is left behind.
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Terminate …" }).click();
  await shows(page, "dialog", "marked as canceled, whatever their processes do");
  await page.getByRole("button", { name: "Terminate 1 run" }).click();
  await shows(page, "dialog tbody", "done");
  // The list of what runs may have it no more.
  await page.goto(list("&job=sleepy_job"));
  await shows(page, `[data-run-id="${id}"]`, "canceled");
});

test("dagster list: what the server tells of its parts is asked for again", async (t) => {
  const page = await open(t, `${bridge.url}?view=sources`);
  await page.clock.install();
  await page.goto(`${bridge.url}?view=sources`);
  const isInfo = (request) => request.url().includes("/graphql") && (request.postData() ?? "").includes("daemonHealth");
  await until(page, () => document.querySelector('[aria-label="Parts of the source"] tbody tr'));
  const again = page.waitForRequest(isInfo);
  await page.clock.runFor(31_000);
  await again;
});
