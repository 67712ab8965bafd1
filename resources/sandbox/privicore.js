// Privicore's panel.

import { Faults, Listing, byId, fillSelect, replaceItems, send, setText, setTexts, when, wireSwitch } from "./parts.js";

const BASE = "/api/privicore";
const NO_KEY = "none yet; approval needs one";

function texts(device) {
  const decided = { approved: 1, rejected: 1, removed: 1 }[device.state];
  return {
    spoken: device.spoken || "",
    fingerprint: device.fingerprint || (device.state === "pending" ? NO_KEY : ""),
    id: device.id,
    name: device.meta_name ? device.name : "",
    profile: device.profile,
    created: when(device.created_at),
    decided: decided ? when(device.decided_at) : "",
  };
}

export class Privicore {
  constructor() {
    this.listing = new Listing("privicore", {
      path: `${BASE}/devices`,
      states: { pending: "Pending", approved: "Approved", rejected: "Rejected", removed: "Removed" },
      actions: { approve: ["pending"], reject: ["pending"], remove: ["approved"] },
      open: ["pending"],
      arrival: "New device",
      title: (device) => device.meta_name || device.name,
      texts,
    });
    this.faults = new Faults("privicore", `${BASE}/faults`);
    this.selects = [...byId("privicore").querySelectorAll("[data-shape]")];
    wireSwitch(byId("key"), `${BASE}/key`);
    byId("drop").addEventListener("click", () => send("POST", `${BASE}/drop-sockets`));
    byId("expire-tokens").addEventListener("click", () => send("POST", `${BASE}/expire-tokens`));
    byId("set-lag").addEventListener("submit", (event) => {
      event.preventDefault();
      send("POST", `${BASE}/lag`, { seconds: Number(byId("lag").value) });
    });
    byId("reject-command").addEventListener("submit", (event) => {
      event.preventDefault();
      send("POST", `${BASE}/rejection`, { kind: byId("kind").value, reason: byId("reason").value });
    });
    for (const select of this.selects) {
      select.addEventListener("change", () => {
        send("POST", `${BASE}/shape`, { name: select.dataset.shape, value: select.value });
      });
    }
  }

  paint(view, { ca_file }) {
    const listening = view.sockets === 1 ? "1 WebSocket connection" : `${view.sockets} WebSocket connections`;
    const { url, websocket_url, username, fingerprint } = view;
    const facts = { url, websocket_url, ca_file, listening, username, key: fingerprint || "none" };
    setTexts(byId("privicore").querySelector("aside"), facts);
    byId("key").checked = Boolean(fingerprint);
    byId("drop").disabled = view.sockets === 0 && document.activeElement !== byId("drop");
    this.listing.paint(view.devices);
    this.paintCommands(view);
    this.paintShapes(view);
    this.faults.paint(view);
  }

  paintCommands({ lag, kinds, rejections }) {
    if (document.activeElement !== byId("lag")) byId("lag").value = lag;
    if (!byId("kind").options.length) fillSelect(byId("kind"), kinds);
    replaceItems(byId("rejections"), rejections.map(({ kind, reason }) => `The next ${kind} is rejected: ${reason}`));
  }

  paintShapes({ shapes, choices }) {
    let unusual = 0;
    for (const select of this.selects) {
      const name = select.dataset.shape;
      if (!select.options.length) fillSelect(select, choices[name]);
      if (document.activeElement !== select) select.value = shapes[name];
      unusual += shapes[name] !== choices[name][0];
    }
    setText(byId("shapes-summary"), unusual ? `${unusual} unusual` : "All usual");
  }
}
