// with: countdown.js
// The sale page comes alive: the opening second arrives without a reload, the stock is kept up to date, and one click
// asks for a unit until there is an answer. Without this file the page's form does the same by a plain POST.
const drop = document.querySelector("[data-sale]");
const form = drop.querySelector("form");
const button = form.querySelector("button");
const spoken = drop.querySelector("[role=status]");
const clocks = [...drop.querySelectorAll("count-down")];
const opensAt = Date.parse(drop.dataset.opens);
const closesAt = Date.parse(drop.dataset.closes);
const label = button.textContent;
const opening = new Date(opensAt);
const daysAway = new Date().toDateString() !== opening.toDateString();
const soon = `Opens ${opening.toLocaleString([], { ...(daysAway && { weekday: "long" }), hour: "2-digit", minute: "2-digit" })}`;
let ahead = -Infinity; // how far the shop's clock is ahead of this one, in ms
let failures = 0;
let asking = false;

const now = () => Date.now() + (Number.isFinite(ahead) ? ahead : 0);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function say(text, kind = "info") {
  spoken.textContent = text;
  spoken.dataset.kind = kind;
}

function turn(stage) {
  if (drop.dataset.now === stage) return;
  const opened = drop.dataset.now === "before" && stage === "open";
  drop.dataset.now = stage;
  for (const part of drop.querySelectorAll("[data-when]")) part.hidden = !part.dataset.when.split(" ").includes(stage);
  if (opened) say("It is open. Go!", "good");
  dress();
}

function dress() {
  const can = drop.dataset.now === "open" || drop.dataset.now === "all_held";
  button.setAttribute("aria-disabled", String(!can || asking));
  button.textContent = asking ? "Asking for yours…" : drop.dataset.now === "before" ? soon : label;
}

// ---- the shop's clock and stock -------------------------------------------------------------------------------------

function heed(status, receivedAt) {
  // An answer is at least as old as its way here, so each one gives a lower bound; the best bound wins. The button
  // may therefore open a moment late, never early.
  ahead = Math.max(ahead, Date.parse(status.now) - receivedAt);
  for (const clock of clocks) clock.correct(ahead);
  for (const item of status.items) {
    const band = drop.querySelector(`[data-stock="${CSS.escape(item.sku)}"]`);
    if (band) band.replaceChildren(bandOf(item.left, item.units));
  }
  turn(stageOf(status));
}

function stageOf({ state, items }) {
  if (state === "planned") return now() < opensAt ? "before" : "open";
  if (state !== "open") return state;
  const sum = (field) => items.reduce((total, item) => total + item[field], 0);
  return sum("left") > 0 ? "open" : sum("held") > 0 ? "all_held" : "sold_out";
}

function bandOf(left, units) {
  const name = left <= 0 ? "none" : left === 1 ? "last" : left <= 5 || left * 10 <= units ? "few" : left * 2 <= units ? "half" : "many";
  return document.getElementById("bands").content.querySelector(`[data-band=${name}]`).cloneNode(true);
}

function nextLook() {
  const away = opensAt - now();
  const jitter = 0.6 + Math.random() * 0.8;
  const calm = { before: away > 600e3 ? 60e3 : away > 60e3 ? 20e3 : 8e3, open: 5e3, all_held: 5e3, paused: 10e3, sold_out: 30e3, over: 300e3 };
  const wait = Math.min(120e3, calm[drop.dataset.now] * jitter * 2 ** failures);
  // Nobody looks in the seconds around the opening: the page knows when it is, and the buyers need the wire.
  return away > -2e3 && away - wait < 2e3 && away > 0 ? away + 2e3 + Math.random() * 4e3 : wait;
}

async function look() {
  try {
    const answer = await fetch(drop.dataset.status, { credentials: "omit", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    heed(await answer.json(), Date.now());
    failures = 0;
  } catch {
    failures = Math.min(failures + 1, 4);
  }
}

let looking = 0;
function lookLater(ms) {
  clearTimeout(looking);
  if (document.hidden) return;
  looking = setTimeout(async () => {
    await look();
    lookLater(nextLook());
  }, ms);
}

// ---- asking for a unit ----------------------------------------------------------------------------------------------

function keyFor(body) {
  const name = `${drop.dataset.sale} ${JSON.stringify(body)}`;
  let key = sessionStorage.getItem(name);
  if (!key) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    key = crypto.randomUUID?.() ?? Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem(name, key); // a reload asks again with the same key and gets the same answer
  }
  return { key, forget: () => sessionStorage.removeItem(name) };
}

async function ask(body, key) {
  for (let attempt = 0; ; attempt++) {
    let refusal = null; // "not now" has its own words; it is asked again all the same
    try {
      const answer = await fetch(drop.dataset.holds, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json", "idempotency-key": key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10000),
      });
      const told = answer.status < 500 ? await answer.json() : null;
      if (told?.room) return { status: answer.status, told };
      if (told && answer.status !== 429) return { status: answer.status, told };
      refusal = told && { status: answer.status, told };
      if (refusal) say(`${told.detail} Still asking for you.`);
      await pause(Math.max(Number(answer.headers.get("retry-after")) * 1000 || 0, backoff(attempt)));
    } catch {
      if (!navigator.onLine) await new Promise((done) => addEventListener("online", done, { once: true }));
      await pause(backoff(attempt));
    }
    if (attempt >= 7) return refusal;
    if (!refusal) say("The shop is busy. Still asking for you: it is the same request, so you can never get charged twice for it.");
  }
}

const backoff = (attempt) => Math.random() * Math.min(8000, 500 * 2 ** attempt);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (asking || button.getAttribute("aria-disabled") === "true") return;
  asking = true;
  dress();
  const typed = new FormData(form);
  const body = { sku: typed.get("sku"), quantity: Number(typed.get("quantity") ?? 1) };
  const { key, forget } = keyFor(body);
  const answer = await ask(body, key);
  if (answer && answer.status < 300) {
    forget();
    say("It is yours. On to the checkout.", "good");
    location.assign(`/holds/${answer.told.id}`);
    return;
  }
  asking = false;
  if (answer === null) say("No answer got through. Press the button again: it repeats the same request, never a second one.", "bad");
  else refused(answer.told);
  dress();
});

function refused(told) {
  const name = String(told.type).split("/").pop().replaceAll("-", "_");
  say(told.detail ?? told.title, "bad");
  if (told.room) location.assign(told.room);
  else if (told.hold_id) location.assign(`/holds/${told.hold_id}`);
  else if (["sold_out", "all_held", "paused"].includes(name) && !told.left) turn(name);
  else if (name === "sale_over") turn("over");
}

// ---- the course of the sale -----------------------------------------------------------------------------------------

drop.addEventListener("reached", () => {
  if (now() >= closesAt) turn("over");
  else if (now() >= opensAt && drop.dataset.now === "before") turn("open");
});
document.addEventListener("visibilitychange", () => lookLater(Math.random() * 1000));
// Back from the hold's page, out of the browser's memory: the wish is over, and the page is as old as that.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  asking = false;
  dress();
  lookLater(0);
});
// The page may be some minutes old (a cache, a tab brought back), so what it says is checked against the time at once.
if (drop.dataset.now === "before" && now() >= opensAt) turn("open");
dress();
lookLater(500 + Math.random() * 2500);
