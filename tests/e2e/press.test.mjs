// What can be pressed stays while the page is live: what is drawn anew for nothing loses its focus, and costs time.
import { test } from "node:test";
import { live, record, serve } from "./lib/bridge.mjs";
import { flyte } from "./lib/flyte.mjs";
import { goTo, none, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

/** Runs in the page: notes what is taken away and comes back as it was. */
function watch() {
  const CONTROL = "a[href], button, input, select, textarea, summary, [tabindex]";
  const named = (element) => [element.tagName, element.getAttribute("aria-label") ?? element.textContent.slice(0, 40), element.getAttribute("href")].join(" ");
  const controls = (nodes) => nodes.filter((node) => node.nodeType === 1).flatMap((node) => [node, ...node.querySelectorAll("*")].filter((element) => element.matches(CONTROL)));
  window.e2eAgain = [];
  new MutationObserver((records) => {
    const names = (which) => controls(records.flatMap((record) => [...record[which]])).map(named);
    const come = names("addedNodes");
    window.e2eAgain.push(...names("removedNodes").filter((name) => come.includes(name)));
  }).observe(document, { childList: true, subtree: true });
}

/** Goes there, and lets the page hear of what does not concern it. `moving`: names of what may be drawn anew. */
async function stays(page, query, text, news, moving = /^$/) {
  await goTo(page, query);
  await shows(page, "main", text);
  await news();
  await page.evaluate(() => (window.e2eAgain.length = 0));
  for (let time = 0; time < 3; time++) await news();
  const again = await page.evaluate(() => window.e2eAgain);
  none([...new Set(again)].filter((name) => !moving.test(name)), `drawn anew at ?${query}`);
}

test("press: nothing that can be pressed is drawn anew by news of something else", async (t) => {
  const bridge = await serve({ extra: ["--allow-actions"] });
  later(t, () => bridge.stop());
  const old = await record(bridge.dir, "old", "echo a; $STEP down -- echo b; exit 3");
  const run = await live(bridge.dir, "etl");
  later(t, () => run.end());
  run.say("$STEP one -- echo first");
  run.say("$STEP two -- sh");
  await bridge.until(`runs/${run.id}/steps`, ({ steps }) => steps.some((step) => step.key === "two" && step.status === "running"));
  const page = await open(t, bridge.url);
  await page.evaluate(watch);
  const news = async () => {
    const id = await record(bridge.dir, "tick", "echo x");
    await bridge.until(`runs/${id}`, ({ run }) => run.status === "succeeded");
    await shows(page, "nav.strip", /local\s*live now/);
  };
  await page.locator(`[data-run-id="${old}"] input[type=checkbox]`).check();
  // Rows of runs that came or moved, and links that count them.
  await stays(page, "", "1 run chosen", news, new RegExp(`choose (?!${old})|run=(?!${old})|\\d new`));
  for (const [tab, text] of [["overview", "exit code 3"], ["steps", "down"], ["timeline", "down"], ["logs", "a"], ["resume", "to execute"], ["lineage", "old"], ["raw", "run_id"]]) {
    await stays(page, `view=run&source=local&run=${old}&tab=${tab}`, text, news);
  }
  // What moves in a live run is another step than the one that is over.
  const more = async () => {
    run.say("$STEP more -- echo more");
    await news();
  };
  await stays(page, `view=run&source=local&run=${run.id}&tab=steps`, "two", more, /^A (main|two|more) /);
  await stays(page, "view=sources", "local", news);
});

test("press: a step of Flyte that is open keeps its links while it goes on", async (t) => {
  const fly = await flyte({ extra: ["--allow-actions"] });
  later(t, () => fly.bridge.stop());
  const page = await open(t, fly.run("rlive"));
  await page.evaluate(watch);
  // The open attempt grows by the second.
  const length = ".step-panel__attempts [data-attempt] .muted";
  const news = async () => {
    const before = await page.locator(length).first().textContent();
    await until(page, ([length, before]) => document.querySelector(length)?.textContent !== before, [length, before], "a longer attempt");
  };
  const key = await until(page, () => document.querySelector("[data-step-key][data-phase=running]")?.dataset.stepKey);
  const query = new URL(page.url()).searchParams;
  query.set("step", key);
  await stays(page, query, "Attempts", news);
});
