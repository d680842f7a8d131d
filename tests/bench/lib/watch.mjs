// What runs inside of the measured pages: the same for every page, and cheap.

/** Runs before any script of a page. Times count from the navigation. */
export function watch() {
  window.benchLong = [];
  new PerformanceObserver((list) => window.benchLong.push(...list.getEntries().map((entry) => [entry.startTime, entry.duration]))).observe({ type: "longtask", buffered: true });

  /** When an element that `find` gives stands in the window; looked for after every change of the page. */
  window.benchSeen = (find) =>
    new Promise((done) => {
      const look = () => {
        const box = find()?.getBoundingClientRect();
        return box && box.height > 0 && box.top >= 0 && box.bottom <= window.innerHeight + 1;
      };
      // What is there in a frame is on the screen with the next one.
      const frame = () => (look() ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(frame));
      frame();
    });

  /** Scrolls an element over all of its height in `time` ms, a piece each frame; gives the lengths of the frames. */
  window.benchScroll = (element, time) =>
    new Promise((done) => {
      const frames = [];
      const most = element.scrollHeight - element.clientHeight;
      const start = performance.now();
      let last = start;
      const frame = (now) => {
        frames.push(now - last);
        last = now;
        const part = (now - start) / time;
        if (part >= 1) return done({ start, frames: frames.slice(1) });
        element.scrollTop = most * part;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
}
