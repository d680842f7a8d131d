// A list as somebody would write it by hand, without any framework: what scrolling costs on this machine, in this browser, now.

/** Runs in an empty page: so many rows of seven cells, of which those in the window are in the document. */
export function vanilla(count) {
  const ROW = 28;
  document.body.innerHTML = `<style>
    body { margin: 0; font: 13px system-ui; }
    #list { height: 100vh; overflow: auto; position: relative; }
    .row { position: absolute; left: 0; right: 0; height: ${ROW}px; display: grid; grid-template-columns: 120px 1fr 60px 100px 80px 200px 1fr; align-items: center; border-bottom: 1px solid #ddd; }
  </style><div id="list"><div id="all"></div></div>`;
  const list = document.getElementById("list");
  const all = document.getElementById("all");
  all.style.height = `${count * ROW}px`;
  const shown = new Map();
  const make = (at) => {
    const row = document.createElement("div");
    row.className = "row";
    row.dataset.at = at;
    row.style.transform = `translateY(${at * ROW}px)`;
    for (const text of ["succeeded", `action_${at}`, "1", "12:00:00", `${at % 60}s`]) row.appendChild(document.createElement("div")).textContent = text;
    const bar = row.appendChild(document.createElement("div"));
    bar.innerHTML = `<svg viewBox="0 0 100 12" width="200" height="12" preserveAspectRatio="none"><rect x="${at % 90}" y="2" width="10" height="8" fill="#393"></rect></svg>`;
    row.appendChild(document.createElement("div")).textContent = "";
    return row;
  };
  const draw = () => {
    const from = Math.max(0, Math.floor(list.scrollTop / ROW) - 10);
    const to = Math.min(count, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 10);
    for (const [at, row] of shown) {
      if (at >= from && at < to) continue;
      row.remove();
      shown.delete(at);
    }
    for (let at = from; at < to; at++) {
      if (shown.has(at)) continue;
      const row = make(at);
      shown.set(at, row);
      all.appendChild(row);
    }
  };
  list.addEventListener("scroll", draw, { passive: true });
  draw();
}
