// Paints what the sandbox's stream sends. Rows are changed in place and never moved, so that nothing loses the focus
// while somebody works on it. Whatever a device wrote goes in as text, never as markup.
"use strict";

const STATES = {
  pending: "Pending", approved: "Approved", rejected: "Rejected", expired: "Expired", enrolled: "Enrolled",
};
const ACTIONS = { approve: ["pending"], reject: ["pending"], expire: ["pending", "approved"] };
const OPEN = ["pending", "approved"];

const byId = (id) => document.getElementById(id);
const rows = new Map(); // request id -> its <li>
let requests = new Map(); // request id -> request, as last painted
let painted = false; // whether anything was painted yet: what is there from the start is no news
let clockAhead = 0; // seconds by which the sandbox's clock is ahead of ours

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function nameOf(request) {
  return request.description || request.client_id;
}

function when(seconds) {
  const date = new Date(seconds * 1000);
  const sameDay = date.toDateString() === new Date().toDateString();
  return sameDay ? date.toLocaleTimeString() : date.toLocaleString();
}

function duration(seconds) {
  const left = Math.max(0, Math.round(seconds));
  const [d, h, m, s] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${m} min`;
  if (m) return `${m} min ${s} s`;
  return `${s} s`;
}

function newRow(id) {
  const row = byId("request").content.firstElementChild.cloneNode(true);
  for (const button of row.querySelectorAll("button")) {
    button.addEventListener("click", () => send("POST", `/api/requests/${encodeURIComponent(id)}/${button.dataset.action}`));
  }
  rows.set(id, row);
  return row;
}

function fields(request) {
  const kind = request.key_type ? `${request.key_type}${request.signed ? ", proved by signature" : ""}` : "none";
  return {
    title: nameOf(request),
    badge: STATES[request.state],
    spoken: request.spoken || "",
    fingerprint: request.fingerprint || "",
    client_id: request.client_id,
    client_type: request.client_type.replace("_", " "),
    key: kind,
    registered: when(request.registered_at),
  };
}

function paintRow(row, request) {
  row.className = `${request.state} ${OPEN.includes(request.state) ? "open" : ""}`.trim();
  row.dataset.client = request.client_id;
  for (const [name, text] of Object.entries(fields(request))) setText(row.querySelector(`[data-text=${name}]`), text);
  row.querySelector(".key").hidden = !request.fingerprint;
  const heading = row.querySelector("h3");
  for (const button of row.querySelectorAll("button")) {
    const possible = ACTIONS[button.dataset.action].includes(request.state);
    // A focused button that goes away would leave the keyboard nowhere: the row's heading takes over.
    if (!possible && button === document.activeElement) heading.focus();
    button.hidden = !possible;
    const label = `${button.textContent} ${nameOf(request)}`;
    if (button.ariaLabel !== label) button.ariaLabel = label;
  }
  row.querySelector(".buttons").hidden = !OPEN.includes(request.state);
  paintTime(row, request);
}

function paintTime(row, request) {
  const open = OPEN.includes(request.state);
  const left = request.expires_at - (Date.now() / 1000 + clockAhead);
  const ends = row.querySelector("[data-text=ends]");
  setText(row.querySelector("[data-text=ends_label]"), open ? "Ends in" : "Ended");
  setText(ends, open ? duration(left) : when(request.expires_at));
  ends.closest("div").hidden = !open && request.state !== "expired";
}

function paintRequests(list) {
  const present = new Set(list.map((request) => request.id));
  for (const [id, row] of rows) {
    if (!present.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  const news = [];
  let below = null; // the row that the next one belongs above; from the oldest to the newest
  for (const request of [...list].reverse()) {
    let row = rows.get(request.id);
    if (!row) {
      row = newRow(request.id);
      byId("list").insertBefore(row, below || null);
      news.push(`New request from ${nameOf(request)}`);
    } else if (requests.get(request.id).state !== request.state) {
      news.push(`${nameOf(request)}: ${STATES[request.state]}`);
    }
    paintRow(row, request);
    below = row;
  }
  requests = new Map(list.map((request) => [request.id, request]));
  if (painted && news.length) byId("news").textContent = news.join(". ");
  painted = true;
  const pending = list.filter((request) => request.state === "pending").length;
  setText(byId("waiting"), pending ? `${pending} waiting for you` : "");
  document.title = `${pending ? `(${pending}) ` : ""}Requests – Enroller sandbox`;
  byId("none").hidden = list.length > 0;
}

function paintFaults(faults) {
  const label = (id, value) => byId(id).querySelector(`option[value="${value}"]`).textContent;
  const items = faults.map(({ fault, path, count, seconds }) => {
    const item = document.createElement("li");
    const often = count === null ? "all requests" : count === 1 ? "next request" : `next ${count} requests`;
    item.textContent = `${label("fault", fault)}: ${often} to ${label("path", path)}${seconds ? `, ${seconds} s` : ""}`;
    return item;
  });
  byId("faults").replaceChildren(...items);
  byId("clear").disabled = items.length === 0 && document.activeElement !== byId("clear");
}

function paint(view) {
  clockAhead = view.now - Date.now() / 1000;
  setText(byId("service-url"), view.service_url);
  setText(byId("ca-file"), view.ca_file);
  byId("trust").checked = view.trust;
  paintRequests(view.requests);
  paintFaults(view.faults);
}

// The stream paints what an action changed; the answer matters only where it is a refusal. Gives whether it was none.
async function send(method, path, document) {
  const trouble = byId("trouble");
  trouble.hidden = true;
  try {
    const answer = await fetch(path, {
      method,
      headers: document ? { "content-type": "application/json" } : {},
      body: document && JSON.stringify(document),
    });
    if (answer.ok) return true;
    trouble.textContent = (await answer.json()).error;
  } catch {
    trouble.textContent = "The sandbox does not answer. Is it still running?";
  }
  trouble.hidden = false;
  return false;
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

byId("trust").addEventListener("change", async ({ target }) => {
  if (!(await send("POST", "/api/trust", { on: target.checked }))) target.checked = !target.checked;
});
byId("clear").addEventListener("click", () => send("DELETE", "/api/faults"));
byId("inject").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
  send("POST", "/api/faults", {
    fault: byId("fault").value, path: byId("path").value, count: number("count"), seconds: number("seconds"),
  });
});
setInterval(() => {
  for (const [id, request] of requests) paintTime(rows.get(id), request);
}, 1000);
follow();
