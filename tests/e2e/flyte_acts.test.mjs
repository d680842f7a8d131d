// What can be done to runs of Flyte, each once for a confirmed wish; against the open service and against one that checks all that it is sent.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flyte, service } from "./lib/flyte.mjs";
import { open, shows, until } from "./lib/page.mjs";

const step = (page, key, phase) =>
  until(page, ([key, phase]) => document.querySelector(`[data-step-key="${key}"]`)?.dataset.phase === phase, [key, phase], `${key} is ${phase}`);
/** The name of the run that the page has gone to. */
const gone = (page, from) =>
  until(page, (from) => {
    const run = new URLSearchParams(location.search).get("run") ?? "";
    return run !== "" && !run.endsWith(`/${from}`) && run.split("/").at(-1);
  }, from, "the new run");

for (const mode of ["open", "strict"]) {
  const here = {};
  before(async () => {
    here.all = await service(mode === "strict" ? ["--strict"] : []);
    here.fly = await flyte({ to: here.all, extra: ["--allow-actions"] });
  });
  const control = (what) => here.all.control(what);

  test(`flyte acts, ${mode}: questions are answered as their types want it, and once`, async (t) => {
    const page = await open(t, `${here.fly.run("rtree")}&step=amount`);
    const panel = page.getByRole("region", { name: "Step" });
    await shows(page, "[aria-label=Step]", "How **many**?");
    const answer = async (words) => {
      await panel.getByLabel("answer (integer)").fill(words);
      await panel.getByRole("button", { name: "Answer …" }).click();
      await panel.getByRole("button", { name: "Send the answer" }).click();
    };
    await answer("many");
    await shows(page, "[aria-label=Step]", "the answer is a whole number, not many");
    await answer("42");
    await step(page, "amount", "succeeded");
    await until(page, () => !/It waits for an answer/.test(document.querySelector("[aria-label=Step]").innerText));
    await shows(page, "[aria-label=Step]", /answered by\s+ada@example.org\s+answer\s+42/);
  });

  test(`flyte acts, ${mode}: a run is aborted for a reason, and never when it is over`, async (t) => {
    const page = await open(t, here.fly.run("rlive"));
    await step(page, "s1", "running");
    await page.getByRole("button", { name: "Terminate …" }).click();
    await page.getByRole("dialog").getByLabel("reason").fill("wrong day");
    await page.getByRole("dialog").getByRole("button", { name: "Terminate", exact: true }).click();
    await step(page, "a0", "canceled");
    await step(page, "s1", "canceled");
    assert.deepEqual((({ phase, abort }) => [phase, abort])(await control("run?run=rlive")), [7, "wrong day"]);
    await shows(page, ".run__head", "etl.main");
    await until(page, () => ![...document.querySelectorAll("[aria-label=Actions] button")].some((button) => /Terminate/.test(button.innerText)));
    await page.goto(here.fly.run("rlive", "overview"));
    await shows(page, "main", "wrong day");
    await page.goto(`${here.fly.run("rfailed")}&step=a0`);
    await shows(page, "[aria-label=Step]", "ValueError");
    assert.equal(await page.getByRole("button", { name: /Terminate|Abort/ }).count(), 0);
  });

  test(`flyte acts, ${mode}: the same run again, with its own inputs`, async (t) => {
    const page = await open(t, here.fly.run("rdone", "overview"));
    await page.getByRole("button", { name: "Re-execute …" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Re-execute", exact: true }).click();
    const made = await control(`run?run=${await gone(page, "rdone")}`);
    assert.deepEqual(made.relation, [1, "rdone"]);
    assert.equal(made.task, "flytesnacks/development/etl.main/v1");
    assert.equal(made.source, 1, "made on the web");
    assert.match(JSON.stringify(made.inputs), /2026-11-21.*500/);
    await shows(page, "main", "rdone");
  });

  test(`flyte acts, ${mode}: the same task with other inputs, filled in from those of the run`, async (t) => {
    const page = await open(t, here.fly.run("rfailed", "overview"));
    await page.getByRole("button", { name: "Re-execute …" }).click();
    const dialog = page.getByRole("dialog");
    const run = dialog.getByRole("button", { name: "Re-execute", exact: true });
    await until(page, () => document.querySelector("dialog input")?.value === "2026-11-21");
    assert.equal(await dialog.getByLabel("rows (INTEGER)").inputValue(), "500");
    await dialog.getByLabel("rows (INTEGER)").fill("x");
    await shows(page, ".dialog__wrong", "rows: x is not a whole number");
    assert.ok(await run.isDisabled());
    await dialog.getByLabel("rows (INTEGER)").fill("12");
    await dialog.getByLabel("name of the run").fill("again");
    await run.click();
    assert.equal(await gone(page, "rfailed"), "again");
    const made = await control("run?run=again");
    assert.deepEqual(made.relation, [1, "rfailed"]);
    assert.deepEqual([made.inputs.day.scalar.primitive.stringValue, made.inputs.rows.scalar.primitive.integer], ["2026-11-21", "12"]);
  });

  test(`flyte acts, ${mode}: a recovery shows what is used again and what runs again, then does it`, async (t) => {
    const page = await open(t, here.fly.run("rtree"));
    await step(page, "approve", "paused");
    await page.getByRole("button", { name: "Terminate …" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Terminate", exact: true }).click();
    await step(page, "a0", "canceled");
    await page.goto(here.fly.run("rtree", "resume"));
    await until(page, () => document.querySelectorAll("[data-plan]").length === 11);
    const plan = () => Object.fromEntries([...document.querySelectorAll("[data-plan]")].map((row) => [row.dataset.stepKey, row.dataset.plan]));
    const planned = await page.evaluate(plan);
    assert.deepEqual([planned.a0, planned.load0, planned.fold0, planned.fold1, planned.train], ["retry", "skip", "skip", "retry", "retry"]);
    assert.equal(await page.evaluate(() => document.querySelector("[data-plan-total=skip]").innerText), "7");
    await shows(page, ".notice", "Flyte itself shows no plan");
    // Nobody waits with the plan for what other runs took.
    await shows(page, ".resume", /what actions of the same name took in this run and in (another one|\d+ others) of its job/);
    const again = (place, key) => place.getByRole("checkbox", { name: `Run again ${key}` });
    assert.equal(await again(page, "fold1").count(), 0, "it runs again anyway");
    await again(page, "load1").check();
    await until(page, () => document.querySelector("[data-plan-total=retry]")?.innerText === "5");
    await shows(page, "tr[data-step-key=load1]", "that was chosen");
    await page.getByRole("button", { name: "Resume …" }).click();
    const dialog = page.getByRole("dialog");
    // What was chosen on the page is what is asked about.
    await again(dialog, "load1").waitFor();
    assert.ok(await again(dialog, "load1").isChecked());
    await dialog.getByRole("button", { name: "Resume 5 actions" }).click();
    const name = await gone(page, "rtree");
    const made = await control(`run?run=${name}`);
    assert.deepEqual(made.relation, [2, "rtree"]);
    const tree = await control(`tree?run=${name}`);
    assert.deepEqual([tree.load0[0], tree.fold1[0], tree.load1[0]], [10, 1, 1], "reused, and queued again, one of them because that was chosen");
    await page.goto(here.fly.run(name));
    await step(page, "load0", "recovered");
    await page.goto(`${here.fly.run(name)}&step=load0`);
    await shows(page, "[aria-label=Step]", /recovered from\s+flytesnacks\/development\/rtree load0/);
  });
}

test("flyte acts: nothing is offered where the source does not allow it", async (t) => {
  const fly = await flyte();
  const page = await open(t, `${fly.run("rtree")}&step=approve`);
  await shows(page, "[aria-label=Step]", "kind");
  assert.equal(await page.getByRole("button", { name: /Terminate|Re-execute|Abort|Answer/ }).count(), 0);
  await page.goto(`${fly.bridge.url}?view=tasks&source=fly`);
  await until(page, () => document.querySelectorAll('[aria-label="Tasks of the source"] tbody tr').length > 1);
  assert.equal(await page.getByRole("button", { name: /(Deploy|Run).* …$/ }).count(), 0);
});
