// Whoever waits reads the one public document and works out the own place. The page itself is asked only when it is one's
// turn: neither the draw nor the end may bring everybody back at once.
const box = document.querySelector("[data-room]");
const ahead = document.getElementById("ahead");
const wait = document.getElementById("wait");
const spoken = document.getElementById("spoken");
const heading = box.querySelector("h1");
const place = Number(box.dataset.place);
const alone = box.dataset.stripe === "" || Boolean(crypto.subtle); // else this browser cannot do the draw and has to ask
const ROUNDS = 4;
const SPEAK_MS = 30e3;
let failures = 0;
let spokenAt = Date.now();
let timer = 0;
let known = null;

async function positionIn(room) {
  if (box.dataset.stripe === "") return place;
  if (known !== null) return known;
  // The bands are drawn one after the other, as in draw.py: ten stripes are the first, each later one is a band.
  const stripe = Number(box.dataset.stripe);
  const band = Math.max(0, stripe - 9);
  const ends = [...room.offsets.slice(10), room.n];
  const first = band ? ends[band - 1] : 0;
  known = first + (await permuted(room, room.offsets[stripe] + place - first, ends[band] - first));
  return known;
}

// The same permutation as draw.py: a Feistel network over a power of four, walked until it lands inside.
async function permuted(room, number, cohort) {
  const bytes = Uint8Array.from(atob(room.seed.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const half = Math.max(1, Math.ceil((cohort - 1).toString(2).length / 2));
  const size = 2 ** half;
  do {
    let [left, right] = [Math.floor(number / size), number % size];
    for (let turn = 0; turn < ROUNDS; turn++) {
      const message = new DataView(new ArrayBuffer(5));
      message.setUint8(0, turn);
      message.setUint32(1, right);
      const mixed = new DataView(await crypto.subtle.sign("HMAC", key, message)).getUint32(0) % size;
      [left, right] = [right, (left ^ mixed) >>> 0];
    }
    number = left * size + right;
  } while (number >= cohort);
  return number;
}

function waitWords(seconds) {
  const [least, most] = [seconds * 0.75, seconds * 1.5];
  if (most <= 60) return most > 10 ? "less than a minute" : "a few seconds";
  const [sooner, later] = [Math.floor(least / 60), Math.ceil(most / 60)];
  return sooner ? `between ${sooner} and ${later} minutes` : `up to ${later} minutes`;
}

function tell(room, before) {
  heading.textContent = "You are in line";
  const people = before === 0 ? "You are next." : before === 1 ? "One person is before you." : `${before.toLocaleString("en")} people are before you.`;
  const time = room.paused ? "Nobody is let in just now; it goes on soon." : room.rate >= 0.05 ? `Your turn comes in ${waitWords((before + 1) / room.rate)}.` : "How long it takes cannot be said yet.";
  ahead.textContent = people;
  wait.textContent = time;
  // Read aloud at most twice a minute: whoever listens can do something else meanwhile.
  if (Date.now() - spokenAt < SPEAK_MS) return;
  spokenAt = Date.now();
  spoken.textContent = `${people} ${time}`;
}

function later(seconds) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, 1000 * seconds * (0.7 + Math.random() * 0.6) * 2 ** failures);
}

const between = (least, most, value) => Math.min(most, Math.max(least, value));

// Do what the document says; return the seconds until it is worth reading again, or nothing when there is an end.
async function heed(room) {
  const [least, most] = room.poll;
  if (room.phase === "sold_out") {
    box.replaceChildren(document.getElementById("sold-out").content.cloneNode(true));
    document.title = "Sold out";
    return null;
  }
  if (room.phase === "registering") return between(least, most, (Date.parse(box.dataset.opens) - Date.now()) / 8000);
  if (!alone) {
    setTimeout(() => location.reload(), 10e3 + Math.random() * 10e3);
    return null;
  }
  const before = (await positionIn(room)) - room.serving;
  if (before < 0) {
    location.reload();
    return null;
  }
  tell(room, before);
  return between(least, most, before / Math.max(room.rate, 0.1) / 8);
}

async function look() {
  let next = 10;
  try {
    const answer = await fetch(box.dataset.room, { credentials: "omit", signal: AbortSignal.timeout(8000) });
    // The room has closed: the page leads to the sale, not everybody in the same instant.
    if (answer.status === 404) return setTimeout(() => location.reload(), Math.random() * 10e3);
    if (!answer.ok) throw new Error(String(answer.status));
    next = await heed(await answer.json());
    failures = 0;
  } catch {
    failures = Math.min(failures + 1, 4);
  }
  if (next !== null) later(next);
}

document.addEventListener("visibilitychange", () => later(Math.random() * 2));
later(2);
