// Lists: rows that lead somewhere, choices that are narrowed down while typing, and news for screen readers.
// Filters and pagers themselves are htmx's: see components/filters.html and components/pager_step.html.

// A click anywhere in a row follows its link, unless it hit something else or was made to select text.
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-row]");
  if (!row || event.target.closest("a, button, input, label") || getSelection().toString()) return;
  const { ctrlKey, metaKey, shiftKey } = event;
  const click = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey });
  row.querySelector("a").dispatchEvent(click);
});

// data-narrows="<id of a list>" on a search field hides the items that do not have its words.
document.addEventListener("input", ({ target }) => {
  if (!target.dataset.narrows) return;
  const words = target.value.toLowerCase().split(/\s+/);
  for (const item of document.getElementById(target.dataset.narrows).children) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
});

// Enter goes to the first that is left; the form's search page is for those without JavaScript, and for finding none.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[data-narrows]");
  const first = field && document.querySelector(`#${field.dataset.narrows} > :not([hidden]) a`);
  if (!first) return;
  event.preventDefault();
  first.click();
});

// Say how many rows there are after a filter or a page took effect. The element stands outside of what is swapped,
// or nothing would be said.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const list = document.getElementById("list");
  if (list && detail.target.id === "list") document.getElementById("announcements").textContent = list.dataset.status;
});
