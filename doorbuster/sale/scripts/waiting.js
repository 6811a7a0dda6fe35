// with: countdown.js
// A place in line keeps itself up to date: it asks now and then, and shows the page anew when something has happened.
const box = document.querySelector("[data-place]");
const shown = document.getElementById("place");
let failures = 0;

function later() {
  const calm = document.hidden ? 30e3 : 6e3;
  setTimeout(look, calm * (0.7 + Math.random() * 0.6) * 2 ** failures);
}

async function look() {
  try {
    const answer = await fetch(box.dataset.place, { signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const place = await answer.json();
    failures = 0;
    if (place.state !== box.dataset.state) return location.reload();
    if (shown && place.ahead !== Number(box.dataset.ahead)) {
      box.dataset.ahead = place.ahead;
      shown.textContent = place.ahead === 0 ? "You are next in line" : place.ahead >= 1000 ? "More than 1,000 are before you" : `${place.ahead} ${place.ahead === 1 ? "is" : "are"} before you`;
    }
  } catch {
    failures = Math.min(failures + 1, 4);
  }
  later();
}

document.addEventListener("reached", () => setTimeout(() => location.reload(), 1500 + Math.random() * 2000), { once: true });
later();
