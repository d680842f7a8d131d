// What only Flyte shows: axe-core finds nothing in it, light and dark, and at 400 px nothing stands outside of the window.
import { before, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import { flyte } from "./lib/flyte.mjs";
import { none, open, shows } from "./lib/page.mjs";

let fly;
before(async () => (fly = await flyte({ extra: ["--allow-actions"] })));

const button = (page, name) => page.getByRole("button", { name, exact: true });
/** Where one goes, what one does there, and what stands when that is done. */
const states = () => [
  ["list", `${fly.bridge.url}?source=fly&tag=paused_action`, ["[data-run-id]", "rtree"]],
  ["action", `${fly.run("rtree")}&step=train`, ["[aria-label=Step]", "attempt failed"]],
  ["question", `${fly.run("rtree")}&step=approve`, ["[aria-label=Step]", "Release the model?"]],
  ["values", `${fly.run("rtree")}&step=load3`, ["[aria-label=Outputs]", "30"]],
  ["report", `${fly.run("rdone")}&step=a0`, ["[aria-label=Step]", "Open the report"], (page) => button(page, "Get a link").click()],
  ["recovery", fly.run("rfailed", "resume"), ["main", "Flyte itself shows no plan"]],
  ["abort", fly.run("rtree"), ["dialog", "reason"], (page) => button(page, "Terminate …").click()],
  ["again", fly.run("rdone"), ["dialog", "rows (INTEGER)"], (page) => button(page, "Re-execute …").click()],
  ["tasks", `${fly.bridge.url}?view=tasks&source=fly`, [".tasks", "as the service counts them"]],
  ["spec", `${fly.bridge.url}?view=tasks&source=fly`, ["dialog", "TaskSpec"], (page) => button(page, "Run a spec …").click()],
  ["task", `${fly.bridge.url}?view=tasks&source=fly&task=flytesnacks/development/etl.main`, [".tasks", "Last runs"]],
  ["run", `${fly.bridge.url}?view=tasks&source=fly&task=flytesnacks/development/etl.main`, ["dialog", "dry (BOOLEAN)"], (page) => button(page, "Run …").click()],
  ["trigger", `${fly.bridge.url}?view=tasks&source=fly&task=flytesnacks/development/etl.main`, ["dialog", "as the trigger would make it"], (page) => button(page, "Run now …").click()],
];

for (const [theme, width] of [["light", 1440], ["dark", 1440], ["light", 400]]) {
  test(`flyte look: ${theme}, ${width} px`, async (t) => {
    const page = await open(t, fly.bridge.url, { theme, width });
    const wrong = [];
    for (const [name, url, shown, act] of states()) {
      await page.goto(url);
      await act?.(page);
      await shows(page, ...shown);
      for (const words of await violations(page)) wrong.push(`${name}: ${words}`);
      const outside = await page.evaluate(() => {
        const root = document.documentElement;
        const seen = (element) => element.checkVisibility() && !element.closest(".table__room, .visually-hidden, [role=tablist], .grid, [role=grid]");
        const inner = document.querySelector("dialog[open]") ?? document;
        const far = [...inner.querySelectorAll("button, input, select, textarea, h1, h2, p")].filter((element) => {
          const box = element.getBoundingClientRect();
          return box.width > 0 && seen(element) && (box.left < -1 || box.right > innerWidth + 1);
        });
        return [...(root.scrollWidth > root.clientWidth ? [`${root.scrollWidth} px wide`] : []), ...far.map((element) => element.outerHTML.slice(0, 120))];
      });
      for (const words of outside) wrong.push(`${name}: outside of the window: ${words}`);
    }
    none(wrong, "the look");
  });
}
