// Runs before the first paint, as a plain script in the language of old browsers: it sets the chosen theme, and it tells a
// browser that cannot run the app why, in words. Everything else is in boot.js, which such a browser never reads.
(function () {
  var root = document.documentElement;
  try {
    var prefs = JSON.parse(localStorage.getItem("runboard.prefs") || "{}");
    if (prefs && (prefs.theme === "light" || prefs.theme === "dark")) root.setAttribute("data-theme", prefs.theme);
  } catch (_) {
    // Storage is blocked or holds something else: the system's theme is used.
  }

  // A module that vectors need: (func (result v128) (i8x16.splat (i32.const 0))).
  var simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

  function missing() {
    if (location.protocol === "file:") {
      return "Browsers do not run WebAssembly from a file. Serve this folder over HTTP, for example with: python3 -m http.server";
    }
    if (!("noModule" in document.createElement("script"))) return "This browser has no JavaScript modules.";
    if (typeof WebAssembly !== "object") return "WebAssembly is switched off or missing in this browser.";
    try {
      if (!WebAssembly.validate(new Uint8Array(simd))) return "This browser's WebAssembly has no vector instructions (SIMD).";
    } catch (_) {
      return "WebAssembly is switched off in this browser.";
    }
    if (!window.CSS || !CSS.supports("color", "light-dark(red, blue)")) return "This browser has no light-dark() colours.";
    if (!CSS.supports("selector(:has(a))")) return "This browser has no :has() selector.";
    return "";
  }

  var reason = missing();
  if (!reason) return;
  window.runboardUnsupported = reason;
  document.addEventListener("DOMContentLoaded", function () {
    var box = document.getElementById("boot");
    if (!box) return;
    box.setAttribute("role", "alert");
    box.textContent = "";
    var head = document.createElement("h1");
    head.textContent = "Runboard cannot start here";
    var text = document.createElement("p");
    text.textContent = reason;
    var hint = document.createElement("p");
    hint.textContent = "It needs a browser of 2024 or newer: Chrome or Edge 123, Firefox 121, Safari 17.5.";
    box.appendChild(head);
    box.appendChild(text);
    if (location.protocol !== "file:") box.appendChild(hint);
  });
})();
