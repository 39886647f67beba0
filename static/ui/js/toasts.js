// Toasts, and what to do when a request of htmx fails.
//
// The server asks for one by HX-Trigger: {"toast": {"text": "…", "undo": "/address"}}, or by <c-toast> in a page.

const SHOWN_FOR = 8000;
const toasts = document.getElementById("toasts");

/** Shows `text`; with an `undo` address the toast offers to take back what was done. */
function show({ text, undo }) {
  const toast = document.createElement("div");
  toast.className = "c-toast";
  toast.append(text);
  if (undo) toast.append(undoButton(undo, toast));
  // Hidden and shown again, the popover is the topmost thing, above a dialog that was opened since.
  if (toasts.matches(":popover-open")) toasts.hidePopover();
  toasts.showPopover();
  toasts.append(toast);
  removeLater(toast);
}

function undoButton(address, toast) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Undo";
  button.addEventListener("click", () => {
    toast.remove();
    window.htmx.ajax("POST", address, { swap: "none" });
  });
  return button;
}

/** Removes a toast after a while, but not while someone points at it or has the focus in it. */
function removeLater(toast) {
  let timer;
  const start = () => {
    timer = setTimeout(() => toast.remove(), SHOWN_FOR);
  };
  const stop = () => clearTimeout(timer);
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("focusout", start);
  start();
}

if (toasts) {
  document.addEventListener("toast", ({ detail }) => show(detail));

  for (const banner of document.querySelectorAll("[data-toast]")) {
    show({
      text: banner.querySelector(".c-banner__text").textContent.trim(),
      undo: banner.querySelector("form")?.getAttribute("action"),
    });
    banner.remove();
  }

  document.addEventListener("htmx:responseError", ({ detail }) => {
    show({ text: `That did not work (error ${detail.xhr.status}). Nothing was changed.` });
  });

  document.addEventListener("htmx:sendError", () => {
    show({ text: "The server cannot be reached. Check your connection and try again." });
  });
}

// An answer from another address than the one asked means that the server sent us there: to sign in again, or to the
// page of what was just saved. That is a page, not a part to swap in.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig } = detail;
  if (!xhr.responseURL) return;
  const answered = new URL(xhr.responseURL);
  if (answered.pathname === new URL(requestConfig.path, location.href).pathname) return;
  detail.shouldSwap = false;
  location.assign(answered);
});
