// axe-core in the page.
import { readFileSync } from "node:fs";
import { axePath } from "./env.mjs";

const axe = readFileSync(axePath, "utf8");

/** What axe-core finds in the page as it stands. */
export async function violations(page) {
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`).join(" | ")}`);
  });
}
