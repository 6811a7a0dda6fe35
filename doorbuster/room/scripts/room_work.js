// The sum before a ticket: find a number whose SHA-256 with the challenge begins with enough zero bits, then send the form.
// The hash is written out because a browser offers its own only over HTTPS, and only one promise at a time.
const form = document.querySelector("form[data-bits]");
const bits = Number(form.dataset.bits);
const CHUNK = 4096;
const K = new Uint32Array(64);
const START = new Uint32Array(8);
for (let number = 2, found = 0; found < 64; number++) {
  if ([...Array(number).keys()].slice(2).some((divisor) => number % divisor === 0)) continue;
  if (found < 8) START[found] = (number ** (1 / 2) % 1) * 2 ** 32;
  K[found++] = (number ** (1 / 3) % 1) * 2 ** 32;
}

const turned = (word, by) => (word >>> by) | (word << (32 - by));

function firstWord(text) {
  const length = Math.ceil((text.length + 9) / 64) * 64;
  const view = new DataView(new ArrayBuffer(length));
  for (let n = 0; n < text.length; n++) view.setUint8(n, text.charCodeAt(n));
  view.setUint8(text.length, 0x80);
  view.setUint32(length - 4, text.length * 8);
  const sums = START.slice();
  const words = new Uint32Array(64);
  for (let at = 0; at < length; at += 64) {
    for (let n = 0; n < 16; n++) words[n] = view.getUint32(at + 4 * n);
    for (let n = 16; n < 64; n++) {
      const [a, b] = [words[n - 15], words[n - 2]];
      words[n] = words[n - 16] + words[n - 7] + (turned(a, 7) ^ turned(a, 18) ^ (a >>> 3)) + (turned(b, 17) ^ turned(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = sums;
    for (let n = 0; n < 64; n++) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + K[n] + words[n]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((sum, n) => { sums[n] += sum; });
  }
  return sums[0];
}

function search(from) {
  for (let number = from; number < from + CHUNK; number++) {
    if (firstWord(`${form.elements.challenge.value}:${number}`) < 2 ** (32 - bits)) {
      form.elements.solution.value = number;
      return form.submit();
    }
  }
  return setTimeout(search, 0, from + CHUNK);
}

document.getElementById("sum").textContent = "Your browser is working it out…";
search(0);
