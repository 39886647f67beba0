// Dialogs and drawers, the palette, keyboard shortcuts, the colour theme.
//
// Markup says what happens: data-opens="<id of a dialog>", data-closes, data-theme-toggle. Listeners sit on the
// document, so whatever htmx swaps in works without being wired up.

const byId = (id) => document.getElementById(id);
const palette = byId("palette");

function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  if (dialog === palette) palette.querySelector("input").select();
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const opener = target.closest("[data-opens]");
  // An opener may be a link to a page that does the same without JavaScript; with Ctrl it still opens in a new tab.
  if (opener && byId(opener.dataset.opens) && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(byId(opener.dataset.opens));
  } else if (target.closest("[data-closes]")) {
    target.closest("dialog").close();
  } else if (target.closest("[data-theme-toggle]")) {
    switchTheme();
  }
});

// #modal and #drawer are filled by the server and open when they are. A server that is done says HX-Trigger: close.
const filledByServer = (dialog) => dialog.matches("#modal, #drawer");

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (filledByServer(detail.target)) open(detail.target);
});

document.addEventListener("close-dialog", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
});

document.addEventListener(
  "close",
  ({ target }) => {
    if (!(target instanceof HTMLDialogElement)) return;
    // What was signed or looked up once is fetched anew the next time.
    if (filledByServer(target)) target.replaceChildren();
    // The browser gives the focus back to the opener; when that is gone, the content is the next best place.
    const { activeElement, body } = document;
    if (activeElement === body || target.contains(activeElement)) byId("main").focus({ preventScroll: true });
  },
  true, // close does not bubble
);

function switchTheme() {
  const root = document.documentElement;
  const systemTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme ?? systemTheme) === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Then it lasts until the next page.
  }
}

// The palette: the focus moves through real links, so that screen readers and Enter need no help of ours.
palette?.addEventListener("keydown", (event) => {
  const input = palette.querySelector("input");
  const stops = [input, ...palette.querySelectorAll("li a")];
  const here = stops.indexOf(document.activeElement);
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) {
    event.preventDefault();
    stops.at((here + steps[event.key]) % stops.length).focus();
  } else if (event.key === "Enter" && here === 0 && stops.length > 1) {
    event.preventDefault();
    stops[1].click();
  } else if (here > 0 && (event.key.length === 1 || event.key === "Backspace") && !event.ctrlKey && !event.metaKey) {
    input.focus(); // typing goes on where typing belongs
  }
});

// Shortcuts that are a single key can be turned off (WCAG 2.1.4), in the dialog that lists them.
const singleKeys = document.querySelector("[data-single-keys]");
const remembered = "single-keys";

if (singleKeys) {
  singleKeys.checked = localStorage.getItem(remembered) !== "off";
  singleKeys.addEventListener("change", () => localStorage.setItem(remembered, singleKeys.checked ? "on" : "off"));
}

document.addEventListener("keydown", (event) => {
  if (event.key?.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && palette) {
    event.preventDefault();
    open(palette);
  } else if (singleKeys?.checked && isFree(event)) {
    const search = document.querySelector("#filters [name=q]");
    if (event.key === "?") open(byId("keys"));
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
    }
  }
});

/** Whether a key press is nobody else's: no field has the focus, no dialog is open, no other key is held. */
function isFree({ target, ctrlKey, metaKey, altKey }) {
  const isTyping = target.closest("input, select, textarea, [contenteditable]");
  return !isTyping && !ctrlKey && !metaKey && !altKey && !document.querySelector("dialog[open]");
}
