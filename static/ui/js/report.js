// A visit report saves itself, question by question, and loses nothing: what is typed is first kept on this device,
// then sent with the version it was based on. It survives lost connections, killed tabs, ended sessions and other tabs.
//
// The server is the judge of versions. Kept answers carry person and report in their key, so that nobody's answers are
// ever sent under somebody else's name.

const form = document.querySelector("[data-report]");
const state = document.getElementById("save-state");
const words = state.querySelector("[data-words]");
const signIn = document.getElementById("sign-in-again");
const submit = document.getElementById("submit-report");
const template = document.getElementById("question-conflict");
const { report, person, save } = form.dataset;

const PREFIX = `ctms-report|${person}|${report}|`;
const TAB = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
const PAUSE = 900; // milliseconds after the last key
const AGAIN = 15_000; // milliseconds between tries while nothing gets through

let token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
let timer, busy = false, more = false, signedOut = false;

const pending = new Map(); // code -> {answer, comment, note, version, at}: typed here and not saved yet
const disputed = new Map(); // code -> theirs: waits for a choice
const refused = new Set(); // codes of answers that cannot be saved as they are; the others go on

const questions = new Map([...form.querySelectorAll("[data-question]")].map((one) => [one.dataset.question, one]));
const field = (code, letter) => questions.get(code).querySelector(`[name="${letter}-${code}"]`);
const radios = (code) => [...questions.get(code).querySelectorAll(`[name="a-${code}"]`)];

/** What stands on the page for a question. */
function typed(code) {
  return {
    answer: radios(code).find((one) => one.checked)?.value ?? "",
    comment: field(code, "c").value,
    note: field(code, "n").value,
    version: Number(field(code, "v").value),
  };
}

/** Puts an answer on the page. */
function put(code, { answer, comment, note }) {
  for (const one of radios(code)) one.checked = one.value === answer;
  field(code, "c").value = comment;
  field(code, "n").value = note;
}

const same = (one, other) => ["answer", "comment", "note"].every((name) => one[name] === other[name]);

/** Whether a question is answered, with a comment where it needs one. The server judges again when it is submitted. */
function isAnswered(code) {
  const { answer, comment } = typed(code);
  const needed = questions.get(code).dataset.comment;
  if (!radios(code).length) return comment.trim() !== "";
  const asksForWords = needed === "always" || (needed === "no" && (answer === "N" || answer === "ND"));
  return answer !== "" && (!asksForWords || comment.trim() !== "");
}

/** How far each section is, in the outline and in its heading. */
function count() {
  let answered = 0;
  for (const link of document.querySelectorAll(".p-report__outline [data-state]")) {
    const section = document.getElementById(link.hash.slice(1));
    const codes = [...section.querySelectorAll("[data-question]")].map((one) => one.dataset.question);
    const done = codes.filter(isAnswered).length;
    link.dataset.state = done === codes.length ? "done" : done ? "begun" : "";
    link.querySelector("small").textContent = `${done}/${codes.length}`;
    section.querySelector("[data-answered]").textContent = `${done} of ${codes.length} answered`;
    answered += done;
  }
  state.querySelector("[data-total]").textContent = `${answered} of ${questions.size} answered`;
}

// Keeping on this device

function keep(code) {
  try {
    if (pending.has(code)) localStorage.setItem(`${PREFIX}${TAB}|${code}`, JSON.stringify(pending.get(code)));
    else localStorage.removeItem(`${PREFIX}${TAB}|${code}`);
  } catch {
    tell("bad", "This device keeps nothing: stay connected until your answers are saved.");
  }
}

/** What tabs of this device kept and never saved, newest first. */
function keptHere() {
  const found = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const [tab, code] = key.slice(PREFIX.length).split("|");
    if (tab === TAB || !questions.has(code)) continue;
    try {
      found.push({ key, code, ...JSON.parse(localStorage.getItem(key)) });
    } catch {
      localStorage.removeItem(key); // not written by this page
    }
  }
  return found.sort((one, other) => other.at - one.at);
}

/** Takes up the newest answer to each question that earlier tabs kept. One more is offered beside it, and stays kept
 * until somebody chose. */
function takeUp() {
  for (const { key, code, ...kept } of keptHere()) {
    const newer = pending.get(code);
    if (newer && !same(newer, kept)) {
      if (!disputed.has(code)) dispute(code, { ...kept, key, by: "Typed on this device", at: clock(kept.at) });
      continue;
    }
    if (!newer) {
      pending.set(code, kept);
      put(code, kept);
      field(code, "v").value = kept.version; // what it was based on, so that nobody's later answer is overwritten
      keep(code);
    }
    localStorage.removeItem(key);
  }
}

const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

// Telling

function tell(kind, sentence) {
  state.dataset.state = kind;
  words.textContent = sentence;
  signIn.hidden = !signedOut;
  submit?.setAttribute("aria-disabled", String(pending.size > 0));
  count();
}

const answers = (number) => `${number} answer${number === 1 ? "" : "s"}`;

function tellOffline() {
  const sentence = signedOut
    ? `You are signed out. ${answers(pending.size)} kept on this device: sign in again to save.`
    : `No connection. ${answers(pending.size)} kept on this device.`;
  tell("bad", sentence);
}

function tellDisputed() {
  tell("bad", `Somebody else changed ${answers(disputed.size)} you changed too: choose below.`);
}

function object(code, sentence) {
  const line = questions.get(code)?.querySelector("[data-error]");
  if (!line) return;
  line.textContent = sentence;
  line.hidden = !sentence;
}

// Saving

