// <count-down until="2026-01-31T15:00:00Z" now="…">: what is left, by the shop's clock, in cells of two digits.
// `now` is when the page was made; `correct()` takes a better idea of the shop's clock. Fires "reached" once.
class CountDown extends HTMLElement {
  connectedCallback() {
    this.until = Date.parse(this.getAttribute("until"));
    this.ahead = 0;
    const made = Date.parse(this.getAttribute("now"));
    // A page out of the browser's own past was made then, not now.
    const [arrival] = performance.getEntriesByType("navigation");
    if (made && arrival?.type !== "back_forward") this.ahead = made - Date.now();
    this.setAttribute("role", "timer");
    this.wake = () => document.hidden || this.tick();
    document.addEventListener("visibilitychange", this.wake);
    this.tick();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.wake);
  }

  get left() {
    return this.until - Date.now() - this.ahead;
  }

  correct(ahead) {
    this.ahead = ahead;
    this.tick();
  }

  tick() {
    clearTimeout(this.timer);
    const left = this.left;
    this.show(Math.max(0, Math.ceil(left / 1000)));
    if (left > 0) {
      this.gone = false;
      if (!document.hidden) this.timer = setTimeout(() => this.tick(), left % 1000 || 1000);
    } else if (!this.gone) {
      this.gone = true;
      this.dispatchEvent(new Event("reached", { bubbles: true }));
    }
  }

  show(seconds) {
    const days = Math.floor(seconds / 86400);
    const parts = [[days, "days"], [Math.floor(seconds / 3600) % 24, "hours"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "sec"]];
    const from = days ? 0 : seconds >= 3600 ? 1 : 2;
    const shown = parts.slice(from, from + 3);
    if (this.children.length !== shown.length || !this.classList.contains("ticking")) {
      this.classList.add("ticking");
      this.replaceChildren(...shown.map(([, unit]) => {
        const cell = document.createElement("span");
        cell.innerHTML = `<b></b><i>${unit}</i>`;
        return cell;
      }));
    }
    shown.forEach(([value], index) => {
      this.children[index].firstChild.textContent = String(value).padStart(2, "0");
    });
    this.classList.toggle("ticking--soon", seconds <= 10);
  }
}
customElements.define("count-down", CountDown);
