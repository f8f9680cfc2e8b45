// Keeps the page up to date while somebody looks at it. What comes from the emulator is only ever set as text.
"use strict";

const EVERY_MS = 2000;
const table = document.querySelector("table[data-requests]");
const most = table ? Number(table.dataset.requests) : 0;
let last = 0;

function cell(text, kind) {
  const made = document.createElement("td");
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  let amount = bytes / 1000;
  while (amount >= 999.95 && units.length > 1) { amount /= 1000; units.shift(); }
  return `${amount.toFixed(1)} ${units[0]}`;
}

function row(request) {
  const made = document.createElement("tr");
  if (request.status === 0 || request.status >= 500) made.className = "bad";
  else if (request.status >= 400) made.className = "warn";
  const faults = request.faults.length ? `(${request.faults.join(", ")} on request)` : "";
  made.append(
    cell(new Date(request.moment * 1000).toTimeString().slice(0, 8)),
    cell(request.status || "none"),
    cell((request.seconds * 1000).toFixed(1), "number"),
    cell(size(request.size), "number"),
    cell(`${request.service} ${request.operation} ${request.subject}`),
    cell([request.code, faults].filter(Boolean).join(" ")),
  );
  return made;
}

async function requests() {
  const reply = await fetch(`/_emulator/requests?after=${last}`);
  const found = (await reply.json()).requests;
  if (!found.length) return;
  last = found[found.length - 1].number;
  const body = table.tBodies[0];
  for (const request of found) body.prepend(row(request));
  while (body.rows.length > most) body.deleteRow(-1);
}

function swap(part, other) {
  const scrolled = part.querySelector(".wide");
  const place = scrolled ? [scrolled.scrollLeft, scrolled.scrollTop] : [0, 0];
  part.replaceWith(other);
  other.querySelector(".wide")?.scrollTo(...place);
}

async function sections() {
  const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!reply.ok) return;
  const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
  const ids = (root) => [...root.querySelectorAll("[data-live]")].map((part) => part.id);
  // A part that has come or gone changes the order of things: the page is read anew.
  if (ids(fresh).join() !== ids(document).join()) { location.reload(); return; }
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other.innerHTML !== part.innerHTML) swap(part, document.importNode(other, true));
  }
}

async function update() {
  const began = performance.now();
  if (document.visibilityState === "visible" && !String(getSelection())) {
    try {
      if (table) await requests();
      await sections();
      document.body.classList.remove("gone");
    } catch {
      document.body.classList.add("gone");  // the emulator has ended, or starts again
      last = 0;
    }
  }
  // A large store takes its time to be looked over: it is not to spend all of it on that.
  setTimeout(update, Math.max(EVERY_MS, 10 * (performance.now() - began)));
}

const howTo = document.getElementById("how-to");
if (howTo) howTo.textContent = howTo.textContent.replace("http://…", location.origin);
if (table) requests().catch(() => {});
setTimeout(update, EVERY_MS);
