// The list over Flyte: every project or one, filters, order, pages, runs that wait for an answer, and several runs ended at once. Once against a service
// that checks nothing, as the open one, and once against one that checks all that it is sent.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flyte, service } from "./lib/flyte.mjs";
import { listed, lists, open, shows, until } from "./lib/page.mjs";

const HOME = "flytesnacks/development/";
const cell = (page, id, column) => page.evaluate(([id, column]) => document.querySelector(`[data-run-id="${id}"] .${column}`)?.innerText.trim(), [id, column]);

for (const mode of ["open", "strict"]) {
  const here = {};
  before(async () => {
    here.all = await service(mode === "strict" ? ["--strict"] : []);
    // One bridge, two sources over one service: all projects, and one of them.
    here.fly = await flyte({ to: here.all, scope: "?org=testorg", also: ["one", "?org=testorg&project=flytesnacks&domain=development"], extra: ["--allow-actions"] });
  });
  const list = (query = "") => `${here.fly.bridge.url}?source=fly${query}`;
  const shown = async (t, query, names, home = HOME) => {
    const page = await open(t, list(query));
    await lists(page, names.map((name) => (name.includes("/") ? name : home + name)));
    return page;
  };

  test(`flyte list, ${mode}: all runs of all projects, page after page, newest first, with what the service tells of each`, async (t) => {
    const { runs } = await here.all.control("runs");
    const page = await open(t, list());
    await until(page, (count) => document.querySelector("[role=grid]")?.getAttribute("aria-rowcount") === String(count + 1), runs.length, "every run");
    const ids = await listed(page);
    assert.deepEqual(ids.filter((id) => /r(live|queued|tree|bill)$/.test(id)), [`${HOME}rlive`, `${HOME}rqueued`, `${HOME}rtree`, "billing/production/rbill"]);
    const done = `${HOME}rdone`;
    const words = await page.evaluate((id) => document.querySelector(`[data-run-id="${id}"]`).innerText, done);
    for (const word of ["etl.main", "flytesnacks", "development", "nightly", "schedule_trigger"]) assert.ok(words.includes(word), `${word} in ${words}`);
    // The service sorts by no column of ours while it sends pages; the table does.
    await page.goto(list("&sort=user&job=billing.invoice,etl.report"));
    await until(page, () => document.querySelectorAll("[data-run-id]").length >= 4);
    const users = await Promise.all((await listed(page)).map((id) => cell(page, id, "col-user")));
    assert.deepEqual(users, users.toSorted());
    await page.goto(list("&sort=trigger"));
    await until(page, (id) => document.querySelector("[data-run-id]")?.dataset.runId === id, done, "the one that a trigger started");
  });

  test(`flyte list, ${mode}: filters that the service has, and those that it has not`, async (t) => {
    const page = await shown(t, "&status=aborted", ["rabort"]);
    const narrowed = async (query, ids) => {
      await page.goto(list(query));
      await lists(page, ids.map((name) => (name.includes("/") ? name : HOME + name)));
    };
    const bills = ["billing/production/rtwice", "billing/production/rbill"];
    await narrowed("&status=timed_out", ["rtimeout"]);
    await narrowed("&job=billing.invoice", bills);
    await narrowed("&tag=project=billing", bills);
    await narrowed("&tag=owner=grace", ["rabort"]);
    await narrowed("&tag=trigger=nightly", ["rdone"]);
    await narrowed("&tag=run_source=schedule_trigger", ["rdone"]);
    await narrowed("&q=invoice", bills);
    await narrowed("&tag=paused_action", ["rtree"]);
    assert.match(await page.evaluate((id) => document.querySelector(`[data-run-id="${id}"]`).innerText, `${HOME}rtree`), /running/i);
    await narrowed("&status=running,paused&until=9m", ["rtree"]);
    // The same by controls, which offer what the list knows.
    await page.goto(list());
    await until(page, (id) => document.querySelector(`[data-run-id="${id}"]`), `${HOME}rabort`);
    await page.getByRole("button", { name: "More filters" }).click();
    const more = page.getByRole("group", { name: "More filters" });
    await more.getByLabel("owner").fill("gra");
    await until(page, () => document.querySelector("#more-owner option[value=grace]"));
    await more.getByLabel("owner").fill("grace");
    await more.getByLabel("owner").press("Enter");
    await lists(page, [`${HOME}rabort`]);
    assert.deepEqual(new URL(page.url()).searchParams.getAll("tag").join(), "owner=grace");
    await more.getByLabel("owner").fill("");
    await more.getByLabel("owner").press("Enter");
    await more.getByLabel("started by").selectOption("schedule_trigger");
    await lists(page, [`${HOME}rdone`]);
    await more.getByLabel("started by").selectOption("");
    await more.getByLabel("an action waits for an answer").check();
    await lists(page, [`${HOME}rtree`]);
  });

  test(`flyte list, ${mode}: one project knows nothing of the others, and a bare name is enough where one run has it`, async (t) => {
    const page = await open(t, `${here.fly.bridge.url}?source=one&until=20m`);
    await until(page, () => document.querySelector("[data-run-id$='/rtwice']"));
    const ids = await listed(page);
    assert.ok(ids.every((id) => id.startsWith(HOME)), ids.join());
    await page.goto(`${here.fly.bridge.url}?view=run&source=fly&run=rfailed&tab=overview`);
    await shows(page, "main", "ValueError: no rows for day");
    await page.goto(`${here.fly.bridge.url}?view=run&source=fly&run=rtwice`);
    await shows(page, "main", "several projects have a run rtwice");
    await page.getByRole("region", { name: "Runs with ids near to it" }).getByRole("link", { name: "billing/production/rtwice" }).click();
    await shows(page, "main h1", "billing.invoice");
  });

  test(`flyte list, ${mode}: rows stay under the pointer while the list is read and while runs are chosen`, async (t) => {
    const page = await open(t, `${here.fly.bridge.url}?view=sources`);
    await page.addInitScript(() => {
      window.tops = [];
      // Below the filters, which grow by a line where the page is narrow and the source tells late what it filters by.
      const look = () => {
        const [above, grid] = [".summary", "[role=grid]"].map((name) => document.querySelector(name)?.getBoundingClientRect().top);
        if (grid !== undefined && window.tops.at(-1) !== grid - above) window.tops.push(grid - above);
      };
      new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    await page.goto(list());
    await until(page, () => Number(document.querySelector("[role=grid]")?.getAttribute("aria-rowcount")) > 1, undefined, "the list is whole");
    await page.locator(`[data-run-id="${HOME}rdone"] input[type=checkbox]`).check();
    await shows(page, "[aria-label='Chosen runs']", "1 run chosen");
    assert.equal(await page.evaluate(() => window.tops.length), 1, JSON.stringify(await page.evaluate(() => window.tops)));
  });

  test(`flyte list, ${mode}: several runs are aborted for one reason, each with its own result`, async (t) => {
    const ids = ["rqueued", "rlive", "rdone"].map((name) => HOME + name);
    const page = await open(t, list());
    for (const id of ids) await page.locator(`[data-run-id="${id}"] input[type=checkbox]`).check();
    const bar = page.getByRole("group", { name: "Chosen runs" });
    assert.equal(await bar.getByRole("button", { name: "Delete …" }).count(), 0, "nothing is deleted in Flyte");
    await bar.getByRole("button", { name: "Terminate …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("reason").fill("too many");
    await dialog.getByRole("button", { name: "Terminate 2 runs" }).click();
    await until(page, () => document.querySelectorAll("dialog tbody tr").length === 3 && [...document.querySelectorAll("dialog tbody tr")].every((row) => /done: /.test(row.innerText)));
    const rows = await page.evaluate(() => [...document.querySelectorAll("dialog tbody tr")].map((row) => row.innerText));
    // Known before anybody asks.
    assert.match(rows[2], /not done: the run is over/);
    assert.ok(rows.slice(0, 2).every((row) => /\tdone: aborted/.test(row)), rows.join(" | "));
    for (const name of ["rqueued", "rlive"]) assert.deepEqual((({ phase, abort }) => [phase, abort])(await here.all.control(`run?run=${name}`)), [7, "too many"]);
    assert.equal((await here.all.control("run?run=rdone")).phase, 5, "what is over is left as it is");
  });
}
