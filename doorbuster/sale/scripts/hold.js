// with: countdown.js
// When the time of a hold is up the page asks the shop what became of it; not everybody in the same instant.
document.addEventListener("reached", () => {
  setTimeout(() => location.reload(), 1000 + Math.random() * 2000);
}, { once: true });
