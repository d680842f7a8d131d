// Every flow by keyboard alone, with the focus to be seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { record, serve } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { lists, open, until } from "./lib/page.mjs";

const dir = tempDir("keys");
let bridge;
const ids = [];

before(async () => {
  for (let at = 0; at < 4; at++) ids.unshift(await record(dir, `job ${at}`, "$STEP one -- echo x; $STEP two -- echo y"));
  bridge = await serve({ dir });
});
after(() => bridge?.stop());

/** Until this run's row has the focus, and shows it. */
async function focused(page, id) {
  await until(page, (id) => document.activeElement?.dataset.runId === id, id, `the focus on the row of ${id}`);
  assert.equal(await page.evaluate(() => document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle !== "none"), true);
}

test("keys: j, k, Enter, Escape's kin: through the list, into a run, and back", async (t) => {
  const page = await open(t, bridge.url);
  await lists(page, ids);
  await page.keyboard.press("j");
  const start = await page.evaluate(() => document.activeElement.dataset.runId);
  assert.ok(ids.slice(0, 2).includes(start), `j begins at the top, not at ${start}`);
  await page.keyboard.press("Home");
  await focused(page, ids[0]);
  await page.keyboard.press("j");
  await focused(page, ids[1]);
  await page.keyboard.press("ArrowDown");
  await focused(page, ids[2]);
  await page.keyboard.press("k");
  await focused(page, ids[1]);
  await page.keyboard.press("End");
  await focused(page, ids[3]);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.locator(`article[data-run-id="${ids[2]}"]`).waitFor();
  await page.goBack();
  await lists(page, ids);
});

test("keys: / searches, ? explains, g goes", async (t) => {
  const page = await open(t, bridge.url);
  await lists(page, ids);
  await page.keyboard.press("/");
  await until(page, () => document.activeElement?.getAttribute("aria-label") === "Search runs");
  await page.keyboard.type("job 2 jk?");
  assert.equal(await page.getByLabel("Search runs").inputValue(), "job 2 jk?", "keys belong to the field");
  assert.equal(await page.locator("dialog[open]").count(), 0);
  for (let at = 0; at < 4; at++) await page.keyboard.press("Backspace");
  await lists(page, [ids[1]]);
  await page.getByLabel("Search runs").fill("");
  await lists(page, ids);
  await page.locator("#main").focus();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await until(page, () => !document.querySelector("dialog[open]"));
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await page.getByRole("region", { name: "Sources" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await lists(page, ids);
});

test("keys: Tab reaches every control, each shows its focus, and the page never traps it", async (t) => {
  for (const query of ["", `?view=run&run=${ids[0]}`, `?view=run&run=${ids[0]}&tab=steps`, `?view=run&run=${ids[0]}&tab=logs`, "?view=sources"]) {
    const page = await open(t, `${bridge.url}${query}`);
    await page.locator("main [data-run-id], main [data-source], main [data-line]").first().waitFor();
    await until(page, () => document.querySelector("nav.strip [data-source-state=live]"));
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], button, input, select, [tabindex]")];
      const reached = all.filter((element) => element.tabIndex >= 0 && element.checkVisibility() && !element.disabled);
      reached.forEach((element, index) => (element.dataset.e2e = index));
      return reached.length;
    });
    const seen = new Set();
    for (let at = 0; at < wanted + 5; at++) {
      await page.keyboard.press("Tab");
      const now = await page.evaluate(() => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return { id: element.dataset.e2e, shows: (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none", what: element.outerHTML.slice(0, 120), is: element.tagName };
      });
      if (now.is === "BODY") continue;
      assert.ok(now.shows, `the focus is not to be seen on ${now.what}`);
      if (now.id !== undefined) seen.add(now.id);
    }
    const missed = await page.evaluate((seen) => [...document.querySelectorAll("[data-e2e]")].filter((element) => !seen.includes(element.dataset.e2e)).map((element) => element.outerHTML.slice(0, 120)), [...seen]);
    assert.deepEqual(missed, [], `Tab does not reach, on ${query || "the list"}`);
  }
});

test("keys: steps by arrows, the log by keys", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&run=${ids[0]}&tab=steps`);
  await page.locator("[data-step-key=main]").focus();
  await page.keyboard.press("End");
  await until(page, () => document.activeElement?.dataset.stepKey === "two");
  await page.keyboard.press("ArrowUp");
  await until(page, () => document.activeElement?.dataset.stepKey === "one");
  await page.keyboard.press("ArrowRight");
  await until(page, () => document.querySelector('[data-step-key="one"][aria-expanded="true"]') && document.querySelector('[data-step-key="one"][aria-level="2"]'));
  await page.keyboard.press("ArrowLeft");
  await until(page, () => !document.querySelector('[aria-level="2"]'));
});
