// Reads the page again each second and replaces the parts marked `data-live` that changed; everything else stays,
// so that nothing flickers and nobody loses the place. A page that is not looked at rests.
const again = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual", signal: AbortSignal.timeout(4000) });
    if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(part.id);
      if (now && now.outerHTML !== part.outerHTML && !part.contains(document.activeElement)) part.replaceWith(now);
    }
    document.documentElement.removeAttribute("data-lost");
  } catch {
    document.documentElement.setAttribute("data-lost", "");
  }
};
const run = async () => { await again(); setTimeout(run, 1000); };
setTimeout(run, 1000);
