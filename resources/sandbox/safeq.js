// SAFEQ Cloud's panel.

import { Faults, Listing, byId, duration, setTexts, when, wireSwitch } from "./parts.js";

const OPEN = ["pending", "approved"];
let clockAhead = 0; // seconds by which the sandbox's clock is ahead of ours

function texts(request) {
  const open = OPEN.includes(request.state);
  const left = request.expires_at - (Date.now() / 1000 + clockAhead);
  return {
    spoken: request.spoken || "",
    fingerprint: request.fingerprint || "",
    client_id: request.client_id,
    client_type: request.client_type.replace("_", " "),
    key: request.key_type ? `${request.key_type}${request.signed ? ", proved by signature" : ""}` : "none",
    registered: when(request.registered_at),
    ends_label: open ? "Ends in" : "Ended",
    ends: open ? duration(left) : request.state === "expired" ? when(request.expires_at) : "",
  };
}

export class Safeq {
  constructor() {
    this.listing = new Listing("safeq", {
      path: "/api/requests",
      states: { pending: "Pending", approved: "Approved", rejected: "Rejected", expired: "Expired", enrolled: "Enrolled" },
      actions: { approve: ["pending"], reject: ["pending"], expire: OPEN },
      open: OPEN,
      arrival: "New request from",
      title: (request) => request.description || request.client_id,
      texts,
    });
    this.faults = new Faults("safeq", "/api/faults");
    wireSwitch(byId("trust"), "/api/trust");
  }

  paint(view, { ca_file, now }) {
    clockAhead = now - Date.now() / 1000;
    setTexts(byId("safeq").querySelector("aside"), { url: view.url, ca_file });
    byId("trust").checked = view.trust;
    this.listing.paint(view.requests);
    this.faults.paint(view);
  }
}
