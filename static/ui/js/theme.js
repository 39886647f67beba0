// A classic script that runs before the first paint: a chosen theme must not flash, and what only JavaScript can do
// (.u-needs-js) shows from the start. Without a choice CSS follows the system; see tokens.css.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme) root.dataset.theme = theme;
  } catch {
    // Storage can be forbidden; the system's theme is fine.
  }
})();
