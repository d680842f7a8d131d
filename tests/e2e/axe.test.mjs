// axe-core finds nothing, on any page, in any state, light and dark, wide and narrow.
import { after, before, test } from "node:test";
import { violations } from "./lib/axe.mjs";
import { none, open } from "./lib/page.mjs";
import { ALLOWED, enter, states, world } from "./lib/states.mjs";

let here;
before(async () => (here = await world()));
after(() => here?.stop());

for (const [theme, width] of [["light", 1440], ["dark", 1440], ["light", 400]]) {
  test(`axe: nothing is found, ${theme}, ${width} px`, async (t) => {
    const page = await open(t, here.none.url, { theme, width, allow: ALLOWED });
    const all = [];
    // Narrow pages differ where there are data.
    const chosen = states(here).filter(({ name }) => width > 400 || /full|help|no-|running|grouped|menu|dialog|sign-in/.test(name));
    for (const state of chosen) {
      await enter(here, page, state);
      for (const words of await violations(page)) all.push(`${state.name}: ${words}`);
    }
    none(all, "axe finds");
  });
}
