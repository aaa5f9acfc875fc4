// Loads the page again when the server says that it has changed, and replaces the parts that
// differ. A part in which somebody works, or whose details are open, stays as it is.
"use strict";
const stream = new EventSource(document.body.dataset.live);
let seen = null;
stream.onmessage = async (event) => {
  const first = seen === null;
  if (event.data === seen) return;
  seen = event.data;
  if (first) return;
  const response = await fetch(location.href, { headers: { "X-Live": "1" } });
  if (!response.ok || response.redirected) { stream.close(); return; }
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = next.getElementById(part.id);
    const busy = part.contains(document.activeElement) || part.querySelector("details[open]") || !getSelection().isCollapsed;
    if (fresh && !busy && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
  }
  if (!next.body.dataset.live) stream.close();
};
