// The page: one panel for each service behind its tab, kept up to date by the sandbox's stream.

import { byId, setText } from "./parts.js";
import { Privicore } from "./privicore.js";
import { Safeq } from "./safeq.js";

const panels = { safeq: new Safeq(), privicore: new Privicore() };
const tabs = [...document.querySelectorAll("[role=tab]")];

function paint(view) {
  for (const [name, panel] of Object.entries(panels)) panel.paint(view[name], view);
  paintTitle();
}

function paintTitle() {
  const pending = Object.values(panels).reduce((sum, panel) => sum + panel.listing.pending, 0);
  const service = tabs.find((tab) => tab.ariaSelected === "true").firstChild.textContent.trim();
  document.title = `${pending ? `(${pending}) ` : ""}${service} – Enroller sandbox`;
}

// Shows one service. The address remembers which: reloading, or a link, comes back to it.
function show(name) {
  for (const tab of tabs) {
    const chosen = tab.id === `tab-${name}`;
    tab.ariaSelected = String(chosen);
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !chosen;
  }
  paintTitle();
}

function choose(name) {
  history.replaceState(null, "", `#${name}`);
  show(name);
}

function nameOf(tab) {
  return tab.id.replace("tab-", "");
}

// Arrow keys go from tab to tab (WAI-ARIA Authoring Practices, "Tabs").
function onKey(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  next.focus();
  choose(nameOf(next));
}

function fromAddress() {
  const name = location.hash.slice(1);
  if (name in panels) show(name);
}

function follow() {
  const link = byId("link");
  const stream = new EventSource("/api/events");
  stream.onmessage = (event) => paint(JSON.parse(event.data));
  stream.onopen = () => {
    setText(link, "Live");
    link.classList.add("live");
  };
  stream.onerror = () => {
    setText(link, "Not connected, trying again …");
    link.classList.remove("live");
  };
}

for (const tab of tabs) {
  tab.addEventListener("click", () => choose(nameOf(tab)));
  tab.addEventListener("keydown", onKey);
}
addEventListener("hashchange", fromAddress);
setInterval(() => Object.values(panels).forEach((panel) => panel.listing.tick()), 1000);
fromAddress();
paintTitle();
follow();
