// Figures of several rounds, and how they are shown.

/** The middle of some numbers; of an even count the lower of the two, so that it is one that was measured. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

const figure = (value, unit) => (value === undefined ? "" : unit === "s" ? `${(value / 1000).toFixed(2)} s` : `${value}`);
const span = (values, unit) => `${figure(median(values), unit)}${values.length > 1 ? ` (${values.map((value) => (unit === "s" ? (value / 1000).toFixed(2) : value)).join(" ")})` : ""}`;

/**
 * What was measured: `ours` and `other` are the rounds' values, milliseconds when `unit` is "s". Either our median is to be at most `most` times the
 * other's (`ratio`), or it is to be at most `count` by itself.
 */
export function row({ name, ours, other, unit, ratio, count }) {
  const [own, their] = [median(ours), other?.length ? median(other) : undefined];
  const quotient = their === undefined || unit !== "s" ? undefined : own / their;
  const isKept = ratio !== undefined ? quotient <= ratio : count !== undefined ? own <= count : undefined;
  return {
    cells: [
      name,
      span(ours, unit),
      other?.length ? span(other, unit) : "",
      quotient === undefined ? "" : quotient.toFixed(3),
      ratio !== undefined ? `<= ${ratio}` : count !== undefined ? `<= ${count}` : "",
      isKept === undefined ? "" : isKept ? "ok" : "OVER",
    ],
    isKept,
  };
}

export function table(rows) {
  const lines = [["median (rounds)", "Runboard", "other", "ratio", "bound", ""], ...rows.map((row) => row.cells)];
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines.map((line) => line.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd()).join("\n");
}
