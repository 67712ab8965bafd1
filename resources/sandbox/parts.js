// What both services' panels are made of. Rows are changed in place and never moved, so that nothing loses the focus
// while somebody works on it. Whatever a device wrote goes in as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Puts each text into the element that is marked with its name; an empty one hides the pair that it belongs to.
export function setTexts(root, texts) {
  for (const [name, text] of Object.entries(texts)) {
    const element = root.querySelector(`[data-text=${name}]`);
    setText(element, text);
    const pair = element.closest("dl > div");
    if (pair) pair.hidden = text === "";
  }
}

export function when(seconds) {
  const date = new Date(seconds * 1000);
  const sameDay = date.toDateString() === new Date().toDateString();
  return sameDay ? date.toLocaleTimeString() : date.toLocaleString();
}

export function duration(seconds) {
  const left = Math.max(0, Math.round(seconds));
  const [d, h, m, s] = [Math.floor(left / 86400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${m} min`;
  if (m) return `${m} min ${s} s`;
  return `${s} s`;
}

// The stream paints what an action changed; the answer matters only where it is a refusal. Gives whether it was none.
export async function send(method, path, content) {
  const trouble = byId("trouble");
  trouble.hidden = true;
  try {
    const answer = await fetch(path, {
      method,
      headers: content ? { "content-type": "application/json" } : {},
      body: content && JSON.stringify(content),
    });
    if (answer.ok) return true;
    trouble.textContent = (await answer.json()).error;
  } catch {
    trouble.textContent = "The sandbox does not answer. Is it still running?";
  }
  trouble.hidden = false;
  return false;
}

// A switch that goes back where the sandbox refuses.
export function wireSwitch(element, path) {
  element.addEventListener("change", async () => {
    if (!(await send("POST", path, { on: element.checked }))) element.checked = !element.checked;
  });
}

export function replaceItems(list, texts) {
  list.replaceChildren(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

export function fillSelect(select, values, label = (value) => value) {
  for (const value of values) select.add(new Option(label(value), value));
}

// The list of a service's requests or devices, and the count on its tab.
//
// `kind` says what the service's things are: `path` of their actions, `states` with their words, `actions` with the
// states in which they are possible, `open` states, `title` and `texts` of one thing, and whose arrival is news.
export class Listing {
  constructor(name, kind) {
    this.kind = kind;
    this.panel = byId(name);
    this.tab = byId(`tab-${name}`);
    this.template = byId(`${name}-row`);
    this.rows = new Map(); // id -> its <li>
    this.things = new Map(); // id -> the thing, as last painted
    this.painted = false; // whether anything was painted yet: what is there from the start is no news
    this.pending = 0;
  }

  paint(things) {
    this.forget(new Set(things.map((thing) => thing.id)));
    const list = this.panel.querySelector(".list");
    const news = [];
    let below = null; // the row that the next one belongs above; from the oldest to the newest
    for (const thing of [...things].reverse()) {
      let row = this.rows.get(thing.id);
      if (!row) {
        row = this.newRow(thing.id);
        list.insertBefore(row, below);
        news.push(`${this.kind.arrival} ${this.kind.title(thing)}`);
      } else if (this.things.get(thing.id).state !== thing.state) {
        news.push(`${this.kind.title(thing)}: ${this.kind.states[thing.state]}`);
      }
      this.paintRow(row, thing);
      below = row;
    }
    this.things = new Map(things.map((thing) => [thing.id, thing]));
    this.pending = things.filter((thing) => thing.state === "pending").length;
    if (this.painted && news.length) byId("news").textContent = news.join(". ");
    this.painted = true;
    this.paintCounts();
  }

  paintCounts() {
    setText(this.panel.querySelector(".waiting"), this.pending ? `${this.pending} waiting for you` : "");
    const count = this.tab.querySelector(".count");
    setText(count, String(this.pending));
    count.hidden = this.pending === 0;
    const said = this.pending ? `, ${this.pending} waiting` : "";
    this.tab.ariaLabel = this.tab.firstChild.textContent.trim() + said;
    this.panel.querySelector(".none").hidden = this.things.size > 0;
  }

  forget(present) {
    for (const [id, row] of this.rows) {
      if (!present.has(id)) {
        row.remove();
        this.rows.delete(id);
      }
    }
  }

  newRow(id) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    for (const button of row.querySelectorAll("button")) {
      const path = `${this.kind.path}/${encodeURIComponent(id)}/${button.dataset.action}`;
      button.addEventListener("click", () => send("POST", path));
    }
    this.rows.set(id, row);
    return row;
  }

  paintRow(row, thing) {
    const { states, actions, open, title, texts } = this.kind;
    row.className = `${thing.state} ${open.includes(thing.state) ? "open" : ""}`.trim();
    setTexts(row, { title: title(thing), badge: states[thing.state], ...texts(thing) });
    row.querySelector(".spoken").hidden = !thing.spoken;
    row.querySelector(".fingerprint").hidden = row.querySelector("[data-text=fingerprint]").textContent === "";
    const heading = row.querySelector("h3");
    let possible = 0;
    for (const button of row.querySelectorAll("button")) {
      const can = actions[button.dataset.action].includes(thing.state);
      possible += can;
      // A focused button that goes away would leave the keyboard nowhere: the row's heading takes over.
      if (!can && button === document.activeElement) heading.focus();
      button.hidden = !can;
      const label = `${button.textContent} ${title(thing)}`;
      if (button.ariaLabel !== label) button.ariaLabel = label;
    }
    row.querySelector(".buttons").hidden = possible === 0;
  }

  // Paints what changes with time alone.
  tick() {
    for (const [id, thing] of this.things) setTexts(this.rows.get(id), this.kind.texts(thing));
  }
}

// The form that injects faults, and the list of those still to come.
export class Faults {
  constructor(name, path) {
    this.root = byId(name).querySelector(".faults");
    this.root.append(byId("faults-form").content.cloneNode(true));
    this.form = this.root.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { fault, path: to, count, seconds } = this.form.elements;
      const number = (field) => (field.value === "" ? null : Number(field.value));
      send("POST", path, { fault: fault.value, path: to.value, count: number(count), seconds: number(seconds) });
    });
    this.clear = this.root.querySelector(".clear");
    this.clear.addEventListener("click", () => send("DELETE", path));
  }

  paint({ faults, possible_faults: possible, endpoints }) {
    const { fault, path } = this.form.elements;
    if (path.options.length === 1) {
      fillSelect(path, endpoints, (endpoint) => `/${endpoint}`);
      for (const option of [...fault.options]) if (!possible.includes(option.value)) option.remove();
    }
    const label = (select, value) => select.querySelector(`option[value="${value}"]`).textContent;
    replaceItems(this.root.querySelector(".coming"), faults.map(({ fault: what, path: to, count, seconds }) => {
      const often = count === null ? "all requests" : count === 1 ? "next request" : `next ${count} requests`;
      return `${label(fault, what)}: ${often} to ${label(path, to)}${seconds ? `, ${seconds} s` : ""}`;
    }));
    this.clear.disabled = faults.length === 0 && document.activeElement !== this.clear;
  }
}