function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(flush, pause);
}

async function flush() {
  if (busy) {
    more = true;
    return;
  }
  const sent = [...pending].filter(([code]) => !disputed.has(code) && !refused.has(code));
  if (!sent.length) return;
  busy = true;
  if (signedOut) await readToken();
  tell("busy", "Saving …");
  try {
    const response = await fetch(save, {
      method: "POST",
      redirect: "manual",
      headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
      body: JSON.stringify({
        person: Number(person),
        reason: form.elements.reason?.value ?? "",
        answers: sent.map(([code, { answer, comment, note, version }]) => ({ code, answer, comment, note, version })),
      }),
    });
    await heard(response, new Map(sent));
  } catch {
    tellOffline();
    later(AGAIN);
  } finally {
    busy = false;
    if (more) {
      more = false;
      later(PAUSE);
    }
  }
}

async function heard(response, sent) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!isJson) {
    // A page instead of an answer: the way to signing in, or a page of the server's about a token of another session.
    signedOut = response.type === "opaqueredirect" || response.status === 403;
    tellOffline();
    if (!signedOut) later(AGAIN);
    return;
  }
  signedOut = false;
  const said = await response.json();
  if (said.code) {
    for (const [code, sentence] of Object.entries(said.fields)) {
      if (sent.has(code)) refused.add(code);
      object(code, sentence);
    }
    tell("bad", `Not saved: ${said.message} What you typed is kept on this device.`);
    if ([...sent.keys()].some((code) => refused.has(code))) later(0); // the others can be saved
    return;
  }
  for (const [code, version] of Object.entries(said.versions)) saved(code, version, sent.get(code));
  for (const theirs of said.overtaken) dispute(theirs.code, theirs);
  if (disputed.size) tellDisputed();
  else if (refused.size) tell("bad", `${answers(refused.size)} cannot be saved as they are: see below.`);
  else if (pending.size) later(PAUSE);
  else tell("", `All answers saved, ${said.at}`);
}

function saved(code, version, sent) {
  field(code, "v").value = version;
  object(code, "");
  const now = pending.get(code);
  if (now && same(now, sent)) pending.delete(code);
  else if (now) pending.set(code, { ...now, version }); // typed on since: the next save is based on this one
  keep(code);
}

// Two answers to one question

function dispute(code, theirs) {
  disputed.set(code, theirs);
  const box = questions.get(code);
  box.querySelector(".c-question__theirs")?.remove();
  const shown = template.content.cloneNode(true);
  const label = radios(code).find((one) => one.value === theirs.answer)?.closest("label").textContent.trim();
  const { by, at, comment, note } = theirs;
  const parts = { by, at, answer: label ?? "no answer", comment, note };
  for (const [name, text] of Object.entries(parts)) shown.querySelector(`[data-${name}]`).textContent = text ?? "";
  box.querySelector(".c-question__words").prepend(shown);
  tellDisputed();
}

/** Ends a dispute. What is not taken stays in the report's history, if it was ever saved. */
function settle(code, choice) {
  const theirs = disputed.get(code);
  disputed.delete(code);
  questions.get(code).querySelector(".c-question__theirs").remove();
  const mine = typed(code);
  const version = theirs.key ? mine.version : theirs.version;
  field(code, "v").value = version;
  if (choice === "theirs") put(code, theirs);
  const now = { ...typed(code), version, at: Date.now() };
  if (choice === "theirs" && !theirs.key) pending.delete(code);
  else pending.set(code, now);
  keep(code);
  if (theirs.key) {
    localStorage.removeItem(theirs.key);
    takeUp(); // perhaps one more tab kept an answer to it
  }
  if (disputed.size) tellDisputed();
  else if (pending.size) later(0);
  else tell("", "Nothing is left to save.");
}

// What happens on the page

form.addEventListener("input", ({ target }) => {
  const code = target.closest("[data-question]")?.dataset.question;
  if (!code) {
    if (pending.size) later(PAUSE); // the reason, without which nothing was saved
    return;
  }
  pending.set(code, { ...typed(code), at: Date.now() });
  refused.delete(code);
  keep(code);
  if (!navigator.onLine || signedOut) tellOffline();
  else if (!disputed.size) tell("busy", "Saving …");
  later(PAUSE);
});

form.addEventListener("click", ({ target }) => {
  const choice = target.closest("[data-take]")?.dataset.take;
  if (choice) settle(target.closest("[data-question]").dataset.question, choice);
});

form.addEventListener("submit", (event) => {
  event.preventDefault(); // with this script there is nothing to send twice
  if (pending.size) later(0);
});

submit?.addEventListener("click", (event) => {
  if (!pending.size) return;
  event.preventDefault();
  if (disputed.size) tellDisputed();
  else later(0);
});

/** After signing in again, in another tab perhaps, this page needs the token of the new session. */
async function readToken() {
  try {
    const response = await fetch(location.pathname, { redirect: "manual" });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (page.querySelector("[data-report]")?.dataset.person !== person) return;
    token = JSON.parse(page.body.getAttribute("hx-headers"))["X-CSRFToken"];
    signedOut = false;
  } catch {
    // Still no connection.
  }
}

async function tryAgain() {
  if (!signedOut) return;
  await readToken();
  if (!signedOut) later(0);
}

addEventListener("focus", tryAgain);
addEventListener("online", () => later(0));
addEventListener("offline", tellOffline);

takeUp();
if (disputed.size) tellDisputed();
else if (pending.size) tell("busy", `${answers(pending.size)} kept on this device, saving …`);
else tell("", "All answers saved");
later(0);
