// with: countdown.js
// When the sale on the front page opens, its invitation changes without a reload.
document.addEventListener("reached", ({ target }) => {
  const stage = target.closest("[data-now]");
  if (stage?.dataset.then) stage.dataset.now = stage.dataset.then;
});
